"""What all record readers share: letters, checks, and what happens to an invalid record."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Sequence

from mirpre.errors import FileError, Problem, RecordError, shortened
from mirpre.formats.opening import Lines
from mirpre.records import BLANKS, first_word

MAX_LENGTH = 10_000
"""Longest record in nt that is read: folding needs memory with the square of the length."""

LONGEST_BLOCK = 1 << 24
"""Letters of a record, header included, that are held to say what is wrong with it."""

InvalidHandler = Callable[[RecordError, Sequence[str]], None]
"""Takes the error and the record's own lines; raises to stop, returns to go on without it."""

_TO_RNA = str.maketrans(
    "Tt" + string.ascii_lowercase.replace("t", ""),
    "UU" + string.ascii_uppercase.replace("T", ""),
    BLANKS,
)
_NO_NUCLEOTIDE = re.compile(r"[^ACGURYSWKMBDHVN]")


def raise_invalid(error: RecordError, lines: Sequence[str]) -> None:
    """The strict handler: an invalid record ends the run."""
    raise error


def to_rna(letters: str) -> str:
    """Upper-case RNA without ASCII's blanks; what is no nucleotide letter stays to be found."""
    if not letters.strip("ACGU"):  # as most are
        return letters
    return letters.translate(_TO_RNA)


def letter_problem(rna: str) -> Problem | None:
    """The first character that is no IUPAC nucleotide letter, and what to do about it."""
    match = _NO_NUCLEOTIDE.search(rna) if rna.strip("ACGU") else None
    if not match:
        return None
    if match[0] in "-.":
        return Problem("gap", f"gap {match[0]!r} in the sequence; remove the gaps first")
    return Problem(
        "letter", f"{match[0]!r} is no nucleotide letter (A, C, G, T, U and the IUPAC codes are)"
    )


def length_problem(length: int) -> Problem | None:
    """Why a record of this length cannot be used."""
    if length == 0:
        return Problem("empty", "no sequence")
    if length > MAX_LENGTH:
        return Problem(
            "length",
            f"{length:,} nt, and hairpins of up to {MAX_LENGTH:,} nt are read here; "
            "take regions of it with --bed and --genome",
        )
    return None


def blocks(lines: Lines) -> Iterator[tuple[int, list[str]]]:
    """The number of its first line, and all lines, of each block that starts with ``>``.

    Lines before the first ``>`` are a block too; blank lines between blocks belong to none or
    to the block before. Raises FileError for a block that would fill the memory.
    """
    block: list[str] = []
    first = letters = 0
    for line in lines:
        if line.startswith(">") and block:
            yield first, block
            block, letters = [], 0
        letters += len(line) + 1
        if letters > LONGEST_BLOCK:
            name = first_word(block[0].removeprefix(">")) if block else None
            raise FileError(
                f"record {shortened(name or '')!r} has more than {LONGEST_BLOCK:,} letters, and "
                "hairpins are read here; a genome goes to scan-genome, regions of it to --bed and "
                "--genome",
                file=lines.name,
                line=first,
            )
        if not block:
            if not line or line.isspace():
                continue
            first = lines.number
        block.append(line)
    if block:
        yield first, block
