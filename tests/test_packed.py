"""LSTM networks trained without padding: the same function as Keras' own."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("tensorflow", reason="needs mirpre[train]")

COMPARE = """
import sys
import numpy as np
from mirpre.training.recipe import load_tensorflow
load_tensorflow(1)
import keras
import tensorflow as tf
from mirpre.training.fit import _seed_epoch
from mirpre.training.networks import rnn
from mirpre.training.packed import Packed, packed

training = sys.argv[1] == "training"
keras.utils.set_random_seed(5)
network = rnn()
draw = np.random.default_rng(6)
lengths = [*draw.integers(4, 16, 8), 16, 1]
x = np.zeros((len(lengths), 24, 12), np.float32)
for record, length in enumerate(lengths):
    x[record, range(length), draw.integers(0, 12, length)] = 1
x[3, 1:lengths[3]:4] = 0  # ambiguous letters, within a record
x[7] = 0  # and nothing else
target = np.eye(2, dtype=np.float32)[draw.integers(0, 2, len(lengths))]
found = []
for model in (network, packed(network)):
    _seed_epoch(model, 1, 1)
    with tf.GradientTape() as tape:
        probability = model(tf.constant(x), training=training)
        loss = tf.reduce_mean(keras.losses.categorical_crossentropy(target, probability))
    found.append([probability, *tape.gradient(loss, network.trainable_variables)])
assert isinstance(model, Packed)
by_keras, by_packed = ([part.numpy() for part in parts] for parts in found)
assert all(np.abs(part).max() > 1e-6 for part in by_keras)
print(max(np.abs(a - b).max() / np.abs(a).max() for a, b in zip(by_keras, by_packed)))
"""


@pytest.mark.parametrize("mode", ["training", "inference"])
def test_packed_network_has_the_probabilities_and_gradients_of_keras(mode: str) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", COMPARE, mode], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 1e-4


NOTHING = """
import numpy as np
from mirpre.training.recipe import load_tensorflow
load_tensorflow(1)
from mirpre.training.networks import rnn
from mirpre.training.packed import packed
model = packed(rnn())
model.compile(optimizer="adam", loss="categorical_crossentropy")
empty = np.zeros((2, 20, 12), np.float32)
model.train_on_batch(empty, np.eye(2, dtype=np.float32))
assert (model.predict_on_batch(empty) == 0.5).all()
"""


def test_a_batch_of_ambiguous_letters_alone_is_trained_on() -> None:
    subprocess.run([sys.executable, "-I", "-c", NOTHING], check=True, capture_output=True)


OTHERS = """
from mirpre.training.recipe import load_tensorflow
load_tensorflow(1)
import keras
from keras import layers
from mirpre.training.networks import cnn
from mirpre.training.packed import packed
unmasked = keras.Sequential([layers.Input((None, 12)), layers.LSTM(2)])
stacked = keras.Sequential(
    [layers.Input((None, 12)), layers.Masking(), layers.Dense(3), layers.LSTM(2)]
)
for network in (cnn(), unmasked, stacked):
    assert packed(network) is network
"""


def test_other_networks_are_trained_as_they_are() -> None:
    subprocess.run([sys.executable, "-I", "-c", OTHERS], check=True, capture_output=True)
