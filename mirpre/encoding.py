"""Hairpins as numbers: base and structure symbol merged into one of 12 dimers, one-hot.

Source: Zheng et al., BMC Bioinformatics 2020, doi 10.1186/s12859-020-3339-7.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mirpre.calls import AMBIGUOUS, TRUNCATED
from mirpre.hairpin import Hairpin

ENCODING = "dimer-onehot-180x12"
"""Name of this encoding, written on every model card."""

LENGTH = 180
"""Positions that the networks read: shorter records are zero-padded at the 3' end."""

BASES = "AUGC"
SYMBOLS = ".()"
DIMERS = tuple(base + symbol for symbol in SYMBOLS for base in BASES)
"""The 12 dimers in channel order."""

_ZERO = len(DIMERS)  # the row of an all-zero position


def _code_table(symbols: str, step: int) -> NDArray[np.uint8]:
    table = np.full(256, _ZERO, np.uint8)
    for rank, symbol in enumerate(symbols):
        table[ord(symbol)] = rank * step
    return table


_BASE_CODE = _code_table(BASES, 1)
_SYMBOL_CODE = _code_table(SYMBOLS, len(BASES))
_ROWS = np.vstack([np.eye(len(DIMERS), dtype=np.uint8), np.zeros((1, len(DIMERS)), np.uint8)])


def channels(hairpins: Sequence[Hairpin]) -> NDArray[np.uint8]:
    """Channel number of every position, shape (N, 180); 12 stands for an all-zero position.

    Raises ValueError for a record without a structure.
    """
    for hairpin in hairpins:
        if hairpin.structure is None:
            raise ValueError(f"record {hairpin.name!r} has no structure; fold it first")
    sequences = b"".join(h.sequence[:LENGTH].encode("ascii").ljust(LENGTH) for h in hairpins)
    structures = b"".join(
        (h.structure or "")[:LENGTH].encode("ascii").ljust(LENGTH) for h in hairpins
    )
    base = _BASE_CODE[np.frombuffer(sequences, np.uint8)]
    symbol = _SYMBOL_CODE[np.frombuffer(structures, np.uint8)]
    # 12 in either part means "no dimer here", and must not wrap around into a channel.
    found: NDArray[np.uint8] = np.minimum(base + symbol, _ZERO).reshape(len(hairpins), LENGTH)
    return found


def one_hot(hairpins: Sequence[Hairpin]) -> NDArray[np.uint8]:
    """One-hot array of shape (N, 180, 12), uint8.

    Only the first 180 positions are encoded. Positions past the 3' end, and letters other
    than A, U, G and C, are zero in all 12 channels.
    """
    encoded: NDArray[np.uint8] = _ROWS[channels(hairpins)]
    return encoded


def flags_of(hairpin: Hairpin) -> tuple[str, ...]:
    """What the encoding leaves out of a record: see TRUNCATED and AMBIGUOUS."""
    flags = (
        (TRUNCATED, len(hairpin) > LENGTH),
        # strip stops at the first letter that is none of the four
        (AMBIGUOUS, bool(hairpin.sequence.strip(BASES))),
    )
    return tuple(flag for flag, applies in flags if applies)
