"""The networks, in Keras. Importing this module imports TensorFlow.

Source of ``cnn`` and ``rnn``: Zheng et al., BMC Bioinformatics 2020,
doi 10.1186/s12859-020-3339-7, and the program published with it. Output unit 0 is "pre-miRNA".
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

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


NETWORKS: dict[str, Callable[[], keras.Model]] = {"cnn": cnn, "rnn": rnn}
