"""ViennaRNA's energy parameters as numbers, read from a parameter file.

The file is the one that ``RNA.params_save`` writes and ``RNAfold -P`` reads: sections that start
with ``# name``, numbers in dcal/mol, letters in the order N, A, C, G, U, pairs in the order CG, GC,
GU, UG, AU, UA and any other.
"""

from __future__ import annotations

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
        name = name.strip().replace("interior", "internal")
        sections[name] = body.replace("INF", _INF).replace("DEF", _DEF)

    def words_of(name: str) -> list[str]:
        return re.sub(r"/\*.*?\*/", " ", sections.get(name, "")).split()

    def numbers(name: str, count: int) -> list[int]:
        words = words_of(name)
        if len(words) != count:
            raise ValueError(f"{len(words)} numbers in section {name!r} of the parameters")
        return list(map(int, words))

    def by_pair(name: str, size: int) -> list[int]:
        # Before the first kind of pair stands none; the file's seventh kind does not occur.
        return [0] * size + numbers(name, (_PAIRS + 1) * size)[: _PAIRS * size]

    def interior(name: str, size: int) -> list[int]:
        table, row = numbers(name, (_PAIRS + 1) ** 2 * size), (_PAIRS + 1) * size
        found = [0] * row
        for at in range(0, _PAIRS * row, row):
            found += [0] * size + table[at : at + _PAIRS * size]
        return found

    def capped(energies: list[int]) -> list[int]:
        return [min(0, energy) for energy in energies]

    multi_base, _, multi_closing, _, multi_stem, _ = numbers("ML_params", 6)
    if multi_base:
        raise ValueError("unpaired letters in multiloops have an energy")
    asymmetry, _, most_asymmetry = numbers("NINIO", 3)
    _, _, terminal_au, _, log_factor, *_ = words_of("Misc")
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
        *numbers("int22", _PAIRS**2 * 4**4),
        *numbers("hairpin", 31),
        *numbers("bulge", 31),
        *numbers("internal", 31),
        *(multi_closing, multi_stem, asymmetry, most_asymmetry, int(terminal_au)),
    ]
    special: list[tuple[str, int]] = []
    for name in _LOOPS:
        words = words_of(name)  # letters, energy and enthalpy of each
        special += zip(words[::3], map(int, words[1::3]), strict=True)
    return Parameters(array("i", joined).tobytes(), float(log_factor), special)
