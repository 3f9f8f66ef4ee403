"""Genomic positions and their text in FASTA headers, in bedtools' convention."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADER = re.compile(
    r"^(?:(?P<name>.*)::)?(?P<contig>.+):(?P<start>\d+)-(?P<end>\d+)(?:\((?P<strand>[-+.])\))?$"
)


@dataclass(frozen=True, slots=True)
class Locus:
    """A stretch of a contig: 0-based start, end not included; strand is ``+``, ``-`` or ``.``."""

    contig: str
    start: int
    end: int
    strand: str = "."
    name: str = ""

    def __str__(self) -> str:
        place = f"{self.contig}:{self.start}-{self.end}({self.strand})"
        return f"{self.name}::{place}" if self.name else place


def parse_locus(name: str, length: int) -> Locus | None:
    """The locus that a record's name carries, or None where it carries none.

    Understood are ``chr1:100-180(+)`` and ``name::chr1:100-180(+)`` as bedtools writes them
    (0-based start) and ``chr1:101-180`` as samtools faidx does (1-based); the record's length
    tells the last two apart. A name whose numbers fit the length in neither way is no locus.
    """
    match = _HEADER.match(name)
    if not match:
        return None
    start, end = int(match["start"]), int(match["end"])
    if end - start != length:
        if match["strand"] or end - start + 1 != length or start == 0:
            return None
        start -= 1
    return Locus(match["contig"], start, end, match["strand"] or ".", match["name"] or "")
