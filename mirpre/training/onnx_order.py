"""Making ONNX files of equal networks equal to the byte.

Keras' exporter folds constants in an order, and under names, that differ from run to run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import GraphProto


def normalize(file: Path) -> None:
    """Sort the nodes of an ONNX file by what its outputs need, and number all tensors.

    Only the network's own inputs and outputs keep their names; the computation stays the same.
    For networks without loops.
    """
    import onnx

    model = onnx.load(str(file))
    names = {value.name: value.name for value in (*model.graph.input, *model.graph.output)}
    names[""] = ""  # stands for an optional input that is left out
    _sort(model.graph)
    _number(model.graph, names)
    model.graph.doc_string = ""  # holds a number that counts traced functions
    onnx.save(model, str(file))


def _sort(graph: GraphProto) -> None:
    """Nodes in the order of a depth-first walk from the outputs; unused ones go."""
    makers = {name: i for i, node in enumerate(graph.node) for name in node.output if name}
    order: dict[int, None] = {}
    waiting = [(makers[value.name], False) for value in graph.output if value.name in makers][::-1]
    while waiting:
        i, is_ready = waiting.pop()
        if is_ready:
            order[i] = None
        elif i not in order:
            waiting.append((i, True))
            needs = [makers[name] for name in graph.node[i].input if name in makers]
            waiting += [(need, False) for need in reversed(needs) if need not in order]
    nodes = [graph.node[i] for i in order]
    del graph.node[:]
    graph.node.extend(nodes)


def _number(graph: GraphProto, names: dict[str, str]) -> None:
    """Rename all tensors in the order that they appear in, and sort the constants likewise."""

    def new(name: str) -> str:
        return names.setdefault(name, f"t{len(names)}")

    for value in graph.input:
        value.name = new(value.name)
    for node in graph.node:
        node.name = ""
        node.input[:] = [new(name) for name in node.input]
        node.output[:] = [new(name) for name in node.output]
    for value in graph.output:
        value.name = new(value.name)
    for tensor in graph.initializer:
        tensor.name = new(tensor.name)
    constants = sorted(graph.initializer, key=lambda tensor: int(tensor.name[1:]))
    del graph.initializer[:], graph.value_info[:]
    graph.initializer.extend(constants)
