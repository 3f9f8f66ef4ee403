"""Genomes in pieces: contigs as a stream, or regions of an indexed FASTA."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirpre.errors import FileError, LocusError, MirpreError
from mirpre.formats.opening import Blocks, Lines
from mirpre.hairpin import first_word
from mirpre.locus import Locus

if TYPE_CHECKING:
    import pysam

_BLANKS = b" \t\r\n\v\f"
_LETTERS = b"ACGTUacgtuRYSWKMBDHVNryswkmbdhvn"
_REGION = re.compile(r"(?P<contig>.+):(?P<start>[\d,]+)(?:-(?P<end>[\d,]*))?")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a contig that is worked on at once, with some of what surrounds it.

    What starts from ``own_start`` (0-based) up to, not including, ``own_end``, and ends no later
    than ``limit``, belongs to this stretch and to no other.
    """

    contig: str
    start: int
    """Position in the contig of the first letter of ``sequence``."""
    sequence: bytes
    own_start: int
    own_end: int
    limit: int = sys.maxsize


def read_stretches(blocks: Blocks, size: int, margin: int) -> Iterator[Stretch]:
    """A FASTA's contigs in order, cut into stretches of ``size`` with ``margin`` on both sides.

    Only a few stretches are ever held. Raises FileError for what is no nucleotide FASTA.
    """
    contig: str | None = None
    held = bytearray()
    start = own = 0
    for header, part in _parts(blocks):
        if header is not None:
            if contig is not None:
                yield from _cut(contig, held, start, own, size, margin)
            contig = first_word(header)
            if not contig:
                raise FileError("a header '>' without a name", file=blocks.name)
            held, start, own = bytearray(), 0, 0
            continue
        if contig is None:
            raise FileError("no FASTA: it must start with '>name'", file=blocks.name)
        _check_letters(part, contig, start + len(held), blocks.name)
        held += part
        while start + len(held) >= own + size + margin:
            end = own + size
            yield Stretch(contig, start, bytes(held[: end + margin - start]), own, end)
            own = end
            keep = max(0, own - margin)
            del held[: keep - start]
            start = keep
    if contig is not None:
        yield from _cut(contig, held, start, own, size, margin)


def _check_letters(sequence: bytes, contig: str, start: int, file: str) -> None:
    strange = sequence.translate(None, _LETTERS)
    if strange:
        at = start + sequence.index(strange[:1]) + 1
        raise FileError(
            f"{chr(strange[0])!r} at position {at:,} of contig {contig!r} is no nucleotide "
            "letter (A, C, G, T, U and the IUPAC codes are)",
            file=file,
        )


def _cut(
    contig: str, held: bytearray, start: int, own: int, size: int, margin: int
) -> Iterator[Stretch]:
    """The stretches of what is left at a contig's end."""
    length = start + len(held)
    while own < length:
        end = min(own + size, length)
        first = max(start, own - margin)
        sequence = bytes(held[first - start : end + margin - start])
        yield Stretch(contig, first, sequence, own, end)
        own = end


def _parts(blocks: Iterable[bytes]) -> Iterator[tuple[str | None, bytes]]:
    """Headers without ``>``, and sequence without blanks, in the order of the file."""
    header: bytearray | None = None
    for block in blocks:
        at = 0
        while at < len(block):
            if header is not None:
                end = block.find(b"\n", at)
                header += block[at : end if end >= 0 else len(block)]
                if end < 0:
                    break
                yield header.decode("utf-8", "surrogateescape").strip(), b""
                header, at = None, end + 1
            else:
                mark = block.find(b">", at)
                end = mark if mark >= 0 else len(block)
                sequence = block[at:end].translate(None, _BLANKS)
                if sequence:
                    yield None, sequence
                if mark < 0:
                    break
                header, at = bytearray(), mark + 1
    if header is not None:
        yield header.decode("utf-8", "surrogateescape").strip(), b""


def parse_region(text: str, lengths: dict[str, int]) -> Locus:
    """A region as samtools writes it: ``chr1``, ``chr1:1001-2000`` (1-based), ``chr1:1001``.

    Raises LocusError for a contig that is not there and positions outside of it.
    """
    if text in lengths:
        return Locus(text, 0, lengths[text])
    match = _REGION.fullmatch(text)
    if not match or match["contig"] not in lengths:
        contig = match["contig"] if match else text
        raise LocusError(f"region {text!r}: contig {contig!r} is not in the genome")
    contig = match["contig"]
    start = int(match["start"].replace(",", "") or 0)
    end = int((match["end"] or "").replace(",", "") or lengths[contig])
    if not 1 <= start <= end:
        raise LocusError(f"region {text!r}: start must be at least 1 and not beyond the end")
    if end > lengths[contig]:
        raise LocusError(
            f"region {text!r} lies beyond the end of {contig}, which has {lengths[contig]} nt"
        )
    return Locus(contig, start - 1, end)


def read_bed_regions(lines: Lines, lengths: dict[str, int]) -> Iterator[Locus]:
    """The regions of a BED file, strands left out. Raises MirpreError for a line that is none."""
    for line in lines:
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        fields = line.split("\t") if "\t" in line else line.split()
        problem = ""
        if len(fields) < 3 or not (fields[1].isdecimal() and fields[2].isdecimal()):
            problem = "not BED: contig, start and end belong here, separated by tabs"
        elif fields[0] not in lengths:
            problem = f"contig {fields[0]!r} is not in the genome"
        elif int(fields[1]) >= int(fields[2]):
            problem = f"start {fields[1]} is not before end {fields[2]}"
        elif int(fields[2]) > lengths[fields[0]]:
            problem = f"end {fields[2]} lies beyond {fields[0]}, which has {lengths[fields[0]]} nt"
        if problem:
            raise MirpreError(problem, file=lines.name, line=lines.number)
        yield Locus(fields[0], int(fields[1]), int(fields[2]))


def region_stretches(
    genome: pysam.FastaFile, regions: Iterable[Locus], size: int, margin: int
) -> Iterator[Stretch]:
    """Stretches of the regions, in the genome's order; regions that overlap count once."""
    order = {contig: i for i, contig in enumerate(genome.references)}
    merged: list[Locus] = []
    for region in sorted(regions, key=lambda r: (order[r.contig], r.start, r.end)):
        last = merged[-1] if merged else None
        if last and last.contig == region.contig and region.start <= last.end:
            merged[-1] = Locus(last.contig, last.start, max(last.end, region.end))
        else:
            merged.append(region)
    for region in merged:
        for own in range(region.start, region.end, size):
            end = min(own + size, region.end)
            first = max(0, own - margin)
            sequence = genome.fetch(region.contig, first, end + margin).encode()
            _check_letters(sequence, region.contig, first, os.fsdecode(genome.filename))
            yield Stretch(region.contig, first, sequence, own, end, region.end)
