"""``mirpre classify``."""

from __future__ import annotations

import click

from mirpre.cli import talk
from mirpre.cli.files import FileCommand
from mirpre.cli.options import (
    also_option,
    call_options,
    folder_option,
    make_source,
    multiqc_option,
    output_option,
    report_option,
    resolve_threads,
    run_options,
    source_options,
    threads_option,
)
from mirpre.formats.writers import CALL_FORMATS, WITH_STRUCTURE
from mirpre.models import DEFAULT_MODEL
from mirpre.streams import BATCH_SIZE


@click.command("classify", cls=FileCommand, short_help="Tell pre-miRNA hairpins from others.")
@source_options("classify")
@output_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(CALL_FORMATS),
    default="tsv",
    show_default=True,
    help="BED and GFF3 need a locus in each record's name.",
)
@also_option(CALL_FORMATS)
@report_option
@call_options(DEFAULT_MODEL)
@click.option("--only-positive", is_flag=True, help="Leave out what is not called.")
@click.option("--structure", is_flag=True, help="Add the dot-bracket (tsv, gff3, jsonl).")
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=BATCH_SIZE,
    show_default=True,
    help="Records that the network reads at once.",
)
@threads_option
@folder_option
@run_options
@multiqc_option
def command(
    input: tuple[str, ...],
    bed: str | None,
    genome: str | None,
    output: str | None,
    output_format: str,
    also: tuple[tuple[str, str], ...],
    report: str | None,
    model: str,
    threshold: float | None,
    only_positive: bool,
    structure: bool,
    batch_size: int,
    threads: int,
    folder_name: str,
    skip_invalid: str | None,
    json_file: str | None,
    multiqc: str | None,
) -> None:
    """Give each hairpin its probability of being a pre-miRNA, and a call.

    INPUT is FASTA, RNAfold's text or dimer text, told by content; '-' or nothing is standard
    input. The table has the columns id, length, mfe (kcal/mol), probability, call (pre-miRNA or
    other) and flags: 'truncated' for records longer than 180 nt, of which cnn and rnn read the
    first 180, and 'ambiguous' for records with other letters than A, C, G, T and U.
    """
    source = make_source(input, bed, genome)
    if structure and not WITH_STRUCTURE & {output_format, *(kind for kind, _ in also)}:
        raise click.UsageError(f"--structure does not go with --format {output_format}.")
    targets = [(output_format, output or "-"), *also]
    from mirpre.cli.calls import CallingModel, write_calls
    from mirpre.cli.reports import RunReport
    from mirpre.cli.session import Session

    session = Session(resolve_threads(threads), folder_name)
    with (
        RunReport(report, session) as page,
        session.records(source, skip_invalid) as records,
    ):
        # Imported here, since worker processes are forked before a library starts threads.
        from mirpre.calling import call

        called_by = CallingModel(model, threshold)
        calls = call(
            records,
            called_by.predictor,
            threshold=called_by.threshold,
            threads=session.threads,
            times=session.times,
            folder=session.folder,
            batch_size=batch_size,
            watch=session.watch,
        )
        head = called_by.header_lines(session)
        counts = write_calls(
            calls,
            session,
            targets,
            head,
            only_positive=only_positive,
            structure=structure,
            collector=page.collector,
        )
        page.write(source.name, head, called_by.model)
    if not only_positive:
        talk.hint("--only-positive leaves out the others, --report FILE draws them")
    session.finish(json_file, multiqc=multiqc, records=counts.summary(), model=called_by.summary())
