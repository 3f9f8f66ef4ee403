"""Hairpins as numbers: base and structure symbol merged into one of 12 dimers.

ONE_HOT is the encoding of Zheng et al., BMC Bioinformatics 2020,
doi 10.1186/s12859-020-3339-7. PARTNERS also tells where a base's partner is, and has no longest
length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mirpre import _encoding
from mirpre.records import AMBIGUOUS, TRUNCATED, Hairpin

LENGTH = 180
"""Positions that ONE_HOT holds: shorter records are zero-padded at the 3' end."""

STEP = 16
"""Lengths in PARTNERS are padded to multiples of it."""

BASES = "AUGC"
SYMBOLS = ".()"
DIMERS = tuple(base + symbol for symbol in SYMBOLS for base in BASES)
"""The 12 dimers in channel order."""


def one_hot(hairpins: Sequence[Hairpin], dtype: DTypeLike = np.uint8) -> NDArray[Any]:
    """One-hot array of shape (N, 180, 12), uint8 or float32.

    Only the first 180 positions are encoded. Positions past the 3' end, and letters other
    than A, U, G and C, are zero in all 12 channels. Raises ValueError for a record without a
    structure.
    """
    shape = (len(hairpins), LENGTH, len(DIMERS))
    cells = _cells(shape, dtype)
    _encoding.one_hot(*_columns(hairpins), cells, LENGTH)
    return np.frombuffer(cells, dtype).reshape(shape)


def partners(hairpins: Sequence[Hairpin], dtype: DTypeLike = np.int16) -> NDArray[Any]:
    """Dimers and partners, shape (N, L, 2), int16 or int32; L is a multiple of 16.

    The first number of a position is its dimer's from 1, 13 for another letter than A, U, G and
    C, and 0 past the 3' end. The second is how far downstream its partner is (negative:
    upstream), 0 without one. Raises ValueError for a record without a structure, and for one that
    is too long for an int16.
    """
    longest = max((len(hairpin) for hairpin in hairpins), default=0)
    length = -(-max(longest, 1) // STEP) * STEP
    shape = (len(hairpins), length, 2)
    cells = _cells(shape, dtype)
    _encoding.partners(*_columns(hairpins), cells, length)
    return np.frombuffer(cells, dtype).reshape(shape)


def _cells(shape: tuple[int, int, int], dtype: DTypeLike) -> bytearray:
    """The memory of an array, all zero; C code for any Python knows bytearrays, but no arrays."""
    return bytearray(math.prod(shape) * np.dtype(dtype).itemsize)


def _columns(hairpins: Sequence[Hairpin]) -> tuple[list[str], list[str]]:
    """Sequences and structures; ValueError where there is no structure."""
    structures = []
    for hairpin in hairpins:
        if hairpin.structure is None:
            raise ValueError(f"record {hairpin.name!r} has no structure; fold it first")
        structures.append(hairpin.structure)
    return [hairpin.sequence for hairpin in hairpins], structures


@dataclass(frozen=True)
class Encoding:
    """How a network reads hairpins.

    All-zero positions at the 3' end are padding, and change no probability.
    """

    name: str
    """Stands on every model card."""
    encode: Callable[..., NDArray[Any]]
    """Folded hairpins, and if wanted a type, to an array (N, L, channels)."""
    longest: int | None
    """Letters that are read; None for all."""
    step: int | None
    """Where it is a number, the network reads records of one length at a time, which is a
    multiple of it; otherwise any array as it comes."""

    def flags_of(self, hairpin: Hairpin) -> tuple[str, ...]:
        """What the encoding leaves out of a record: see TRUNCATED and AMBIGUOUS."""
        sequence = hairpin.sequence
        is_cut = self.longest is not None and len(sequence) > self.longest
        # strip stops at the first letter that is none of the four
        if sequence.strip(BASES):
            return (TRUNCATED, AMBIGUOUS) if is_cut else (AMBIGUOUS,)
        return (TRUNCATED,) if is_cut else ()


ONE_HOT = Encoding("dimer-onehot-180x12", one_hot, LENGTH, None)
PARTNERS = Encoding("dimer-partner", partners, None, STEP)
ENCODINGS: Mapping[str, Encoding] = {one.name: one for one in (ONE_HOT, PARTNERS)}
"""The encodings by the names that model cards give."""


def padded_lengths(encoded: NDArray[Any], step: int) -> NDArray[np.int64]:
    """Length of each record of a (N, L, channels) array without padding, as multiples of step."""
    used: NDArray[np.bool_] = (encoded != 0).any(axis=2)
    last = used.shape[1] - np.argmax(used[:, ::-1], axis=1)
    found: NDArray[np.int64] = -(-np.where(used.any(axis=1), last, 1) // step) * step
    return found
