"""``mirpre tracks``."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import click

from mirpre.cli.files import FileCommand
from mirpre.cli.options import INPUT_FILE, OUTPUT_FILE, genome_option, output_option


@click.command("tracks", cls=FileCommand, short_help="Make tracks of calls for UCSC and IGV.")
@click.argument("calls", type=INPUT_FILE)
@output_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["bed12", "gff3"]),
    default="bed12",
    show_default=True,
    help="bed12 is ready for bedToBigBed.",
)
@click.option("--only-positive", is_flag=True, help="Leave out what is not called.")
@click.option(
    "--track-line",
    is_flag=True,
    help="Begin with a track line for UCSC's custom tracks (bed12; bedToBigBed wants none).",
)
@click.option("--name", default="mirpre", show_default=True, metavar="TEXT", help="Of the track.")
@genome_option("for the lengths of contigs in gff3, and the session's genome.")
@click.option(
    "--igv-session",
    type=OUTPUT_FILE,
    metavar="FILE.xml",
    help="Also write a session for IGV with this track; needs -o and --genome or --assembly.",
)
@click.option("--assembly", metavar="NAME", help="The genome's name in IGV, such as hg38.")
def command(
    calls: str,
    output: str | None,
    output_format: str,
    only_positive: bool,
    track_line: bool,
    name: str,
    genome: str | None,
    igv_session: str | None,
    assembly: str | None,
) -> None:
    """Make sorted tracks with short names and colours from calls or annotations.

    CALLS is a table, GFF3, BED or JSON lines as mirpre writes them, or FASTA whose names are
    places, told by content; '-' is standard input. Loci are coloured by their tier, where there
    are tiers, else by their probability; mature arms are thick, with the loop as a gap.
    """
    if track_line and output_format != "bed12":
        raise click.UsageError("--track-line goes with --format bed12.")
    if igv_session is not None and (output in (None, "-") or not (genome or assembly)):
        raise click.UsageError("--igv-session needs -o FILE, and --genome or --assembly.")
    if igv_session is not None and igv_session == output:
        raise click.UsageError("--output and --igv-session need files of their own.")
    from mirpre.formats.entry_files import EntryFile
    from mirpre.formats.opening import open_lines
    from mirpre.formats.output import open_output
    from mirpre.formats.regions import open_genome
    from mirpre.formats.tracks import (
        sorted_places,
        write_bed12,
        write_igv_session,
        write_track_gff3,
    )

    with ExitStack() as stack:
        found = EntryFile(stack.enter_context(open_lines(calls)))
        places = sorted_places(
            entry for entry in found if not only_positive or entry.is_positive is not False
        )
        lengths: dict[str, int] = {}
        if genome is not None and output_format == "gff3":
            fasta = stack.enter_context(open_genome(genome))
            lengths = dict(zip(fasta.references, fasta.lengths, strict=True))
    with open_output(output) as out:
        if output_format == "gff3":
            write_track_gff3(out, places, lengths)
        else:
            line = {
                "name": name,
                "description": f"microRNA precursors, {Path(calls).name}",
                "itemRgb": "On",
                "visibility": "pack",
            }
            write_bed12(out, places, line if track_line else None)
    if igv_session is not None and output is not None:
        # Beside each other the two files can be moved together.
        folder = os.path.dirname(os.path.abspath(igv_session))
        track = os.path.relpath(os.path.abspath(output), folder)
        reference = assembly or os.path.relpath(os.path.abspath(genome or ""), folder)
        with open_output(igv_session) as out:
            write_igv_session(out, track, name, reference, places)
