"""All reading of regions: BED files, regions as samtools writes them, and what they name."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mirpre.errors import FileError, LocusError, Problem, RecordError
from mirpre.formats.opening import Lines
from mirpre.formats.records import (
    InvalidHandler,
    length_problem,
    letter_problem,
    raise_invalid,
    to_rna,
)
from mirpre.records import Hairpin, Locus

if TYPE_CHECKING:
    import pysam

_REGION = re.compile(
    r"(?P<contig>.+):(?P<start>[\d,]+)(?:-(?P<end>[\d,]*))?(?:\((?P<strand>[-+.])\))?"
)


@contextmanager
def open_genome(path: str) -> Iterator[pysam.FastaFile]:
    """A FASTA with random access: plain or bgzip; its .fai is used, or made where it is missing.

    Where the folder cannot be written, the index is made in a temporary one for this run.
    Raises FileError for a file that is missing, gzip but not bgzip, or no FASTA.
    """
    import pysam

    if not os.path.isfile(path):
        raise FileError("no such genome file", file=path)
    pysam.set_verbosity(0)  # htslib's own messages; ours follow
    with tempfile.TemporaryDirectory(prefix="mirpre-") as scratch:
        try:
            index = path + ".fai"
            if not os.path.exists(index):
                if not os.access(os.path.dirname(os.path.realpath(path)), os.W_OK):
                    index = os.path.join(scratch, "genome.fai")
                gzi = [] if index.startswith(path) else ["--gzi-idx", scratch + "/genome.gzi"]
                pysam.faidx("--fai-idx", index, *gzi, path)
            local_gzi = os.path.join(scratch, "genome.gzi")
            genome = pysam.FastaFile(
                path,
                filepath_index=index,
                filepath_index_compressed=local_gzi if os.path.exists(local_gzi) else None,
            )
        except (OSError, ValueError, pysam.utils.SamtoolsError) as error:
            raise FileError(
                "cannot index this genome; it must be FASTA, plain or compressed with bgzip "
                "(not gzip)",
                file=path,
            ) from error
        with genome:
            yield genome


def parse_region(text: str, lengths: dict[str, int]) -> Locus:
    """A region as samtools writes it: ``chr1``, ``chr1:1001-2000`` (1-based), ``chr1:1001``.

    With a strand, ``chr1:1000-2000(+)``, it is an ID of this program, which counts from 0.
    Raises LocusError for a contig that is not there and positions outside of it.
    """
    if text in lengths:
        return Locus(text, 0, lengths[text])
    match = _REGION.fullmatch(text)
    if not match or match["contig"] not in lengths:
        contig = match["contig"] if match else text
        raise LocusError(f"region {text!r}: contig {contig!r} is not in the genome")
    contig, strand = match["contig"], match["strand"] or "."
    start = int(match["start"].replace(",", "") or 0)
    end = int((match["end"] or "").replace(",", "") or lengths[contig])
    if match["strand"]:
        start += 1
    if not 1 <= start <= end:
        least = "0 and before" if match["strand"] else "1 and not beyond"
        raise LocusError(f"region {text!r}: start must be at least {least} the end")
    if end > lengths[contig]:
        raise LocusError(
            f"region {text!r} lies beyond the end of {contig}, which has {lengths[contig]} nt"
        )
    return Locus(contig, start - 1, end, strand)


def read_bed(
    lines: Lines, lengths: dict[str, int], on_invalid: InvalidHandler = raise_invalid
) -> Iterator[Locus]:
    """The regions of a BED file, in its order.

    Blanks in a region's name become underscores. Raises RecordError through on_invalid for lines
    that are no valid BED or not in the genome.
    """
    for line in lines:
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        fields = line.split("\t") if "\t" in line else line.split()
        found = _bed_locus(fields, lengths)
        if isinstance(found, Locus):
            yield found
        else:
            name = fields[3] if len(fields) > 3 else None
            error = RecordError(found, file=lines.name, line=lines.number, record=name)
            on_invalid(error, [line])


def read_regions(
    lines: Lines, genome: pysam.FastaFile, on_invalid: InvalidHandler = raise_invalid
) -> Iterator[Hairpin]:
    """The sequence of each BED region, in the order of the BED file.

    Minus-strand regions are reverse-complemented; a region without a strand is read as given.
    The header is the locus. Raises RecordError through on_invalid for regions that cannot be
    used.
    """
    lengths = dict(zip(genome.references, genome.lengths, strict=True))
    for region in read_bed(lines, lengths, on_invalid):
        problem = length_problem(region.end - region.start)
        if not problem:
            sequence = to_rna(fetch(genome, region))
            problem = letter_problem(sequence)
        if not problem:
            yield Hairpin(str(region), sequence, locus=region)
            continue
        name = region.name or None
        error = RecordError(problem, file=lines.name, line=lines.number, record=name)
        on_invalid(error, [lines.text])


def _bed_locus(fields: list[str], lengths: dict[str, int]) -> Locus | Problem:
    """The locus of a BED line, or why it has none."""
    if len(fields) < 3 or not (fields[1].isdecimal() and fields[2].isdecimal()):
        return Problem("bed", "not BED: contig, start and end belong here, separated by tabs")
    contig, start, end = fields[0], int(fields[1]), int(fields[2])
    # A blank would end the ID in the middle.
    name = "_".join(fields[3].split()) if len(fields) > 3 and fields[3] != "." else ""
    strand = fields[5] if len(fields) > 5 else "."
    if strand not in ("+", "-", "."):
        return Problem("bed", f"strand is {strand!r}; it must be '+', '-' or '.'")
    if contig not in lengths:
        return Problem("contig", f"contig {contig!r} is not in the genome")
    if start >= end:
        return Problem("bed", f"start {start} is not before end {end}")
    if end > lengths[contig]:
        return Problem("end", f"end {end} lies beyond {contig}, which has {lengths[contig]} nt")
    return Locus(contig, start, end, strand, name)


def fetch(genome: pysam.FastaFile, locus: Locus) -> str:
    """The letters of a place within the genome, reverse-complemented where it is on minus."""
    from Bio.Seq import reverse_complement

    sequence: str = genome.fetch(locus.contig, locus.start, locus.end)
    return str(reverse_complement(sequence)) if locus.strand == "-" else sequence
