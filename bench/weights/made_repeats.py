"""Made sequence of the kinds that fold on themselves and are no precursors.

Inverted repeats, such as mobile elements have them, microsatellites and tandem arrays, each between
flanks of ordinary sequence. The same seed makes the same text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ARMS, LOOPS, IDENTITIES = (30, 500), (0, 300), (0.7, 1.0)
"""Letters of an inverted repeat's arm and of its loop, and how alike its arms are."""
FLANK = 120
_BASES = "ACGU"
_COMPLEMENT = str.maketrans("ACGU", "UGCA")


def inverted_repeats(texts: Sequence[str], number: int, seed: int) -> list[str]:
    """So many inverted repeats whose letters are pieces of texts; half of the arms are short."""
    rng = np.random.default_rng(seed)
    found: list[str] = []
    for _ in range(number):
        longest = ARMS[1] if rng.random() < 0.5 else 120
        arm = piece(texts, int(rng.integers(ARMS[0], longest + 1)), rng)
        loop = piece(texts, int(rng.integers(*LOOPS) * rng.random() ** 2), rng)
        other = varied(arm[::-1].translate(_COMPLEMENT), float(rng.uniform(*IDENTITIES)), rng)
        found.append(between(texts, arm + loop + other, rng))
    return found


def satellites(texts: Sequence[str], number: int, seed: int) -> list[str]:
    """So many microsatellites, (AT)n and such, and arrays of longer units, more or less alike."""
    rng = np.random.default_rng(seed)
    found: list[str] = []
    for index in range(number):
        micro = index % 3 > 0
        length = int(rng.integers(1, 9) if micro else rng.integers(9, 180))
        unit = piece(texts, length, rng)
        if micro and rng.random() < 0.5:
            unit = unit + unit[::-1].translate(_COMPLEMENT)
        size = int(rng.integers(40, 200)) if micro else 3 * length + int(rng.integers(60, 400))
        array = varied((unit * (size // length + 1))[:size], float(rng.uniform(0.75, 1)), rng)
        found.append(between(texts, array, rng))
    return found


def piece(texts: Sequence[str], length: int, rng: np.random.Generator) -> str:
    """A random piece of one of the texts; shorter where that is."""
    text = texts[int(rng.integers(len(texts)))]
    at = int(rng.integers(max(1, len(text) - length)))
    return text[at : at + length]


def between(texts: Sequence[str], inner: str, rng: np.random.Generator) -> str:
    """With a random flank on either side."""
    return piece(texts, FLANK, rng) + inner + piece(texts, FLANK, rng)


def varied(sequence: str, identity: float, rng: np.random.Generator) -> str:
    """With some letters replaced, and of the changes every fifth an insertion or a deletion."""
    out: list[str] = []
    changed = rng.random(len(sequence)) >= identity
    kinds, letters = rng.random(len(sequence)), rng.integers(0, 4, len(sequence))
    for letter, is_changed, kind, new in zip(sequence, changed, kinds, letters, strict=True):
        if not is_changed:
            out.append(letter)
        elif kind < 0.1:
            out.append(letter + _BASES[new])
        elif kind >= 0.2:
            out.append(_BASES[new])
    return "".join(out)
