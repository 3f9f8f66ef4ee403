"""Cutting a stream into pieces without losing what came before an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from mirpre.errors import MirpreError

Item = TypeVar("Item")

BATCH_SIZE = 512
"""Records that are worked on at once, unless the user sets another number."""


def chunked(items: Iterable[Item], is_full: Callable[[list[Item]], bool]) -> Iterator[list[Item]]:
    """Consecutive lists of items, each ended by the item that fills it; the last may be short.

    Where the source raises an expected error, the items before it are still handed on first, so
    that the results before a bad record do not depend on where chunks happen to end.
    """
    chunk: list[Item] = []
    try:
        for item in items:
            chunk.append(item)
            if is_full(chunk):
                yield chunk
                chunk = []
    except MirpreError:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk
