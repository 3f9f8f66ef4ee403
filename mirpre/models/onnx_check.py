"""What an ONNX file may not hold, read from its bytes without a library.

ONNX is protocol buffers (https://protobuf.dev/programming-guides/encoding); the numbers of fields
are those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
"""

from __future__ import annotations

from collections.abc import Iterator

_TENSOR, _SPARSE, _GRAPH, _NODE, _ATTRIBUTE, _FUNCTION, _TRAINING, _MODEL = range(8)
_INSIDE = {
    _MODEL: {7: _GRAPH, 20: _TRAINING, 25: _FUNCTION},
    _GRAPH: {1: _NODE, 5: _TENSOR, 15: _SPARSE},
    _NODE: {5: _ATTRIBUTE},
    _ATTRIBUTE: {5: _TENSOR, 6: _GRAPH, 10: _TENSOR, 11: _GRAPH, 22: _SPARSE, 23: _SPARSE},
    _FUNCTION: {7: _NODE, 11: _ATTRIBUTE},
    _SPARSE: {1: _TENSOR, 2: _TENSOR},
    _TRAINING: {1: _GRAPH, 2: _GRAPH},
    _TENSOR: {},
}
"""Messages in messages, by the number of the field."""
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_DEEPEST = 50


def reads_other_files(onnx: bytes) -> bool:
    """Whether a tensor names a file for its data, which would be read when the model is loaded.

    Raises ValueError for bytes that are no protocol buffers, or nested too deeply.
    """
    return _external(memoryview(onnx), _MODEL, 0)


def _external(message: memoryview, kind: int, depth: int) -> bool:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    for number, value in _fields(message):
        if kind == _TENSOR and (
            number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)
        ):
            return True
        inner = _INSIDE[kind].get(number)
        if (
            inner is not None
            and isinstance(value, memoryview)
            and _external(value, inner, depth + 1)
        ):
            return True
    return False


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field; bytes, where that is what it holds."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if wire == 2:
            size, at = _varint(message, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError("no protocol buffers")
        if at + size > len(message):
            raise ValueError("cut off")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise ValueError("cut off")
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("no protocol buffers")
