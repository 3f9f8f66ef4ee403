"""What a place of a known mature sequence is worth: its letters, where it begins, which mature.

Scores are sums of natural logarithms of ratios: how much more often relatives look like that than
sequence does by chance. They are counted in hundredths, as whole numbers, so that they do not
depend on the order of sums. bench.weights.mature_pairs measures the shares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mirpre.annotation.matures import CONSERVED, DOUBTFUL, SINGLE, SUPPORTED
from mirpre.annotation.records import KnownMature

Integers = NDArray[np.int64]

UNIT = 100
"""Of a score to one natural logarithm."""
COMPARED = 22
"""Letters of a mature from its 5' end on that are compared."""
NOTHING = 16
"""The pair of letters where nothing is compared."""
MATCH = (
    *(0.75, 0.84, 0.81, 0.82, 0.85, 0.88, 0.84, 0.80, 0.71, 0.68, 0.69),
    *(0.64, 0.80, 0.77, 0.76, 0.73, 0.80, 0.74, 0.69, 0.68, 0.72, 0.68),
)
"""How often a letter is that of the nearest mature of the family in other phyla or classes."""
TRANSITIONS = 0.40
"""Of the letters that differ, the share of A for G, C for U and the reverse."""
SEEDED = 8
"""Letters up to the end of the seed."""
TAIL = 0.5
"""Share of relatives that are alike behind the seed, too."""
OWN, BESIDE = 0.8, 0.1
"""Of a position's probability as a start, what stays its own, and what either neighbour gets."""
PLACED = 0.75
"""Weight of where a mature begins."""
LEAST_START = -2.0
"""Least worth of a start, of a place outside of the hairpin, too."""
SUPPORT = {SUPPORTED: 0.0, CONSERVED: -2.0, SINGLE: -3.0, DOUBTFUL: -3.0}
"""By the support of the mature."""


def _columns() -> Integers:
    """(COMPARED, NOTHING + 1): the worth of each pair of letters in each position."""
    found = np.zeros((COMPARED, NOTHING + 1), np.int64)
    for position, share in enumerate(MATCH):
        for pair in range(NOTHING):
            mature, there = divmod(pair, 4)
            if mature == there:
                ratio = share / 0.25
            elif mature % 2 == there % 2:  # of A, C, G, U: purines, or pyrimidines
                ratio = (1 - share) * TRANSITIONS / 0.25
            else:
                ratio = (1 - share) * (1 - TRANSITIONS) / 2 / 0.25
            found[position, pair] = round(UNIT * math.log(ratio))
    return found


_COLUMNS = _columns()
_LOWEST = int(_COLUMNS[SEEDED:].min(axis=1).sum())
_HIGHEST = int(_COLUMNS[SEEDED:].max(axis=1).sum())


def tails(share: float) -> Integers:
    """The worth of all letters behind the seed, of sums from the lowest on, if this share of
    relatives is alike there."""
    sums = range(_LOWEST, _HIGHEST + 1)
    return np.array(
        [round(UNIT * math.log(share * math.exp(one / UNIT) + 1 - share)) for one in sums],
        np.int64,
    )


_TAILS = tails(TAIL)


def of_letters(pairs: NDArray[np.uint8]) -> Integers:
    """Of pairs of letters (N, COMPARED), as families.Places has them."""
    each = _COLUMNS[np.arange(COMPARED), pairs]
    behind: Integers = _TAILS[each[:, SEEDED:].sum(axis=1) - _LOWEST]
    before: Integers = each[:, :SEEDED].sum(axis=1)
    return before + behind


def of_starts(
    starts: Sequence[NDArray[np.float64] | None], owner: Integers, arm: Integers, start: Integers
) -> Integers:
    """Of places (N) that begin at these positions of hairpins, on arm 0 (5p) or 1 (3p).

    starts: of each hairpin the probabilities (2, L) of its positions as first ones; None where
    they are not known.
    """
    floor = round(UNIT * PLACED * LEAST_START)
    lengths = np.array([0 if one is None else one.shape[1] for one in starts], np.int64)
    begins = np.r_[0, np.cumsum(lengths)]
    table = np.full((2, begins[-1] + 1), floor, np.int64)
    for begin, one in zip(begins.tolist(), starts, strict=False):
        if one is None:
            continue
        smooth = OWN * one
        smooth[:, 1:] += BESIDE * one[:, :-1]
        smooth[:, :-1] += BESIDE * one[:, 1:]
        worth = np.log(np.maximum(smooth * one.shape[1], math.exp(LEAST_START)))
        table[:, begin : begin + one.shape[1]] = np.rint(UNIT * PLACED * worth)
    inside = (start >= 0) & (start < lengths[owner])
    found: Integers = np.where(
        inside, table[arm, np.where(inside, begins[owner] + start, 0)], floor
    )
    return found


def highest_start(lengths: Integers) -> NDArray[np.float64]:
    """The most that a start can be worth in hairpins of so many letters."""
    most: NDArray[np.float64] = PLACED * np.log(np.maximum(lengths, 1))
    return most


def worth(matures: Sequence[KnownMature]) -> Integers:
    """Of each mature, what it is worth beyond its letters: by its support."""
    return np.array([round(UNIT * SUPPORT[one.support]) for one in matures], np.int64)
