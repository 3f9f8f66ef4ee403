"""Genomes in pieces: contigs as a stream, or regions of an indexed FASTA."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirpre.errors import FileError
from mirpre.formats.opening import Blocks
from mirpre.formats.regions import duplicate_contig, fetch
from mirpre.records import BLANKS, Locus, first_word
from mirpre.scanning.settings import WHOLE, Shard

if TYPE_CHECKING:
    import pysam

_BLANKS = BLANKS.encode()
_LINE_END = re.compile(rb"[\r\n]")
LONGEST_HEADER = 1_000_000
"""Bytes."""
_LETTERS = b"ACGTUacgtuRYSWKMBDHVNryswkmbdhvn"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a contig that is worked on at once, with some of what surrounds it.

    What starts from ``own_start`` (0-based) up to, not including, ``own_end``, and ends no later
    than ``limit``, belongs to this chunk and to no other.
    """

    contig: str
    start: int
    """Position in the contig of the first letter of ``sequence``."""
    sequence: bytes
    own_start: int
    own_end: int
    limit: int = sys.maxsize


def read_chunks(blocks: Blocks, size: int, margin: int) -> Iterator[Chunk]:
    """A FASTA's contigs in order, cut into chunks of ``size`` with ``margin`` on both sides.

    Only a few chunks are ever held. Raises FileError for what is no nucleotide FASTA.
    """
    return _chunks(_parts(blocks, blocks.name), blocks.name, size, margin)


def chunks_of(contigs: Iterable[tuple[str, str]], size: int, margin: int) -> Iterator[Chunk]:
    """The same of names and sequences."""

    def parts() -> Iterator[tuple[str | None, bytes]]:
        for name, sequence in contigs:
            yield name, b""
            yield None, sequence.encode("utf-8", "replace").translate(None, _BLANKS)

    return _chunks(parts(), "genome", size, margin)


def _chunks(
    parts: Iterable[tuple[str | None, bytes]], name: str, size: int, margin: int
) -> Iterator[Chunk]:
    """Chunks of headers, and parts of the sequence of each."""
    contig: str | None = None
    seen: set[str] = set()
    held = bytearray()
    start = own = 0
    for header, part in parts:
        if header is not None:
            if contig is not None:
                yield from _cut(contig, held, start, own, size, margin)
            contig = first_word(header)
            if not contig:
                raise FileError("a header '>' without a name", file=name)
            if contig in seen:
                raise FileError(duplicate_contig(contig), file=name)
            seen.add(contig)
            held, start, own = bytearray(), 0, 0
            continue
        if contig is None:
            raise FileError("no FASTA: it must start with '>name'", file=name)
        _check_letters(part, contig, start + len(held), name)
        held += part
        while start + len(held) >= own + size + margin:
            end = own + size
            yield Chunk(contig, start, bytes(held[: end + margin - start]), own, end)
            own = end
            keep = max(0, own - margin)
            del held[: keep - start]
            start = keep
    if contig is not None:
        yield from _cut(contig, held, start, own, size, margin)


def _check_letters(sequence: bytes, contig: str, start: int, file: str) -> None:
    strange = sequence.translate(None, _LETTERS)
    if strange:
        index = sequence.index(strange[:1])
        letter = sequence[index : index + 4].decode("utf-8", "replace")[:1]
        raise FileError(
            f"{letter!r} at position {start + index + 1:,} of contig {contig!r} is no nucleotide "
            "letter (A, C, G, T, U and the IUPAC codes are)",
            file=file,
        )


def _cut(
    contig: str, held: bytearray, start: int, own: int, size: int, margin: int
) -> Iterator[Chunk]:
    """The chunks of what is left at a contig's end."""
    length = start + len(held)
    while own < length:
        end = min(own + size, length)
        first = max(start, own - margin)
        sequence = bytes(held[first - start : end + margin - start])
        yield Chunk(contig, first, sequence, own, end)
        own = end


def _parts(blocks: Iterable[bytes], name: str) -> Iterator[tuple[str | None, bytes]]:
    """Headers without ``>``, and sequence without blanks, in the order of the file.

    Lines end with LF, CRLF or CR.
    """
    header: bytearray | None = None
    before = b"\n"
    """The byte before the block."""
    for block in blocks:
        at = 0
        while at < len(block):
            if header is not None:
                line_end = _LINE_END.search(block, at)
                end = line_end.start() if line_end else -1
                header += block[at : end if end >= 0 else len(block)]
                if len(header) > LONGEST_HEADER:
                    raise FileError(
                        f"a header of more than {LONGEST_HEADER:,} bytes; is this FASTA?", file=name
                    )
                if end < 0:
                    break
                yield header.decode("utf-8", "surrogateescape"), b""
                header, at = None, end + 1
            else:
                mark = block.find(b">", at)
                while mark >= 0 and (block[mark - 1 : mark] or before) not in (b"\n", b"\r"):
                    mark = block.find(b">", mark + 1)  # no letter, as will be said
                end = mark if mark >= 0 else len(block)
                sequence = block[at:end].translate(None, _BLANKS)
                if sequence:
                    yield None, sequence
                if mark < 0:
                    break
                header, at = bytearray(), mark + 1
        before = block[-1:]
    if header is not None:
        yield header.decode("utf-8", "surrogateescape"), b""


def merged_regions(genome: pysam.FastaFile, regions: Iterable[Locus]) -> list[Locus]:
    """The regions in the genome's order; those that overlap or touch become one."""
    order = {contig: i for i, contig in enumerate(genome.references)}
    merged: list[Locus] = []
    for region in sorted(regions, key=lambda r: (order[r.contig], r.start, r.end)):
        last = merged[-1] if merged else None
        if last and last.contig == region.contig and region.start <= last.end:
            merged[-1] = Locus(last.contig, last.start, max(last.end, region.end))
        else:
            merged.append(region)
    return merged


def whole_contigs(genome: pysam.FastaFile) -> list[Locus]:
    """All contigs as regions."""
    pairs = zip(genome.references, genome.lengths, strict=True)
    return [Locus(contig, 0, length) for contig, length in pairs]


def region_chunks(
    genome: pysam.FastaFile,
    regions: Sequence[Locus],
    size: int,
    margin: int,
    shard: Shard = WHOLE,
) -> Iterator[Chunk]:
    """Chunks of the regions, which must be as merged_regions gives them, or of a shard of them.

    Shards have equally many letters of all regions in a row, and may begin and end within one.
    What starts in a shard belongs to it, also where it ends in the next: all shards together have
    what the whole has, each once.
    """
    lengths = dict(zip(genome.references, genome.lengths, strict=True))
    total = sum(region.end - region.start for region in regions)
    first_letter = total * (shard.number - 1) // shard.of
    end_letter = total * shard.number // shard.of
    before = 0
    """Letters of the regions before."""
    for region in regions:
        begin = max(region.start, region.start + first_letter - before)
        finish = min(region.end, region.start + end_letter - before)
        before += region.end - region.start
        for own in range(begin, finish, size):
            end = min(own + size, finish)
            first = max(0, own - margin)
            stop = min(end + margin, lengths[region.contig])
            sequence = fetch(genome, region.contig, first, stop).encode("utf-8", "replace")
            _check_letters(sequence, region.contig, first, os.fsdecode(genome.filename))
            yield Chunk(region.contig, first, sequence, own, end, region.end)
