"""The nearest known mature sequence of a hairpin: without gaps, its seed exactly.

A word index of the seeds (letters 2 to 8) gives all places of all known matures; of each the first
22 letters are then compared: where a mature ends differs even between copies of one. Far relatives
share little more than the seed, so that it counts where the hairpin is likely to be cut: the score
of a place is that of its letters, of where it begins, and of what is known of the mature
(scores.py). It must lie on the arm that the mature's name says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirpre.annotation import scores
from mirpre.annotation.matures import DOUBTFUL, LONGEST, SHORTEST, SUPPORTS, is_plant_family
from mirpre.annotation.records import FIVE, THREE, FamilyHit, FamilyHits, KnownMature

Floats = NDArray[np.float64]

FLANK = 15
"""Letters beside a hairpin in which a mature sequence may begin or end."""
MEMBER = 18.0
"""Score from which a hairpin is of the mature's family."""
WEAKEST = 13.0
"""Lowest score of a hit; one below MEMBER is told, but names no family."""
SEED = 7
COMPARED = scores.COMPARED
_OTHER = 4
_CODES = np.full(256, _OTHER, np.uint8)
_CODES[list(b"ACGU")] = range(4)
_RANKS = {support: rank for rank, support in enumerate(SUPPORTS)}


class Context(NamedTuple):
    """A hairpin with what stands beside it, RNA; flanks may be short or empty."""

    before: str
    hairpin: str
    after: str


class Places(NamedTuple):
    """Places of matures, as arrays of one length."""

    owner: NDArray[np.int64]
    """Number of the hairpin."""
    start: NDArray[np.int64]
    """Within it; before 0 in its flank."""
    mature: NDArray[np.int64]
    """Number in the index."""
    matches: NDArray[np.int64]
    """Among the mature's first letters, as far as they lie in the context."""
    mismatches: NDArray[np.int64]
    pairs: NDArray[np.uint8]
    """(N, COMPARED): four times the code of the mature's letter, and that of the letter there;
    scores.NOTHING where nothing is compared."""


class FamilySearch:
    """An index of known matures. Threads may share one."""

    def __init__(self, matures: Iterable[KnownMature]) -> None:
        """Of equal sequences the best supported one stands, of these the first.

        Those of low complexity, of other letters than A, C, G and U, and of other lengths than
        SHORTEST to LONGEST are left out, and counted.
        """
        best: dict[str, KnownMature] = {}
        entries: Counter[str] = Counter()
        self.left_out = 0
        for mature in matures:
            sequence = mature.sequence
            if not SHORTEST <= len(sequence) <= LONGEST or sequence.strip("ACGU"):
                self.left_out += 1
                continue
            entries[sequence] += mature.entries
            first = best.setdefault(sequence, mature)
            if _RANKS[mature.support] < _RANKS[first.support]:
                best[sequence] = mature
        every = list(best.values())
        text = "".join(mature.sequence.ljust(LONGEST) for mature in every).encode("ascii")
        letters = _CODES[np.frombuffer(text, np.uint8)].reshape(-1, LONGEST)
        lengths = np.array([len(mature.sequence) for mature in every], np.int64)
        kept = np.flatnonzero(~low_complexity(letters, lengths))
        self.left_out += len(every) - len(kept)
        seeds = letters[kept, 1 : 1 + SEED].astype(np.int64) @ 4 ** np.arange(SEED)[::-1]
        order = np.argsort(seeds, kind="stable")
        kept = kept[order]
        self.matures: Sequence[KnownMature] = [every[row] for row in kept.tolist()]
        self._letters, self._lengths = letters[kept], lengths[kept]
        self._letters[self._letters == _OTHER] = 255  # equal to no letter of a text
        # By support, of equal ones by how often the sequence was published.
        most = max(entries.values(), default=0) + 1
        ranks = [
            most * _RANKS[mature.support] - entries[mature.sequence] for mature in self.matures
        ]
        self._ranks = np.array(ranks, np.int64)
        arms = (None, FIVE, THREE)
        self._arms = np.array([arms.index(mature.arm) for mature in self.matures], np.int64)
        self._worth = scores.worth(self.matures)
        self._placed = np.array([not is_plant_family(m.family) for m in self.matures], bool)
        self._doubtful = np.array([m.support == DOUBTFUL for m in self.matures], bool)
        self._first = np.searchsorted(seeds[order], np.arange(4**SEED + 1))

    def nearest(
        self,
        contexts: Sequence[Context],
        starts: Sequence[Floats | None] | None = None,
        places: Places | None = None,
    ) -> list[FamilyHits]:
        """The best hit of each hairpin, and the best one of the same family on the other arm.

        starts: of each hairpin how probable each of its positions is as the first one of the 5p
        and of the 3p mature sequence, (2, L); None where that is not known, and a start is worth
        the least; without any, or for a mature of plants, all are alike. places: of these
        contexts, if they were looked for before. Doubtful matures come after all others; then
        score, support, how often the sequence was published, and the index' order decide.
        """
        places = places or self.places(contexts)
        owner, start, mature = places.owner, places.start, places.mature
        rows, arm, points = self._points(contexts, places)
        if starts is not None:
            of_starts = scores.of_starts(starts, owner[rows], arm - 1, start[rows])
            points += np.where(self._placed[mature[rows]], of_starts, 0)
        good = points >= round(WEAKEST * scores.UNIT)
        rows, arm, points = rows[good], arm[good], points[good]
        found = mature[rows]
        order = np.lexsort((found, self._ranks[found], -points, self._doubtful[found]))
        best: dict[int, FamilyHit] = {}
        other: dict[int, FamilyHit] = {}
        for at in order.tolist():
            row = int(rows[at])
            number = int(owner[row])
            if number in other:
                continue
            score = int(points[at]) / scores.UNIT
            one = self.matures[mature[row]]
            hit = FamilyHit(
                one,
                int(start[row]),
                int(places.mismatches[row]),
                score,
                (FIVE, THREE)[arm[at] - 1],
                score >= MEMBER and one.support != DOUBTFUL,
            )
            first = best.setdefault(number, hit)
            if hit.arm != first.arm and hit.mature.family == first.mature.family:
                other[number] = hit
        return [FamilyHits(best.get(n), other.get(n)) for n in range(len(contexts))]

    def bounds(self, contexts: Sequence[Context], places: Places) -> Floats:
        """The highest score (N,) that a hit of each context can have, wherever it is cut; -inf
        where there is none."""
        found = np.full(len(contexts), -np.inf)
        rows, _, points = self._points(contexts, places)
        length = np.array([len(context.hairpin) for context in contexts], np.int64)
        most = points / scores.UNIT + scores.highest_start(length[places.owner[rows]])
        np.maximum.at(found, places.owner[rows], most)
        return found

    def _points(
        self, contexts: Sequence[Context], places: Places
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Rows of places on the right arm, which arm (1, 2), and their scores but for the start."""
        owner, mature = places.owner, places.mature
        length = np.array([len(context.hairpin) for context in contexts], np.int64)[owner]
        arm = _arm(places.start, self._lengths[mature], length)
        fits = (arm > 0) & ((self._arms[mature] == 0) | (self._arms[mature] == arm))
        rows = np.flatnonzero(fits)
        points = scores.of_letters(places.pairs[rows]) + self._worth[mature[rows]]
        return rows, arm[rows], points

    def places(self, contexts: Sequence[Context]) -> Places:
        """All places of all matures with an exact seed in the hairpins and beside them.

        The first letter of a mature, and those behind the seed, may lie beyond a context, and
        then count for nothing.
        """
        gap = np.full(LONGEST, _OTHER, np.uint8)
        outside = np.full(LONGEST, -1, np.int64)
        parts, owners, begins, at = [gap], [outside], [], len(gap)
        for number, context in enumerate(contexts):
            letters = _codes("".join(context))
            begins.append(at + len(context.before))
            owners += [np.full(len(letters), number, np.int64), outside]
            parts += [letters, gap]
            at += len(letters) + len(gap)
        text, owner_at = np.concatenate(parts), np.concatenate(owners)
        at_text, mature = self._seeds(text)
        owner = owner_at[at_text + 1]
        window = at_text[:, None] + np.arange(COMPARED)
        known = np.arange(COMPARED) < self._lengths[mature, None]
        known &= owner_at[window] == owner[:, None]
        there, letters = text[window], self._letters[mature, :COMPARED]
        matches = ((there == letters) & known).sum(axis=1)
        mismatches = known.sum(axis=1) - matches
        start = at_text - np.array(begins, np.int64)[owner]
        known &= there < _OTHER
        pairs = np.where(known, 4 * letters + there, scores.NOTHING).astype(np.uint8)
        return Places(owner, start, mature, matches, mismatches, pairs)

    def _seeds(self, text: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where a mature with an exact seed begins, and its number."""
        last = len(text) - SEED + 1
        words = np.zeros(last, np.int64)
        known = np.ones(last, bool)
        for offset in range(SEED):
            letter = text[offset : offset + last]
            known &= letter < _OTHER
            words = words * 4 + (letter & 3)
        at = np.flatnonzero(known)
        first, end = self._first[words[at]], self._first[words[at] + 1]
        counts = end - first
        places = np.repeat(at - 1, counts)
        begin = np.repeat(first - np.r_[0, np.cumsum(counts)[:-1]], counts)
        return places, begin + np.arange(len(places))


def _arm(
    start: NDArray[np.int64], length: NDArray[np.int64], hairpin: NDArray[np.int64]
) -> NDArray[np.int64]:
    """1 for the 5p arm, 2 for 3p: where the mature's middle is; 0 across the hairpin's middle.

    The middle of a mature lies at least a quarter of its length from that of its hairpin: with
    loops as short as they are, one on an arm does.
    """
    off = 2 * start + length - hairpin  # twice the distance of the middles
    return np.where(2 * np.abs(off) < length, 0, np.where(off < 0, 1, 2))


def _codes(sequence: str) -> NDArray[np.uint8]:
    return _CODES[np.frombuffer(sequence.encode("ascii"), np.uint8)]


def low_complexity(letters: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which sequences are of low complexity, of rows of codes, shape (N, L), and their lengths.

    By the score of DUST (Morgulis et al. 2006): the pairs of equal triplets, divided by the
    number of triplets less 1; more than 1 are low.
    """
    triplets = letters[:, :-2].astype(np.int16) * 25 + letters[:, 1:-1] * 5 + letters[:, 2:]
    number = lengths - 2
    inside = np.arange(triplets.shape[1]) < number[:, None]
    triplets = np.where(inside, triplets, -1 - np.arange(triplets.shape[1], dtype=np.int16))
    equal = (triplets[:, :, None] == triplets[:, None, :]).sum(axis=(1, 2))
    low: NDArray[np.bool_] = (equal - triplets.shape[1]) / 2 > number - 1
    return low
