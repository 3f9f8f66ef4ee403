"""``mirpre draw``."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mirpre.cli import talk
from mirpre.cli.annotation import multi_option, open_reads, reads_option
from mirpre.cli.files import FileCommand
from mirpre.cli.options import (
    INPUT_FILE,
    folder_option,
    genome_option,
    layout_option,
    model_option,
    output_option,
)
from mirpre.models import DEFAULT_MODEL

if TYPE_CHECKING:
    from mirpre.formats.entries import Entry
    from mirpre.report.drawing import Drawing

FORMATS = ("svg", "png")
COLOURS = ("bases", "pairing", "importance", "reads", "none")


@click.command("draw", cls=FileCommand, short_help="Draw single hairpins as SVG or PNG.")
@click.argument("input", type=INPUT_FILE)
@output_option
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="ID",
    help="Draw the record of this name; may be repeated. Without it the first, or with --each all.",
)
@click.option(
    "--each",
    type=click.Path(file_okay=False, writable=True),
    metavar="FOLDER",
    help="A file for each record, in this folder, which is made where it is missing.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    show_default="by the name of the output, else svg",
    help="png needs matplotlib: pip install 'mirpre[plot]'.",
)
@click.option(
    "--colour",
    type=click.Choice(COLOURS),
    default="bases",
    show_default=True,
    help="pairing: the probability of each nucleotide to be paired; importance: what made --model "
    "call it; reads: how deep those of --reads lie.",
)
@reads_option
@multi_option
@model_option("For --colour importance.", default=DEFAULT_MODEL, show_default=True)
@genome_option("for the sequences of loci, where INPUT has none.")
@layout_option
@folder_option
def command(
    input: str,
    output: str | None,
    names: tuple[str, ...],
    each: str | None,
    output_format: str | None,
    colour: str,
    reads: tuple[str, ...],
    multi: str,
    model: str,
    genome: str | None,
    layout: str,
    folder_name: str,
) -> None:
    """Draw single hairpins, their ends to the left and their loop to the right.

    INPUT is FASTA, RNAfold's or dimer text, or calls in any format that carries sequences or
    structures (or name --genome); '-' is standard input. What has no structure is folded. Mature
    arms of an annotation lie under their nucleotides as bands, 5p blue, 3p orange.
    """
    if each is not None and output is not None:
        raise click.UsageError("Give either --output, for one drawing, or --each.")
    kind = output_format or Path(output or "").suffix.lstrip(".").lower() or "svg"
    if kind not in FORMATS:
        raise click.UsageError(f"{output}: a drawing is .svg or .png.")
    if kind == "png" and each is None and output in (None, "-") and _is_terminal():
        raise click.UsageError("PNG is binary: give -o FILE, or redirect standard output.")
    from mirpre.cli.session import Session, plural
    from mirpre.formats.entry_files import EntryFile
    from mirpre.formats.opening import open_lines
    from mirpre.formats.regions import open_genome
    from mirpre.report.complete import folded, with_reads, with_sequences_from

    session = Session(1, folder_name)
    with ExitStack() as stack:
        folder = stack.enter_context(session.open_folder())
        found = EntryFile(stack.enter_context(open_lines(input)))
        chosen = _chosen(found, names, each is not None, input)
        if genome is not None:
            chosen = list(with_sequences_from(chosen, stack.enter_context(open_genome(genome))))
        chosen = folded(chosen, folder)
        files = open_reads(reads, multi, session, stack)
        if files is not None:
            chosen, _ = with_reads(chosen, files)
        painter = _Painter(colour, model, layout)
        drawings = [(entry, painter.drawing(entry, input)) for entry in chosen]
    talk.fact(plural(len(drawings), "drawing"))
    if each is None:
        _write(output, drawings[0][1], kind)
        return
    os.makedirs(each, exist_ok=True)
    taken: set[str] = set()
    for entry, drawing in drawings:
        _write(os.path.join(each, _file_name(entry.name, taken) + f".{kind}"), drawing, kind)


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _chosen(
    entries: Iterable[Entry], names: Sequence[str], all_of_them: bool, source: str
) -> list[Entry]:
    """The entries to draw; raises FileError where a name is not there."""
    from mirpre.errors import FileError

    wanted = set(names)
    chosen = []
    for entry in entries:
        label = entry.locus.name if entry.locus is not None else ""
        if not names or entry.name in names or (label and label in names):
            wanted -= {entry.name, label}
            chosen.append(entry)
            if not all_of_them and (not names or not wanted):
                break
    file = "<stdin>" if source == "-" else source
    if wanted:
        raise FileError("no such record", file=file, record=sorted(wanted)[0])
    if not chosen and not all_of_them:
        raise FileError("no record to draw", file=file)
    if len(chosen) > 1 and not all_of_them:
        raise click.UsageError("Several drawings need --each FOLDER.")
    return chosen


def _file_name(name: str, taken: set[str]) -> str:
    """A file name of a record, another for each."""
    base = re.sub(r"[^A-Za-z0-9_.+-]+", "_", name).strip("._")[:100] or "hairpin"
    found, number = base, 1
    while found in taken:
        number += 1
        found = f"{base}_{number}"
    taken.add(found)
    return found


class _Painter:
    """Draws entries in one kind of colour."""

    def __init__(self, colour: str, model: str, layout: str) -> None:
        from mirpre.models.model import load_model

        self._colour = colour
        self._layout = layout
        self._model = load_model(model) if colour == "importance" else None

    def drawing(self, entry: Entry, source: str) -> Drawing:
        from mirpre.errors import FileError
        from mirpre.folding.pairing import pairing_probabilities
        from mirpre.models.importance import importance
        from mirpre.report.drawing import PLAIN, colours, draw

        if not entry.structure:
            raise FileError(
                "neither sequence nor structure is there; name --genome, or give FASTA",
                file=source,
                record=entry.name,
            )
        hairpin = entry.hairpin
        values: Sequence[float] = ()
        if self._colour == "reads":
            values = entry.reads
        elif hairpin is not None and self._colour == "pairing":
            values = pairing_probabilities((hairpin.sequence, entry.mfe))
        elif hairpin is not None and self._model is not None:
            values = importance(hairpin, self._model).tolist()
        if self._colour in ("bases", "none"):
            fill = [] if self._colour == "bases" else [PLAIN] * len(entry.structure)
        elif not values:
            needs = "reads" if self._colour == "reads" else "sequence"
            raise FileError(
                f"it has no {needs}, which --colour {self._colour} needs",
                file=source,
                record=entry.name,
            )
        else:
            fill = colours(self._colour, values)
        return draw(
            entry.header,
            entry.structure,
            entry.sequence,
            fill=fill,
            arms=entry.arms,
            layout=self._layout,
        )


def _write(path: str | None, drawing: Drawing, kind: str) -> None:
    from mirpre.formats.output import open_binary_output, open_output
    from mirpre.report.drawing import write_png, write_svg

    if kind == "svg":
        with open_output(path) as text:
            write_svg(text, drawing)
    else:
        with open_binary_output(path) as image:
            write_png(image, drawing)
