"""Evidence from reads: what aligned small RNAs say of hairpins, one after the other.

    with ReadFiles(["a.bam", "b.bam"], multi="split") as reads:
        evidence = reads.evidence(hairpin, PROFILES["animal"])

Files are read in bins as wide as the windows of their index, each bin once where hairpins come in
genome order, and a few bins are kept: memory does not depend on the number of reads.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import fsum
from types import TracebackType

from mirpre.annotation.criteria import LEAST_RPM, Profile, ReadEvidence, judge
from mirpre.annotation.pattern import Tag, pattern
from mirpre.errors import FileError
from mirpre.formats.alignments import ALL, LONGEST, UNIQUE, Alignments, Place, open_alignments
from mirpre.records import Hairpin, Locus

BIN = 1 << 14
"""nt; of the windows of .bai, and of .csi as samtools makes it."""

KEPT_BINS = 2

SHORTEST_SMALL, LONGEST_SMALL = 18, 30
"""nt; reads of these lengths make a file deep, whatever else was sequenced."""

_REACH = LONGEST // 2
"""nt before a locus from which a read may have half of its length inside."""


@dataclass(frozen=True, slots=True)
class Library:
    """How much was sequenced, all files together."""

    reads: int
    """Aligned reads; each once, by its primary alignment."""
    small: int
    """Those of 18 to 30 nt."""

    def expected(self, rpm: float) -> float:
        """Reads of a locus with so many per million small ones."""
        return rpm * self.small / 1e6


@dataclass(frozen=True, slots=True)
class Coverage:
    """Reads along a hairpin, 5' to 3'; one number for each nt of the hairpin.

    Reads that hang over an end count in `depth` as far as they lie inside; in `starts` and `ends`
    where that end is inside.
    """

    depth: tuple[float, ...]
    """Reads on the hairpin's strand that cover a position; likewise `opposite`."""
    starts: tuple[float, ...]
    """5' ends on the hairpin's strand."""
    ends: tuple[float, ...]
    """3' ends: the position of the last nt."""
    opposite: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Bin:
    """Reads that begin within one bin of a contig, sorted by place; of each file how many."""

    starts: list[int]
    places: list[Place]
    counts: list[list[int]]


class ReadFiles:
    """Aligned reads of one or more files, open to be asked about hairpins.

    multi: what a read with several places counts at each of them: ``all`` (one), ``split``
    (1 / NH) or ``unique`` (nothing). Opening reads the files once, to count; threads help to
    decompress. least_rpm: reads per million that the weakest locus worth a call would have, by
    which the files are deep enough, or not, to contradict a hairpin without reads.

    Raises FileError for files that are missing, not BAM or CRAM, truncated, without an index,
    without aligned reads, or not aligned to the genome of the hairpins.
    """

    def __init__(
        self,
        paths: Sequence[str],
        *,
        multi: str = ALL,
        threads: int = 1,
        least_rpm: float = LEAST_RPM,
    ) -> None:
        if not paths:
            raise ValueError("no files of reads")
        self._paths = list(paths)
        self._multi = multi
        self._threads = threads
        self._least_rpm = least_rpm
        self._stack = ExitStack()
        self._files: list[Alignments] = []
        self._bins: OrderedDict[tuple[str, int], _Bin] = OrderedDict()
        self.library = Library(0, 0)

    def __enter__(self) -> ReadFiles:
        with ExitStack() as stack:
            opened = open_alignments(self._paths, self._multi, self._threads)
            self._files = stack.enter_context(opened)
            reads = small = 0
            for file in self._files:
                number, of_small = file.count(SHORTEST_SMALL, LONGEST_SMALL)
                if not number:
                    raise FileError("has no aligned reads", file=file.path)
                reads, small = reads + number, small + of_small
            self.library = Library(reads, small)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bins.clear()
        self._stack.close()

    def evidence(self, hairpin: Hairpin, profile: Profile) -> ReadEvidence:
        """What the reads say of a folded hairpin with a locus.

        A read belongs to it with at least half of its length inside; one of more than 100 nt to
        none. A locus without strand is taken for one of the plus strand. Raises FileError as said
        above, ValueError for a hairpin without structure or locus.
        """
        if hairpin.structure is None:
            raise ValueError(f"hairpin {hairpin.name!r} has no structure")
        locus = _place(hairpin)
        tags, left_out = self._tags(locus)
        found = pattern(hairpin.structure, tags, locus.strand)
        return judge(found, profile, self.library.expected(self._least_rpm), left_out)

    def coverage(self, hairpin: Hairpin) -> Coverage:
        """The profile of its reads along a hairpin, which needs a locus but no structure."""
        length = len(hairpin)
        depth, starts, ends, opposite = ([0.0] * length for _ in range(4))
        for tag in self._tags(_place(hairpin))[0]:
            start, end = tag.place
            for position in range(max(0, start), min(end, length)):
                (opposite if tag.opposite else depth)[position] += tag.count
            if tag.opposite:
                continue
            if 0 <= start < length:
                starts[start] += tag.count
            if 0 < end <= length:
                ends[end - 1] += tag.count
        return Coverage(tuple(depth), tuple(starts), tuple(ends), tuple(opposite))

    def _tags(self, locus: Locus) -> tuple[list[Tag], int]:
        """The reads of a locus by place in its coordinates, sorted: the same for any order of
        files. And how many were left out because they have other places, too."""
        self._check_contig(locus)
        left_out = 0
        sums: dict[tuple[int, int, bool], tuple[list[float], set[int]]] = {}
        on_minus = locus.strand == "-"
        length = locus.end - locus.start
        for (begin, stop, reverse, hits), counts in self._overlapping(locus):
            inside = min(stop, locus.end) - max(begin, locus.start)
            if 2 * inside < stop - begin:
                continue
            if self._multi == UNIQUE and hits > 1:
                left_out += sum(counts)
                continue
            start, end = begin - locus.start, stop - locus.start
            if on_minus:
                start, end = length - end, length - start
            shares, files = sums.setdefault((start, end, bool(reverse) != on_minus), ([], set()))
            shares.append(sum(counts) / hits)
            files.update(i for i, count in enumerate(counts) if count)
        tags = [
            Tag((start, end), opposite, fsum(shares), len(files))
            for (start, end, opposite), (shares, files) in sorted(sums.items())
        ]
        return tags, left_out

    def _overlapping(self, locus: Locus) -> list[tuple[Place, list[int]]]:
        """Reads that begin between _REACH before a locus and its end."""
        begin = max(0, locus.start - _REACH)
        found: list[tuple[Place, list[int]]] = []
        for number in range(begin // BIN, (locus.end - 1) // BIN + 1):
            bin_ = self._bin(locus.contig, number)
            first, last = bisect_left(bin_.starts, begin), bisect_left(bin_.starts, locus.end)
            found += zip(bin_.places[first:last], bin_.counts[first:last], strict=True)
        return found

    def _bin(self, contig: str, number: int) -> _Bin:
        key = contig, number
        if key in self._bins:
            self._bins.move_to_end(key)
            return self._bins[key]
        counts: dict[Place, list[int]] = {}
        for i, file in enumerate(self._files):
            for place, count in file.places(contig, number * BIN, (number + 1) * BIN).items():
                counts.setdefault(place, [0] * len(self._files))[i] = count
        places = sorted(counts)
        made = _Bin([place[0] for place in places], places, [counts[place] for place in places])
        self._bins[key] = made
        if len(self._bins) > KEPT_BINS:
            self._bins.popitem(last=False)
        return made

    def _check_contig(self, locus: Locus) -> None:
        """Raise FileError where a locus is not in the genome that the reads are aligned to."""
        for file in self._files:
            length = file.lengths.get(locus.contig)
            if length is None:
                names = list(file.lengths)
                some = ", ".join(map(repr, names[:3])) + (", ..." if len(names) > 3 else "")
                raise FileError(
                    f"contig {locus.contig!r} is not among those that its reads are aligned to "
                    f"({some}); align them to the genome of the hairpins",
                    file=file.path,
                )
            if locus.end > length:
                raise FileError(
                    f"contig {locus.contig!r} has {length} nt, but a hairpin ends at {locus.end}; "
                    "align the reads to the genome of the hairpins",
                    file=file.path,
                )


def _place(hairpin: Hairpin) -> Locus:
    if hairpin.place is None:
        raise ValueError(f"hairpin {hairpin.name!r} has no locus")
    return hairpin.place
