"""False discoveries among calls, estimated from decoys.

Decoys are found and scored as the calls are, in sequence that holds no true ones: what scores as
high there as a call does is what chance gives (target-decoy estimate).

What is counted are places. The opposite strand of a hairpin is one too, and a copy of a sequence
has its probability: such calls are not further evidence, and shuffled sequence has few of them,
so that calls counted one by one would seem truer than they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mirpre.records import Call

EXCESS = 1.3
"""How many times as many places real sequence without precursors has as shuffled sequence, among
the best; measured in transcripts (docs/evidence/genome-model.md)."""


class Places:
    """The scores of the places of calls: of both strands of one the more probable one, and of
    places with one sequence, on whichever strand, one."""

    def __init__(self) -> None:
        self._best: dict[str, float] = {}

    def add(self, calls: Iterable[Call]) -> None:
        """Counts the places of these calls, too."""
        from Bio.Seq import reverse_complement_rna

        for call in calls:
            if not call.beaten:
                sequence = call.hairpin.sequence
                key = min(sequence, str(reverse_complement_rna(sequence)))
                self._best[key] = max(call.probability, self._best.get(key, 0.0))

    @property
    def scores(self) -> list[float]:
        """The probability of each place."""
        return list(self._best.values())


def q_values(
    scores: Sequence[float],
    targets: Sequence[float],
    decoys: Sequence[float],
    copies: float,
    excess: float = EXCESS,
) -> list[float]:
    """For each score the least estimated share of false ones among places that include it.

    targets and decoys are the scores of places; copies says how many times as much decoy
    sequence as target sequence was searched. At a threshold t the estimate is excess x (1 +
    decoys from t on) / copies / (targets from t on), at most 1; a q-value is the minimum over
    thresholds up to the score. The added decoy makes up for the chance that there is none.
    Raises ValueError for copies that are not above 0.
    """
    import numpy as np

    if copies <= 0:
        raise ValueError("q-values need decoys")
    values, where = np.unique(np.asarray(scores, np.float64), return_inverse=True)
    ordered, others = (np.sort(np.asarray(some, np.float64)) for some in (targets, decoys))
    above = len(ordered) - np.searchsorted(ordered, values, "left")
    false = 1 + len(others) - np.searchsorted(others, values, "left")
    rate = np.minimum(1.0, excess * false / copies / np.maximum(above, 1))
    found: list[float] = np.minimum.accumulate(rate)[where].tolist()
    return found
