"""Training one network, epoch by epoch, and keeping the epoch that validation likes best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mirpre.encoding import STEP, padded_lengths
from mirpre.evaluation.metrics import cross_entropy

if TYPE_CHECKING:
    import keras

Encoded = NDArray[Any]
Labels = NDArray[np.bool_]

_STEP = 20  # lengths of batches are rounded up to it, so that few graphs are traced


@dataclass(frozen=True)
class Epoch:
    """What one epoch reached; epochs are numbered from 1."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_accuracy: float


@dataclass
class FitResult:
    """The history of a training run and the epoch whose weights the model now holds."""

    best: Epoch
    history: list[Epoch] = field(default_factory=list)

    def rows(self) -> list[dict[str, Any]]:
        return [asdict(epoch) for epoch in self.history]


def _batch(model: keras.Model, encoded: Encoded) -> NDArray[Any]:
    """Batch in the network's type; where it takes any length, padding at the 3' end goes."""
    if model.input_shape[1] is None:
        step = STEP if encoded.dtype == np.int16 else _STEP
        encoded = encoded[:, : int(padded_lengths(encoded, step).max(initial=step))]
    return encoded.astype(model.inputs[0].dtype)


def predict(model: keras.Model, encoded: Encoded, batch_size: int = 512) -> NDArray[np.float64]:
    """Probability of "pre-miRNA" for each encoded record, shape (N,)."""
    parts = [
        np.asarray(model.predict_on_batch(_batch(model, encoded[i : i + batch_size])))[:, 0]
        for i in range(0, len(encoded), batch_size)
    ]
    return np.concatenate(parts).astype(np.float64) if parts else np.empty(0)


def _seed_epoch(model: keras.Model, seed: int, epoch: int) -> None:
    """Give every dropout layer its own random stream for this epoch.

    What an epoch draws then depends on the seed and the epoch alone, not on what ran before.
    """
    states = [v for v in model.non_trainable_variables if "seed_generator_state" in v.path]
    for layer, state in enumerate(states):
        state.assign(np.random.SeedSequence([seed, epoch, layer]).generate_state(2))


@dataclass
class State:
    """All that a run needs to go on after an epoch as if it had never stopped."""

    history: list[Epoch]
    best: Epoch
    weights: list[NDArray[np.float32]]
    best_weights: list[NDArray[np.float32]]
    optimizer: list[NDArray[Any]]


def fit(
    model: keras.Model,
    train: tuple[Encoded, Labels],
    validation: tuple[Encoded, Labels],
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    patience: int | None = None,
    resume: State | None = None,
    checkpoint_every: int = 0,
    on_checkpoint: Callable[[State], None] = lambda state: None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> FitResult:
    """Train with Adam on cross-entropy and leave the best epoch's weights in the model.

    The best epoch has the lowest cross-entropy on the validation set (dropout off, no
    regularisation term); of equals the earliest. With ``patience`` training ends after so many
    epochs without a better one. The same arguments give the same weights on one machine, and a
    run that goes on from a state gives the same as one that never stopped. The epochs of a
    state are reported to on_epoch too.
    """
    model.compile(optimizer="adam", loss="categorical_crossentropy")
    encoded, is_precursor = train
    target = np.stack([is_precursor, ~is_precursor], axis=1).astype(np.float32)
    best: Epoch | None = None
    best_weights = model.get_weights()
    history: list[Epoch] = []
    if resume is not None:
        best, best_weights, history = resume.best, resume.best_weights, list(resume.history)
        _restore(model, resume)
        for epoch in history:
            on_epoch(epoch)
    for number in range(len(history) + 1, epochs + 1):
        if best is not None and patience is not None and number - 1 - best.epoch >= patience:
            break
        _seed_epoch(model, seed, number)
        order = np.random.default_rng([seed, number]).permutation(len(encoded))
        losses = []
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            loss = model.train_on_batch(_batch(model, encoded[rows]), target[rows])
            losses.append(float(loss) * len(rows))
            model.reset_metrics()
        probability = predict(model, validation[0])
        epoch = Epoch(
            epoch=number,
            train_loss=sum(losses) / len(order),
            validation_loss=cross_entropy(validation[1], probability),
            validation_accuracy=float(((probability >= 0.5) == validation[1]).mean()),
        )
        history.append(epoch)
        if best is None or epoch.validation_loss < best.validation_loss:
            best, best_weights = epoch, model.get_weights()
        if checkpoint_every and number % checkpoint_every == 0:
            on_checkpoint(State(history, best, model.get_weights(), best_weights, _adam(model)))
        on_epoch(epoch)
    if best is None:
        raise ValueError("epochs must be at least 1")
    model.set_weights(best_weights)
    return FitResult(best=best, history=history)


def _adam(model: keras.Model) -> list[NDArray[Any]]:
    return [variable.numpy() for variable in model.optimizer.variables]


def _restore(model: keras.Model, state: State) -> None:
    model.set_weights(state.weights)
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(model.optimizer.variables, state.optimizer, strict=True):
        variable.assign(value)
