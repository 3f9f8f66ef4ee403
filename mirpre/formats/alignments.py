"""All reading of aligned reads: indexed BAM and CRAM files, through htslib (pysam)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from mirpre.errors import FileError

if TYPE_CHECKING:
    import pysam

ALL, SPLIT, UNIQUE = MULTI = ("all", "split", "unique")
"""What a read with several places counts at each: one, its share (1 / NH), or nothing."""

LONGEST = 100
"""nt of the reference; longer alignments are of no small RNA and are not read."""

# Unmapped, second of a pair, failed by the machine, part of a chimeric alignment. Duplicates
# stay: in small RNA they are what is counted.
_NO_READ = 0x4 | 0x80 | 0x200 | 0x800
_SECONDARY = 0x100
_REVERSE = 0x10
# What is wanted of CRAM: names, flags, places, CIGAR and tags. Without bases and qualities it
# needs no reference.
_CRAM_FIELDS = "required_fields=0x82f"


Place = tuple[int, int, int, int]
"""Where reads are aligned: 0-based start, end not included; whether on the minus strand; and NH,
the number of places of each of these reads (1 where it does not matter)."""


def copies(name: str) -> int:
    """How many reads a name stands for: those of a collapsed name, ``read_7_x123`` or ``x123``."""
    head, x, digits = name.rpartition("x")
    if x and digits.isdecimal() and not head[-1:].isalnum():
        return int(digits)
    return 1


class Alignments:
    """One open BAM or CRAM file."""

    def __init__(self, path: str, opened: pysam.AlignmentFile, multi: str) -> None:
        self.path = path
        self.lengths: dict[str, int] = dict(zip(opened.references, opened.lengths, strict=True))
        self._file = opened
        self._multi = multi

    def count(self, shortest: int, longest: int) -> tuple[int, int]:
        """Reads in the file, and those of such lengths (of the reference); each once, by its
        primary alignment. Reads the file from end to end. Raises FileError where it is damaged.
        """
        skipped = _NO_READ | _SECONDARY
        reads = fitting = 0
        with self._checked():
            for read in self._file.fetch(until_eof=True):
                if read.flag & skipped:
                    continue
                name = read.query_name or ""
                number = copies(name) if "x" in name else 1
                reads += number
                if shortest <= (read.reference_length or 0) <= longest:
                    fitting += number
        return reads, fitting

    def places(self, contig: str, start: int, end: int) -> dict[Place, int]:
        """Reads by place, of those that begin from start to before end, in order of their start.

        Raises FileError for a damaged file, and where NH is needed and missing.
        """
        found: dict[Place, int] = {}
        with_hits = self._multi != ALL
        last = min(end, self.lengths[contig])
        if start >= last:
            return found
        with self._checked():
            for read in self._file.fetch(contig, start, last):
                flag, begin, stop = read.flag, read.reference_start, read.reference_end
                if flag & _NO_READ or begin < start or stop is None or stop - begin > LONGEST:
                    continue
                hits = self._hits(read) if with_hits else 1
                place = begin, stop, 1 if flag & _REVERSE else 0, hits
                name = read.query_name or ""
                number = copies(name) if "x" in name else 1
                found[place] = found.get(place, 0) + number
        return found

    def _hits(self, read: pysam.AlignedSegment) -> int:
        try:
            return max(1, int(read.get_tag("NH")))
        except KeyError as error:
            raise FileError(
                f"no NH tag, without which multi-mapped reads cannot be told: choose {ALL!r} for "
                "them, or align with a program that writes it",
                file=self.path,
                record=read.query_name,
            ) from error

    @contextmanager
    def _checked(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            raise FileError(
                f"damaged or truncated ({error}); make or fetch it again", file=self.path
            ) from error


@contextmanager
def open_alignments(
    paths: Sequence[str], multi: str = ALL, threads: int = 1
) -> Iterator[list[Alignments]]:
    """Open files of reads; threads help to decompress.

    Raises FileError for files that are missing, no BAM or CRAM, truncated, without an index, or
    named twice.
    """
    if multi not in MULTI:
        raise ValueError(f"multi is {multi!r}; it must be one of {', '.join(MULTI)}")
    seen: set[str] = set()
    with ExitStack() as stack:
        files = []
        for path in paths:
            real = os.path.realpath(path)
            if real in seen:
                raise FileError("named twice; its reads would count twice", file=path)
            seen.add(real)
            opened = _opened(path, threads)
            stack.callback(_close, opened)
            files.append(Alignments(path, opened, multi))
        yield files


def _close(opened: pysam.AlignmentFile) -> None:
    # htslib says again what was wrong with a damaged file.
    with suppress(OSError):
        opened.close()


def _opened(path: str, threads: int) -> pysam.AlignmentFile:
    import pysam

    if path == "-":
        raise FileError("reads must be a file with an index, not standard input", file="<stdin>")
    if not os.path.isfile(path):
        raise FileError("no such file of reads", file=path)
    pysam.set_verbosity(0)  # htslib's own messages; ours follow
    try:
        opened = pysam.AlignmentFile(path, "r", threads=threads)
        if opened.is_cram:
            opened.close()
            opened = pysam.AlignmentFile(path, "rc", threads=threads, format_options=[_CRAM_FIELDS])
    except (OSError, ValueError) as error:
        what = str(error)
        if "trunc" in what or "EOF" in what:
            raise FileError("truncated; make or fetch it again", file=path) from error
        raise FileError(
            "neither BAM nor CRAM; sort and convert it: samtools sort -o reads.bam FILE", file=path
        ) from error
    if not (opened.is_bam or opened.is_cram):
        opened.close()
        raise FileError("not BAM or CRAM; convert it: samtools sort -o reads.bam FILE", file=path)
    if not opened.has_index():
        opened.close()
        raise FileError(
            f"no index that can be read (.bai, .csi or .crai); make one: samtools index {path}",
            file=path,
        )
    return opened
