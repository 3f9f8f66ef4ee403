"""What the scan's benchmark scripts share: reading, and precursors set into sequence."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

Record = tuple[str, str]
"""Header and RNA."""
Span = tuple[int, int]
BySpecies = dict[str, set[str]]
"""Mature sequences by the first part of their names."""
Bools = NDArray[np.bool_]
GAP = "N" * 300
LOWER_STEM = 13
"""Letters of stem below the ends of the mature sequences, where no hairpin is annotated."""


def read_fasta(path: str | Path) -> list[Record]:
    """(header, RNA in upper case) of each record."""
    records: list[tuple[str, list[str]]] = []
    with Path(path).open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith(">"):
                records.append((line[1:].strip(), []))
            elif records:
                records[-1][1].append(line.strip().upper().replace("T", "U"))
    return [(header, "".join(parts)) for header, parts in records]


@dataclass
class Truth:
    """A precursor in a sequence: its ends, its loop, and how far its stem may reach."""

    name: str
    start: int
    end: int
    loop: Span
    least_start: int
    most_end: int

    def shifted(self, by: int) -> Truth:
        return Truth(
            self.name,
            self.start + by,
            self.end + by,
            (self.loop[0] + by, self.loop[1] + by),
            self.least_start + by,
            self.most_end + by,
        )


def truth_in(
    name: str,
    start: int,
    end: int,
    loop: Span,
    hairpin: Span | None = None,
    slack: int = 10,
) -> Truth:
    """Truth at a precursor's ends, with a hairpin's (start, end) where one is annotated."""
    low, high = start - LOWER_STEM, end + LOWER_STEM
    if hairpin:
        low, high = min(low, hairpin[0]), max(high, hairpin[1])
    return Truth(name, start, end, loop, low - slack, high + slack)


def set_into(
    records: Sequence[tuple[str, Truth]], windows: list[str], flanks: list[str], seed: int = 1
) -> tuple[str, list[Truth], Bools]:
    """One text of all records, each in its real window or between random flanks.

    records: (sequence around the precursor, Truth within it). Returns the text, the truths in
    it, and for each whether its window is real.
    """
    rng = random.Random(seed)
    pieces: list[str] = []
    truths: list[Truth] = []
    real: list[bool] = []
    at = 0
    together = "\n".join(windows)
    begins = np.cumsum([0, *(len(w) + 1 for w in windows)])

    def flank() -> str:
        source = rng.choice(flanks)
        begin = rng.randrange(max(1, len(source) - 160))
        return source[begin : begin + 160]

    for sequence, truth in records:
        at_window = together.find(sequence)
        window = None if at_window < 0 else windows[np.searchsorted(begins, at_window, "right") - 1]
        inner = sequence if window is None else window
        inside = 0 if window is None else window.index(sequence)
        before, after = flank(), flank()
        pieces += [before, inner, after, GAP]
        truths.append(truth.shifted(at + len(before) + inside))
        real.append(window is not None)
        at += len(before) + len(inner) + len(after) + len(GAP)
    return "".join(pieces), truths, np.array(real)


def judge(truths: Sequence[Truth], starts: ArrayLike, ends: ArrayLike) -> tuple[Bools, Bools]:
    """For each truth whether a hairpin covers 80 % of it with its loop, and ends where it may."""
    order = np.argsort(starts, kind="stable")
    first, last = np.asarray(starts)[order], np.asarray(ends)[order]
    covered, exact = np.zeros(len(truths), bool), np.zeros(len(truths), bool)
    for k, truth in enumerate(truths):
        low, high = np.searchsorted(first, (truth.start - 1000, truth.end))
        s, e = first[low:high], last[low:high]
        shared = np.minimum(e, truth.end) - np.maximum(s, truth.start)
        good = shared >= 0.8 * (truth.end - truth.start)
        good &= (s <= truth.loop[0]) & (e >= truth.loop[1])
        covered[k] = good.any()
        exact[k] = (good & (s >= truth.least_start) & (e <= truth.most_end)).any()
    return covered, exact


def found_at(truths: Sequence[Truth], starts: ArrayLike, ends: ArrayLike) -> Bools:
    """For each truth whether a hairpin shares at least half of it."""
    order = np.argsort(starts, kind="stable")
    first, last = np.asarray(starts)[order], np.asarray(ends)[order]
    found = np.zeros(len(truths), bool)
    for k, truth in enumerate(truths):
        low, high = np.searchsorted(first, (truth.start - 1000, truth.end))
        shared = np.minimum(last[low:high], truth.end) - np.maximum(first[low:high], truth.start)
        found[k] = (2 * shared >= truth.end - truth.start).any()
    return found


def mature_spots(name: str, sequence: str, mature_by_species: BySpecies) -> list[Span]:
    """Where the known mature sequences of a species lie in a hairpin of its."""
    return sorted(
        (at, at + len(m))
        for m in mature_by_species.get(name.split("-", maxsplit=1)[0], ())
        if len(m) > 17 and (at := sequence.find(m)) >= 0
    )


def has_both_arms(name: str, sequence: str, mature_by_species: BySpecies) -> bool:
    """Whether a mature sequence is known on either arm, so that the precursor's ends are."""
    spots, middle = mature_spots(name, sequence, mature_by_species), len(sequence) // 2
    return bool(spots) and spots[0][1] <= middle + 4 and spots[-1][0] >= middle - 4


def precursor_of(name: str, sequence: str, mature_by_species: BySpecies) -> Truth | None:
    """Truth of a miRBase hairpin by its mature sequences; None where both arms share one.

    With one arm known, or none, the outer eighth on either side is taken for lower stem.
    """
    n = len(sequence)
    middle = n // 2
    spots = mature_spots(name, sequence, mature_by_species)
    start, end, loop = n // 8, n - n // 8, (middle - 3, middle + 3)
    if has_both_arms(name, sequence, mature_by_species):
        start, end, loop = spots[0][0], spots[-1][1], (spots[0][1], spots[-1][0])
        if loop[0] > loop[1]:
            return None
    return truth_in(name, start, end, loop, (0, n))


def by_species(mature: Sequence[Record]) -> BySpecies:
    groups: BySpecies = {}
    for header, sequence in mature:
        groups.setdefault(header.split("-")[0], set()).add(sequence)
    return groups
