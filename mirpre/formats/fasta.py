"""FASTA in and out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

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


def read_fasta(lines: Lines, on_invalid: InvalidHandler = raise_invalid) -> Iterator[Hairpin]:
    """Unfolded hairpins of a FASTA input, in order; sequences may be wrapped.

    Blank lines and blanks within sequence lines mean nothing. Our own reader and not a
    library's, because errors name the line. Raises RecordError through on_invalid for records
    with other than nucleotide letters, without a sequence, or beyond MAX_LENGTH.
    """
    for first, block in blocks(lines):
        line = first
        header = block[0][1:]
        name: str | None = first_word(header)
        sequence = to_rna("".join(block[1:]))
        problem = letter_problem(sequence)
        if not block[0].startswith(">"):
            name = None
            problem = Problem(
                "header", "sequence without a header; FASTA records start with '>name'"
            )
        elif problem:
            line += next(i for i, text in enumerate(block) if i and letter_problem(to_rna(text)))
        else:
            problem = length_problem(len(sequence))
        if problem:
            on_invalid(RecordError(problem, file=lines.name, line=line, record=name), block)
        else:
            yield Hairpin(header, sequence)


def write_fasta(out: TextIO, hairpin: Hairpin) -> None:
    """One record: the whole header, the sequence on one line."""
    out.write(f">{hairpin.header}\n{hairpin.sequence}\n")


class FastaWriter:
    """The hairpins' own FASTA, headers unchanged; it holds no probabilities and no ``#`` lines."""

    def __init__(self, out: TextIO, head: Head) -> None:
        self._out = out

    def write(self, record: Call | Candidate) -> None:
        write_fasta(self._out, record.hairpin)
