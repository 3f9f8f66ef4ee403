"""How scan-genome writes calls: as they are, or annotated."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from mirpre.cli.annotation import Evidence, write_annotations

if TYPE_CHECKING:
    from mirpre.cli.calls import ScanModel
    from mirpre.cli.reports import RunReport
    from mirpre.cli.scan_session import ScanSession
    from mirpre.records import Call
    from mirpre.scanning.pipeline import Scan
    from mirpre.scanning.whole import WholeGenome


class CallRun(NamedTuple):
    """What both ways of writing calls need."""

    session: ScanSession
    scan: Scan
    called_by: ScanModel
    targets: list[tuple[str, str]]
    """Formats and files, the main output first."""
    structure: bool
    q_values: bool
    page: RunReport

    def header_lines(self) -> list[str]:
        session = self.session
        return self.called_by.header_lines(session, session.search_lines(), self.q_values)

    def summary(self) -> dict[str, Any]:
        """What the run's summary says of the model and of the calls as a whole."""
        return whole_summary(self.scan, self.called_by.summary())


def whole_summary(scan: WholeGenome, model: dict[str, Any]) -> dict[str, Any]:
    """The same of any run whose calls are those of a whole genome."""
    evidence = scan.evidence
    return {
        "calls_with_more_copies_skipped": scan.copied,
        "model": model,
        **({} if evidence is None else {"q_values": evidence.summary()}),
    }


def write_called(run: CallRun, calls: Iterable[Call], genome: str) -> dict[str, Any]:
    """Write calls; what the summary says of them."""
    from mirpre.cli.calls import write_calls

    counts = write_calls(
        calls,
        run.session,
        run.targets,
        run.header_lines(),
        structure=run.structure,
        scan=True,
        q_values=run.q_values,
        collector=run.page.collector,
    )
    run.page.write(genome, run.header_lines(), run.called_by.model)
    return {
        "records": counts.summary(),
        "calls": run.session.calls(counts, run.scan.letters, run.called_by.prior),
        **run.summary(),
    }


def write_annotated(
    run: CallRun,
    calls: Iterable[Call],
    evidence: Evidence,
    stack: ExitStack,
    genome: str,
    threshold: float | None,
    write_all: bool,
) -> dict[str, Any]:
    """Annotate all loci; what the summary says of them."""
    from mirpre.annotation.annotate import with_context
    from mirpre.annotation.posterior import THRESHOLD
    from mirpre.formats.regions import open_genome

    session = run.session
    # Opened before the scan begins, so that what is wrong with them is told at once.
    fasta = stack.enter_context(open_genome(genome))
    run.called_by.threshold = least = THRESHOLD if threshold is None else threshold
    written_from = 0 if write_all else least
    annotator = evidence.annotator(session, stack, session.search_lines(), written_from)
    placed = with_context(calls, fasta)
    head = [*run.header_lines(), *evidence.header_lines()]
    details = write_annotations(
        annotator.annotate(placed, threads=session.threads, times=session.times),
        session,
        run.targets,
        head,
        evidence,
        threshold=least,
        write_all=write_all,
        collector=run.page.collector,
    )
    run.page.write(
        genome,
        head,
        run.called_by.model,
        genome=fasta,
        reads=evidence.read_files,
        expected=evidence.expected,
    )
    return {**details, **run.summary()}
