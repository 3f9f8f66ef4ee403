"""Overlapping hairpins become one: the best locus of each place."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from mirpre.scanning.settings import MERGE_ROUNDS


def best_loci(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    rank: NDArray[np.int64],
    rounds: int | None = MERGE_ROUNDS,
) -> NDArray[np.int64]:
    """Positions, in their order, of the hairpins that are kept, of one strand or of any.

    The rule: of two hairpins that share at least half of the shorter one, the worse gives way to
    the better. It is applied best first, as far as chains of overlaps reach in so many rounds;
    what is undecided then goes. So a verdict depends on nothing further away than twice
    MERGE_ROUNDS + 1 times the longest hairpin. With None for rounds all is decided. rank 0 is the
    best; starts must ascend.
    """
    n = len(starts)
    first, second = overlaps(starts, ends)
    open_, kept = np.ones(n, bool), np.zeros(n, bool)
    worse = np.where(rank[first] > rank[second], first, second)
    better = np.where(rank[first] > rank[second], second, first)
    for _ in itertools.count() if rounds is None else range(rounds):
        both = open_[worse] & open_[better]
        worse, better = worse[both], better[both]
        beaten = np.zeros(n, bool)
        beaten[worse] = True
        winners = open_ & ~beaten
        kept |= winners
        open_ &= ~winners
        open_[worse[winners[better]]] = False
        if not open_.any():
            break
    return np.flatnonzero(kept)


def alternatives_of(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    rank: NDArray[np.int64],
    kept: NDArray[np.int64],
    most: int | NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the kept hairpins' alternatives, and the number within kept of each.

    Alternatives of a kept hairpin are itself and the best of those that share at least half of the
    shorter one with it, and not with a better kept one; most in all, of each kept one where it is
    an array; the best first.
    """
    number = np.full(len(starts), -1)
    number[kept] = np.arange(len(kept))
    first, second = overlaps(starts, ends)
    other = np.concatenate([first, second])
    owner = number[np.concatenate([second, first])]
    belongs = (owner >= 0) & (number[other] < 0)
    other, owner = other[belongs], owner[belongs]
    order = np.lexsort((rank[kept][owner], other))
    other, best_first = np.unique(other[order], return_index=True)
    index = np.concatenate([kept, other])
    group = np.concatenate([np.arange(len(kept)), owner[order][best_first]])
    order = np.lexsort((rank[index], group))
    index, group = index[order], group[order]
    place = np.arange(len(group)) - np.searchsorted(group, group)
    chosen = place < np.broadcast_to(most, len(kept))[group]
    return index[chosen], group[chosen]


def overlaps(
    starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs (first, second) that share at least half of the shorter one; starts must ascend."""
    n = len(starts)
    index = np.arange(n)
    reach = np.searchsorted(starts, ends, "left") - index - 1
    first = np.repeat(index, reach)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(reach) - reach, reach)
    shared = np.minimum(ends[first], ends[second]) - starts[second]
    shorter = np.minimum((ends - starts)[first], (ends - starts)[second])
    enough = 2 * shared >= shorter
    return first[enough], second[enough]
