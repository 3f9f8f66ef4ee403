"""The network ``arms``, in Keras: where a precursor's mature sequences begin and end.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from mirpre.encoding import DIMERS
from mirpre.training.networks import SPAN_STEP, SPANS, Partner, Partners

CUTS = 4
"""First and last position of the 5p, and of the 3p mature sequence."""
CHANNELS, TOLD, EMBEDDED, HIDDEN = 48, 16, 24, 64
DILATIONS = (1, 2, 4, 8, 16, 1)
"""Of the residual blocks."""
NOWHERE = -1e9


def arms(name: str = "arms") -> keras.Model:
    """Residual network for hairpins of any length: (N, L, 2) as PARTNERS encodes ->

    "cuts" (N, L, 4), for each cut the log-odds of each position against the others (padding:
    NOWHERE), and "dominates" (N, 1), the log-odds that the 5p arm is the more abundant one. The
    second one is for training alone, beside the first: dimers at the arms' 5' ends tell it better.

    As in ``genome``, before each convolution a position is told what stands opposite in the stem.
    """
    encoded = layers.Input((None, 2), dtype="int32", name="record")
    used = ops.cast(encoded[:, :, 0] > 0, "float32")[:, :, None]
    partner = Partners()(encoded)

    def told(x: Any) -> Any:
        return layers.Concatenate()([x, Partner()(layers.Dense(TOLD)(x), partner)])

    x: Any = layers.Embedding(len(DIMERS) + 2, EMBEDDED, name="dimers")(encoded[:, :, 0])
    span = ops.minimum(ops.abs(encoded[:, :, 1]) // SPAN_STEP, SPANS - 1)
    x = x + layers.Embedding(SPANS, EMBEDDED, embeddings_initializer="zeros", name="spans")(span)
    x = layers.Conv1D(CHANNELS, 5, padding="same", activation="relu")(told(x * used)) * used
    for dilation in DILATIONS:
        x = layers.SpatialDropout1D(0.1)(x)
        y = layers.Conv1D(CHANNELS, 3, padding="same", activation="relu", dilation_rate=dilation)(
            told(x)
        )
        y = layers.Conv1D(CHANNELS, 3, padding="same", kernel_initializer="zeros")(y * used)
        x = ops.relu(x + y) * used
    x = layers.Dropout(0.2)(x)
    y = layers.Dropout(0.2)(layers.Dense(HIDDEN, activation="relu")(x))
    cuts = layers.Dense(CUTS)(y) + (1 - used) * NOWHERE
    share = ops.stop_gradient(ops.softmax(cuts, axis=1))
    at_cuts = ops.matmul(ops.transpose(share, (0, 2, 1)), x)
    at_cuts = layers.Dropout(0.3)(layers.Reshape((CUTS * CHANNELS,))(at_cuts))
    dominates = layers.Dense(1, kernel_initializer="zeros", name="dominates")(at_cuts)
    cuts = layers.Identity(name="cuts")(cuts)
    return keras.Model(encoded, [cuts, dominates], name=name)
