"""``mirpre classify``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from mirpre.cli.options import (
    OUTPUT_FILE,
    make_source,
    output_option,
    resolve_threads,
    run_options,
    source_options,
    threads_option,
)

if TYPE_CHECKING:
    from mirpre.calls import Call
    from mirpre.cli.session import Session

FORMATS = ("tsv", "bed", "gff3", "fasta", "jsonl")
WITH_STRUCTURE = {"tsv", "gff3", "jsonl"}


@click.command("classify", short_help="Tell pre-miRNA hairpins from others.")
@source_options("classify")
@output_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    default="tsv",
    show_default=True,
    help="BED and GFF3 need a locus in each record's name.",
)
@click.option(
    "--also",
    type=(click.Choice(FORMATS), OUTPUT_FILE),
    multiple=True,
    metavar="FORMAT FILE",
    help="Write the same calls in another format too; may be repeated.",
)
@click.option(
    "-m",
    "--model",
    default="cnn",
    show_default=True,
    metavar="NAME|FOLDER",
    help="Bundled: cnn (fast), rnn (an LSTM network, slower). Or a folder with a model of yours.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    show_default="the model's own, 0.5 for cnn and rnn",
    help="Call records with at least this probability.",
)
@click.option("--only-positive", is_flag=True, help="Leave out what is not called.")
@click.option("--structure", is_flag=True, help="Add the dot-bracket (tsv, gff3, jsonl).")
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=512,
    show_default=True,
    help="Records that the network reads at once.",
)
@threads_option
@run_options
def command(
    input: str | None,
    bed: str | None,
    genome: str | None,
    output: str | None,
    output_format: str,
    also: tuple[tuple[str, str], ...],
    model: str,
    threshold: float | None,
    only_positive: bool,
    structure: bool,
    batch_size: int,
    threads: int,
    skip_invalid: str | None,
    json_file: str | None,
) -> None:
    """Give each hairpin its probability of being a pre-miRNA, and a call.

    INPUT is FASTA, RNAfold's text or dimer text, told by content; '-' or nothing is standard
    input. The table has the columns id, length, mfe (kcal/mol), probability, call (pre-miRNA or
    other) and flags: 'truncated' for records longer than 180 nt, of which the model reads the
    first 180, and 'ambiguous' for records with other letters than A, C, G, T and U.
    """
    source = make_source(input, bed, genome)
    if structure and not WITH_STRUCTURE & {output_format, *(kind for kind, _ in also)}:
        raise click.UsageError(f"--structure does not go with --format {output_format}.")
    targets = [(output_format, output or "-"), *also]
    if len({path for _, path in targets}) < len(targets):
        raise click.UsageError("--output and each --also need files of their own.")
    from mirpre.cli.session import Session
    from mirpre.formats.opening import open_output
    from mirpre.provenance import Provenance

    session = Session(resolve_threads(threads))
    counts = {"called": 0, "written": 0}
    with session.folded(source, skip_invalid) as records:
        # Imported here, since the workers above are forked before a library starts threads.
        from mirpre.calling import call
        from mirpre.formats.calls import CALL_WRITERS
        from mirpre.models.inference import Predictor
        from mirpre.models.registry import load_model_files

        files = load_model_files(model)
        cutoff = files.threshold if threshold is None else threshold
        calls = call(
            records,
            Predictor(files),
            threshold=cutoff,
            batch_size=batch_size,
            threads=session.threads,
            times=session.times,
        )
        provenance = Provenance(
            session.command, files.name, files.sha256, cutoff, session.folded_by
        )
        with ExitStack() as outputs:
            writers = [
                CALL_WRITERS[kind](outputs.enter_context(open_output(path)), provenance, structure)
                for kind, path in targets
            ]

            def write(call: Call) -> None:
                for writer in writers:
                    writer.write(call)

            written = _counted(calls, session, counts, only_positive)
            session.write_each(written, write, output)
    session.finish(
        json_file,
        records=counts,
        model={"name": files.name, "sha256": files.sha256, "threshold": cutoff},
    )


def _counted(
    calls: Iterable[Call], session: Session, counts: dict[str, int], only_positive: bool
) -> Iterator[Call]:
    """The calls to write, counting all of them."""
    for call in calls:
        session.flags.update(call.flags)
        counts["called"] += call.is_positive
        if call.is_positive or not only_positive:
            counts["written"] += 1
            yield call
