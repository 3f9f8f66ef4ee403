"""``mirpre annotate``."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import click

from mirpre.cli.annotation import FORMATS, evidence_options
from mirpre.cli.files import FileCommand
from mirpre.cli.options import (
    INPUT_FILE,
    FiniteRange,
    also_option,
    folder_option,
    genome_option,
    multiqc_option,
    output_option,
    report_option,
    resolve_threads,
    run_options,
    threads_option,
)


@click.command(
    "annotate",
    cls=FileCommand,
    short_help="Family and mature arms of calls: a GFF3 of miRNA genes.",
)
@click.argument("calls", type=INPUT_FILE, required=False)
@genome_option("of the calls: needed unless they hold sequences, as JSON lines do.")
@output_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    default="gff3",
    show_default=True,
    help="fasta: precursors; mature-fasta: their mature sequences.",
)
@also_option(FORMATS, "Write the same annotation in another format too")
@evidence_options
@report_option
@click.option(
    "--threshold",
    type=FiniteRange(0, 1),
    default=0.5,
    show_default=True,
    help="Write loci with at least this posterior.",
)
@click.option("--all", "write_all", is_flag=True, help="Write all loci.")
@threads_option
@folder_option
@run_options
@multiqc_option
def command(
    calls: str | None,
    genome: str | None,
    output: str | None,
    output_format: str,
    also: tuple[tuple[str, str], ...],
    known: str | None,
    reads: tuple[str, ...],
    profile: str,
    multi: str,
    clade: str | None,
    completeness: str | None,
    report: str | None,
    threshold: float,
    write_all: bool,
    threads: int,
    folder_name: str,
    skip_invalid: str | None,
    json_file: str | None,
    multiqc: str | None,
) -> None:
    """Annotate calls: known families, reads, mature arms, and one posterior of all evidence.

    CALLS is what 'mirpre scan-genome --classify --all' or 'mirpre classify' wrote: a table, JSON
    lines, GFF3 or BED, told by content; '-' or nothing is standard input. The output is GFF3 as
    miRBase's, with a miRNA_primary_transcript for each precursor and a miRNA for each of its
    mature sequences.
    """
    if calls is None and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("No input: name a file, or pipe one in.")
    targets = [(output_format, output or "-"), *also]
    if len({path for _, path in targets}) < len(targets):
        raise click.UsageError("--output and each --also need files of their own.")
    from mirpre.cli.annotation import Evidence, write_annotations
    from mirpre.cli.reports import RunReport
    from mirpre.cli.session import Session
    from mirpre.formats.calls import CallsInput
    from mirpre.formats.opening import open_lines
    from mirpre.formats.regions import open_genome

    evidence = Evidence(known, clade, completeness, reads, profile, multi)
    session = Session(resolve_threads(threads), folder_name)
    with ExitStack() as stack:
        page = stack.enter_context(RunReport(report, session))
        session.folder = stack.enter_context(session.open_folder())
        # Imported here, since worker processes are forked before a library starts threads.
        from mirpre import __version__
        from mirpre.annotation.annotate import with_context

        on_invalid = session.invalid_handler(skip_invalid, stack)
        lines = stack.enter_context(open_lines(calls or "-"))
        fasta = stack.enter_context(open_genome(genome)) if genome else None
        source = CallsInput(lines, fasta, on_invalid)
        session.kind = source.kind
        written_from = 0 if write_all else threshold
        annotator = evidence.annotator(session, stack, source.header, written_from)
        records = with_context(session.counted(source), fasta)
        folder, viennarna = session.folded_by
        head = [
            f"mirpre {__version__}",
            f"command: {session.command}",
            f"threshold: {threshold:g}",
            *evidence.header_lines(),
            f"folder: {folder}",
            f"ViennaRNA: {viennarna}",
            *(f"calls: {line}" for line in source.header),
        ]
        details = write_annotations(
            annotator.annotate(records, threads=session.threads, times=session.times),
            session,
            targets,
            head,
            evidence,
            threshold=threshold,
            write_all=write_all,
            collector=page.collector,
        )
        page.write(
            calls or "-",
            head,
            genome=fasta,
            reads=evidence.read_files,
            expected=evidence.expected,
        )
    session.finish(json_file, multiqc=multiqc, **details)
