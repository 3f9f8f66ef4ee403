"""Alternative ends: the other hairpins of a locus, of which the full model may choose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mirpre.scanning.merge import alternatives_of
from mirpre.scanning.search import cut_out, tops
from mirpre.scanning.settings import ScanSettings
from mirpre.scanning.shortlist import network
from mirpre.timing import StageSeconds


def with_alternatives(
    letters: bytes,
    peaks: bytes,
    loci: NDArray[np.int64],
    settings: ScanSettings,
    times: StageSeconds,
) -> NDArray[np.int64]:
    """Rows of start, end, score and number of the locus, as loci has, with alternatives to each.

    An alternative need not reach a score: what a locus is, its best hairpin has said, and where it
    ends best the full model tells otherwise than the networks. It may also lie at a place of a
    weaker stem than the search looks for. The locus' best hairpin comes first, then the others,
    the best first.
    """
    most = how_many(loci[:, 2], settings)
    if not (most > 1).any():
        return loci
    search = settings.search
    with times.of("hairpins"):
        found = tops(peaks, min(search.least, search.least_inside), search.radius)
        centres = np.frombuffer(found, np.int32)
        wide = loci[most > 1]
        before = np.searchsorted(wide[:, 0], centres, "right")
        reach = np.r_[0, np.maximum.accumulate(wide[:, 1])]
        inside = centres[centres < reach[before]]
        hairpins, ladders = cut_out(letters, inside.tobytes(), search)
        long_enough = hairpins[:, 1] - hairpins[:, 0] >= settings.min_length
        hairpins, ladders = hairpins[long_enough], ladders[long_enough]
    with times.of("network"):
        scores = np.zeros(len(hairpins), np.int64)
        for look in settings.looks:
            scores += network(look.network).scores(ladders)
        scores //= len(settings.looks)
    # Loci before other hairpins, so that one with the same ends is none of them.
    starts, ends = np.r_[loci[:, 0], hairpins[:, 0]], np.r_[loci[:, 1], hairpins[:, 1]]
    scores = np.r_[loci[:, 2], scores]
    energies = np.r_[np.zeros(len(loci), np.int64), hairpins[:, 2]]
    is_other = np.arange(len(starts)) >= len(loci)
    order = np.lexsort((energies, -scores, is_other, ends, starts))
    is_new = np.r_[True, (np.diff(starts[order]) != 0) | (np.diff(ends[order]) != 0)]
    order = order[is_new]
    starts, ends, scores = starts[order], ends[order], scores[order]
    energies, is_other = energies[order], is_other[order]
    rank = np.empty(len(order), np.int64)
    rank[np.lexsort((ends, starts, energies, -scores, is_other))] = np.arange(len(order))
    index, number = alternatives_of(starts, ends, rank, np.flatnonzero(~is_other), most)
    return np.column_stack([starts[index], ends[index], scores[index], number])


def how_many(scores: NDArray[np.int64], settings: ScanSettings) -> NDArray[np.int64]:
    """Hairpins of loci with these scores, the best one among them."""
    if isinstance(settings.alternatives, int):
        return np.full(len(scores), settings.alternatives)
    found = np.ones(len(scores), np.int64)
    for tier in sorted(settings.alternatives):
        found[scores >= tier.least_score] = tier.alternatives
    return found
