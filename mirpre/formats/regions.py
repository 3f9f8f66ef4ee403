"""Regions of a genome, named by a BED file, as hairpins."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mirpre.errors import FileError, Problem, RecordError
from mirpre.formats.opening import Lines
from mirpre.formats.records import (
    InvalidHandler,
    length_problem,
    letter_problem,
    raise_invalid,
    to_rna,
)
from mirpre.hairpin import Hairpin
from mirpre.locus import Locus

if TYPE_CHECKING:
    import pysam


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


def read_regions(
    lines: Lines, genome: pysam.FastaFile, on_invalid: InvalidHandler = raise_invalid
) -> Iterator[Hairpin]:
    """The sequence of each BED region, in the order of the BED file.

    Minus-strand regions are reverse-complemented; a region without a strand is read as given.
    The header is the locus in bedtools' convention, ``name::contig:start-end(strand)``;
    blanks in a region's name become underscores. Raises
    RecordError through on_invalid for regions that are no valid BED or not in the genome.
    """
    lengths = dict(zip(genome.references, genome.lengths, strict=True))
    for line in lines:
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        fields = line.split("\t") if "\t" in line else line.split()
        region = _locus(fields, lengths)
        if isinstance(region, Locus):
            sequence = to_rna(_fetch(genome, region))
            problem = letter_problem(sequence)
            if not problem:
                yield Hairpin(str(region), sequence)
                continue
        else:
            problem = region
        name = fields[3] if len(fields) > 3 else None
        on_invalid(RecordError(problem, file=lines.name, line=lines.number, record=name), [line])


def _locus(fields: list[str], lengths: dict[str, int]) -> Locus | Problem:
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
    return length_problem(end - start) or Locus(contig, start, end, strand, name)


def _fetch(genome: pysam.FastaFile, locus: Locus) -> str:
    from Bio.Seq import reverse_complement

    sequence: str = genome.fetch(locus.contig, locus.start, locus.end)
    return str(reverse_complement(sequence)) if locus.strand == "-" else sequence
