"""``mirpre train``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mirpre.cli.files import FileCommand, folder_trouble
from mirpre.cli.options import (
    INPUT_FILE,
    FiniteRange,
    Source,
    folder_option,
    resolve_threads,
    threads_option,
)
from mirpre.errors import FileError

if TYPE_CHECKING:
    from mirpre.cli.session import Session
    from mirpre.evaluation.splits import Split
    from mirpre.records import Hairpin
    from mirpre.training.fit import Epoch, FitResult
    from mirpre.training.recipe import Records

    NewSession = Callable[[], Session]

EPOCHS = {"cnn": 600, "rnn": 300, "genome": 20}


@click.command("train", cls=FileCommand, short_help="Train a network on hairpins of your own.")
@click.option(
    "--positive", type=INPUT_FILE, required=True, help="Precursors: FASTA, folded or dimer text."
)
@click.option(
    "--negative", type=INPUT_FILE, required=True, help="Other hairpins, in the same formats."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False),
    required=True,
    help="Folder to make, for classify --model.",
)
@click.option(
    "-m",
    "--model",
    type=click.Choice(list(EPOCHS)),
    default="cnn",
    show_default=True,
    help="Network to train.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    show_default="600 for cnn, 300 for rnn, as published; 20 for genome",
)
@click.option("--batch-size", type=click.IntRange(min=1), default=200, show_default=True)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the training."
)
@click.option(
    "--patience",
    type=click.IntRange(min=1),
    help="End after so many epochs without a better one.",
)
@click.option(
    "--validation-fraction",
    type=FiniteRange(0, 1, min_open=True, max_open=True),
    default=0.2,
    show_default=True,
    help="Part of the records, test records aside, that chooses the best epoch.",
)
@click.option(
    "--test-records",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Records kept aside, on which the card's test metrics are measured.",
)
@click.option(
    "--shuffle-seed",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    help="Of the division into training, validation and test records.",
)
@click.option(
    "--split",
    "split_file",
    type=INPUT_FILE,
    metavar="TABLE",
    help="Divide the records as this table of 'mirpre split' says.",
)
@click.option(
    "--fold",
    type=click.IntRange(min=1),
    help="For a table of folds: test on this one, validate on the next, train on the others.",
)
@click.option(
    "--validation-positive",
    type=INPUT_FILE,
    help="Precursors that choose the best epoch, instead of a part of the records.",
)
@click.option("--validation-negative", type=INPUT_FILE, help="Likewise other hairpins.")
@click.option("--data", default="", help="What the records are, in words for the model card.")
@click.option(
    "--checkpoint-every",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    metavar="EPOCHS",
    help="Write OUTPUT.checkpoint.npz so often; 0 for never. It goes when the run is done.",
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint, where there is one.")
@threads_option
@folder_option
@click.pass_context
def command(
    context: click.Context,
    positive: str,
    negative: str,
    output: str,
    model: str,
    epochs: int | None,
    batch_size: int,
    seed: int,
    patience: int | None,
    validation_fraction: float,
    test_records: int,
    shuffle_seed: int,
    split_file: str | None,
    fold: int | None,
    validation_positive: str | None,
    validation_negative: str | None,
    data: str,
    checkpoint_every: int,
    resume: bool,
    threads: int,
    folder_name: str,
) -> None:
    """Train a network and write it as a folder that classify --model takes.

    The records are shuffled and divided into test, validation and training records, or as
    --split says. The epoch with the lowest cross-entropy on the validation records is kept. The
    same seed and number of threads give the same weights on the same machine, also where a run
    was interrupted and goes on with --resume. The folder holds model.onnx, model.keras,
    card.json, training.csv and learning_curves.png. Needs: pip install 'mirpre[train]'.
    """
    target = Path(output)
    saved = target.with_name(target.name + ".checkpoint.npz")
    existing = next(folder for folder in target.absolute().parents if folder.exists())
    if trouble := folder_trouble(str(existing)):
        raise FileError(f"cannot write: {trouble}", file=output)
    if target.exists() and any(target.iterdir()):
        raise click.UsageError(f"--output {output} is not empty; name a new folder.")
    if saved.exists() and not resume:
        raise click.UsageError(f"{saved} is there: go on with --resume, or remove it.")
    _check_division(context, split_file, validation_positive, validation_negative)
    if fold is not None and split_file is None:
        raise click.UsageError("--fold needs a table of folds: --split.")
    from dataclasses import asdict

    from mirpre.cli.command import command_line
    from mirpre.cli.session import Session, warn
    from mirpre.training.checkpoints import Checkpoint
    from mirpre.training.export import write_model_folder
    from mirpre.training.recipe import Recipe, load_tensorflow, train

    workers = resolve_threads(threads)
    new_session = partial(Session, workers, folder_name)
    try:
        if split_file is not None:
            records, division = _divided_by_table(
                model, positive, negative, split_file, fold, new_session
            )
        elif validation_positive is not None and validation_negative is not None:
            files = (positive, negative, validation_positive, validation_negative)
            records, division = _divided_by_file(model, *files, new_session)
        else:
            records, division = _shuffled(
                model,
                positive,
                negative,
                test_records,
                validation_fraction,
                shuffle_seed,
                new_session,
            )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    recipe = Recipe(
        network=model,
        epochs=epochs or EPOCHS[model],
        batch_size=batch_size,
        seed=seed,
        patience=patience,
    )
    run = {key: value for key, value in asdict(recipe).items() if key not in ("epochs", "patience")}
    checkpoint = Checkpoint(saved, {**run, "records": records.digest()}, checkpoint_every)
    load_tensorflow(workers)
    with _EpochBar(recipe.epochs, output) as bar:
        try:
            trained = train(records, recipe, checkpoint=checkpoint, on_epoch=bar.update)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        except KeyboardInterrupt:
            if saved.exists():
                warn(f"{saved} holds the run up to its last checkpoint: go on with --resume")
            raise
    trained.card["training"]["split"] = {**division, **trained.card["training"]["split"]}
    write_model_folder(target, trained, description=data, command=command_line())
    checkpoint.remove()
    _tell(trained.fit, output)


def _tell(fit: FitResult, output: str) -> None:
    """What came of the run, and what to do with it."""
    from mirpre.cli import talk
    from mirpre.cli.session import plural

    talk.fact(
        f"{plural(len(fit.history), 'epoch')}, of which {fit.best.epoch:,} is kept "
        f"(validation accuracy {fit.best.validation_accuracy:.3f})"
    )
    talk.hint(f"mirpre evaluate --model {output} with test records, or mirpre classify -m {output}")


def _check_division(
    context: click.Context,
    split: str | None,
    validation_positive: str | None,
    validation_negative: str | None,
) -> None:
    """The records are divided in one way: by a table, by files, or by shuffling."""
    if (validation_positive is None) != (validation_negative is None):
        raise click.UsageError("--validation-positive and --validation-negative belong together.")
    if split is None and validation_positive is None:
        return
    if split is not None and validation_positive is not None:
        raise click.UsageError("Give either --split or validation files, not both.")
    for name in ("test_records", "validation_fraction", "shuffle_seed"):
        if context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE:
            option = "--" + name.replace("_", "-")
            given = "--split" if split is not None else "--validation-positive"
            raise click.UsageError(f"{option} does not go with {given}.")


def _read(path: str, new_session: NewSession) -> list[Hairpin]:
    """All records of a file, folded; training needs them all at once."""
    with new_session().folded(Source((path,)), None) as records:
        found = list(records)
    if not found:
        raise FileError("no records to train on", file=path)
    return found


def _records(
    model: str, positives: list[Hairpin], negatives: list[Hairpin], split: Split
) -> Records:
    import numpy as np

    from mirpre.training.recipe import ENCODING_OF, Records

    encoded = ENCODING_OF[model].encode([*positives, *negatives])
    return Records(encoded, np.arange(len(encoded)) < len(positives), split)


def _shuffled(
    model: str,
    positive: str,
    negative: str,
    test_records: int,
    validation_fraction: float,
    shuffle_seed: int,
    new_session: NewSession,
) -> tuple[Records, dict[str, Any]]:
    from mirpre.evaluation.splits import published_split

    positives, negatives = _read(positive, new_session), _read(negative, new_session)
    n = len(positives) + len(negatives)
    split = published_split(n, test_records, validation_fraction, shuffle_seed)
    return _records(model, positives, negatives, split), {
        "method": "shuffle all; the first are for testing, the last for validation",
        "shuffle_seed": shuffle_seed,
    }


def _divided_by_table(
    model: str,
    positive: str,
    negative: str,
    table_file: str,
    fold: int | None,
    new_session: NewSession,
) -> tuple[Records, dict[str, Any]]:
    from mirpre.evaluation.splits import split_of_table
    from mirpre.formats.labels import NEGATIVE, POSITIVE
    from mirpre.formats.opening import open_lines
    from mirpre.formats.splits import read_split

    with open_lines(table_file) as lines:
        table = read_split(lines)
    split = split_of_table(table, fold)
    read = _read(positive, new_session), _read(negative, new_session)
    positives = [record for record, _ in table.matched(read[0], POSITIVE)]
    negatives = [record for record, _ in table.matched(read[1], NEGATIVE)]
    division: dict[str, Any] = {"method": "table", "table_sha256": table.digest()}
    if fold is not None:
        division |= {"fold": fold, "folds": table.folds}
    return _records(model, positives, negatives, split), division


def _divided_by_file(
    model: str,
    positive: str,
    negative: str,
    validation_positive: str,
    validation_negative: str,
    new_session: NewSession,
) -> tuple[Records, dict[str, Any]]:
    import numpy as np

    from mirpre.evaluation.splits import Split

    positives, negatives = _read(positive, new_session), _read(negative, new_session)
    others = _read(validation_positive, new_session), _read(validation_negative, new_session)
    ends = np.cumsum([len(positives), len(others[0]), len(negatives), len(others[1])])
    rows = np.split(np.arange(ends[-1]), ends[:-1])
    split = Split(
        train=np.concatenate([rows[0], rows[2]]),
        validation=np.concatenate([rows[1], rows[3]]),
        test=np.empty(0, np.int64),
    )
    records = _records(model, [*positives, *others[0]], [*negatives, *others[1]], split)
    return records, {"method": "validation records from files of their own"}


class _EpochBar:
    """A bar of epochs with losses and time left, on a terminal only."""

    def __init__(self, epochs: int, output: str) -> None:
        from tqdm import tqdm

        from mirpre.cli import talk

        self._bar = tqdm(
            total=epochs, unit=" epochs", disable=not talk.shows_progress(output), leave=False
        )

    def __enter__(self) -> _EpochBar:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def update(self, epoch: Epoch) -> None:
        self._bar.set_postfix(
            loss=f"{epoch.train_loss:.3f}",
            val_loss=f"{epoch.validation_loss:.3f}",
            val_acc=f"{epoch.validation_accuracy:.3f}",
            refresh=False,
        )
        self._bar.update()
