"""ViennaRNA's energy parameters as numbers, read from a parameter file.

The file is the one that ``RNA.params_save`` writes and ``RNAfold -P`` reads: sections that start
with ``# name``, numbers in dcal/mol, letters in the order N, A, C, G, U, pairs in the order CG, GC,
GU, UG, AU, UA and any other.
"""

from __future__ import annotations

import itertools
import re
from array import array
from dataclasses import dataclass

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
    for section in text.split("\n# "):
        name, _, body = section.partition("\n")
        # ViennaRNA up to 2.6 calls these loops interior, from 2.7 on internal.
        sections[name.strip().replace("interior", "internal")] = body

    def words_of(name: str) -> list[str]:
        body = sections.get(name, "").replace("INF", _INF).replace("DEF", _DEF)
        return re.sub(r"/\*.*?\*/", " ", body).split()

    def numbers(name: str, count: int) -> list[int]:
        words = words_of(name)
        if len(words) != count:
            raise ValueError(f"{len(words)} numbers in section {name!r} of the parameters")
        return list(map(int, words))

    def by_pair(name: str, size: int) -> list[int]:
        # Before the first kind of pair stands none; the file's seventh kind does not occur.
        return [0] * size + numbers(name, (_PAIRS + 1) * size)[: _PAIRS * size]

    def by_pairs(table: list[int], size: int, row: int) -> list[int]:
        found = [0] * ((_PAIRS + 1) * size)
        for at in range(0, _PAIRS * row * size, row * size):
            found += [0] * size + table[at : at + _PAIRS * size]
        return found

    def interior(name: str, size: int) -> list[int]:
        return by_pairs(numbers(name, (_PAIRS + 1) ** 2 * size), size, _PAIRS + 1)

    def capped(energies: list[int]) -> list[int]:
        return [min(0, energy) for energy in energies]

    multi_base, _, multi_closing, _, multi_stem, _ = numbers("ML_params", 6)
    if multi_base:
        raise ValueError("unpaired letters in multiloops have an energy")
    asymmetry, _, most_asymmetry = numbers("NINIO", 3)
    _, _, terminal_au, _, log_factor, _ = words_of("Misc")
    known = numbers("int22", _PAIRS**2 * 4**4)
    int22 = [n for at in range(0, len(known), 4**4) for n in _with_n(known[at : at + 4**4])]
    two, three = _LETTERS**2, _LETTERS**3
    joined = [
        *interior("stack", 1),
        *by_pair("mismatch_hairpin", two),
        *by_pair("mismatch_internal", two),
        *by_pair("mismatch_internal_1n", two),
        *by_pair("mismatch_internal_23", two),
        *capped(by_pair("mismatch_multi", two)),
        *capped(by_pair("mismatch_exterior", two)),
        *capped(by_pair("dangle5", _LETTERS)),
        *capped(by_pair("dangle3", _LETTERS)),
        *interior("int11", two),
        *interior("int21", three),
        *by_pairs(int22, _LETTERS**4, _PAIRS),
        *numbers("hairpin", 31),
        *numbers("bulge", 31),
        *numbers("internal", 31),
        *(multi_closing, multi_stem, asymmetry, most_asymmetry, int(terminal_au)),
    ]
    special: list[tuple[str, int]] = []
    for name in _LOOPS:
        words = words_of(name)  # letters, energy and enthalpy of each
        special += zip(words[::3], map(int, words[1::3]), strict=True)
        if len(words) % 3:
            raise ValueError(f"section {name!r} of the parameters is cut off")
    return Parameters(array("i", joined).tobytes(), float(log_factor), special)


def _with_n(table: list[int]) -> list[int]:
    """A table of several letters A, C, G, U with N before them: the highest of what it may be."""
    if len(table) == 4:
        return [max(table), *table]
    quarter = len(table) // 4
    parts = [_with_n(table[at : at + quarter]) for at in range(0, len(table), quarter)]
    return [*map(max, *parts), *itertools.chain.from_iterable(parts)]
