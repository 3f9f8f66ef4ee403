"""The network of the genome scan's third stage: in Keras, and in the integers that C reads.

Importing this module does not import TensorFlow; building the network does.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mirpre.scanning.search import CODES, COLUMNS
from mirpre.scanning.shortlist import BIASES, CARD, LADDER_ENCODING, WEIGHTS

if TYPE_CHECKING:
    import keras

KERNEL = 5
SMALL, LARGE = (32, 32, 48, 32), (64, 64, 96, 64)
"""Channels of the three convolutions and units of the dense layer, as network.c knows them."""
POOLED = 8
"""Columns of a ladder that the last layers see as one."""
LAYERS = ("conv0", "conv1", "conv2", "dense", "last")
PAIRED = ("conv1", "conv2", "dense")
"""Layers whose weights stand in pairs of inputs, as network.c multiplies them."""
_WEIGHT_ONE = 1 << 10
_SUM_ONE = 1 << 18
_LIMIT = 4096


def ladder_network(columns: int = COLUMNS, sizes: tuple[int, int, int, int] = SMALL) -> keras.Model:
    """(N, columns) column codes -> (N, 1) log-odds of a precursor; columns in steps of POOLED.

    Padding columns are held at zero in every layer, as the C code leaves them out. A network of
    fewer columns than COLUMNS is for ladders that are no longer.
    """
    import keras
    from keras import layers, ops

    codes = layers.Input((columns,), dtype="int32", name="ladder")

    def masked(x: Any, step: int) -> Any:
        used = ops.cast(ops.not_equal(codes[:, ::step], 0), "float32")
        return x * used[:, :, None]

    x: Any = masked(ops.one_hot(codes, CODES), 1)
    for layer, channels in enumerate(sizes[:3]):
        convolve = layers.Conv1D(channels, KERNEL, padding="same", name=f"conv{layer}")
        x = ops.relu(convolve(x))
        x = layers.MaxPooling1D(2)(masked(x, 2**layer))
    x = layers.Flatten()(x)
    x = layers.Dropout(0.3)(x)
    x = layers.Dense(sizes[3], activation="relu", name="dense")(x)
    x = layers.Dropout(0.2)(x)
    return keras.Model(codes, layers.Dense(1, name="last")(x), name="ladder")


def integer_weights(model: keras.Model) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """Weights and biases as network.c reads them; raises ValueError where a sum could overflow."""
    weights, biases = [], []
    for name in LAYERS:
        parts = [np.asarray(part, np.float64) for part in model.get_layer(name).get_weights()]
        kernel = np.rint(parts[0] * _WEIGHT_ONE).astype(np.int64)
        bias = np.rint(parts[1] * _SUM_ONE).astype(np.int64)
        flat = kernel.reshape(-1, kernel.shape[-1])
        if name == "dense":
            channels = model.get_layer("conv2").filters
            unused = COLUMNS // POOLED * channels - len(flat)
            flat = np.pad(flat, ((0, unused), (0, 0)))
        most = np.abs(flat).sum(0) * (256 if name == "conv0" else _LIMIT) + np.abs(bias)
        if most.max() >= 2**31 or np.abs(flat).max() >= 2**15:
            raise ValueError(f"weights of {name} are too large for integers")
        if name in PAIRED:
            pairs = flat.reshape(-1, 2, flat.shape[-1]).transpose(0, 2, 1)
            weights.append(pairs.ravel())
        else:
            weights.append(flat.ravel())
        biases.append(bias)
    return np.concatenate(weights).astype("<i2"), np.concatenate(biases).astype("<i4")


def set_integer_weights(model: keras.Model, weights: bytes, biases: bytes) -> None:
    """Give a ladder network the weights that integer_weights made; its columns may be fewer."""
    flat = np.frombuffer(weights, "<i2").astype(np.float64) / _WEIGHT_ONE
    bias = np.frombuffer(biases, "<i4").astype(np.float64) / _SUM_ONE
    at = bias_at = 0
    for name in LAYERS:
        layer = model.get_layer(name)
        kernel, own_bias = layer.get_weights()
        width = kernel.shape[-1]
        size = kernel.size
        if name == "dense":
            size = COLUMNS // POOLED * model.get_layer("conv2").filters * width
        part = flat[at : at + size]
        if name in PAIRED:
            part = part.reshape(-1, width, 2).transpose(0, 2, 1)
        own = part.reshape(-1, width)[: kernel.size // width].reshape(kernel.shape)
        layer.set_weights([own, bias[bias_at : bias_at + len(own_bias)]])
        at, bias_at = at + size, bias_at + len(own_bias)
    if at != len(flat) or bias_at != len(bias):
        raise ValueError("weights of a network of another size")


def write_network(model: keras.Model, folder: Path, card: dict[str, Any]) -> None:
    """Write the weights files and a card that tells what they are."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    weights, biases = integer_weights(model)
    for name, content in ((WEIGHTS, weights.tobytes()), (BIASES, biases.tobytes())):
        (folder / name).write_bytes(content)
        files[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    text = json.dumps({"encoding": LADDER_ENCODING, **card, "files": files}, indent=2)
    (folder / CARD).write_text(text + "\n", encoding="utf-8")
