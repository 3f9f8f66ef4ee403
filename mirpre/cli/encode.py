"""``mirpre encode``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from mirpre.cli.files import FileCommand
from mirpre.cli.options import (
    folder_option,
    make_source,
    output_option,
    resolve_threads,
    run_options,
    source_options,
    threads_option,
)

if TYPE_CHECKING:
    from mirpre.cli.session import Session
    from mirpre.records import Hairpin


@click.command("encode", cls=FileCommand, short_help="Merge bases and structure into dimers.")
@source_options("encode")
@output_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "npz"]),
    default="text",
    show_default=True,
    help="Dimer text, or NumPy arrays (one-hot N x 180 x 12).",
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
    threads: int,
    folder_name: str,
    skip_invalid: str | None,
    json_file: str | None,
) -> None:
    """Merge each base with its structure symbol into a dimer, such as 'G(' or 'A.'.

    INPUT is FASTA, which is folded first, or folded text; '-' or nothing is standard input. The
    output has one record a line, tab-separated: header, energy, dimers. With --format npz it is
    an archive of NumPy arrays: onehot, header, mfe, length.
    """
    source = make_source(input, bed, genome)
    shown = sys.stdout is not None and sys.stdout.isatty()
    if output_format == "npz" and output in (None, "-") and shown:
        raise click.UsageError("npz is binary: give -o FILE, or redirect standard output.")
    from mirpre.cli.session import Session
    from mirpre.formats.dimers import write_encoded
    from mirpre.formats.output import open_binary_output, open_output

    session = Session(resolve_threads(threads), folder_name)
    session.count_flags()
    with session.folded(source, skip_invalid, takes=("fasta", "folded")) as records:
        flagged = _flagged(records, session, output_format == "npz")
        if output_format == "npz":
            from mirpre.formats.arrays import write_npz

            with open_binary_output(output) as archive:
                write_npz(archive, session.progress(flagged, output))
        else:
            with open_output(output) as out:
                session.write_each(flagged, lambda record: write_encoded(out, record), output)
    session.finish(json_file)


def _flagged(records: Iterable[Hairpin], session: Session, cut: bool) -> Iterator[Hairpin]:
    """The records, counting the flags that they have; only arrays are cut, text is whole."""
    from mirpre.encoding import ONE_HOT
    from mirpre.records import TRUNCATED

    for record in records:
        session.flags.update(flag for flag in ONE_HOT.flags_of(record) if cut or flag != TRUNCATED)
        yield record
