"""The ``rnn`` network as ONNX, with ONNX's own LSTM operator.

Keras' exporter writes loops, which take longer. The operator has no mask but a
length for each record, so masked positions are moved behind the others first: a mask skips
positions, and the state after the others is the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mirpre.encoding import DIMERS
from mirpre.training.onnx_graph import FLOAT, INT32, INT64, Graph

if TYPE_CHECKING:
    import keras


def export_rnn(network: keras.Model, file: Path) -> None:
    """Write an ``rnn`` network: float "onehot" (N, L, 12) -> "probabilities" (N, 2)."""
    import onnx

    weights = [layer.get_weights() for layer in network.layers if layer.get_weights()]
    model = _rnn(weights)
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


def _rnn(weights: list[list[NDArray[Any]]]) -> Any:
    g = Graph()
    shape = g.add("Shape", "onehot")
    records, length = (g.add("Slice", shape, g.vector(i), g.vector(i + 1)) for i in (0, 1))
    used = g.add("ReduceMax", g.add("Abs", "onehot"), axes=[2], keepdims=0)
    used = g.add("Cast", g.add("Greater", used, np.array(0, np.float32)), to=INT64)
    # The largest keys first: used positions in their order, then the masked ones.
    key = g.add("Mul", used, length)
    key = g.add("Sub", key, g.range(0, length))
    _, behind = g.add_many("TopK", 2, key, length, axis=1, largest=1, sorted=1)
    rows = g.add("Add", behind, g.add("Mul", g.reshape(g.range(0, records), -1, 1), length))
    x = g.add("Gather", g.reshape("onehot", -1, len(DIMERS)), rows)
    x = g.add("Transpose", x, perm=[1, 0, 2])
    count = g.add("ReduceSum", used, g.vector(1), keepdims=0)
    lengths = g.add("Cast", g.add("Max", count, g.number(1)), to=INT32)
    for kernel, recurrent, bias in weights:
        units = len(recurrent)
        # Keras' gates are input, forget, cell and output, ONNX's input, output, forget and cell.
        order = np.concatenate([np.arange(units) + units * gate for gate in (0, 3, 1, 2)])
        outputs, last = g.add_many(
            "LSTM",
            2,
            x,
            kernel.T[order][None],
            recurrent.T[order][None],
            np.concatenate([bias[order], np.zeros_like(bias)])[None],
            lengths,
            hidden_size=units,
        )
        x = g.add("Squeeze", outputs, g.vector(1))
    y = g.add("Squeeze", last, g.vector(0))
    # A record without a used position leaves the state at zero.
    y = g.add(
        "Mul", y, g.add("Cast", g.reshape(g.add("Greater", count, g.number(0)), -1, 1), to=FLOAT)
    )
    y = g.add("Softmax", y, axis=1)
    return g.model(
        "rnn", ("onehot", FLOAT, ("N", "L", len(DIMERS))), ("probabilities", y, ("N", 2))
    )
