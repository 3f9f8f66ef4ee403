"""Sequences as the search reads them: a byte a letter, A, C, G, U as 0-3, all else as 128."""

from __future__ import annotations

OTHER = 0x80


def _table(letters: str) -> bytes:
    table = bytearray([OTHER] * 256)
    for letter in letters:
        table[ord(letter)] = "ACGU".index(letter.upper().replace("T", "U"))
    return bytes(table)


_ALL = _table("ACGTUacgtu")
_UPPER = _table("ACGTU")
_COMPLEMENT = bytes([3, 2, 1, 0]) + bytes([OTHER]) * 252


def to_letters(sequence: bytes, *, soft_mask: bool = False) -> bytes:
    """The letters of a sequence, DNA or RNA; with soft_mask lower case never pairs."""
    return sequence.translate(_UPPER if soft_mask else _ALL)


def opposite_strand(letters: bytes) -> bytes:
    """The reverse complement."""
    return letters.translate(_COMPLEMENT)[::-1]


_OPPOSITE = str.maketrans("ACGURYKMBVDHSWN", "UGCAYRMKVBHDSWN")


def reverse_complement(rna: str) -> str:
    """That of upper-case RNA with IUPAC letters."""
    return rna.translate(_OPPOSITE)[::-1]
