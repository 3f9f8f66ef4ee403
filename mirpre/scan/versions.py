"""Several versions of a hairpin, of which the full model chooses: the ends that it likes best."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from mirpre.calls import Call
from mirpre.candidates import Mark, ScannedBatch
from mirpre.locus import Locus


class BestVersions:
    """One call for each locus, out of those for its versions.

    The rule: the version with the highest probability (six decimals, as reported) stays; of
    equals the one that the search network scores higher, then the one of lower energy, then the
    first. Rows come in the order of their place, start, end and strand.
    """

    def __init__(self) -> None:
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
                yield from _best(self._waiting.popleft(), held)
                held = []


def _best(marks: list[tuple[Mark, Locus]], calls: list[Call]) -> Iterator[Call]:
    best: dict[int, tuple[Mark, Locus, Call]] = {}
    for (mark, locus), call in zip(marks, calls, strict=True):
        if mark.group not in best or call.probability > best[mark.group][2].probability:
            best[mark.group] = (mark, locus, call)
    # A version that belongs to another part of the genome is chosen there.
    own = [chosen for chosen in best.values() if chosen[0].is_own]
    own.sort(key=lambda row: (row[0].part, row[1].start, row[1].end, row[1].strand))
    for _, _, call in own:
        yield call
