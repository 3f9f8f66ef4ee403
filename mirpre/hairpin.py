"""The one record that flows through every step."""

from __future__ import annotations

from dataclasses import dataclass


def first_word(header: str) -> str:
    """The ID in a FASTA header; empty for a header without words."""
    words = header.split(None, 1)
    return words[0] if words else ""


@dataclass(frozen=True, slots=True)
class Hairpin:
    """A sequence that may fold into a precursor hairpin.

    header: the FASTA header without ``>``, whole.
    sequence: RNA, upper case (``T`` read as ``U``); IUPAC ambiguity letters stay as they are.
    structure: dot-bracket, as long as the sequence; None before folding.
    mfe: minimum free energy in kcal/mol, two decimals; None where it is unknown.
    """

    header: str
    sequence: str
    structure: str | None = None
    mfe: float | None = None

    @property
    def name(self) -> str:
        """The first word of the header."""
        return first_word(self.header)

    def __len__(self) -> int:
        return len(self.sequence)
