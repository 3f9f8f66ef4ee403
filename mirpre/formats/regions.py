"""All reading of regions: BED files, regions as samtools writes them, and what they name."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from mirpre.errors import FileError, LocusError, Problem, RecordError, shortened
from mirpre.formats.genome_index import find_index
from mirpre.formats.opening import Lines
from mirpre.formats.records import (
    InvalidHandler,
    length_problem,
    letter_problem,
    raise_invalid,
    to_rna,
)
from mirpre.records import BLANKS, Hairpin, Locus, first_word, parse_locus

if TYPE_CHECKING:
    import pysam

_REGION = re.compile(
    r"(?P<contig>.+):(?P<start>[0-9,]{1,20})(?:-(?P<end>[0-9,]{0,20}))?(?:\((?P<strand>[-+.])\))?",
    re.DOTALL,
)
_POSITION = re.compile(r"[0-9]{1,15}")
_BLANKS = re.compile(f"[{BLANKS}]+")


@contextmanager
def open_genome(path: str) -> Iterator[pysam.FastaFile]:
    """A FASTA with random access: plain or bgzip; its .fai is used, or made where it is missing.

    Where the folder cannot be written, or the .fai there is older than the genome or does not fit,
    one is made in a temporary folder for this run.
    Raises FileError for a file that is missing, gzip but not bgzip, or no FASTA.
    """
    import pysam

    if not os.path.isfile(path):
        raise FileError("no such genome file", file=path)
    with ExitStack() as stack:
        try:
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="mirpre-"))
        except OSError as error:
            raise FileError(
                f"cannot make a temporary folder: {error.strerror}", file=tempfile.gettempdir()
            ) from error
        index = find_index(path, scratch)
        try:
            genome = pysam.FastaFile(
                path, filepath_index=index.fai, filepath_index_compressed=index.gzi
            )
            genome.references  # noqa: B018
        except UnicodeDecodeError as error:
            raise FileError(
                "names of contigs must be UTF-8 where regions are taken of a genome", file=path
            ) from error
        except (OSError, ValueError) as error:
            raise FileError("cannot read this genome", file=path) from error
        with genome:
            yield genome


def duplicate_contig(name: str) -> str:
    """What is said of a genome in which a place is not one place."""
    return (
        f"contig {name!r} stands in this genome twice, so that places on it are not clear; give "
        "each contig a name of its own (its first word)"
    )


def parse_region(text: str, lengths: dict[str, int]) -> Locus:
    """A region as samtools writes it: ``chr1``, ``chr1:1001-2000`` (1-based), ``chr1:1001``.

    With a strand, ``chr1:1000-2000(+)``, it is an ID of this program, which counts from 0 and
    may begin with a name, as in ``name::chr1:1000-2000(+)``.
    Raises LocusError for a contig that is not there and positions outside of it.
    """
    if text in lengths:
        return Locus(text, 0, lengths[text])
    match = _REGION.fullmatch(text)
    contig = match["contig"] if match else text
    if match and contig not in lengths and match["strand"]:
        ends = [int((match[part] or "").replace(",", "") or 0) for part in ("start", "end")]
        named = parse_locus(text, ends[1] - ends[0])
        contig = named.contig if named else contig
    if not match or contig not in lengths:
        raise LocusError(
            f"region {shortened(text)!r}: contig {shortened(contig)!r} is not in the genome"
        )
    strand = match["strand"] or "."
    start = int(match["start"].replace(",", "") or 0)
    end = int((match["end"] or "").replace(",", "") or lengths[contig])
    if match["strand"]:
        start += 1
    if not 1 <= start <= end:
        least = "0 and before" if match["strand"] else "1 and not beyond"
        raise LocusError(f"region {shortened(text)!r}: start must be at least {least} the end")
    if end > lengths[contig]:
        raise LocusError(
            f"region {shortened(text)!r} lies beyond the end of {contig}, which has "
            f"{lengths[contig]} nt"
        )
    return Locus(contig, start - 1, end, strand)


def read_bed(
    lines: Lines, lengths: dict[str, int], on_invalid: InvalidHandler = raise_invalid
) -> Iterator[Locus]:
    """The regions of a BED file, in its order.

    Blanks in a region's name become underscores. Lines that begin with ``#`` or with the word
    track or browser are comments, unless they are regions of a contig of that name. Raises
    RecordError through on_invalid for lines that are no valid BED or not in the genome.
    """
    for line in lines:
        fields = line.split("\t") if "\t" in line else line.split()
        if not line.strip() or is_bed_comment(line, fields, lengths):
            continue
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
            sequence = to_rna(fetch_locus(genome, region))
            problem = letter_problem(sequence)
        if not problem:
            yield Hairpin(str(region), sequence, locus=region)
            continue
        name = region.name or None
        error = RecordError(problem, file=lines.name, line=lines.number, record=name)
        on_invalid(error, [lines.text])


def is_bed_comment(line: str, fields: Sequence[str], contigs: Container[str] | None) -> bool:
    """Whether a line of BED is a comment, or a track or browser line.

    Contigs may have such names: known ones tell. Where none are known, a line with ``#`` is a
    comment.
    """
    is_hash = line.startswith("#")
    if not is_hash and first_word(line) not in ("track", "browser"):
        return False
    if contigs is None:
        return is_hash or not _has_positions(fields)
    return not (_has_positions(fields) and fields[0] in contigs)


def _has_positions(fields: Sequence[str]) -> bool:
    return len(fields) > 2 and all(map(_POSITION.fullmatch, fields[1:3]))


def _bed_locus(fields: list[str], lengths: dict[str, int]) -> Locus | Problem:
    """The locus of a BED line, or why it has none."""
    if not _has_positions(fields):
        return Problem("bed", "not BED: contig, start and end belong here, separated by tabs")
    contig, start, end = fields[0], int(fields[1]), int(fields[2])
    # A blank would end the ID in the middle.
    name = _BLANKS.sub("_", fields[3]) if len(fields) > 3 and fields[3] != "." else ""
    strand = fields[5] if len(fields) > 5 else "."
    if strand not in ("+", "-", "."):
        return Problem("bed", f"strand is {shortened(strand)!r}; it must be '+', '-' or '.'")
    if contig not in lengths:
        return Problem("contig", f"contig {shortened(contig)!r} is not in the genome")
    if start >= end:
        return Problem("bed", f"start {start} is not before end {end}")
    if end > lengths[contig]:
        return Problem("end", f"end {end} lies beyond {contig}, which has {lengths[contig]} nt")
    found = Locus(contig, start, end, strand, name)
    if name and parse_locus(str(found), end - start) != found:
        # Colons in the name would hide where the contig begins.
        found = Locus(contig, start, end, strand, name.replace(":", "_"))
    return found


def fetch(genome: pysam.FastaFile, contig: str, start: int, end: int) -> str:
    """A part of a contig, 0-based half-open, which must lie within it.

    Raises FileError where the genome does not have it there.
    """
    try:
        sequence: str = genome.fetch(contig, start, end)
    except (OSError, ValueError):
        sequence = ""
    if len(sequence) != end - start:
        raise FileError(
            f"cannot read {contig}:{start + 1}-{end}: damaged, or changed since it was opened",
            file=os.fsdecode(genome.filename),
        )
    return sequence


def fetch_locus(genome: pysam.FastaFile, locus: Locus) -> str:
    """The letters of a locus, of its strand, as they stand in the genome."""
    from Bio.Seq import reverse_complement

    sequence = fetch(genome, locus.contig, locus.start, locus.end)
    return str(reverse_complement(sequence)) if locus.strand == "-" else sequence
