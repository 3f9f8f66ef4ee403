"""The score of completeness as a table."""

from __future__ import annotations

from typing import TextIO

from mirpre.annotation.completeness import Completeness


def write_completeness(out: TextIO, result: Completeness) -> None:
    """``#`` lines with the denominator, then family, status and number of loci."""
    out.write(f"# clade: {result.clade}, {result.species} species\n")
    out.write(f"# {result.sentence()}\n")
    out.write("family\tstatus\tloci\n")
    for family, loci in result.loci.items():
        out.write(f"{family}\t{'found' if loci else 'missing'}\t{loci}\n")
