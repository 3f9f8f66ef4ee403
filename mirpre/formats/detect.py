"""Telling by content what a file of hairpins is."""

from __future__ import annotations

from collections.abc import Iterator

from mirpre.errors import FileError
from mirpre.formats.dimers import is_encoded, read_encoded
from mirpre.formats.dotbracket import STRUCTURE_LINE, read_folded
from mirpre.formats.fasta import read_fasta
from mirpre.formats.opening import Lines
from mirpre.formats.records import InvalidHandler, raise_invalid
from mirpre.records import Hairpin


def read_hairpins(
    lines: Lines, on_invalid: InvalidHandler = raise_invalid
) -> tuple[str, Iterator[Hairpin]]:
    """What the input is (``fasta``, ``folded`` or ``encoded``) and its records, in order.

    An input of nothing but blank lines is a FASTA of 0 records. Raises FileError for content
    that is none of the three.
    """
    head: list[str] = []
    count = 0
    while len(head) < 3:
        seen = lines.peek(count + 1)
        if len(seen) == count:
            break
        count += 1
        if seen[-1].strip():
            head.append(seen[-1])
    if head and is_encoded(head[0]):
        return "encoded", read_encoded(lines, on_invalid)
    if head and "\0" in head[0]:
        raise FileError(
            "binary content; FASTA, RNAfold's text or dimer text is read here "
            "(plain, gzip or bgzip)",
            file=lines.name,
        )
    if head and head[0].startswith("@") and any(line.startswith("+") for line in lines.peek(4)):
        raise FileError(
            "this is FASTQ, and sequencing reads are no hairpins; hairpins come as FASTA, reads "
            "that were aligned to a genome as BAM or CRAM with annotate --reads",
            file=lines.name,
        )
    if any(STRUCTURE_LINE.match(line) for line in head):
        return "folded", read_folded(lines, on_invalid)
    return "fasta", read_fasta(lines, on_invalid)
