"""``mirpre train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mirpre.cli.options import INPUT_FILE, Source, resolve_threads, threads_option

if TYPE_CHECKING:
    from mirpre.hairpin import Hairpin
    from mirpre.training.fit import Epoch

PUBLISHED_EPOCHS = {"cnn": 600, "rnn": 300}


@click.command("train", short_help="Train a network on hairpins of your own.")
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
    type=click.Choice(list(PUBLISHED_EPOCHS)),
    default="cnn",
    show_default=True,
    help="Network to train.",
)
@click.option(
    "--epochs", type=click.IntRange(min=1), show_default="600 for cnn, 300 for rnn, as published"
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
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
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
@click.option("--data", default="", help="What the records are, in words for the model card.")
@threads_option
def command(
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
    data: str,
    threads: int,
) -> None:
    """Train a network and write it as a folder that classify --model takes.

    The records are shuffled and divided into test, validation and training records. The epoch
    with the lowest cross-entropy on the validation records is kept. The same seed and number of
    threads give the same weights on the same machine. Needs: pip install 'mirpre[train]'.
    """
    target = Path(output)
    if target.exists() and any(target.iterdir()):
        raise click.UsageError(f"--output {output} is not empty; name a new folder.")
    from mirpre.errors import FileError
    from mirpre.provenance import command_line
    from mirpre.training.export import write_model_folder
    from mirpre.training.recipe import Recipe, load_tensorflow, train

    workers = resolve_threads(threads)
    positives, negatives = _read(positive, workers), _read(negative, workers)
    for path, records in ((positive, positives), (negative, negatives)):
        if not records:
            raise FileError("no records to train on", file=path)
    recipe = Recipe(
        network=model,
        epochs=epochs or PUBLISHED_EPOCHS[model],
        batch_size=batch_size,
        seed=seed,
        patience=patience,
        test_records=test_records,
        validation_fraction=validation_fraction,
        shuffle_seed=shuffle_seed,
    )
    load_tensorflow(workers)
    with _EpochBar(recipe.epochs) as bar:
        try:
            trained = train(positives, negatives, recipe, bar.update)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    write_model_folder(target, trained, description=data, command=command_line())


def _read(path: str, threads: int) -> list[Hairpin]:
    """All records of a file, folded; training needs them all at once."""
    from mirpre.cli.session import Session

    with Session(threads).folded(Source(path, None, None), None) as records:
        return list(records)


class _EpochBar:
    """A bar of epochs with losses and time left, on a terminal only."""

    def __init__(self, epochs: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=epochs, unit=" epochs", disable=None, leave=False)

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
