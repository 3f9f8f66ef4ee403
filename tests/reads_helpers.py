"""Made reads: BAM files from lists of alignments, and a hairpin whose products are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pysam

from mirpre.records import Hairpin, Locus

CONTIG = 40_000
FLANK, STEM, LOOP = 6, 35, 12
STRUCTURE = "." * FLANK + "(" * STEM + "." * LOOP + ")" * STEM + "." * FLANK
LENGTH = len(STRUCTURE)
FIVE, THREE = (14, 36), (60, 82)
"""A mature sequence of its 5' arm, and the star that two 3' overhangs of 2 nt make of it."""
SEQUENCE = "A" * LENGTH


class Read(NamedTuple):
    """An aligned read, or several with a collapsed name."""

    start: int
    end: int
    reverse: bool = False
    count: int = 1
    hits: int = 1


def hairpin(start: int = 1000, strand: str = "+", contig: str = "c") -> Hairpin:
    locus = Locus(contig, start, start + LENGTH, strand)
    return Hairpin(str(locus), SEQUENCE, STRUCTURE, locus=locus)


def on(locus: Locus, start: int, end: int, count: int = 1, *, opposite: bool = False) -> Read:
    """A read at a place of a hairpin."""
    if locus.strand == "-":
        return Read(locus.end - end, locus.end - start, not opposite, count)
    return Read(locus.start + start, locus.start + end, opposite, count)


def mirrored(read: Read) -> Read:
    """The same read where contig and reads are reverse-complemented."""
    return read._replace(start=CONTIG - read.end, end=CONTIG - read.start, reverse=not read.reverse)


def write_bam(
    file: Path,
    reads: Iterable[Read],
    *,
    collapsed: bool = True,
    tags: bool = True,
    contigs: Sequence[str] = ("c",),
    index: bool = True,
    csi: bool = False,
    reference: Path | None = None,
) -> str:
    """Write reads of the first contig, sorted, with an index; with a reference as CRAM."""
    header = pysam.AlignmentHeader.from_references(list(contigs), [CONTIG] * len(contigs))
    rows = [
        (read, copy)
        for read in sorted(reads)
        for copy in ([read.count] if collapsed else [1] * read.count)
    ]
    mode = "wb" if reference is None else "wc"
    name = None if reference is None else str(reference)
    with pysam.AlignmentFile(str(file), mode, header=header, reference_filename=name) as out:
        for number, (read, count) in enumerate(rows):
            made = pysam.AlignedSegment(header)
            made.query_name = f"made_{number}_x{count}" if collapsed else f"made.{number}"
            made.flag = 16 if read.reverse else 0
            made.reference_id, made.reference_start = 0, read.start
            made.query_sequence = "A" * (read.end - read.start)
            made.cigartuples = [(0, read.end - read.start)]
            if tags:
                made.set_tag("NH", read.hits)
            out.write(made)
    if index and csi:
        pysam.index("-c", str(file))
    elif index:
        pysam.index(str(file))
    return str(file)
