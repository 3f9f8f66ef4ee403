"""``mirpre fold``."""

from __future__ import annotations

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


@click.command("fold", cls=FileCommand, short_help="Predict the structure of each hairpin.")
@source_options("fold")
@output_option
@threads_option
@folder_option
@run_options
def command(
    input: tuple[str, ...],
    bed: str | None,
    genome: str | None,
    output: str | None,
    threads: int,
    folder_name: str,
    skip_invalid: str | None,
    json_file: str | None,
) -> None:
    """Predict the minimum free energy structure of each hairpin.

    INPUT is FASTA, DNA or RNA, plain, gzip or bgzip; '-' or nothing is standard input. The
    output is RNAfold's text, three lines a record: header, sequence, structure with energy in
    kcal/mol. Structures and energies are ViennaRNA's at its defaults.
    """
    source = make_source(input, bed, genome)
    from mirpre.cli.session import Session
    from mirpre.formats.dotbracket import write_folded
    from mirpre.formats.output import open_output

    session = Session(resolve_threads(threads), folder_name)
    with (
        session.folded(source, skip_invalid, takes=("fasta",)) as records,
        open_output(output) as out,
    ):
        session.write_each(records, lambda record: write_folded(out, record), output)
    session.finish(json_file)
