"""Places of a genome against those of its mirror: which of both is called with more confidence.

The mirror is the genome read backwards, not complemented. It has every stem, inverted repeat,
copy and patch of GC that the genome has, each at its place, but no precursors: what one hairpin
is likely to be, its mirror image would be as well, were it not for what makes a precursor. So
where a hairpin is none, it or its mirror is called with the higher probability by chance alone,
and the places that the mirror wins say how many the genome wins by chance (target-decoy
competition: He et al. 2015, arXiv 1501.00537; Barber and Candes 2015, Annals of Statistics 43).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirpre.records import Call
from mirpre.scanning.duplicates import is_copy_of_better
from mirpre.scanning.merge import best_loci, overlaps
from mirpre.scanning.spool import Spool

LOST = -1
_TOGETHER = 1 << 17
"""Calls that compete at once, or so many more as reach into each other."""
_HELD = 1 << 24
"""Bytes of sequences that are held in memory; more are in a temporary file."""


class Contenders:
    """What a competition must know of calls: some 26 bytes of each in memory, and sequences, which
    lie in a temporary file if they are many."""

    def __init__(self, calls: Iterable[Call] = ()) -> None:
        self.contigs: dict[str, int] = {}
        self._contig, self._start, self._length = array("i"), array("q"), array("i")
        self._strength, self._beaten = array("d"), array("b")
        self.sequences = Spool[str](_HELD)
        self.add(calls)

    def add(self, calls: Iterable[Call]) -> None:
        """More of them. Raises ValueError for such that come from no scan."""
        sequences = []
        for call in calls:
            if call.candidate is None:
                raise ValueError("calls that come from no scan have no place to compete for")
            locus = call.candidate.locus
            self._contig.append(self.contigs.setdefault(locus.contig, len(self.contigs)))
            self._start.append(locus.start)
            self._length.append(locus.end - locus.start)
            self._strength.append(call.strength)
            self._beaten.append(call.beaten)
            sequences.append(call.hairpin.sequence)
        if sequences:
            self.sequences.add(sequences)

    def __len__(self) -> int:
        return len(self._start)

    @property
    def strength(self) -> NDArray[np.float64]:
        return np.asarray(self._strength)

    @property
    def beaten(self) -> NDArray[np.bool_]:
        return np.asarray(self._beaten).astype(bool)

    def places(self, contigs: dict[str, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Start and end of each in a row of these contigs, far apart from each other."""
        base = np.array([contigs[name] << 40 for name in self.contigs], np.int64)
        starts = np.asarray(self._start)
        if len(base):
            starts = starts + base[np.asarray(self._contig)]
        return starts, starts + np.asarray(self._length)


@dataclass(frozen=True)
class Wins:
    """The places that count, one of each group of copies; the best first."""

    score: NDArray[np.float64]
    is_target: NDArray[np.bool_]
    """Whether the genome has won it, and not its mirror."""
    is_tie: NDArray[np.bool_]
    """Whether both have the same score; the mirror has won it, then."""


@dataclass(frozen=True)
class Outcome:
    """What came of a competition."""

    wins: Wins
    stands_for: NDArray[np.int64]
    """For each of the genome's calls the number of the call whose place it lies at, which may be
    itself; LOST where the mirror has won that place."""


def compete(targets: Contenders, mirrored: Contenders) -> Outcome:
    """The calls of a genome against those of its mirror, at the places of the genome.

    The rule: of two calls that share at least half of the shorter one, on whichever strands, the
    less probable one gives way; of equals that of the genome, then the later one. It is applied
    best first. Calls that another strand of the same sequence beats (Call.beaten) take no part:
    they stand for the best one that does and that they share half with, or for themselves. Of
    winners whose hairpin is a copy of a better one's (duplicates.py) only the best counts.
    """
    # Calls have numbers: the genome's, then those of its mirror.
    ours = len(targets)
    contigs = {name: k for k, name in enumerate(sorted({*targets.contigs, *mirrored.contigs}))}
    by_place, starts, ends = _in_order(targets, mirrored, contigs)
    is_target = by_place < ours
    score = np.concatenate([targets.strength, mirrored.strength])[by_place]
    won, tied = np.zeros(len(by_place), bool), np.zeros(len(by_place), bool)
    stands_for = np.arange(ours)
    for block in _blocks(starts, ends):
        target, numbers = is_target[block], by_place[block]
        winner, won[block], tied[block] = _winners(starts[block], ends[block], score[block], target)
        winner = numbers[winner[target]]
        stands_for[numbers[target]] = np.where(winner < ours, winner, LOST)
    del starts, ends

    order = np.flatnonzero(won)
    order = order[np.lexsort((is_target[order], -score[order]))]
    rank = np.full(ours + len(mirrored), -1)
    rank[by_place[order]] = np.arange(len(order))

    def sequences() -> Iterator[list[str]]:
        yield from targets.sequences
        yield from mirrored.sequences

    order = order[~is_copy_of_better(sequences, rank)]
    wins = Wins(score[order], is_target[order], tied[order])
    del by_place, is_target, score, won, tied, order, rank
    if targets.beaten.any():
        better = _better_strand(targets, contigs)
        stands_for = np.where(better >= 0, stands_for[better], stands_for)
    return Outcome(wins, stands_for)


def _in_order(
    targets: Contenders, mirrored: Contenders, contigs: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of those that take part, by their places, with starts and ends."""
    begun, ended = zip(targets.places(contigs), mirrored.places(contigs), strict=True)
    starts, ends = np.concatenate(begun), np.concatenate(ended)
    del begun, ended
    playing = np.flatnonzero(~np.concatenate([targets.beaten, mirrored.beaten]))
    starts, ends = starts[playing], ends[playing]
    order = np.lexsort((playing < len(targets), ends, starts))
    return playing[order], starts[order], ends[order]


def _blocks(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Iterator[slice]:
    """Parts of calls that are ordered by their places; none reaches into the next part."""
    cuts = np.flatnonzero(starts[1:] >= np.maximum.accumulate(ends)[:-1]) + 1
    begin = 0
    while begin < len(starts):
        cut = np.searchsorted(cuts, begin + _TOGETHER)
        end = int(cuts[cut]) if cut < len(cuts) else len(starts)
        yield slice(begin, end)
        begin = end


def _winners(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    score: NDArray[np.float64],
    target: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """The winner of each call's place, and which calls have won one, and which after a tie."""
    n = len(starts)
    best_first = np.lexsort((target, -score))
    rank = np.empty(n, np.int64)
    rank[best_first] = np.arange(n)
    won = np.zeros(n, bool)
    won[best_loci(starts, ends, rank, rounds=None)] = True

    first, second = overlaps(starts, ends)
    first, second = np.r_[first, second], np.r_[second, first]
    of_winner = won[second]
    first, second = first[of_winner], second[of_winner]
    least = np.where(won, rank, n)
    np.minimum.at(least, first, rank[second])
    equal = (score[first] == score[second]) & (target[first] != target[second])
    tied = np.zeros(n, bool)
    tied[second[equal]] = True
    return best_first[least], won, tied


def _better_strand(targets: Contenders, contigs: dict[str, int]) -> NDArray[np.int64]:
    """For each beaten call the most probable one that is not and shares half with it, or -1."""
    starts, ends = targets.places(contigs)
    order = np.lexsort((ends, starts))
    starts, ends = starts[order], ends[order]
    beaten, score = targets.beaten, targets.strength
    found = np.full(len(targets), -1)
    for block in _blocks(starts, ends):
        first, second = overlaps(starts[block], ends[block])
        first, second = order[block][np.r_[first, second]], order[block][np.r_[second, first]]
        pairs = beaten[first] & ~beaten[second]
        first, second = first[pairs], second[pairs]
        # The last one that is written for a call stays: the most probable, of equals the first.
        ascending = np.lexsort((-second, score[second]))
        found[first[ascending]] = second[ascending]
    return found
