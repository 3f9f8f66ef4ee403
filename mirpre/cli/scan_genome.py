"""``mirpre scan-genome``."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import click

from mirpre.cli.files import FileCommand, is_special
from mirpre.cli.options import (
    INPUT_FILE,
    OUTPUT_FILE,
    FiniteRange,
    call_options,
    folder_option,
    output_option,
    resolve_threads,
    threads_option,
)
from mirpre.cli.session import warn
from mirpre.formats.writer import Head
from mirpre.formats.writers import CALL_FORMATS, CANDIDATE_FORMATS, FORMATS
from mirpre.scanning.settings import (
    DEFAULT_PRESET,
    LONGEST,
    MOST_COPIES,
    PRESETS,
    SHORTEST,
    settings_of,
)

MOST_ALTERNATIVES = 8


def _decoys(copies: int) -> bool:
    """Whether --decoys, which scanned shuffled copies before 0.1.0, asks for q-values."""
    if copies:
        warn("--decoys means --q-values now, with the genome read backwards for decoys")
    return copies > 0


@click.command(
    "scan-genome", cls=FileCommand, short_help="Find precursor hairpins in a genome, both strands."
)
@click.argument("genome", type=INPUT_FILE)
@output_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(list(FORMATS)),
    show_default="fasta; tsv with --classify",
    help="folded is for candidates only, jsonl for calls only.",
)
@click.option(
    "--classify",
    is_flag=True,
    help="Fold and classify the candidates, too, and write those that are called.",
)
@call_options("genome", threshold="0.1; of a model that is not calibrated for genomes its own")
@click.option(
    "--prior",
    type=FiniteRange(min=0, min_open=True),
    metavar="PER_MB",
    show_default="by preset: 1, of plant 2",
    help="Precursors that are expected per Mb of the genome: what the probability is for.",
)
@click.option("--all", "all_loci", is_flag=True, help="Write loci that are not called, too.")
@click.option(
    "--max-copies",
    type=click.IntRange(min=1, max=MOST_COPIES - 1),
    show_default="no limit",
    help="Leave out hairpins of which the genome has more copies, on either strand.",
)
@click.option("--only-positive", is_flag=True, hidden=True, expose_value=False)
@click.option(
    "--q-values",
    is_flag=True,
    help="Scan the genome read backwards too, for a q-value of each call: twice the time.",
)
@click.option("--decoys", type=click.IntRange(min=0), default=0, hidden=True)
@click.option(
    "-s",
    "--preset",
    type=click.Choice(list(PRESETS)),
    default=DEFAULT_PRESET,
    show_default=True,
    help="How much is kept for folding: see docs/scan.md for recall and numbers.",
)
@click.option("--sensitivity", type=click.Choice(list(PRESETS)), hidden=True)
@click.option(
    "--alternatives",
    type=click.IntRange(min=1, max=MOST_ALTERNATIVES),
    show_default="by preset",
    help="With --classify: classify a hairpin with so many alternative ends; the highest "
    "probability counts.",
)
@click.option("--versions", type=click.IntRange(min=1, max=MOST_ALTERNATIVES), hidden=True)
@click.option(
    "--regions",
    multiple=True,
    metavar="CONTIG[:START-END]",
    help="Only hairpins within this region (1-based, as in samtools); may be repeated.",
)
@click.option("--bed", type=INPUT_FILE, help="Only hairpins within these regions, both strands.")
@click.option(
    "--min-length",
    type=click.IntRange(min=1),
    default=SHORTEST,
    show_default=True,
    help="Shortest hairpin, nt.",
)
@click.option(
    "--max-length",
    type=click.IntRange(min=20, max=LONGEST),
    show_default="by preset",
    help="Longest hairpin, nt.",
)
@click.option(
    "--mask",
    type=click.Choice(["none", "soft"]),
    default="none",
    show_default=True,
    help="soft: no hairpin has pairs in lower case letters.",
)
@click.option(
    "--repeats",
    type=click.Choice(["skip", "keep"]),
    default="skip",
    show_default=True,
    help="Hairpins that lie in tandem repeats (satellites, simple repeats) and, with --classify, "
    "those in the middle of a longer inverted repeat.",
)
@click.option(
    "--strands",
    type=click.Choice(["both", "best"]),
    default="both",
    show_default=True,
    help="best: with --classify, where both strands of a place have a hairpin, report the more "
    "probable one.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Keep finished parts in OUTPUT.resume, and go on from there if it exists.",
)
@threads_option
@folder_option
@click.option(
    "--json",
    "json_file",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="Write a summary of the run here.",
)
def command(
    genome: str,
    output: str | None,
    output_format: str | None,
    classify: bool,
    model: str,
    threshold: float | None,
    prior: float | None,
    all_loci: bool,
    max_copies: int | None,
    q_values: bool,
    decoys: int,
    preset: str,
    sensitivity: str | None,
    alternatives: int | None,
    versions: int | None,
    regions: tuple[str, ...],
    bed: str | None,
    min_length: int,
    max_length: int | None,
    mask: str,
    repeats: str,
    strands: str,
    resume: bool,
    threads: int,
    folder_name: str,
    json_file: str | None,
) -> None:
    """Find hairpins that may be pre-miRNAs on both strands of a genome.

    GENOME is FASTA, DNA or RNA, plain, gzip or bgzip; '-' is standard input. The candidates are
    FASTA records named by their locus, ready for 'mirpre classify'; with --classify that is done
    at once, and the probability is that of a genome with as many precursors per Mb as --prior
    says. Of candidates that overlap by half of the shorter one only the best is kept. With
    --regions or --bed the genome must be a file, plain or bgzip; regions that overlap count once.
    """
    # The names that these options had before 0.1.0.
    preset, alternatives = sensitivity or preset, alternatives or versions
    q_values = q_values or _decoys(decoys)
    output_format = output_format or ("tsv" if classify else "fasta")
    if output_format not in (CALL_FORMATS if classify else CANDIDATE_FORMATS):
        needs = "does not go with" if classify else "needs"
        raise click.UsageError(f"--format {output_format} {needs} --classify.")
    numbers = (threshold, prior, max_copies, alternatives)
    of_calls = (all_loci, q_values, *(number is not None for number in numbers))
    if not classify and (any(of_calls) or strands == "best"):
        raise click.UsageError(
            "--threshold, --prior, --all, --max-copies, --strands best, --alternatives and "
            "--q-values need --classify."
        )
    if (regions or bed) and genome == "-":
        raise click.UsageError("--regions and --bed need a genome file, not standard input.")
    if resume and (output in (None, "-") or is_special(output)):
        raise click.UsageError("--resume needs -o FILE.")
    try:
        settings = settings_of(
            preset,
            classify=classify,
            best_strand=strands == "best",
            mirror=q_values,
            fold=output_format == "folded",
            alternatives=alternatives,
            min_length=min_length,
            max_length=max_length,
            soft_mask=mask == "soft",
            keep_repeats=repeats == "keep",
        )
    except ValueError as error:
        raise click.UsageError(f"--max-length is below --min-length: {error}.") from error
    from mirpre.cli.scan_session import ScanSession

    session = ScanSession(resolve_threads(threads), folder_name, settings, preset, output)
    with ExitStack() as stack:
        if settings.fold:
            session.folder = stack.enter_context(session.open_folder())
        # Imported here, since worker processes are forked before a library starts threads.
        from mirpre.scanning.pipeline import Scan

        chunks = stack.enter_context(session.chunks(genome, regions, bed))
        checkpoint = stack.enter_context(session.checkpoint(resume, regions, bed))
        watch = stack.enter_context(session.bar())
        scan = Scan(settings, threads=session.threads, folder=session.folder, watch=watch)
        details: dict[str, Any] = {}
        if classify:
            from mirpre.cli.calls import ScanModel, write_calls

            called_by = ScanModel(
                model, preset, prior=prior, threshold=threshold, best_strand=strands == "best"
            )
            counts = write_calls(
                scan.calls(
                    chunks,
                    called_by.caller,
                    checkpoint,
                    called_only=not all_loci,
                    max_copies=max_copies,
                ),
                session,
                [(output_format, output or "-")],
                called_by.header_lines(session, session.search_lines(), q_values),
                scan=True,
                q_values=q_values,
            )
            details["records"] = counts.summary()
            details["calls"] = session.calls(counts, scan.letters, called_by.prior)
            details["calls_with_more_copies_skipped"] = scan.copied
            details["model"] = called_by.summary()
            if scan.evidence is not None:
                details["q_values"] = scan.evidence.summary()
        else:
            from mirpre.formats.opening import open_output

            with open_output(output) as out:
                writer = FORMATS[output_format].make(out, Head(session.header_lines(), calls=False))
                session.write_each(scan.candidates(chunks, checkpoint), writer.write, output)
    session.read = scan.found
    session.times.add_all(scan.times)
    session.say(genome, scan)
    session.finish(
        json_file,
        genome_letters=scan.letters,
        preset=preset,
        search_networks=session.search_networks,
        loci_in_tandem_repeats_skipped=scan.repeats,
        loci_in_inverted_repeats_skipped=scan.inverted_repeats,
        **details,
    )
