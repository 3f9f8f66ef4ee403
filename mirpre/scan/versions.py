"""Several versions of a hairpin, with different ends, of which one call is made."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mirpre.calls import Call
from mirpre.candidates import Mark, ScannedBatch
from mirpre.locus import Locus

Chosen = tuple[Mark, Locus, Call]


class BestVersions:
    """One call for each locus, out of those for its versions, and with rivals for each place.

    The rule: the hairpin is the one that the search networks score highest, which comes first:
    they know best where a precursor ends. The probability is the highest of its versions: the
    full model knows best whether it is one, and likes to see it with other ends at times. With
    rivals, of two on opposite strands that share at least half of the shorter one only the more
    probable stays, of equals that on the plus strand; one gives way even to one that gives way
    itself. With keep_beaten those come, too, marked as beaten. Rows come in the order of their
    place, start, end and strand.
    """

    def __init__(self, rivals: bool = False, keep_beaten: bool = False) -> None:
        self._rivals, self._keep_beaten = rivals, keep_beaten
        self._waiting: deque[list[tuple[Mark, Locus]]] = deque()

    def expect(self, batch: ScannedBatch) -> None:
        """To be told of each batch before the calls for its candidates come."""
        if batch.candidates:
            loci = (candidate.locus for candidate in batch.candidates)
            self._waiting.append(list(zip(batch.marks, loci, strict=True)))

    def choose(self, calls: Iterable[Call]) -> Iterator[Call]:
        """The best call of each locus, batch by batch."""
        held: list[Call] = []
        for call in calls:
            held.append(call)
            if len(held) == len(self._waiting[0]):
                rows = _best(self._waiting.popleft(), held)
                beaten = _beaten(rows) if self._rivals else set()
                for number, (mark, _, best) in enumerate(rows):
                    if mark.is_own and number not in beaten:
                        yield best
                    elif mark.is_own and self._keep_beaten:
                        yield replace(best, beaten=True)
                held = []


def _best(marks: list[tuple[Mark, Locus]], calls: list[Call]) -> list[Chosen]:
    """A call for each locus, in the order of their places."""
    best: dict[int, Chosen] = {}
    for (mark, locus), call in zip(marks, calls, strict=True):
        if mark.group not in best:
            best[mark.group] = (mark, locus, call)
        elif call.probability > best[mark.group][2].probability:
            first_mark, first_locus, first = best[mark.group]
            surer = replace(first, probability=call.probability, is_positive=call.is_positive)
            best[mark.group] = (first_mark, first_locus, surer)
    return sorted(
        best.values(), key=lambda row: (row[0].part, row[1].start, row[1].end, row[1].strand)
    )


def _beaten(rows: list[Chosen]) -> set[int]:
    """Numbers of the rows, ordered by start, that a better one on the other strand beats."""
    found = set()
    for i, (mark, place, call) in enumerate(rows):
        for j in range(i + 1, len(rows)):
            other_mark, other, other_call = rows[j]
            if other_mark.part != mark.part or other.start >= place.end:
                break
            shared = min(place.end, other.end) - other.start
            shorter = min(place.end - place.start, other.end - other.start)
            if place.strand == other.strand or 2 * shared < shorter:
                continue
            if call.probability == other_call.probability:
                found.add(j if place.strand == "+" else i)
            else:
                found.add(i if call.probability < other_call.probability else j)
    return found
