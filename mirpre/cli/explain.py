"""``mirpre explain``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mirpre.cli.files import FileCommand
from mirpre.cli.options import (
    folder_option,
    make_source,
    model_option,
    output_option,
    resolve_threads,
    run_options,
    source_options,
    threads_option,
)
from mirpre.formats.importance import IMPORTANCE_FORMATS
from mirpre.models import DEFAULT_MODEL

if TYPE_CHECKING:
    from mirpre.records import Explained, Hairpin


@click.command(
    "explain", cls=FileCommand, short_help="Tell which nucleotides made a model call a hairpin."
)
@source_options("explain")
@output_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(list(IMPORTANCE_FORMATS)),
    default="tsv",
    show_default=True,
    help="bedgraph needs a locus in each record's name.",
)
@model_option(
    "The model to ask: bundled are genome, cnn and rnn; or a folder with a model of yours.",
    default=DEFAULT_MODEL,
    show_default=True,
)
@threads_option
@folder_option
@run_options
def command(
    input: tuple[str, ...],
    bed: str | None,
    genome: str | None,
    output: str | None,
    output_format: str,
    model: str,
    threads: int,
    folder_name: str,
    skip_invalid: str | None,
    json_file: str | None,
) -> None:
    """Tell how important each nucleotide of a hairpin is for its call.

    INPUT is FASTA, RNAfold's text or dimer text, told by content; '-' or nothing is standard
    input. Each nucleotide in turn is hidden (an N, which pairs with nothing); its importance is
    what the model's log-odds of a precursor lose by that, below zero where they gain. The table
    has the columns id, position (from 1), base, structure and importance. Positions that the
    model does not read, past 180 nt for cnn and rnn, have 0.
    """
    source = make_source(input, bed, genome)
    from mirpre.cli.calls import CallingModel
    from mirpre.cli.session import Session
    from mirpre.formats.output import open_output

    session = Session(resolve_threads(threads), folder_name)
    session.count_flags()
    with session.folded(source, skip_invalid) as records:
        # Imported here, since worker processes are forked before a library starts threads.
        from mirpre.models.importance import explain

        explained_by = CallingModel(model, None)
        flags = explained_by.model.encoding.flags_of

        def counted(records: Iterator[Hairpin]) -> Iterator[Explained]:
            for one in explain(records, explained_by.model, session.threads, session.times):
                session.flags.update(flags(one.hairpin))
                yield one

        with open_output(output) as out:
            head = [*explained_by.header_lines(session), "importance: occlusion, log-odds"]
            writer = IMPORTANCE_FORMATS[output_format](out, head)
            session.write_each(counted(records), writer.write, output)
    session.finish(json_file, model=explained_by.summary())
