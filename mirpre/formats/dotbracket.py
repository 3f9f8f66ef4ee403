"""RNAfold's 3-line text in and out: header, sequence, structure with energy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from mirpre._encoding import unbalanced
from mirpre.errors import Problem, RecordError
from mirpre.formats.opening import Lines
from mirpre.formats.records import (
    InvalidHandler,
    blocks,
    length_problem,
    letter_problem,
    raise_invalid,
    to_rna,
)
from mirpre.formats.writer import Head
from mirpre.records import Call, Candidate, Hairpin, first_word

ENERGY = r"[-+]?[0-9]{1,7}(?:\.[0-9]{1,9})?"
STRUCTURE_LINE = re.compile(rf"^(?P<structure>[.()]+)(?:\s+\(\s*(?P<mfe>{ENERGY})\))?\s*$")


def read_folded(lines: Lines, on_invalid: InvalidHandler = raise_invalid) -> Iterator[Hairpin]:
    """Folded hairpins of RNAfold's text (``RNAfold --noPS``), in order.

    The energy may be missing (mfe is then None). Raises RecordError through on_invalid for
    records that are not header, sequence and structure, or whose parts do not fit together.
    """
    for first, block in blocks(lines):
        parts = [line for line in block if line.strip()]
        match = STRUCTURE_LINE.match(parts[2]) if len(parts) == 3 else None
        if match and parts[0].startswith(">"):
            sequence, structure = to_rna(parts[1]), match["structure"]
            problem = folded_problem(sequence, structure)
        else:
            problem = Problem(
                "folded",
                "not '>name', sequence and 'structure (energy)', one line each; "
                "RNAfold writes these with --noPS and without -p",
            )
        header = block[0].removeprefix(">")
        if problem:
            name = first_word(header)
            on_invalid(RecordError(problem, file=lines.name, line=first, record=name), block)
        elif match:
            yield Hairpin(
                header, sequence, structure, float(match["mfe"]) if match["mfe"] else None
            )


def folded_problem(sequence: str, structure: str) -> Problem | None:
    """Why a sequence and a structure make no folded record."""
    return (
        letter_problem(sequence)
        or length_problem(len(sequence))
        or _structure_problem(sequence, structure)
    )


def _structure_problem(sequence: str, structure: str) -> Problem | None:
    if len(sequence) != len(structure):
        return Problem(
            "structure",
            f"sequence has {len(sequence)} letters, structure {len(structure)} symbols",
        )
    return balance_problem(structure)


def balance_problem(structure: str) -> Problem | None:
    """Why a text is no dot-bracket of one structure."""
    if structure.strip(".()"):
        return Problem("structure", "a structure has the symbols '.', '(' and ')' only")
    wrong = unbalanced(structure)
    if wrong > 0:
        return Problem("structure", f"no pair is open for the ')' at position {wrong}")
    return Problem("structure", f"structure leaves {-wrong} pairs open") if wrong else None


def format_mfe(mfe: float | None) -> str:
    """Energy with two decimals, as ViennaRNA computes it; ``NA`` where it is unknown."""
    return "NA" if mfe is None else f"{mfe:.2f}"


def write_folded(out: TextIO, hairpin: Hairpin) -> None:
    """One record just as RNAfold writes it."""
    energy = "" if hairpin.mfe is None else f" ({hairpin.mfe:6.2f})"
    out.write(f">{hairpin.header}\n{hairpin.sequence}\n{hairpin.structure}{energy}\n")


class FoldedWriter:
    """RNAfold's text of the hairpins; it has no ``#`` lines."""

    def __init__(self, out: TextIO, head: Head) -> None:
        self._out = out

    def write(self, record: Call | Candidate) -> None:
        write_folded(self._out, record.hairpin)
