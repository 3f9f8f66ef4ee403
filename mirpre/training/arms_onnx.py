"""The networks ``arms`` as one ONNX file, written for speed as ``genome``'s is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirpre.training.genome_onnx import Layers, Positions
from mirpre.training.onnx_graph import INT32, Graph

AUXILIARY = 2
"""Arrays of weights of the output that training alone has."""


def export_arms(networks: Sequence[Sequence[NDArray[Any]]], file: Path) -> None:
    """Write ``arms`` networks, given by their weights.

    int32 "record" (N, L, 2) -> "cuts" (N, L, 4), the probability of each position for each cut,
    0 for padding: that of the mean of the networks' log-odds. Their other output is left out.
    """
    import onnx

    g = Graph()
    positions = Positions(g)
    cuts = [_member(g, positions, weights) for weights in networks]
    mean = cuts[0]
    if len(cuts) > 1:
        mean = g.add("Div", g.add("Sum", *cuts), np.array(len(cuts), np.float32))
    mean = g.add("Softmax", mean, axis=1)
    reads = ("record", INT32, ("N", "L", 2))
    model = g.model("arms", reads, ("cuts", mean, ("N", "L", 4)))
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


def _member(g: Graph, positions: Positions, weights: Sequence[NDArray[Any]]) -> str:
    """Log-odds of positions for each cut (N, L, 4) by one network."""
    from mirpre.training.arms_network import CUTS, DILATIONS, NOWHERE

    at = positions.resolution
    rest = iter(weights)
    layers = Layers(g, rest)
    x = layers.told(layers.first(positions.entries), at, 5, 1)
    for dilation in DILATIONS:
        y = layers.convolution(layers.told(x, at, 3, dilation), at)
        x = g.add("Mul", g.add("Relu", g.add("Add", x, y)), at.used)
    cuts = layers.dense(g.add("Relu", layers.dense(x)))
    outside = g.add("Sub", np.array(1, np.float32), at.used)
    cuts = g.add("Add", cuts, g.add("Mul", outside, np.array(NOWHERE, np.float32)))
    cuts = g.add("Slice", cuts, g.vector(1), g.vector(np.iinfo(np.int64).max), g.vector(0))
    if len(list(rest)) != AUXILIARY:
        raise ValueError("these are not the weights of a network arms")
    return g.add("Reshape", cuts, g.add("Concat", at.shape, g.vector(CUTS), axis=0))
