"""What is known only when a whole genome has been searched, at once or in shards."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirpre.records import Call
from mirpre.scanning.competition import Contenders
from mirpre.scanning.copies import with_copies
from mirpre.scanning.qvalues import Evidence, q_values_of
from mirpre.timing import StageSeconds

COUNTED = ("letters", "repeats", "inverted_repeats", "found")


class WholeGenome:
    """Counts of a genome's search, and its calls with q-values and copies."""

    def __init__(self) -> None:
        self.letters = 0
        """Letters of the genome that have been searched."""
        self.repeats = 0
        """Loci in tandem repeats that were left out."""
        self.inverted_repeats = 0
        """The same of longer inverted repeats."""
        self.found = 0
        """Candidates, with all alternative ends."""
        self.copied = 0
        """Calls that were left out since they have too many copies."""
        self.evidence: Evidence | None = None
        """What q-values come from; there when calls have them."""
        self.times = StageSeconds()

    def counts(self) -> dict[str, Any]:
        """What of this is of a shard, to be added to others."""
        seconds = {stage: round(spent, 6) for stage, spent in self.times.seconds.items()}
        numbers = (self.letters, self.repeats, self.inverted_repeats, self.found)
        return {**dict(zip(COUNTED, numbers, strict=True)), "seconds": seconds}

    def add(self, counts: dict[str, Any]) -> None:
        """The counts of a shard; raises TypeError, ValueError or KeyError for what is none."""
        numbers = [counts[name] for name in COUNTED]
        if not all(isinstance(number, int) for number in numbers):
            raise TypeError("a count that is no number")
        self.letters += numbers[0]
        self.repeats += numbers[1]
        self.inverted_repeats += numbers[2]
        self.found += numbers[3]
        for stage, spent in counts["seconds"].items():
            self.times.add(stage, float(spent))

    def joined(
        self,
        parts: Iterable[tuple[list[Call], list[Call]]],
        *,
        q_values: bool,
        called_only: bool = False,
        max_copies: int | None = None,
    ) -> Iterator[Call]:
        """The calls of all parts with their copies, when the last part has come.

        parts: calls of the genome, in its order, and of its mirror. With called_only the positive
        ones come; those with more than max_copies are left out, and counted.
        """
        if q_values:
            targets, mirror = Contenders(), Contenders()
            calls = _told(parts, targets, mirror)
            estimated = functools.partial(self._q_values, targets, mirror)
        else:
            calls, estimated = (call for part, _ in parts for call in part), None
        for call in with_copies(calls, called_only=called_only, q_values=estimated):
            if max_copies is None or (call.copies or 0) <= max_copies:
                yield call
            else:
                self.copied += 1

    def _q_values(self, targets: Contenders, mirror: Contenders) -> NDArray[np.float64]:
        found, self.evidence = q_values_of(targets, mirror)
        return found


def _told(
    parts: Iterable[tuple[list[Call], list[Call]]], targets: Contenders, mirror: Contenders
) -> Iterator[Call]:
    """The calls of the genome; these and those of its mirror are told of all."""
    for calls, others in parts:
        targets.add(calls)
        mirror.add(others)
        yield from calls
