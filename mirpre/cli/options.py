"""Options that several subcommands share, and what they mean."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from mirpre.folding import FOLDERS
from mirpre.report.layout import LAYOUTS

Function = TypeVar("Function", bound=Callable[..., Any])

INPUT_FILE = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
OUTPUT_FILE = click.Path(dir_okay=False, writable=True, allow_dash=True)


@dataclass(frozen=True)
class Source:
    """Where records come from: inputs of any kind, or regions of a genome."""

    inputs: tuple[str, ...]
    bed: str | None = None
    genome: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The files with the records, in their order."""
        return (self.bed,) if self.bed is not None else self.inputs or ("-",)

    @property
    def name(self) -> str:
        return ", ".join(self.names)


def genome_option(purpose: str) -> Callable[[Function], Function]:
    """--genome, a file, with what it is for."""
    return click.option(
        "--genome",
        type=click.Path(exists=True, dir_okay=False),
        help=f"Genome FASTA (plain or bgzip) {purpose}",
    )


def model_option(purpose: str, **settings: Any) -> Callable[[Function], Function]:
    """--model, with what it is for and click's settings of its default."""
    return click.option("-m", "--model", metavar="NAME|FOLDER", help=purpose, **settings)


def also_option(
    formats: Sequence[str], purpose: str = "Write the same calls in another format too"
) -> Callable[[Function], Function]:
    """--also, pairs of a format and a file."""
    return click.option(
        "--also",
        type=(click.Choice(formats), OUTPUT_FILE),
        multiple=True,
        metavar="FORMAT FILE",
        help=f"{purpose}; may be repeated.",
    )


def layout_option(function: Function) -> Function:
    return click.option(
        "--layout",
        type=click.Choice(list(LAYOUTS)),
        default="puzzler",
        show_default=True,
        help="ViennaRNA's layout of the drawings.",
    )(function)


def source_options(what: str) -> Callable[[Function], Function]:
    """INPUT, --bed and --genome; ``make_source`` checks them."""

    def decorate(function: Function) -> Function:
        for option in (
            genome_option("that --bed refers to."),
            click.option(
                "--bed",
                type=INPUT_FILE,
                help="Take these regions of --genome instead of INPUT; strand is respected.",
            ),
            click.argument("input", type=INPUT_FILE, nargs=-1),
        ):
            function = option(function)
        return function

    return decorate


def make_source(inputs: tuple[str, ...], bed: str | None, genome: str | None) -> Source:
    """Check the options of ``source_options``; raises click.UsageError."""
    if (bed is None) != (genome is None):
        raise click.UsageError("--bed and --genome belong together.")
    if bed is not None and inputs:
        raise click.UsageError("Give either INPUT or --bed with --genome, not both.")
    if bed is None and not inputs and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("No input: name a file, or pipe one in.")
    if inputs.count("-") > 1:
        raise click.UsageError("Standard input can be read once only: give one '-'.")
    return Source(inputs, bed, genome)


def output_option(function: Function) -> Function:
    return click.option(
        "-o",
        "--output",
        type=OUTPUT_FILE,
        help="Write here instead of standard output, whole or not at all; '.gz' makes bgzip.",
    )(function)


def threads_option(function: Function) -> Function:
    return click.option(
        "-t",
        "--threads",
        type=click.IntRange(min=0),
        default=0,
        show_default="0: all CPUs this process may use",
        help="Folding and inference threads.",
    )(function)


def folder_option(function: Function) -> Function:
    return click.option(
        "--folder",
        "folder_name",
        type=click.Choice(FOLDERS),
        default="auto",
        show_default=True,
        help="Who folds: this program (native) or the ViennaRNA library, with the same results; "
        "auto is native where the installed ViennaRNA is one it knows.",
    )(function)


def resolve_threads(threads: int) -> int:
    """The number of threads meant; 0 means all CPUs in this process's affinity."""
    from mirpre.parallel import available_cpus

    return threads or available_cpus()


def json_option(function: Function) -> Function:
    return click.option(
        "--json",
        "json_file",
        type=OUTPUT_FILE,
        metavar="FILE",
        help="Write a summary of the run here.",
    )(function)


def run_options(function: Function) -> Function:
    """--skip-invalid and --json."""
    function = json_option(function)
    return click.option(
        "--skip-invalid",
        type=OUTPUT_FILE,
        metavar="FILE",
        help="Write records that cannot be used here, with the reason, and go on.",
    )(function)


class KnownFile(click.Path):
    """A file that is there, or the word none."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value == "none" else super().convert(value, param, ctx)


class FiniteRange(click.FloatRange):
    """A number in a range; nan and inf are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return found


def call_options(
    model: str, threshold: str = "the model's own, 0.5 for the bundled ones"
) -> Callable[[Function], Function]:
    """--model with this default, and --threshold, whose default is told so: what is called."""

    def decorate(function: Function) -> Function:
        for option in (
            click.option(
                "--threshold",
                type=FiniteRange(0, 1),
                show_default=threshold,
                help="Call records with at least this probability.",
            ),
            model_option(
                "Bundled: genome (any species, and other RNAs that fold among the records), cnn "
                "and rnn (the published networks, for human hairpins cut out as in miRBase, among "
                "pieces of coding regions). Or a folder with a model of yours.",
                default=model,
                show_default=True,
            ),
        ):
            function = option(function)
        return function

    return decorate


class MultiqcFile(click.Path):
    """A file that MultiQC finds by its name."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if os.path.basename(value).removesuffix("_mqc.json") in ("", os.path.basename(value)):
            self.fail(
                f"{value!r} is no SAMPLE_mqc.json, the name that MultiQC looks for.", param, ctx
            )
        return super().convert(value, param, ctx)


def multiqc_option(function: Function) -> Function:
    return click.option(
        "--multiqc",
        type=MultiqcFile(),
        metavar="SAMPLE_mqc.json",
        help="Write the run's counts here, too, as a row SAMPLE for MultiQC.",
    )(function)


def report_option(function: Function) -> Function:
    return click.option(
        "--report",
        type=OUTPUT_FILE,
        metavar="FILE",
        help="Write an HTML page to look at what is found, too, as 'mirpre report' makes it.",
    )(function)
