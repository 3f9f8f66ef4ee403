"""One training run from labelled hairpins to a network and what its card says."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mirpre.encoding import ONE_HOT, PARTNERS
from mirpre.errors import MissingExtraError
from mirpre.evaluation.metrics import binary_metrics
from mirpre.evaluation.splits import Split
from mirpre.training.checkpoints import Checkpoint
from mirpre.training.fit import Epoch, FitResult, fit, predict

if TYPE_CHECKING:
    import keras


ENCODING_OF = {"cnn": ONE_HOT, "rnn": ONE_HOT, "genome": PARTNERS}
"""How each network reads hairpins."""


@dataclass(frozen=True)
class Recipe:
    """What decides the outcome of a training run, beside the records and their split."""

    network: str
    epochs: int
    batch_size: int
    seed: int
    patience: int | None


@dataclass(frozen=True)
class Records:
    """Labelled records as arrays, encoded and (N,), and the sets they are in."""

    encoded: NDArray[Any]
    is_precursor: NDArray[np.bool_]
    split: Split

    def check(self) -> None:
        """Raise ValueError where there is nothing to train or to validate on."""
        for name, rows in (("training", self.split.train), ("validation", self.split.validation)):
            if not 0 < self.is_precursor[rows].sum() < len(rows):
                raise ValueError(f"the {name} set needs both positive and negative records")

    def digest(self) -> str:
        """SHA-256 of all that these records give to a training run."""
        found = hashlib.sha256()
        split = self.split
        for part in (self.encoded, self.is_precursor, split.train, split.validation, split.test):
            found.update(part.tobytes())
        return found.hexdigest()


@dataclass(frozen=True)
class Trained:
    """A network with its best epoch's weights."""

    network: keras.Model
    fit: FitResult
    validation: NDArray[Any]
    """The validation records, encoded."""
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
            import matplotlib  # noqa: F401
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
    records: Records,
    recipe: Recipe,
    *,
    checkpoint: Checkpoint | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> Trained:
    """Train a network; call load_tensorflow first.

    With a checkpoint the run goes on from what it holds, and keeps it up to date. Raises
    ValueError where the split leaves no positives or no negatives to train or validate on.
    """
    records.check()
    import keras

    from mirpre.training.networks import NETWORKS
    from mirpre.training.packed import packed

    split, encoded, is_precursor = records.split, records.encoded, records.is_precursor
    keras.utils.set_random_seed(recipe.seed)
    network = NETWORKS[recipe.network]()
    result = fit(
        packed(network),
        (encoded[split.train], is_precursor[split.train]),
        (encoded[split.validation], is_precursor[split.validation]),
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        patience=recipe.patience,
        resume=checkpoint.load() if checkpoint else None,
        checkpoint_every=checkpoint.every if checkpoint else 0,
        on_checkpoint=checkpoint.save if checkpoint else lambda state: None,
        on_epoch=on_epoch,
    )
    metrics = {}
    for name, rows in (("validation", split.validation), ("test", split.test)):
        if 0 < is_precursor[rows].sum() < len(rows):
            metrics[name] = binary_metrics(is_precursor[rows], predict(network, encoded[rows]))
    card = {
        "network": recipe.network,
        "training": {
            "positives": int(is_precursor.sum()),
            "negatives": int((~is_precursor).sum()),
            "records_sha256": records.digest(),
            "split": {
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
    return Trained(network, result, encoded[split.validation], card)
