"""``mirpre scan-genome``."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from mirpre.cli.annotation import FORMATS as ANNOTATION_FORMATS
from mirpre.cli.annotation import Evidence, evidence_options
from mirpre.cli.files import FileCommand, is_special
from mirpre.cli.options import (
    INPUT_FILE,
    FiniteRange,
    also_option,
    call_options,
    folder_option,
    json_option,
    multiqc_option,
    output_option,
    report_option,
    resolve_threads,
    threads_option,
)
from mirpre.cli.session import warn
from mirpre.cli.sharding import check_shard, read_shard, write_shard
from mirpre.formats.writer import Head
from mirpre.formats.writers import CALL_FORMATS, CANDIDATE_FORMATS, FORMATS, WITH_STRUCTURE
from mirpre.scanning.settings import (
    DEFAULT_PRESET,
    LONGEST,
    MOST_COPIES,
    PRESETS,
    SHORTEST,
    Shard,
    settings_of,
)

if TYPE_CHECKING:
    from mirpre.cli.calls import ScanModel

MOST_ALTERNATIVES = 8


def _format_of(wanted: str | None, *, annotate: bool, classify: bool) -> str:
    """The output's format; raises click.UsageError for one that is none of what is written."""
    if annotate:
        wanted = wanted or "gff3"
        if wanted not in ANNOTATION_FORMATS:
            raise click.UsageError(f"--format {wanted} does not go with --annotate.")
        return wanted
    wanted = wanted or ("tsv" if classify else "fasta")
    if wanted not in FORMATS:
        raise click.UsageError(f"--format {wanted} needs --annotate.")
    if wanted not in (CALL_FORMATS if classify else CANDIDATE_FORMATS):
        needs = "does not go with" if classify else "needs"
        raise click.UsageError(f"--format {wanted} {needs} --classify.")
    return wanted


def _decoys(copies: int) -> bool:
    """Whether --decoys, which scanned shuffled copies before 0.1.0, asks for q-values."""
    if copies:
        warn("--decoys means --q-values now, with the genome read backwards for decoys")
    return copies > 0


def _check_annotate(annotate: bool, genome: str, evidence: bool) -> None:
    if not annotate and evidence:
        raise click.UsageError("--known, --reads and --clade need --annotate.")
    if annotate and genome == "-":
        raise click.UsageError("--annotate needs a genome file, not standard input.")


def _check_of_calls(classify: bool, of_calls: bool) -> None:
    if of_calls and not classify:
        raise click.UsageError(
            "--threshold, --prior, --all, --max-copies, --strands best, --alternatives and "
            "--q-values need --classify."
        )


def _check_places(genome: str, parts: bool) -> None:
    if parts and genome == "-":
        raise click.UsageError("--regions and --bed need a genome file, not standard input.")


def _check_resume(resume: bool, output: str | None) -> None:
    if resume and (output in (None, "-") or is_special(output)):
        raise click.UsageError("--resume needs -o FILE.")


def _check_report(report: str | None, classify: bool) -> None:
    if report is not None and not classify:
        raise click.UsageError("--report needs --classify or --annotate.")


@click.command(
    "scan-genome", cls=FileCommand, short_help="Find precursor hairpins in a genome, both strands."
)
@click.argument("genome", type=INPUT_FILE)
@output_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(list(dict.fromkeys([*FORMATS, *ANNOTATION_FORMATS]))),
    show_default="fasta; tsv with --classify; gff3 with --annotate",
    help="folded is for candidates only, jsonl for calls only, mature-fasta for annotations only.",
)
@also_option(CALL_FORMATS, "With --classify: write the same calls in another format too")
@click.option(
    "--structure",
    is_flag=True,
    help="With --classify: add the dot-bracket (tsv, gff3, jsonl).",
)
@click.option(
    "--classify",
    is_flag=True,
    help="Fold and classify the candidates, too, and write those that are called.",
)
@click.option(
    "--annotate",
    is_flag=True,
    help="Annotate all loci, too, as 'mirpre annotate' does, and write those with a posterior of "
    "at least --threshold; implies --classify.",
)
@evidence_options
@report_option
@call_options(
    "genome",
    threshold="0.1, with --annotate 0.5; of a model that is not calibrated for genomes its own",
)
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
    "--shard",
    callback=read_shard,
    metavar="I/N",
    help="With --classify: scan the I-th of N equal parts, on any machine, and write what 'mirpre "
    "merge' needs to make of all N what one run writes.",
)
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
@json_option
@multiqc_option
def command(
    genome: str,
    output: str | None,
    output_format: str | None,
    also: tuple[tuple[str, str], ...],
    structure: bool,
    classify: bool,
    annotate: bool,
    known: str | None,
    reads: tuple[str, ...],
    profile: str,
    multi: str,
    clade: str | None,
    completeness: str | None,
    report: str | None,
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
    shard: Shard | None,
    min_length: int,
    max_length: int | None,
    mask: str,
    repeats: str,
    strands: str,
    resume: bool,
    threads: int,
    folder_name: str,
    json_file: str | None,
    multiqc: str | None,
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
    q_values, classify = q_values or _decoys(decoys), classify or annotate
    _check_annotate(annotate, genome, known is not None or bool(reads) or clade is not None)
    targets = _targets(
        [(_format_of(output_format, annotate=annotate, classify=classify), output or "-"), *also],
        structure,
        classify > annotate,
    )
    numbers = (threshold, prior, max_copies, alternatives)
    of_calls = (all_loci, q_values, *(number is not None for number in numbers))
    _check_of_calls(classify, any(of_calls) or strands == "best")
    _check_places(genome, bool(regions or bed))
    _check_report(report, classify)
    _check_resume(resume, output)
    check_shard(shard, genome, classify, bool(output_format or also or report or annotate))
    try:
        settings = settings_of(
            preset,
            classify=classify,
            best_strand=strands == "best",
            mirror=q_values,
            fold=targets[0][0] == "folded",
            alternatives=alternatives,
            min_length=min_length,
            max_length=max_length,
            soft_mask=mask == "soft",
            keep_repeats=repeats == "keep",
        )
    except ValueError as error:
        raise click.UsageError(f"--max-length is below --min-length: {error}.") from error
    from mirpre.cli.reports import RunReport
    from mirpre.cli.scan_session import ScanSession

    evidence = Evidence(known, clade, completeness, reads, profile, multi) if annotate else None
    session = ScanSession(resolve_threads(threads), folder_name, settings, preset, output)
    with ExitStack() as stack:
        page = stack.enter_context(RunReport(report, session))
        if settings.fold:
            session.folder = stack.enter_context(session.open_folder())
        # Imported here, since worker processes are forked before a library starts threads.
        from mirpre.scanning.pipeline import Scan

        chunks = stack.enter_context(session.chunks(genome, regions, bed, shard))
        called_by = _scan_model(
            classify,
            model,
            preset,
            prior=prior,
            threshold=None if annotate else threshold,
            best_strand=strands == "best",
        )
        sha256 = called_by.model.sha256 if called_by else None
        checkpoint = stack.enter_context(session.checkpoint(resume, regions, bed, shard, sha256))
        watch = stack.enter_context(session.bar())
        scan = Scan(settings, threads=session.threads, folder=session.folder, watch=watch)
        details: dict[str, Any] = {}
        if called_by is not None:
            from mirpre.cli.scan_calls import CallRun, write_annotated, write_called

            run = CallRun(session, scan, called_by, targets, structure, q_values, page)
            called_only = not (annotate or all_loci)
            if shard is not None:
                details = write_shard(
                    run,
                    scan.called(chunks, called_by.caller, checkpoint),
                    shard,
                    called_only,
                    max_copies,
                )
            else:
                calls = scan.calls(
                    chunks,
                    called_by.caller,
                    checkpoint,
                    called_only=called_only,
                    max_copies=max_copies,
                )
                details = (
                    write_called(run, calls, genome)
                    if evidence is None
                    else write_annotated(run, calls, evidence, stack, genome, threshold, all_loci)
                )
        else:
            from mirpre.formats.output import open_output

            with open_output(output) as out:
                writer = FORMATS[targets[0][0]].make(out, Head(session.header_lines(), calls=False))
                session.write_each(scan.candidates(chunks, checkpoint), writer.write, output)
    session.read = scan.found
    session.times.add_all(scan.times)
    session.say(genome, scan)
    session.finish(
        json_file,
        multiqc=multiqc,
        **session.search_summary(scan, preset, session.search_networks),
        **details,
    )


def _scan_model(classify: bool, *which: str, **how: Any) -> ScanModel | None:
    """What calls the candidates, where that is wanted."""
    if not classify:
        return None
    from mirpre.cli.calls import ScanModel

    return ScanModel(*which, **how)


def _targets(targets: list[tuple[str, str]], structure: bool, calls: bool) -> list[tuple[str, str]]:
    """Formats and files, checked: --also and --structure are for calls. Raises click.UsageError."""
    if not calls and (structure or len(targets) > 1):
        raise click.UsageError("--also and --structure need --classify, without --annotate.")
    if structure and not WITH_STRUCTURE & {kind for kind, _ in targets}:
        raise click.UsageError(f"--structure does not go with --format {targets[0][0]}.")
    return targets
