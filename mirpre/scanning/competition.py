"""Places of a genome against those of its mirror: which of both is called with more confidence.

The mirror is the genome read backwards, not complemented. It has every stem, inverted repeat,
copy and patch of GC that the genome has, each at its place, but no precursors: what one hairpin
is likely to be, its mirror image would be as well, were it not for what makes a precursor. So
where a hairpin is none, it or its mirror is called with the higher probability by chance alone,
and the places that the mirror wins say how many the genome wins by chance (target-decoy
competition: He et al. 2015, arXiv 1501.00537; Barber and Candes 2015, Annals of Statistics 43).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirpre.records import Call
from mirpre.scanning.duplicates import is_copy
from mirpre.scanning.merge import best_loci, overlaps

LOST = -1


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


def compete(targets: Sequence[Call], mirrored: Sequence[Call]) -> Outcome:
    """The calls of a genome against those of its mirror, at the places of the genome.

    The rule: of two calls that share at least half of the shorter one, on whichever strands, the
    less probable one gives way; of equals that of the genome, then the later one. It is applied
    best first. Calls that another strand of the same sequence beats (Call.beaten) take no part:
    they stand for the best one that does and that they share half with, or for themselves. Of
    winners whose hairpin is a copy of a better one's (duplicates.py) only the best counts.
    """
    playing = [k for k, call in enumerate(targets) if not call.beaten]
    others = [call for call in mirrored if not call.beaten]
    calls = [*(targets[k] for k in playing), *others]
    number = np.r_[np.array(playing, np.int64), np.full(len(others), LOST)]
    winner, wins = _winners(calls, np.arange(len(calls)) < len(playing))
    stands_for = np.arange(len(targets))
    stands_for[playing] = number[winner[: len(playing)]]
    if len(playing) < len(targets):
        better = _better_strand(targets)
        stands_for = np.where(better >= 0, stands_for[better], stands_for)
    return Outcome(wins, stands_for)


def _winners(calls: list[Call], is_target: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Wins]:
    """The number of the winner of each call's place, and those that count."""
    starts, ends = _places(calls)
    by_place = np.lexsort((is_target, ends, starts))
    starts, ends, target = starts[by_place], ends[by_place], is_target[by_place]
    score = np.array([calls[k].strength for k in by_place], np.float64)
    best_first = np.lexsort((np.arange(len(calls)), target, -score))
    rank = np.empty(len(calls), np.int64)
    rank[best_first] = np.arange(len(calls))
    won = np.zeros(len(calls), bool)
    won[best_loci(starts, ends, rank, rounds=None)] = True

    first, second = overlaps(starts, ends)
    first, second = np.r_[first, second], np.r_[second, first]
    of_winner = won[second]
    first, second = first[of_winner], second[of_winner]
    least = np.where(won, rank, len(calls))
    np.minimum.at(least, first, rank[second])
    winner = np.empty(len(calls), np.int64)
    winner[by_place] = by_place[best_first[least]]
    equal = (score[first] == score[second]) & (target[first] != target[second])
    tied = np.zeros(len(calls), bool)
    tied[second[equal]] = True

    order = best_first[won[best_first]]
    order = order[~is_copy([calls[k].hairpin.sequence for k in by_place[order]])]
    return winner, Wins(score[order], target[order], tied[order])


def _better_strand(targets: Sequence[Call]) -> NDArray[np.int64]:
    """For each beaten call the most probable one that is not and shares half with it, or -1."""
    starts, ends = _places(targets)
    order = np.lexsort((ends, starts))
    first, second = overlaps(starts[order], ends[order])
    first, second = order[np.r_[first, second]], order[np.r_[second, first]]
    beaten = np.array([call.beaten for call in targets], bool)
    pairs = beaten[first] & ~beaten[second]
    first, second = first[pairs], second[pairs]
    score = np.array([call.strength for call in targets], np.float64)
    # The last one that is written for a call stays: the most probable, of equals the first.
    ascending = np.lexsort((-second, score[second]))
    found = np.full(len(targets), -1)
    found[first[ascending]] = second[ascending]
    return found


def _places(calls: Sequence[Call]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and end of each call in a row of all contigs, far apart from each other."""
    places = [call.candidate.locus for call in calls if call.candidate is not None]
    if len(places) < len(calls):
        raise ValueError("calls that come from no scan have no place to compete for")
    contigs = {name: k << 40 for k, name in enumerate(sorted({p.contig for p in places}))}
    base = np.array([contigs[place.contig] for place in places], np.int64)
    starts = np.array([place.start for place in places], np.int64)
    ends = np.array([place.end for place in places], np.int64)
    return base + starts, base + ends
