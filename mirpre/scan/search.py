"""Stages 1 and 2: stem-loops anywhere in a sequence, and the hairpin at each.

The work is done in C (``c/stems.c``, ``c/hairpins.c``) with integers only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirpre.scan import _search

COLUMNS: int = _search.COLUMNS
"""Columns of a ladder, a hairpin's two arms side by side, as the network reads it."""


class StemScores(NamedTuple):
    """What the stem search gains by a pair and loses by what is unpaired."""

    gc: int = 3
    au: int = 2
    gu: int = 1
    mismatch: int = 4
    gap: int = 6


class LoopCosts(NamedTuple):
    """Prices of the hairpin model beside Turner's stacks and loops, in tenths of kcal/mol."""

    open: int = 6
    step: int = 8
    gap: int = 14
    weak: int = 4
    drift: int = 3


@dataclass(frozen=True)
class SearchSettings:
    """Where to look, and how a hairpin is cut out."""

    span: int = 150
    """Longest hairpin, nt."""
    least: int = 22
    """Lowest stem score of a place."""
    radius: int = 12
    """A place has the highest score within so many nt."""
    band: int = 8
    """How far, in nt, a hairpin's centre may lie from its place."""
    stems: StemScores = StemScores()
    loops: LoopCosts = LoopCosts()
    prices: tuple[int, int] = (0, 20)
    """A place gives several hairpins, nested in one another: the best at each price per nt, in
    hundredths of kcal/mol. Which end is right, the network tells better than an energy."""


class Found(NamedTuple):
    """Hairpins in the order of their places."""

    hairpins: NDArray[np.int32]
    """(N, 3): start (0-based), end (not included), energy in tenths of kcal/mol."""
    ladders: NDArray[np.uint8]
    """(N, COLUMNS): see hairpins.c for the codes."""


def places(letters: bytes, settings: SearchSettings) -> bytes:
    """Stage 1: the centres of stem-loops, as int32."""
    peaks = _search.peaks(letters, settings.span, settings.stems)
    return _search.places(peaks, settings.least, settings.radius)


def cut_out(letters: bytes, centres: bytes, settings: SearchSettings) -> Found:
    """Stage 2: the best hairpin around each centre; a centre where nothing pairs has none."""
    hairpins, ladders = _search.hairpins(
        letters, centres, settings.span, settings.band, settings.loops, settings.prices
    )
    return Found(
        np.frombuffer(hairpins, np.int32).reshape(-1, 3),
        np.frombuffer(ladders, np.uint8).reshape(-1, COLUMNS),
    )


def search(letters: bytes, settings: SearchSettings) -> Found:
    """Stages 1 and 2."""
    return cut_out(letters, places(letters, settings), settings)
