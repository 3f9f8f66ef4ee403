"""``mirpre report``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mirpre.cli.files import FileCommand
from mirpre.cli.options import (
    INPUT_FILE,
    folder_option,
    output_option,
    resolve_threads,
    threads_option,
)
from mirpre.report.build import MOST_DRAWINGS, MOST_EXPLAINED, MOST_LOCI, Wishes
from mirpre.report.layout import LAYOUTS

if TYPE_CHECKING:
    from mirpre.models.model import Model
    from mirpre.records import Hairpin


@click.command(
    "report", cls=FileCommand, short_help="Make one HTML page of calls, to look at them."
)
@click.argument("calls", type=INPUT_FILE)
@output_option
@click.option(
    "--genome",
    type=click.Path(exists=True, dir_okay=False),
    help="Genome FASTA (plain or bgzip): the sequences of loci, where CALLS has none.",
)
@click.option(
    "--sequences",
    type=INPUT_FILE,
    help="The hairpins that were classified, FASTA or folded: the same, by name.",
)
@click.option("--title", metavar="TEXT", show_default="the name of CALLS", help="Of the page.")
@click.option(
    "--assembly",
    metavar="NAME",
    help="The genome's name at UCSC, such as hg38: links to genome browsers.",
)
@click.option(
    "--loci",
    type=click.IntRange(min=1),
    default=MOST_LOCI,
    show_default=True,
    help="Most rows of the table; the best are taken, all are counted.",
)
@click.option(
    "--drawings",
    type=click.IntRange(min=0),
    default=MOST_DRAWINGS,
    show_default=True,
    help="Most loci with a drawing.",
)
@click.option(
    "--explain",
    type=click.IntRange(min=0),
    default=MOST_EXPLAINED,
    show_default=True,
    help="Most drawings coloured by what made the model call them.",
)
@click.option(
    "-m",
    "--model",
    metavar="NAME|FOLDER",
    show_default="the one that CALLS names",
    help="For --explain.",
)
@click.option(
    "--layout",
    type=click.Choice(list(LAYOUTS)),
    default="puzzler",
    show_default=True,
    help="ViennaRNA's layout of the drawings.",
)
@threads_option
@folder_option
def command(
    calls: str,
    output: str | None,
    genome: str | None,
    sequences: str | None,
    title: str | None,
    assembly: str | None,
    loci: int,
    drawings: int,
    explain: int,
    model: str | None,
    layout: str,
    threads: int,
    folder_name: str,
) -> None:
    """Make one HTML page of calls, candidates or annotations, which opens anywhere.

    CALLS is a table, GFF3, BED or JSON lines as mirpre writes them, or FASTA, told by content;
    '-' is standard input. The page has a summary, a table that sorts, filters and searches, and a
    drawing of each hairpin; it asks nothing of the network. Where CALLS has no sequences, name
    --genome or --sequences.
    """
    if output in (None, "-") and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("HTML is for a browser: give -o FILE, or redirect standard output.")
    from mirpre.cli.reports import write_report
    from mirpre.cli.session import Session
    from mirpre.folding.pairing import open_pairing
    from mirpre.formats.detect import read_hairpins
    from mirpre.formats.entry_files import EntryFile
    from mirpre.formats.opening import open_lines
    from mirpre.formats.regions import open_genome
    from mirpre.report.collect import Collector

    wishes = Wishes(loci, drawings, explain, layout, title or _title(calls), assembly)
    session = Session(resolve_threads(threads), folder_name)
    with ExitStack() as stack:
        # First, since worker processes are forked before a library starts threads.
        pairing = stack.enter_context(open_pairing(session.threads))
        folder = stack.enter_context(session.open_folder())
        lines = stack.enter_context(open_lines(calls))
        found = EntryFile(lines)
        collector = Collector(loci)
        for entry in session.progress(found, output):
            collector.add(entry)
        hairpins: Iterator[Hairpin] = iter(())
        if sequences is not None:
            _, hairpins = read_hairpins(stack.enter_context(open_lines(sequences)))
        write_report(
            output,
            collector,
            wishes,
            about=found.about,
            source=lines.name,
            session=session,
            folder=folder,
            pairing=pairing,
            model=_model(model, found.about) if explain else None,
            genome=stack.enter_context(open_genome(genome)) if genome else None,
            hairpins=hairpins,
        )


def _title(calls: str) -> str:
    return "Standard input" if calls == "-" else Path(calls).name


def _model(name: str | None, about: dict[str, str]) -> Model | None:
    """The model that was asked for, or the one that made the calls where it is at hand."""
    from mirpre.cli.session import warn
    from mirpre.models.model import load_model
    from mirpre.models.registry import bundled_models

    if name is not None:
        return load_model(name)
    made_by = about.get("model")
    if made_by is None:
        return None
    if made_by not in bundled_models():
        warn(f"no importance: name the folder of the model {made_by!r} with --model")
        return None
    model = load_model(made_by)
    if about.get("model-sha256", model.sha256) != model.sha256:
        warn(f"the model {made_by!r} is another one here than when the calls were made")
    return model
