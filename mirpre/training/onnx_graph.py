"""Writing ONNX graphs node by node."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT, INT32, INT64 = 1, 6, 7
"""ONNX's numbers of tensor types."""

OPSET, IR = 17, 8
"""Versions of ONNX that ONNX Runtime has read since 1.13."""


class Graph:
    """An ONNX graph in the making; operators return the name of what they compute."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], tuple[str, NDArray[Any]]] = {}
        self._names = 0

    def _name(self) -> str:
        self._names += 1
        return f"t{self._names}"

    def constant(self, value: NDArray[Any]) -> str:
        """The name of a constant; equal ones are held once."""
        key = (value.dtype.str, value.shape, value.tobytes())
        if key not in self._constants:
            self._constants[key] = (self._name(), value)
        return self._constants[key][0]

    def number(self, value: int) -> str:
        return self.constant(np.array(value, np.int64))

    def vector(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def add(self, operator: str, *inputs: str | NDArray[Any], **attributes: Any) -> str:
        """A node of one output; arrays among its inputs become constants."""
        return self.add_many(operator, 1, *inputs, **attributes)[0]

    def add_many(
        self, operator: str, outputs: int, *inputs: str | NDArray[Any], **attributes: Any
    ) -> list[str]:
        """A node of several outputs."""
        from onnx import helper

        names = [x if isinstance(x, str) else self.constant(x) for x in inputs]
        made = [self._name() for _ in range(outputs)]
        self.nodes.append(helper.make_node(operator, names, made, **attributes))
        return made

    def reshape(self, x: str, *shape: int) -> str:
        return self.add("Reshape", x, self.vector(*shape))

    def scalar(self, x: str) -> str:
        """A vector of one number as a number."""
        return self.add("Squeeze", x, self.vector(0))

    def range(self, start: int, count: str) -> str:
        """int64 numbers from start on, as many as a vector of one number says."""
        end = self.add("Add", self.scalar(count), self.number(start))
        return self.add("Range", self.number(start), end, self.number(1))

    def behind_zero(self, x: str) -> str:
        """Rows of any shape as a matrix of one column, behind a zero."""
        return self.add("Pad", self.reshape(x, -1, 1), self.vector(1, 0, 0, 0))

    def model(
        self,
        name: str,
        reads: tuple[str, int, tuple[str | int, ...]],
        gives: tuple[str, str, tuple[str | int, ...]],
    ) -> Any:
        """The ONNX model: reads name, type and shape; gives floats, a name for a tensor and its
        shape."""
        from onnx import helper, numpy_helper

        output, tensor, shape = gives
        self.nodes.append(helper.make_node("Identity", [tensor], [output]))
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info(*reads)],
            [helper.make_tensor_value_info(output, FLOAT, shape)],
            [numpy_helper.from_array(value, name) for name, value in self._constants.values()],
        )
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=IR)
