"""JSON that every parser takes: no NaN or Infinity, no half letters."""

from __future__ import annotations

import json
import re
from typing import Any

_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


def to_json(value: Any, indent: int | None = None) -> str:
    """The value as JSON text, ASCII.

    Text holds bytes that were not UTF-8 as lone surrogates, which JSON does not know; they are
    written as the letters of Latin-1. Raises ValueError for numbers that are not finite.
    """
    return json.dumps(_readable(value), indent=indent, allow_nan=False)


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return _ESCAPED_BYTE.sub(lambda byte: chr(ord(byte[0]) - 0xDC00), value)
    if isinstance(value, dict):
        return {_readable(key): _readable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(item) for item in value]
    return value
