"""The networks, in Keras. Importing this module imports TensorFlow.

Source of ``cnn`` and ``rnn``: Zheng et al., BMC Bioinformatics 2020,
doi 10.1186/s12859-020-3339-7, and the program published with it. Output unit 0 is "pre-miRNA".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers, ops

from mirpre.encoding import DIMERS, LENGTH


def cnn() -> keras.Model:
    """Convolutional network: (N, 180, 12) one-hot -> (N, 2) probabilities."""
    return keras.Sequential(
        [
            layers.Input((LENGTH, len(DIMERS)), name="onehot"),
            layers.Conv1D(16, 4, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(32, 5, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(64, 6, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L2(0.1)),
            layers.Dropout(0.5),
            layers.Dense(2, activation="softmax"),
        ],
        name="cnn",
    )


def rnn() -> keras.Model:
    """LSTM network: (N, up to 180, 12) one-hot -> (N, 2) probabilities.

    All-zero positions are masked, so zero padding at the 3' end changes nothing and may be cut.
    The softmax reads the last LSTM's own output, which lies in (-1, 1): probabilities therefore
    stay between 0.12 and 0.88.
    """
    return keras.Sequential(
        [
            layers.Input((None, len(DIMERS)), name="onehot"),
            layers.Masking(0.0),
            layers.LSTM(128, return_sequences=True, dropout=0.2, recurrent_dropout=0.2),
            layers.LSTM(64, return_sequences=True, dropout=0.2, recurrent_dropout=0.2),
            layers.LSTM(2),
            layers.Softmax(),
        ],
        name="rnn",
    )


@keras.saving.register_keras_serializable("mirpre")
class Partner(layers.Layer):  # type: ignore[misc]
    """What stands opposite: the features of each position's partner, zero without one.

    Takes features (N, L, C) and partners (N, L), the number of the partner's position from 1, or
    0 for none.
    """

    def call(self, features: Any, partner: Any) -> Any:
        records, length, channels = ops.shape(features)
        # One gather from all records' positions, in 32 bits: its gradient is slow in 16.
        flat = ops.cast(ops.reshape(features, (-1, channels)), "float32")
        first = ops.arange(records, dtype="int32")[:, None] * length
        at = ops.reshape(first + ops.maximum(partner - 1, 0), (-1,))
        opposite = ops.reshape(ops.take(flat, at, axis=0), (-1, length, channels))
        paired = ops.cast(partner > 0, "float32")[:, :, None]
        return ops.cast(opposite * paired, features.dtype)

    def compute_output_shape(self, features_shape: Any, partner_shape: Any) -> Any:
        return features_shape


@keras.saving.register_keras_serializable("mirpre")
class Partners(layers.Layer):  # type: ignore[misc]
    """Position numbers of partners, from their distances (N, L, 2): see Partner."""

    def call(self, encoded: Any) -> Any:
        distance = encoded[:, :, 1]
        here = ops.arange(1, ops.shape(encoded)[1] + 1, dtype="int32")
        return ops.where(distance == 0, 0, here + distance)

    def compute_output_shape(self, encoded_shape: Any) -> Any:
        return encoded_shape[:2]


@keras.saving.register_keras_serializable("mirpre")
class Halved(layers.Layer):  # type: ignore[misc]
    """Partners or mask (N, L) at half the positions: of each two the greater one.

    With numbered, the numbers become those of the halved positions.
    """

    def __init__(self, numbered: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.numbered = numbered

    def call(self, values: Any) -> Any:
        records, length = ops.shape(values)
        found = ops.max(ops.reshape(values, (records, length // 2, 2)), axis=2)
        return (found + 1) // 2 if self.numbered else found

    def compute_output_shape(self, values_shape: Any) -> Any:
        return (values_shape[0], values_shape[1] // 2 if values_shape[1] else None)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "numbered": self.numbered}


GENOME_CHANNELS = (40, 80, 128)
"""Of ``genome`` at full, half and quarter resolution, unless it is made narrower."""
GENOME_BLOCKS = (1, 2, 3)
"""Residual blocks at each resolution."""

SPAN_STEP, SPANS = 4, 48
"""Pairs are told apart by the letters between them in steps of 4, up to 188."""


def genome(name: str = "genome", channels_at: Sequence[int] = GENOME_CHANNELS) -> keras.Model:
    """Residual network for hairpins of any length: (N, L, 2) as PARTNERS encodes, L a multiple of
    16 -> (N, 2) probabilities.

    Before each convolution a position is told what stands opposite in the stem. Padding is held
    at zero everywhere, and counts in no mean.
    """
    encoded = layers.Input((None, 2), dtype="int32", name="record")
    used = ops.cast(encoded[:, :, 0] > 0, "float32")
    partner = Partners()(encoded)

    def told(x: Any, channels: int) -> Any:
        return layers.Concatenate()([x, Partner()(layers.Dense(channels)(x), partner)])

    def kept(x: Any) -> Any:
        return x * ops.cast(used, x.dtype)[:, :, None]

    x: Any = layers.Embedding(len(DIMERS) + 2, 16, name="dimers")(encoded[:, :, 0])
    # How much a pair encloses tells how far along the stem it is.
    span = ops.minimum(ops.abs(encoded[:, :, 1]) // SPAN_STEP, SPANS - 1)
    x = kept(x + layers.Embedding(SPANS, 16, embeddings_initializer="zeros", name="spans")(span))
    for stage, (channels, blocks) in enumerate(zip(channels_at, GENOME_BLOCKS, strict=True)):
        if stage:
            x = layers.MaxPooling1D(2)(x)
            partner, used = Halved(numbered=True)(partner), Halved()(used)
            x = kept(layers.Conv1D(channels, 1)(x))
        else:
            x = kept(layers.Conv1D(channels, 5, padding="same", activation="relu")(told(x, 16)))
        x = layers.SpatialDropout1D(0.1)(x)
        for block in range(blocks):
            y = layers.Conv1D(
                channels, 3, padding="same", activation="relu", dilation_rate=2**block
            )(told(x, channels // 3))
            y = layers.Conv1D(channels, 3, padding="same", kernel_initializer="zeros")(kept(y))
            x = kept(ops.relu(x + y))
    positions = ops.sum(used, axis=1, keepdims=True)
    mean = ops.sum(ops.cast(x, "float32"), axis=1) / ops.maximum(positions, 1.0)
    x = layers.Concatenate(dtype="float32")([mean, ops.cast(ops.max(x, axis=1), "float32")])
    x = layers.Dropout(0.2, dtype="float32")(x)
    x = layers.Dense(128, activation="relu", dtype="float32")(x)
    x = layers.Dropout(0.2, dtype="float32")(x)
    x = layers.Dense(2, activation="softmax", dtype="float32", name="last")(x)
    return keras.Model(encoded, x, name=name)


@keras.saving.register_keras_serializable("mirpre")
class MeanLogOdds(layers.Layer):  # type: ignore[misc]
    """Probabilities (N, 2) from those of several networks: of the mean of their log-odds."""

    def call(self, probabilities: Any) -> Any:
        logs = [ops.log(ops.maximum(ops.cast(p, "float32"), 1e-12)) for p in probabilities]
        x = sum(log[:, :1] - log[:, 1:] for log in logs) / len(logs)
        return ops.concatenate([ops.sigmoid(x), ops.sigmoid(-x)], axis=1)

    def compute_output_shape(self, probabilities_shape: Any) -> Any:
        return probabilities_shape[0]


def ensemble(weights: Sequence[Sequence[Any]]) -> keras.Model:
    """Several ``genome`` networks with these weights as one, by the mean of their log-odds."""
    encoded = layers.Input((None, 2), dtype="int32", name="record")
    members = [
        genome(f"genome{number}", channels_of(own)) for number, own in enumerate(weights, start=1)
    ]
    for member, own in zip(members, weights, strict=True):
        member.set_weights(own)
    mean = MeanLogOdds(name="mean")([member(encoded) for member in members])
    return keras.Model(encoded, mean, name="genome")


def channels_of(weights: Sequence[Any]) -> tuple[int, ...]:
    """Channels at each resolution of the ``genome`` network that has these weights."""
    into = [kernel.shape for kernel in weights if kernel.ndim == 3 and kernel.shape[0] == 1]
    return into[0][1], *(shape[2] for shape in into)


@keras.saving.register_keras_serializable("mirpre")
class Calibration(layers.Layer):  # type: ignore[misc]
    """Probabilities (N, 2) from probabilities: their log-odds x become shift + slopes[0] x, and
    where x is past a bend, the next slope holds.

    These numbers are part of the layer's configuration and not weights: training leaves them.
    Raises ValueError where a higher probability could become a lower one.
    """

    def __init__(
        self,
        shift: float = 0.0,
        bends: tuple[float, ...] = (),
        slopes: tuple[float, ...] = (1.0,),
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if len(slopes) != len(bends) + 1 or min(slopes) <= 0 or list(bends) != sorted(bends):
            raise ValueError("a slope above 0 before, between and after the bends in their order")
        self.shift, self.bends, self.slopes = float(shift), tuple(bends), tuple(slopes)

    def call(self, probabilities: Any) -> Any:
        p = ops.maximum(ops.cast(probabilities, "float32"), 1e-12)
        x = ops.log(p[:, :1]) - ops.log(p[:, 1:])
        y = self.shift + self.slopes[0] * x
        for bend, before, after in zip(self.bends, self.slopes, self.slopes[1:], strict=False):
            y = y + (after - before) * ops.relu(x - bend)
        return ops.concatenate([ops.sigmoid(y), ops.sigmoid(-y)], axis=1)

    def compute_output_shape(self, probabilities_shape: Any) -> Any:
        return probabilities_shape

    def get_config(self) -> dict[str, Any]:
        own = {"shift": self.shift, "bends": self.bends, "slopes": self.slopes}
        return {**super().get_config(), **own}


def calibrated(network: keras.Model, calibration: Calibration) -> keras.Model:
    """The network with its probabilities calibrated."""
    return keras.Model(network.input, calibration(network.output), name=network.name)


NETWORKS: dict[str, Callable[[], keras.Model]] = {"cnn": cnn, "rnn": rnn, "genome": genome}
