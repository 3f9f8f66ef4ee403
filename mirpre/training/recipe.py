"""One training run from labelled hairpins to a network and what its card says."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mirpre.encoding import one_hot
from mirpre.errors import MissingExtraError
from mirpre.hairpin import Hairpin
from mirpre.training.fit import Epoch, FitResult, fit, predict
from mirpre.training.metrics import binary_metrics
from mirpre.training.splits import published_split

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Recipe:
    """What decides the outcome of a training run, beside the records."""

    network: str
    epochs: int
    batch_size: int
    seed: int
    patience: int | None
    test_records: int
    validation_fraction: float
    shuffle_seed: int


@dataclass(frozen=True)
class Trained:
    """A network with its best epoch's weights."""

    network: keras.Model
    fit: FitResult
    validation: NDArray[np.uint8]
    """The validation records, one-hot (N, 180, 12)."""
    card: dict[str, Any]
    """The recipe, the split and the metrics, for the model card."""


def load_tensorflow(threads: int) -> None:
    """Import TensorFlow and set its threads; raises MissingExtraError where it is missing.

    The number of threads can be set once in a process.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with _quiet_stderr():
            import keras  # noqa: F401
            import sklearn  # noqa: F401
            import tensorflow as tf
            import tf2onnx  # noqa: F401

            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
            tf.constant(0)
    except ImportError as error:
        raise MissingExtraError("training", "train") from error


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """TensorFlow's C++ part greets on file descriptor 2 before any of its settings are read."""
    kept = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def train(
    positives: Sequence[Hairpin],
    negatives: Sequence[Hairpin],
    recipe: Recipe,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> Trained:
    """Train a network on folded hairpins; call load_tensorflow first.

    Raises ValueError where the recipe leaves a set empty.
    """
    import keras

    from mirpre.training.networks import NETWORKS

    onehot = one_hot([*positives, *negatives])
    is_precursor = np.arange(len(onehot)) < len(positives)
    split = published_split(
        len(onehot), recipe.test_records, recipe.validation_fraction, recipe.shuffle_seed
    )
    keras.utils.set_random_seed(recipe.seed)
    network = NETWORKS[recipe.network]()
    result = fit(
        network,
        (onehot[split.train], is_precursor[split.train]),
        (onehot[split.validation], is_precursor[split.validation]),
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        patience=recipe.patience,
        on_epoch=on_epoch,
    )
    metrics = {}
    for name, rows in (("validation", split.validation), ("test", split.test)):
        if 0 < is_precursor[rows].sum() < len(rows):
            metrics[name] = binary_metrics(is_precursor[rows], predict(network, onehot[rows]))
    card = {
        "network": recipe.network,
        "training": {
            "positives": len(positives),
            "negatives": len(negatives),
            "split": {
                "method": "shuffle all; the first are for testing, the last for validation",
                "shuffle_seed": recipe.shuffle_seed,
                "training": len(split.train),
                "validation": len(split.validation),
                "test": len(split.test),
            },
            "optimizer": "Adam",
            "loss": "cross-entropy",
            "batch_size": recipe.batch_size,
            "epochs": len(result.history),
            "best_epoch": result.best.epoch,
            "best_epoch_by": "lowest cross-entropy on the validation records",
            "seed": recipe.seed,
        },
        "metrics": metrics,
    }
    return Trained(network, result, onehot[split.validation], card)
