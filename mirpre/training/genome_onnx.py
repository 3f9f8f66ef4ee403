"""The ``genome`` network as ONNX, written for speed on a CPU.

A convolution of a few channels over short records spends more time on moving numbers than on
multiplying them. So all positions of a batch stand in one matrix, a row each, behind a row of
zeros; index tables, computed once a resolution, say which rows are a position's neighbours and
which row is its partner, and each convolution is one gather and one matrix product. What lies
outside of a record, and the partner of an unpaired position, is row 0.

export_genome writes the function that networks.genome defines; write_model compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mirpre.training.onnx_graph import FLOAT, INT32, INT64, Graph

if TYPE_CHECKING:
    import keras

    from mirpre.training.networks import Calibration


class Resolution:
    """Index tables at one resolution, for N records of L positions: R = N L + 1 rows."""

    def __init__(self, graph: Graph, records: str, length: str, number: str, used: str) -> None:
        """number and used are int64 (N, L): which position, from 1, is the partner, 0 for none;
        and 1 for a position of the record, 0 for padding."""
        self._graph = g = graph
        self.records, self.length, self.number, self.in_record = records, length, number, used
        self.shape = g.add("Concat", records, length, axis=0)
        rows = g.range(1, g.add("Mul", records, length))
        self._rows = g.add("Reshape", rows, self.shape)
        before = g.add("Mul", g.reshape(g.range(0, records), -1, 1), length)
        unpaired = g.add("Equal", number, g.number(0))
        partner = g.add("Where", unpaired, g.number(0), g.add("Add", number, before))
        self._partner = g.reshape(g.behind_zero(partner), -1)
        self.used = g.behind_zero(g.add("Cast", used, to=FLOAT))
        """float (R, 1)"""
        self._known: dict[tuple[int, int], tuple[str, str]] = {}
        self._halves: list[str] = []

    def neighbours(self, size: int, dilation: int) -> tuple[str, str]:
        """Rows of each row's neighbours, and of their partners, int64 (R, size)."""
        g = self._graph
        if (size, dilation) not in self._known:
            reach = size // 2 * dilation
            padded = g.add("Pad", self._rows, g.vector(0, reach, 0, reach))
            shifted = []
            for start in range(0, size * dilation, dilation):
                end = g.add("Add", self.length, g.vector(start))
                part = g.add("Slice", padded, g.vector(start), end, g.vector(1))
                shifted.append(g.behind_zero(part))
            rows = g.add("Concat", *shifted, axis=1)
            self._known[size, dilation] = rows, g.add("Gather", self._partner, rows)
        return self._known[size, dilation]

    def halved(self) -> Resolution:
        """Tables at half the positions; features there are ``greater_of`` those here."""
        g = self._graph
        half = g.add("Div", self.length, g.vector(2))
        shape = g.add("Concat", self.records, half, g.vector(2), axis=0)

        def greater(values: str) -> str:
            return g.add("ReduceMax", g.add("Reshape", values, shape), axes=[2], keepdims=0)

        number = g.add("Div", g.add("Add", greater(self.number), g.number(1)), g.number(2))
        second = g.add("Mul", g.range(1, g.add("Mul", self.records, half)), g.number(2))
        first = g.add("Sub", second, g.number(1))
        self._halves = [g.reshape(g.behind_zero(i), -1) for i in (first, second)]
        return Resolution(g, self.records, half, number, greater(self.in_record))

    def greater_of(self, x: str) -> str:
        """Features (R, C) at half the positions: of each two positions the greater one."""
        return self._graph.add("Max", *(self._graph.add("Gather", x, i) for i in self._halves))


def export_genome(network: keras.Model, file: Path) -> None:
    """Write a ``genome`` network or an ensemble of them.

    int32 "record" (N, L, 2) -> "probabilities" (N, 2).
    """
    import keras
    import onnx

    from mirpre.training.networks import Calibration, channels_of

    members = sum(isinstance(layer, keras.Model) for layer in network.layers) or 1
    every = network.get_weights()  # in the order in which networks.genome made them
    weights, each = iter(every), len(every) // members
    model = _genome(
        weights,
        [channels_of(every[at : at + each]) for at in range(0, each * members, each)],
        next((x for x in network.layers if isinstance(x, Calibration)), None),
    )
    if next(weights, None) is not None:
        raise ValueError(f"{network.name} has other weights than the network genome")
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


class Positions:
    """What a network reads of all positions: index tables, and entries of its first table."""

    def __init__(self, graph: Graph) -> None:
        from mirpre.training.networks import SPAN_STEP, SPANS

        g = graph
        codes, distance = (
            g.add("Cast", g.reshape(g.add("Gather", "record", g.number(i), axis=2), 0, 0), to=INT64)
            for i in (0, 1)
        )
        shape = g.add("Shape", codes)
        records, length = (g.add("Slice", shape, g.vector(i), g.vector(i + 1)) for i in (0, 1))
        unpaired = g.add("Equal", distance, g.number(0))
        number = g.add("Add", distance, g.range(1, length))
        number = g.add("Where", unpaired, g.number(0), number)
        used = g.add("Cast", g.add("Greater", codes, g.number(0)), to=INT64)
        self.resolution = Resolution(g, records, length, number, used)
        span = g.add("Div", g.add("Abs", distance), g.number(SPAN_STEP))
        span = g.add("Min", span, g.number(SPANS - 1))
        entry = g.add("Add", g.add("Mul", codes, g.number(SPANS)), span)
        self.entries = g.reshape(g.behind_zero(entry), -1)


class _Record:
    """What all networks of an ensemble read, at all resolutions."""

    def __init__(self, graph: Graph) -> None:
        from mirpre.training.networks import GENOME_BLOCKS

        g = graph
        self._full = Positions(g)
        self.entries = self._full.entries
        self.resolutions = [self._full.resolution]
        for _ in GENOME_BLOCKS[1:]:
            self.resolutions.append(self.resolutions[-1].halved())
        last = self.resolutions[-1]
        positions = g.add("Cast", last.in_record, to=FLOAT)
        positions = g.add("ReduceSum", positions, g.vector(1), keepdims=1)
        self.positions = g.add("Max", positions, np.array(1, np.float32))
        self.last_shape = last.shape


class Layers:
    """Layers over rows, whose weights come in the order in which Keras made them."""

    def __init__(self, graph: Graph, weights: Iterator[NDArray[Any]]) -> None:
        self._graph, self._weights = graph, weights

    def first(self, entries: str) -> str:
        """Features of dimers and spans, from one table of both; padding, row 0 too, is zero."""
        dimers, spans = next(self._weights), next(self._weights)
        table = dimers[:, None] + spans[None]
        table[0] = 0
        return self._graph.add("Gather", table.reshape(-1, table.shape[2]), entries)

    def dense(self, x: str) -> str:
        return self._product(x, next(self._weights), next(self._weights))

    def convolution(self, x: str, at: Resolution) -> str:
        """Of each position and its two neighbours."""
        rows, _ = at.neighbours(3, 1)
        kernel = next(self._weights)
        return self._product(
            self._window(x, rows, 3 * kernel.shape[1]), kernel, next(self._weights)
        )

    def told(self, x: str, at: Resolution, size: int, dilation: int) -> str:
        """Convolution with ReLU over features and what stands opposite."""
        g, weights = self._graph, self._weights
        opposite, bias = next(weights), next(weights)
        channels, told_channels = opposite.shape
        partner = g.add("Mul", self._product(x, opposite, bias), at.used)
        rows, partners = at.neighbours(size, dilation)
        kernel, bias = next(weights), next(weights)
        by_partner = self._product(
            self._window(partner, partners, size * told_channels), kernel[:, channels:], bias
        )
        window = self._window(x, rows, size * channels)
        y = self._product(window, kernel[:, :channels], by_partner)
        return g.add("Mul", g.add("Relu", y), at.used)

    def _product(self, x: str, kernel: NDArray[Any], bias: NDArray[Any] | str) -> str:
        return self._graph.add("Gemm", x, kernel.reshape(-1, kernel.shape[-1]), bias)

    def _window(self, x: str, rows: str, width: int) -> str:
        return self._graph.reshape(self._graph.add("Gather", x, rows), -1, width)


def _genome(
    weights: Iterator[NDArray[Any]],
    channels: Sequence[tuple[int, ...]],
    calibration: Calibration | None,
) -> Any:
    g = Graph()
    record = _Record(g)
    each = [_member(g, record, weights, own) for own in channels]
    x = each[0]
    if len(each) > 1:
        x = g.add("Div", g.add("Sum", *each), np.array(len(each), np.float32))
    x = g.add("Softmax", x, axis=1) if calibration is None else _calibrated(g, x, calibration)
    return g.model("genome", ("record", INT32, ("N", "L", 2)), ("probabilities", x, ("N", 2)))


def _member(
    g: Graph, record: _Record, weights: Iterator[NDArray[Any]], channels_at: tuple[int, ...]
) -> str:
    """The last layer's outputs (N, 2) of the network whose weights come next."""
    from mirpre.training.networks import GENOME_BLOCKS

    layers = Layers(g, weights)
    x = layers.first(record.entries)
    for stage, blocks in enumerate(GENOME_BLOCKS):
        at = record.resolutions[stage]
        if stage:
            x = record.resolutions[stage - 1].greater_of(x)
            x = g.add("Mul", layers.dense(x), at.used)
        else:
            x = layers.told(x, at, 5, 1)
        for block in range(blocks):
            y = layers.convolution(layers.told(x, at, 3, 2**block), at)
            x = g.add("Mul", g.add("Relu", g.add("Add", x, y)), at.used)
    x = g.add("Slice", x, g.vector(1), g.vector(np.iinfo(np.int64).max), g.vector(0))
    shape = g.add("Concat", record.last_shape, g.vector(channels_at[-1]), axis=0)
    x = g.add("Reshape", x, shape)
    mean = g.add("Div", g.add("ReduceSum", x, g.vector(1), keepdims=0), record.positions)
    x = g.add("Concat", mean, g.add("ReduceMax", x, axes=[1], keepdims=0), axis=1)
    x = g.add("Relu", layers.dense(x))
    return layers.dense(x)


def _calibrated(g: Graph, outputs: str, calibration: Calibration) -> str:
    """Probabilities (N, 2) from the last layer's outputs (N, 2)."""

    def number(value: float) -> NDArray[Any]:
        return np.array(value, np.float32)

    x = g.add("MatMul", outputs, np.array([[1], [-1]], np.float32))
    y = g.add("Add", g.add("Mul", x, number(calibration.slopes[0])), number(calibration.shift))
    slopes = zip(calibration.slopes, calibration.slopes[1:], strict=False)
    for bend, (before, after) in zip(calibration.bends, slopes, strict=True):
        past = g.add("Relu", g.add("Sub", x, number(bend)))
        y = g.add("Add", y, g.add("Mul", past, number(after - before)))
    return g.add("Sigmoid", g.add("Concat", y, g.add("Neg", y), axis=1))
