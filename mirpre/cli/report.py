"""``mirpre report``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from mirpre.cli import talk
from mirpre.cli.annotation import clade_option, expected_of, multi_option, open_reads, reads_option
from mirpre.cli.files import FileCommand
from mirpre.cli.options import (
    INPUT_FILE,
    folder_option,
    genome_option,
    layout_option,
    model_option,
    output_option,
    resolve_threads,
    threads_option,
)
from mirpre.report.build import MOST_DRAWINGS, MOST_EXPLAINED, MOST_LOCI, Wishes

if TYPE_CHECKING:
    from mirpre.records import Hairpin


@click.command(
    "report", cls=FileCommand, short_help="Make one HTML page of calls, to look at them."
)
@click.argument("calls", type=INPUT_FILE)
@output_option
@genome_option("for the sequences of loci, where CALLS has none.")
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
@reads_option
@multi_option
@clade_option
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
@model_option("For --explain.", show_default="the one that CALLS names")
@layout_option
@threads_option
@folder_option
def command(
    calls: str,
    output: str | None,
    genome: str | None,
    sequences: str | None,
    title: str | None,
    assembly: str | None,
    reads: tuple[str, ...],
    multi: str,
    clade: str | None,
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
    from mirpre.cli.reports import model_of, title_of, write_report
    from mirpre.cli.session import Session
    from mirpre.folding.pairing import open_pairing
    from mirpre.formats.detect import read_hairpins
    from mirpre.formats.entry_files import EntryFile
    from mirpre.formats.opening import open_lines
    from mirpre.formats.regions import open_genome
    from mirpre.report.collect import Collector

    expected = expected_of(clade)
    wishes = Wishes(loci, drawings, explain, layout, title or title_of(calls), assembly)
    session = Session(resolve_threads(threads), folder_name)
    with ExitStack() as stack:
        # First, since worker processes are forked before a library starts threads.
        pairing = stack.enter_context(open_pairing(session.threads))
        folder = stack.enter_context(session.open_folder())
        lines = stack.enter_context(open_lines(calls))
        found = EntryFile(lines)
        # Imported here, since worker processes are forked before a library starts threads.
        from mirpre.models.model import load_model

        collector = Collector(loci)
        for entry in session.progress(found, output):
            collector.add(entry)
        hairpins: Iterator[Hairpin] = iter(())
        if sequences is not None:
            _, hairpins = read_hairpins(stack.enter_context(open_lines(sequences)))
        totals = collector.totals
        called = f", {totals.called:,} called" if totals.judged else ""
        talk.fact(f"{totals.entries:,} loci{called}")
        explained_by = None
        if explain:
            explained_by = load_model(model) if model else model_of(found.about)
        write_report(
            output,
            collector,
            wishes,
            about=found.about,
            source=lines.name,
            session=session,
            folder=folder,
            pairing=pairing,
            model=explained_by,
            genome=stack.enter_context(open_genome(genome)) if genome else None,
            hairpins=hairpins,
            reads=open_reads(reads, multi, session, stack),
            expected=expected,
        )
