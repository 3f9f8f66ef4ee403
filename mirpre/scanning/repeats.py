"""Tandem repeats: sequence in which the same words come again within a short distance.

Satellites and simple repeats fold on themselves everywhere. A precursor hardly ever lies in one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mirpre.scanning.settings import REACH, REPEAT_MARGIN, WORD

SHARE = 0.5
"""A hairpin lies in a repeat where words that come again cover so much of it."""


def in_tandem_repeats(
    letters: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether each hairpin, [start, end) in letters (see letters.py), lies in a tandem repeat.

    Both strands have the same repeats, so the strand of a hairpin does not matter. Other letters
    than A, C, G and U make no words.
    """
    near = _covered(len(letters), starts - REPEAT_MARGIN, ends + REPEAT_MARGIN)
    covered = np.cumsum(np.r_[0, repeated_positions(letters, near)])
    found: NDArray[np.bool_] = covered[ends] - covered[starts] >= SHARE * (ends - starts)
    return found


def repeated_positions(letters: bytes, near: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Which positions words cover that come again within REACH, of the words that begin near."""
    last = max(0, len(letters) - WORD + 1)
    codes = np.frombuffer(letters, np.uint8)
    words, known = codes[:last].astype(np.int64), codes[:last] < 4
    for offset in range(1, WORD):
        letter = codes[offset : offset + last]
        words <<= 2
        words += letter
        known &= letter < 4
    if near is not None:
        known &= near[:last]
    # Sorted by word and then by position; those of another word are further on than any letter.
    at = np.flatnonzero(known)
    order = np.sort((words[at] << 32) + at)
    again = np.diff(order) <= REACH
    comes_again = np.zeros(len(order), bool)
    comes_again[1:] |= again
    comes_again[:-1] |= again
    repeated = order[comes_again] & 0xFFFFFFFF
    return _covered(len(letters), repeated, repeated + WORD)


def _covered(length: int, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of length positions lie in one of the intervals."""
    change = np.zeros(length + 1, np.int64)
    np.add.at(change, np.clip(starts, 0, length), 1)
    np.add.at(change, np.clip(ends, 0, length), -1)
    inside: NDArray[np.bool_] = np.cumsum(change[:length]) > 0
    return inside
