"""How many copies of a hairpin there are in a genome: genes have few, mobile elements many.

Of each hairpin a sketch is kept: of its words of WORD letters, each taken with its reverse
complement as one, the SKETCH ones with the lowest hashes. Two hairpins are copies where they share
two fifths of the smaller sketch. So are nearly all with 2 % other letters, three quarters of those
with 5 %, a third with 10 % and few with 20 %; unrelated ones hardly ever share two words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mirpre.records import Call, Locus
from mirpre.scanning.letters import OTHER, to_letters
from mirpre.scanning.settings import MOST_COPIES
from mirpre.scanning.spool import Spool
from mirpre.streams import chunked

WORD = 10
"""Letters; of longer ones too many differ between copies, of shorter ones chance gives some."""
SKETCH = 12
"""Words of a sketch; a hairpin with fewer has them all."""
LOOKED_AT = 4 * MOST_COPIES
"""Hairpins with one word that are looked at, so that a frequent one costs no more."""

_NONE = np.uint32(0xFFFFFFFF)
_TOGETHER = 512
_HELD = 1 << 25
"""Bytes of calls that are held in memory; more are in a temporary file."""


def with_copies(
    calls: Iterable[Call],
    *,
    called_only: bool = False,
    q_values: Callable[[], NDArray[np.float64]] | None = None,
) -> Iterator[Call]:
    """The calls of a scan with their copies, when the last has come; all in their order.

    What is counted are places: two strands of one, or others that share half of the shorter one,
    count once. With called_only those that are not positive are counted, but do not come.
    MOST_COPIES stand for so many or more. q_values gives those of all calls, when the last has
    come.
    """
    index = CopyIndex()
    spool = Spool[tuple[int, Call]](_HELD)
    for part in chunked(calls, lambda part: len(part) >= _TOGETHER):
        rows = zip(index.add(part), part, strict=True)
        spool.add([(n, call) for n, call in rows if call.is_positive or not called_only])
    estimates = None if q_values is None else q_values()
    for kept in spool:
        found = index.copies([n for n, _ in kept], [call for _, call in kept])
        for (n, call), copies in zip(kept, found, strict=True):
            q = call.q_value if estimates is None else float(estimates[n])
            yield replace(call, copies=copies, q_value=q)


class CopyIndex:
    """Sketches of all loci of a scan, and their places: some 60 bytes for each until the first
    question, and then 100."""

    def __init__(self) -> None:
        self._hashes: list[NDArray[np.uint32]] = []
        self._sizes: list[NDArray[np.uint8]] = []
        self._places: list[NDArray[np.int32]] = []
        self._loci = 0
        self._place = _Places()
        self._keys: NDArray[np.uint64] | None = None

    def add(self, calls: Sequence[Call]) -> range:
        """The next loci, in the order of the genome; gives their numbers."""
        hashes = sketches([call.hairpin.sequence for call in calls])
        self._hashes.append(hashes[hashes != _NONE])
        self._sizes.append((hashes != _NONE).sum(axis=1).astype(np.uint8))
        self._places.append(np.array([self._place.of(_locus(call)) for call in calls], np.int32))
        first, self._loci = self._loci, self._loci + len(calls)
        return range(first, self._loci)

    def copies(self, numbers: Sequence[int], calls: Sequence[Call]) -> list[int]:
        """Places with a hairpin like each of these, which have these numbers; itself is one."""
        keys, sizes, places = self._sorted()
        words = sketches([call.hairpin.sequence for call in calls]).astype(np.uint64)
        first = np.searchsorted(keys, words << np.uint64(32))
        last = np.searchsorted(keys, (words << np.uint64(32)) | np.uint64(0xFFFFFFFF), "right")
        last = np.minimum(last, first + LOOKED_AT)
        found = []
        for row, number in enumerate(numbers):
            parts = [keys[a:b] for a, b in zip(first[row], last[row], strict=True)]
            loci, shared = np.unique(
                np.concatenate(parts) & np.uint64(0xFFFFFFFF), return_counts=True
            )
            enough = 5 * shared >= 2 * np.minimum(sizes[loci], sizes[number]).astype(np.int64)
            same = np.union1d(places[loci[enough]], places[number])
            found.append(min(len(same), MOST_COPIES))
        return found

    def _sorted(
        self,
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[np.int32]]:
        """Hash and locus of all words in their order, size of each sketch, place of each locus."""
        if self._keys is None:
            keys = np.empty(sum(map(len, self._hashes)), np.uint64)
            at = number = 0
            for hashes, sizes in zip(self._hashes, self._sizes, strict=True):
                loci = np.arange(number, number + len(sizes), dtype=np.uint64)
                part = hashes.astype(np.uint64) << np.uint64(32)
                keys[at : at + len(hashes)] = part | np.repeat(loci, sizes)
                at, number = at + len(hashes), number + len(sizes)
            self._hashes.clear()
            keys.sort()
            self._keys = keys
            self._sizes = [np.concatenate(self._sizes)]
            self._places = [np.concatenate(self._places)]
        return self._keys, self._sizes[0], self._places[0]


def sketches(sequences: Sequence[str]) -> NDArray[np.uint32]:
    """The lowest hashes of the words of each sequence (RNA), ascending, shape (N, SKETCH).

    A sketch that has fewer is filled up with the highest number. Words with other letters than
    A, C, G and U are none.
    """
    text = to_letters("N".join([*sequences, "N" * WORD]).encode("ascii"))
    codes = np.frombuffer(text, np.uint8)
    last = len(codes) - WORD + 1
    words: NDArray[np.uint32] = np.zeros(last, np.uint32)
    opposite: NDArray[np.uint32] = np.zeros(last, np.uint32)
    known = np.ones(last, bool)
    for offset in range(WORD):
        letter = codes[offset : offset + last].astype(np.uint32)
        known &= letter < OTHER
        words <<= np.uint32(2)
        words |= letter & np.uint32(3)
        opposite |= (np.uint32(3) - (letter & np.uint32(3))) << np.uint32(2 * offset)
    lengths = np.array([len(sequence) + 1 for sequence in sequences], np.int64)
    owner = np.repeat(np.arange(len(sequences)), lengths)
    at = np.flatnonzero(known)
    hashes = _hash(np.minimum(words, opposite)[at])
    # By sequence, then by hash, each once.
    rows = np.sort((owner[at].astype(np.uint64) << np.uint64(32)) | hashes)
    rows = rows[np.r_[True, rows[1:] != rows[:-1]][: len(rows)]]
    row = (rows >> np.uint64(32)).astype(np.int64)
    index = np.arange(len(rows))
    is_first = np.diff(row, prepend=-1) > 0
    place = index - np.maximum.accumulate(np.where(is_first, index, 0))
    low = place < SKETCH
    found = np.full((len(sequences), SKETCH), _NONE, np.uint32)
    found[row[low], place[low]] = (rows[low] & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    return found


def _hash(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Numbers of words in a mixed order, each another one."""
    mixed = words * np.uint32(0x9E3779B1)
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(0x85EBCA77)
    mixed ^= mixed >> np.uint32(13)
    return mixed


def _locus(call: Call) -> Locus:
    if call.candidate is None:
        raise ValueError(f"the call of {call.hairpin.name!r} comes from no scan")
    return call.candidate.locus


class _Places:
    """Numbers of places for loci in the order of the genome: a locus has that of an earlier one,
    which is the first of its place, where the two share at least half of the shorter one."""

    def __init__(self) -> None:
        self._near: list[tuple[Locus, int]] = []
        self._number = -1

    def of(self, locus: Locus) -> int:
        self._near = [
            (other, number)
            for other, number in self._near
            if other.contig == locus.contig and other.start <= locus.start < other.end
        ]
        for other, number in self._near:
            shared = min(other.end, locus.end) - locus.start
            if 2 * shared >= min(other.end - other.start, locus.end - locus.start):
                return number
        self._number += 1
        self._near.append((locus, self._number))
        return self._number
