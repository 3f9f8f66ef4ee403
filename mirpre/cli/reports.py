"""What report, and --report of other commands, do around a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pysam

    from mirpre.cli.session import Session
    from mirpre.folding import Folder
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

    made = {"report": f"mirpre {__version__}, ViennaRNA {viennarna_version()}: {session.command}"}
    if model is not None and wishes.explained:
        made["importance"] = f"occlusion, model {model.name}, SHA-256 {model.sha256}"
    page = build(
        collector,
        wishes,
        about=[("calls", source), *about.items(), *made.items()],
        threshold=_number(about.get("threshold")),
        folder=folder,
        model=model,
        genome=genome,
        hairpins=hairpins,
        threads=session.threads,
    )
    with open_output(output) as out:
        write_page(out, page)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
