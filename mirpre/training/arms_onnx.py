"""The networks ``arms`` as one ONNX file, written for speed as ``genome``'s is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirpre.training.genome_onnx import Layers, Positions
from mirpre.training.onnx_graph import INT32, Graph


def export_arms(networks: Sequence[Sequence[NDArray[Any]]], file: Path) -> None:
    """Write ``arms`` networks, given by their weights.

    int32 "record" (N, L, 2) -> "cuts" (N, L, 4), the mean probability of each position, 0 for
    padding; and "dominates" (N, 1), the mean log-odds.
    """
    import onnx

    g = Graph()
    positions = Positions(g)
    members = [_member(g, positions, weights) for weights in networks]
    cuts, dominates = (_mean(g, [member[i] for member in members]) for i in (0, 1))
    model = g.model(
        "arms",
        ("record", INT32, ("N", "L", 2)),
        ("cuts", cuts, ("N", "L", 4)),
        ("dominates", dominates, ("N", 1)),
    )
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


def _mean(g: Graph, tensors: list[str]) -> str:
    if len(tensors) == 1:
        return tensors[0]
    return g.add("Div", g.add("Sum", *tensors), np.array(len(tensors), np.float32))


def _member(g: Graph, positions: Positions, weights: Sequence[NDArray[Any]]) -> tuple[str, str]:
    """Probabilities of cuts, and log-odds that 5p dominates, of one network."""
    from mirpre.training.arms_network import CHANNELS, CUTS, DILATIONS, NOWHERE

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
    cuts = g.add("Softmax", _by_record(g, cuts, positions, CUTS), axis=1)
    at_cuts = g.add("Transpose", cuts, perm=[0, 2, 1])
    at_cuts = g.add("MatMul", at_cuts, _by_record(g, x, positions, CHANNELS))
    dominates = layers.dense(g.reshape(at_cuts, -1, CUTS * CHANNELS))
    if next(rest, None) is not None:
        raise ValueError("these are not the weights of a network arms")
    return cuts, dominates


def _by_record(g: Graph, x: str, positions: Positions, width: int) -> str:
    """Rows, without the first one, as (N, L, width)."""
    x = g.add("Slice", x, g.vector(1), g.vector(np.iinfo(np.int64).max), g.vector(0))
    shape = g.add("Concat", positions.resolution.shape, g.vector(width), axis=0)
    return g.add("Reshape", x, shape)
