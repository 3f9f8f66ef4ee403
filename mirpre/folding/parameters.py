"""ViennaRNA's energy parameters as numbers, read from a parameter file.

The file is the one that ``RNA.params_save`` writes and ``RNAfold -P`` reads: sections that start
with ``# name``, numbers in dcal/mol, letters in the order N, A, C, G, U, pairs in the order CG, GC,
GU, UG, AU, UA and any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_PAIRS = 6
_LETTERS = 5
# INF stands where loops of a size do not occur; the native folding refuses it anywhere else.
_INF, _DEF = "10000000", "-50"

_LOOPS = ("Triloops", "Tetraloops", "Hexaloops")


@dataclass(frozen=True)
class Parameters:
    """What the native folding needs: see ``Parameters`` in c/fold.h."""

    numbers: bytes
    """Its members, int32."""
    log_factor: float
    """How the energy of loops longer than 30 grows."""
    special_loops: list[tuple[str, int]]
    """Hairpin loops with an energy of their own, closing pair included."""


def read_parameters(text: str) -> Parameters:
    """The parameters of a file's text at 37 degrees Celsius.

    Raises ValueError where it is not of that form, or where letters in a multiloop cost
    something, which the native folding leaves out.
    """
    sections: dict[str, str] = {}
    for section in re.sub(r"/\*.*?\*/", " ", text).split("\n# "):
        name, _, body = section.partition("\n")
        # ViennaRNA up to 2.6 calls these loops interior, from 2.7 on internal.
        sections[name.strip().replace("interior", "internal")] = body

    def numbers(name: str, *shape: int) -> NDArray[np.int32]:
        words = sections.get(name, "").replace("INF", _INF).replace("DEF", _DEF).split()
        found = np.array(list(map(int, words)), np.int32)
        if found.size != np.prod(shape):
            raise ValueError(f"{found.size} numbers in section {name!r} of the parameters")
        return found.reshape(shape)

    def by_pair(table: NDArray[np.int32], pairs: int = 1) -> NDArray[np.int32]:
        # Row 0 stands for no pair; the file's seventh kind does not occur.
        for axis in range(pairs):
            table = np.insert(table.take(range(_PAIRS), axis), 0, 0, axis)
        return table

    def mismatches(name: str) -> NDArray[np.int32]:
        return by_pair(numbers(name, _PAIRS + 1, _LETTERS, _LETTERS))

    def dangles(name: str) -> NDArray[np.int32]:
        return np.minimum(0, by_pair(numbers(name, _PAIRS + 1, _LETTERS)))

    def interior(name: str, letters: int) -> NDArray[np.int32]:
        return by_pair(numbers(name, _PAIRS + 1, _PAIRS + 1, *[_LETTERS] * letters), 2)

    multi_base, _, multi_closing, _, multi_stem, _ = numbers("ML_params", 6).tolist()
    if multi_base:
        raise ValueError("unpaired letters in multiloops have an energy")
    asymmetry, _, most_asymmetry = numbers("NINIO", 3).tolist()
    _, _, terminal_au, _, log_factor, _ = sections.get("Misc", "").split()
    parts = (
        by_pair(numbers("stack", _PAIRS + 1, _PAIRS + 1), 2),
        mismatches("mismatch_hairpin"),
        mismatches("mismatch_internal"),
        mismatches("mismatch_internal_1n"),
        mismatches("mismatch_internal_23"),
        np.minimum(0, mismatches("mismatch_multi")),
        np.minimum(0, mismatches("mismatch_exterior")),
        dangles("dangle5"),
        dangles("dangle3"),
        interior("int11", 2),
        interior("int21", 3),
        by_pair(_with_n(numbers("int22", _PAIRS, _PAIRS, *[_LETTERS - 1] * 4)), 2),
        numbers("hairpin", 31),
        numbers("bulge", 31),
        numbers("internal", 31),
        np.array(
            [multi_closing, multi_stem, asymmetry, most_asymmetry, int(terminal_au)], np.int32
        ),
    )
    special = [
        (letters, int(energy))
        for name in _LOOPS
        for letters, energy, _ in zip(*[iter(sections.get(name, "").split())] * 3, strict=True)
    ]
    joined = np.concatenate([part.astype(np.int32).ravel() for part in parts])
    return Parameters(joined.tobytes(), float(log_factor), special)


def _with_n(table: NDArray[np.int32]) -> NDArray[np.int32]:
    """The 2x2 loops with entries for N, as index 0: the highest of what N may stand for."""
    for axis in range(2, table.ndim):
        table = np.concatenate([table.max(axis, keepdims=True), table], axis)
    return table
