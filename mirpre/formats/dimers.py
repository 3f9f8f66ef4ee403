"""Encoded hairpins as text: header, energy and dimers, tab-separated, one record a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from mirpre.errors import Problem, RecordError
from mirpre.formats.dotbracket import ENERGY, folded_problem, format_mfe
from mirpre.formats.opening import Lines
from mirpre.formats.records import InvalidHandler, raise_invalid, to_rna
from mirpre.records import Hairpin, first_word

_ENERGY = re.compile(f"NA|{ENERGY}")


def is_encoded(line: str) -> bool:
    """Whether a line is an encoded record."""
    fields = line.rsplit("\t", 2)
    return len(fields) == 3 and _taken_apart(fields[2]) is not None


def _taken_apart(dimers: str) -> tuple[str, str] | None:
    """The letters and the symbols of dimers that stand a blank apart; None for other text."""
    dimers = dimers.rstrip()
    letters, symbols, blanks = dimers[::3], dimers[1::3], dimers[2::3]
    if len(dimers) % 3 != 2 or symbols.strip(".()") or blanks.strip(" "):
        return None
    return (letters, symbols) if len(letters.split()) == 1 else None


def read_encoded(lines: Lines, on_invalid: InvalidHandler = raise_invalid) -> Iterator[Hairpin]:
    """Folded hairpins of dimer text, in order.

    Raises RecordError through on_invalid for lines that are not header, energy and dimers.
    """
    for line in lines:
        if not line or line.isspace():
            continue
        # From the right, because a FASTA header may itself hold tabs.
        fields = line.rsplit("\t", 2)
        parts = _taken_apart(fields[2]) if len(fields) == 3 else None
        problem: Problem | None
        if parts is None or not _ENERGY.fullmatch(fields[1]):
            problem = Problem(
                "encoded",
                "not a header, an energy and dimers (a letter and '.', '(' or ')' each, "
                "separated by blanks), with tabs between",
            )
        else:
            sequence, structure = to_rna(parts[0]), parts[1]
            problem = folded_problem(sequence, structure)
            if not problem:
                mfe = None if fields[1] == "NA" else float(fields[1])
                yield Hairpin(fields[0], sequence, structure, mfe)
                continue
        error = RecordError(problem, file=lines.name, line=lines.number, record=first_word(line))
        on_invalid(error, [line])


def write_encoded(out: TextIO, hairpin: Hairpin) -> None:
    """One folded record as one line, whatever its length."""
    dimers = map("".join, zip(hairpin.sequence, hairpin.structure or "", strict=True))
    out.write(f"{hairpin.header}\t{format_mfe(hairpin.mfe)}\t{' '.join(dimers)}\n")
