"""``mirpre evaluate``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mirpre.cli.files import FileCommand
from mirpre.cli.options import (
    INPUT_FILE,
    OUTPUT_FILE,
    FiniteRange,
    Source,
    folder_option,
    multiqc_option,
    output_option,
    resolve_threads,
    threads_option,
)
from mirpre.models import DEFAULT_MODEL

if TYPE_CHECKING:
    from mirpre.evaluation.scoring import Scored
    from mirpre.formats.splits import SplitTable
    from mirpre.records import Hairpin

FIGURE_FORMATS = (".svg", ".png")


@click.command(
    "evaluate", cls=FileCommand, short_help="Measure how well a model does on labelled hairpins."
)
@click.option("--positive", type=INPUT_FILE, help="Precursors: FASTA, folded or dimer text.")
@click.option("--negative", type=INPUT_FILE, help="Other hairpins, in the same formats.")
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    metavar="NAME|FOLDER",
    help="Model to measure, may be repeated; genome unless you say so.",
)
@click.option(
    "--calls",
    multiple=True,
    type=INPUT_FILE,
    help="Instead of hairpins, a table with the columns id and probability, such as classify "
    "writes; may be repeated.",
)
@click.option(
    "--labels",
    type=INPUT_FILE,
    help="For --calls: a table with the columns id and label (positive or negative).",
)
@click.option(
    "--split",
    "split_file",
    type=INPUT_FILE,
    metavar="TABLE",
    help="Measure only the records that this table of 'mirpre split' has in --set or --fold.",
)
@click.option(
    "--set",
    "set_name",
    type=click.Choice(["train", "validation", "test"]),
    show_default="test",
    help="Of --split.",
)
@click.option("--fold", type=click.IntRange(min=1), help="Of --split, for a table of folds.")
@output_option
@click.option("--json", "json_file", type=OUTPUT_FILE, metavar="FILE", help="Also as JSON.")
@multiqc_option
@click.option("--roc", type=OUTPUT_FILE, metavar="FILE", help="ROC curves, .svg or .png.")
@click.option(
    "--precision-recall",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="Precision-recall curves, .svg or .png.",
)
@click.option(
    "--threshold",
    type=FiniteRange(0, 1),
    show_default="each model's own; for calls the one in the table's header, or 0.5",
    help="Call records with at least this probability.",
)
@click.option(
    "--bootstrap",
    type=click.IntRange(min=0),
    default=2000,
    show_default=True,
    help="Resamples for the 95 % intervals; 0 leaves the intervals out.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the bootstrap."
)
@threads_option
@folder_option
def command(
    positive: str | None,
    negative: str | None,
    models: tuple[str, ...],
    calls: tuple[str, ...],
    labels: str | None,
    split_file: str | None,
    set_name: str | None,
    fold: int | None,
    output: str | None,
    json_file: str | None,
    multiqc: str | None,
    roc: str | None,
    precision_recall: str | None,
    threshold: float | None,
    bootstrap: int,
    seed: int,
    threads: int,
    folder_name: str,
) -> None:
    """Measure models on labelled hairpins, or calls against labels.

    The table has the columns model, metric, value, low and high: counts, sensitivity,
    specificity, F1, MCC, accuracy, AUC and average precision, as fractions, with the 95 %
    interval of a stratified bootstrap. With only --positive or only --negative there is
    sensitivity or specificity alone. Needs: pip install 'mirpre[train]'.
    """
    _check_sources(positive, negative, models, calls, labels)
    if split_file is None and (set_name or fold):
        raise click.UsageError("--set and --fold are parts of a table: --split.")
    if split_file is not None and not (positive and negative):
        raise click.UsageError("--split needs both --positive and --negative.")
    for figure in (roc, precision_recall):
        if figure and Path(figure).suffix not in FIGURE_FORMATS:
            raise click.UsageError(f"{figure}: figures end in {' or '.join(FIGURE_FORMATS)}.")
    if (roc or precision_recall) and not calls and not (positive and negative):
        raise click.UsageError("Curves need both --positive and --negative.")
    from mirpre.training.extra import require

    require("measuring", "sklearn", *(["matplotlib"] if roc or precision_recall else []))
    if labels is not None:
        scored = _score_calls(calls, labels, threshold)
    else:
        part = _read_part(split_file, set_name, fold) if split_file else None
        workers = resolve_threads(threads)
        scored = _score_hairpins(
            (positive, negative),
            models or (DEFAULT_MODEL,),
            threshold,
            part,
            workers,
            folder_name,
            output,
        )
    _write(scored, output, json_file, multiqc, bootstrap, seed)
    _draw(scored, roc, precision_recall)


def _check_sources(
    positive: str | None,
    negative: str | None,
    models: tuple[str, ...],
    calls: tuple[str, ...],
    labels: str | None,
) -> None:
    if bool(calls) != bool(labels):
        raise click.UsageError("--calls and --labels belong together.")
    if calls and (positive or negative or models):
        raise click.UsageError("--calls does not go with --positive, --negative or --model.")
    if not calls and not positive and not negative:
        raise click.UsageError("Nothing to measure: name --positive and --negative, or --calls.")


def _read_part(split_file: str, set_name: str | None, fold: int | None) -> tuple[SplitTable, str]:
    """The table and what stands in it for the records that are wanted."""
    from mirpre.formats.opening import open_lines
    from mirpre.formats.splits import read_split

    with open_lines(split_file) as lines:
        table = read_split(lines)
    if table.has_folds and (fold is None or set_name or fold > table.folds):
        raise click.UsageError(f"{split_file} has {table.folds} folds: name one with --fold.")
    if not table.has_folds and fold is not None:
        raise click.UsageError(f"{split_file} has sets and no folds: leave out --fold.")
    return table, str(fold or set_name or "test")


def _score_hairpins(
    sources: tuple[str | None, str | None],
    models: tuple[str, ...],
    threshold: float | None,
    part: tuple[SplitTable, str] | None,
    threads: int,
    folder_name: str,
    output: str | None,
) -> list[Scored]:
    """Fold what needs it and score it with every model; only the probabilities are kept.

    sources are the files of positives and negatives; part limits them to a part of a split.
    """
    import numpy as np

    from mirpre.cli.session import Session
    from mirpre.errors import FileError
    from mirpre.evaluation.scoring import Scored, probabilities
    from mirpre.formats.labels import NEGATIVE, POSITIVE
    from mirpre.models.inference import Predictor
    from mirpre.models.registry import load_model_files

    files = [load_model_files(model) for model in models]
    names = _distinct([str(file.name) for file in files], list(models))
    counts = {POSITIVE: 0, NEGATIVE: 0}

    def wanted(records: Iterable[Hairpin], label: str) -> Iterator[Hairpin]:
        if part is not None:
            table, name = part
            records = (record for record, its in table.matched(records, label) if its == name)
        for record in records:
            counts[label] += 1
            yield record

    with ExitStack() as stack:
        # Worker processes, where there are any, are forked before a library starts threads.
        streams, folders = [], []
        for path, label in zip(sources, counts, strict=True):
            if path is not None:
                session = Session(threads, folder_name)
                records = stack.enter_context(session.records(Source((path,)), None))
                streams.append(wanted(session.progress(records, output), label))
                folders += [session.folder] if session.folder else []
        predictors = [Predictor(file) for file in files]
        folder = folders[0] if folders else None
        found = probabilities(chain.from_iterable(streams), predictors, threads, folder)
    for path, label in zip(sources, counts, strict=True):
        if path is not None and not counts[label]:
            raise FileError("no records to measure", file=path)
    is_precursor = np.arange(len(found[0])) < counts[POSITIVE]
    return [
        Scored(
            name, file.threshold if threshold is None else threshold, is_precursor, p, file.sha256
        )
        for name, file, p in zip(names, files, found, strict=True)
    ]


def _score_calls(calls: tuple[str, ...], labels: str, threshold: float | None) -> list[Scored]:
    import numpy as np

    from mirpre.cli.session import plural, warn
    from mirpre.errors import FileError
    from mirpre.evaluation.scoring import Scored
    from mirpre.formats.labels import read_calls, read_labels
    from mirpre.formats.opening import open_lines

    with open_lines(labels) as lines:
        truth = read_labels(lines)
    if not truth:
        raise FileError("no labelled records", file=labels)
    names = _distinct([Path(path).name.split(".")[0] for path in calls], list(calls))
    scored = []
    for name, path in zip(names, calls, strict=True):
        with open_lines(path) as lines:
            table = read_calls(lines)
        missing = [record for record in truth if record not in table.probability]
        if missing:
            raise FileError(
                f"no call of {plural(len(missing), 'labelled record')}, such as {missing[0]!r}",
                file=path,
            )
        if len(table.probability) > len(truth):
            extra = plural(len(table.probability) - len(truth), "record")
            warn(f"{path}: {extra} without a label left out")
        own = 0.5 if table.threshold is None else table.threshold
        scored.append(
            Scored(
                name,
                own if threshold is None else threshold,
                np.array(list(truth.values())),
                np.array([table.probability[record] for record in truth]),
            )
        )
    return scored


def _distinct(names: list[str], otherwise: list[str]) -> list[str]:
    """The names, or where they repeat what the user typed."""
    return names if len(set(names)) == len(names) else otherwise


def _write(
    scored: list[Scored],
    output: str | None,
    json_file: str | None,
    multiqc: str | None,
    bootstrap: int,
    seed: int,
) -> None:
    from mirpre import __version__
    from mirpre.cli import talk
    from mirpre.cli.command import command_line
    from mirpre.cli.session import about_run, write_for_multiqc
    from mirpre.evaluation.bootstrap import intervals
    from mirpre.evaluation.metrics import binary_metrics
    from mirpre.formats.metrics import Measured, write_metrics, write_metrics_json
    from mirpre.formats.multiqc import sample_of
    from mirpre.formats.output import open_output

    measured = [
        Measured(
            one.name,
            one.threshold,
            one.sha256,
            binary_metrics(one.is_precursor, one.probability, one.threshold),
            intervals(
                one.is_precursor, one.probability, one.threshold, resamples=bootstrap, seed=seed
            ),
        )
        for one in scored
    ]
    talk.fact(f"{len(scored[0].is_precursor):,} records, {', '.join(one.name for one in scored)}")
    header = [f"mirpre {__version__}", f"command: {command_line()}"]
    header += [f"model-sha256: {one.name} {one.sha256}" for one in scored if one.sha256]
    header += [f"threshold: {one.name} {one.threshold:g}" for one in scored]
    header.append(f"intervals: 95 %, stratified bootstrap, {bootstrap} resamples, seed {seed}")
    with open_output(output) as out:
        write_metrics(out, header, measured)
    if json_file is not None:
        about = {
            **about_run(command_line()),
            "bootstrap": {"confidence": 0.95, "resamples": bootstrap, "seed": seed},
        }
        with open_output(json_file) as out:
            write_metrics_json(out, about, measured)
    if multiqc is not None:
        sample = sample_of(multiqc)
        write_for_multiqc(multiqc, {f"{sample} {one.model}": one.values for one in measured})


def _draw(scored: list[Scored], roc: str | None, precision_recall: str | None) -> None:
    from mirpre.evaluation.curves import write_precision_recall, write_roc
    from mirpre.formats.output import open_binary_output

    for path, draw in ((roc, write_roc), (precision_recall, write_precision_recall)):
        if path is not None:
            with open_binary_output(path) as out:
                draw(out, scored, Path(path).suffix[1:])
