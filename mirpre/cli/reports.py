"""What report, and --report of other commands, do around a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pysam

    from mirpre.cli.session import Session
    from mirpre.folding import Folder
    from mirpre.folding.pairing import Pairing
    from mirpre.models.model import Model
    from mirpre.records import Hairpin
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
    folder: Folder | None,
    pairing: Pairing | None,
    model: Model | None,
    genome: pysam.FastaFile | None = None,
    hairpins: Iterable[Hairpin] = (),
) -> None:
    """Make the page of what was collected; about is what the ``#`` lines of the calls say."""
    from mirpre import __version__
    from mirpre.folding import viennarna_version
    from mirpre.formats.opening import open_output
    from mirpre.report.build import build
    from mirpre.report.page import write_page

    made = {"page": f"mirpre {__version__}, ViennaRNA {viennarna_version()}: {session.command}"}
    if model is not None and wishes.explained:
        made["importance"] = f"occlusion, model {model.name}, SHA-256 {model.sha256}"
    page = build(
        collector,
        wishes,
        about=[("calls", source), *about.items(), *made.items()],
        threshold=_number(about.get("threshold")),
        folder=folder,
        pairing=pairing,
        model=model,
        genome=genome,
        hairpins=hairpins,
        threads=session.threads,
    )
    with open_output(output) as out:
        write_page(out, page)


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

    def write(self, source: str, model: Model | None, head: Sequence[str]) -> None:
        """Make the page; head is the ``#`` lines of the calls, source the name of the input."""
        if self.collector is None:
            return
        from mirpre.report.build import Wishes

        title = "Standard input" if source == "-" else Path(source).name
        pairs = (line.partition(": ") for line in head)
        with self._session.times.of("report"):
            write_report(
                self._output,
                self.collector,
                Wishes(title=title),
                about={key: value for key, colon, value in pairs if colon},
                source=source,
                session=self._session,
                folder=None,
                pairing=self._pairing,
                model=model,
            )


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
