"""All entries counted, and the best of them kept."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field

from mirpre.formats.entries import Entry

BINS = 20
"""Of the histogram of probabilities."""


@dataclass
class Totals:
    """What is counted of all entries, kept or not."""

    entries: int = 0
    called: int = 0
    judged: int = 0
    """Entries with a call, whichever."""
    expected_false: float = 0.0
    """Sum of what is lacking to certainty over what is called."""
    posteriors: int = 0
    """Entries with a posterior."""
    tiers: Counter[str] = field(default_factory=Counter)
    """Of those called, or where nothing is judged of all; so are the families."""
    families: Counter[str] = field(default_factory=Counter)
    family_names: Counter[str] = field(default_factory=Counter)
    """By each of a family's names, miRBase's and MirGeneDB's."""
    histogram: list[int] = field(default_factory=lambda: [0] * BINS)
    """Entries by probability, of annotations by posterior."""
    doubt: list[float] = field(default_factory=lambda: [0.0] * BINS)
    """In each of these bins the sum of 1 - probability."""
    of_bin_called: list[int] = field(default_factory=lambda: [0] * BINS)

    def add(self, entry: Entry) -> None:
        self.entries += 1
        if entry.is_positive is not None:
            self.judged += 1
        if entry.is_positive:
            self.called += 1
            if entry.belief is not None:
                self.expected_false += 1 - entry.belief
        if entry.tier and entry.is_positive is not False:
            self.tiers[entry.tier] += 1
        if entry.family and entry.is_positive is not False:
            self.families[entry.family] += 1
            self.family_names.update(entry.families)
        self.posteriors += entry.posterior is not None
        if entry.belief is not None:
            place = min(int(entry.belief * BINS), BINS - 1)
            self.histogram[place] += 1
            self.doubt[place] += 1 - entry.belief
            self.of_bin_called[place] += bool(entry.is_positive)

    @property
    def with_probability(self) -> int:
        return sum(self.histogram)


class Collector:
    """Takes entries one by one, counts all and keeps so many: the called ones first, then by
    strength; of equals the earlier."""

    def __init__(self, most: int) -> None:
        self.totals = Totals()
        self._most = most
        self._kept: list[tuple[tuple[bool, float, int], Entry]] = []

    def add(self, entry: Entry) -> None:
        key = (bool(entry.is_positive), entry.strength, -self.totals.entries)
        self.totals.add(entry)
        if len(self._kept) < self._most:
            heapq.heappush(self._kept, (key, entry))
        elif key > self._kept[0][0]:
            heapq.heapreplace(self._kept, (key, entry))

    @property
    def entries(self) -> list[Entry]:
        """Those that are kept, the best first."""
        return [entry for _, entry in sorted(self._kept, key=lambda one: one[0], reverse=True)]

    @property
    def left_out(self) -> int:
        """Entries that are counted only."""
        return self.totals.entries - len(self._kept)
