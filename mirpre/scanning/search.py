"""Stages 1 and 2: stem-loops anywhere in a sequence, and the hairpin at each.

The work is done in C (``c/stems.c``, ``c/hairpins.c``) with integers only.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirpre.scanning import _search
from mirpre.scanning.settings import SearchSettings

COLUMNS: int = _search.COLUMNS
"""Columns of a ladder, a hairpin's two arms side by side, as the network reads it."""
CODES: int = _search.CODES
"""Kinds of columns, 0 for padding."""


class Found(NamedTuple):
    """Hairpins in the order of their places."""

    hairpins: NDArray[np.int32]
    """(N, 3): start (0-based), end (not included), energy in tenths of kcal/mol."""
    ladders: NDArray[np.uint8]
    """(N, COLUMNS): see hairpins.c for the codes."""


def stem_peaks(letters: bytes, settings: SearchSettings) -> bytes:
    """Stage 1: the score of the best stem-loop around each position, a byte each."""
    return _search.peaks(letters, settings.span, settings.stems)


def tops(peaks: bytes, least: int, radius: int) -> bytes:
    """Positions, as int32, with a score of at least that, the highest within radius."""
    return _search.places(peaks, least, radius)


def stem_centres(letters: bytes, settings: SearchSettings) -> bytes:
    """The centres of stem-loops, as int32."""
    return tops(stem_peaks(letters, settings), settings.least, settings.radius)


def cut_out(letters: bytes, centres: bytes, settings: SearchSettings) -> Found:
    """Stage 2: the best hairpins around each centre; a centre where nothing pairs has none."""
    hairpins, ladders = _search.hairpins(
        letters, centres, settings.span, settings.band, settings.loops, settings.prices
    )
    return Found(
        np.frombuffer(hairpins, np.int32).reshape(-1, 3),
        np.frombuffer(ladders, np.uint8).reshape(-1, COLUMNS),
    )


def search(letters: bytes, settings: SearchSettings) -> Found:
    """Stages 1 and 2."""
    return cut_out(letters, stem_centres(letters, settings), settings)
