"""What report, and --report of other commands, do around a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirpre.cli.session import Session
    from mirpre.models.model import Model
    from mirpre.report.build import Wishes
    from mirpre.report.collect import Collector


def write_report(
    output: str | None,
    collector: Collector,
    wishes: Wishes,
    *,
    about: Mapping[str, str],
    source: str,
    session: Session,
    model: Model | None,
    **more: Any,
) -> None:
    """Make the page of what was collected.

    about: what the ``#`` lines of the calls say; more: what else report.build.build takes.
    """
    from mirpre import __version__
    from mirpre.folding import viennarna_version
    from mirpre.formats.entry_fields import number_in
    from mirpre.formats.output import open_output
    from mirpre.report.build import build
    from mirpre.report.page import write_page

    made = {"page": f"mirpre {__version__}, ViennaRNA {viennarna_version()}: {session.command}"}
    if model is not None and wishes.explained:
        made["importance"] = f"occlusion, model {model.name}, SHA-256 {model.sha256}"
    page = build(
        collector,
        wishes,
        about=[("calls", source), *about.items(), *made.items()],
        threshold=number_in(about.get("threshold")),
        model=model,
        threads=session.threads,
        **more,
    )
    with open_output(output) as out:
        write_page(out, page)


def model_of(about: Mapping[str, str]) -> Model | None:
    """The model that made the calls, where it is at hand; says so where it is not."""
    from mirpre.cli.session import warn
    from mirpre.models.model import load_model
    from mirpre.models.registry import bundled_models

    made_by = about.get("model")
    if made_by is None:
        return None
    if made_by not in bundled_models():
        warn(f"no importance: name the folder of the model {made_by!r} with --model")
        return None
    model = load_model(made_by)
    if about.get("model-sha256", model.sha256) != model.sha256:
        warn(f"the model {made_by!r} is another one here than when the calls were made")
    return model


class RunReport:
    """The page of a run that makes calls: where one is wanted, made at the end.

    To be entered before worker processes may not be started any more.
    """

    def __init__(self, output: str | None, session: Session) -> None:
        self._output = output
        self._session = session
        self._stack = ExitStack()
        self.collector: Collector | None = None

    def __enter__(self) -> RunReport:
        if self._output is not None:
            from mirpre.folding.pairing import open_pairing
            from mirpre.report.build import MOST_LOCI
            from mirpre.report.collect import Collector

            self._pairing = self._stack.enter_context(open_pairing(self._session.threads))
            self.collector = Collector(MOST_LOCI)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def write(
        self, source: str, head: Sequence[str], model: Model | None = None, **more: Any
    ) -> None:
        """Make the page, where one is wanted.

        source: the name of the input; head: the ``#`` lines of the calls; model: the one that
        made them, unless it is to be found by these lines; more: as write_report has it.
        """
        if self.collector is None:
            return
        from mirpre.formats.entry_files import about
        from mirpre.report.build import Wishes

        said = about(head)
        with self._session.times.of("report"):
            write_report(
                self._output,
                self.collector,
                Wishes(title=title_of(source)),
                about=said,
                source=source,
                session=self._session,
                pairing=self._pairing,
                model=model or model_of(said),
                **more,
            )


def title_of(source: str) -> str:
    """A page's title by the name of its input."""
    return "Standard input" if source == "-" else Path(source).name
