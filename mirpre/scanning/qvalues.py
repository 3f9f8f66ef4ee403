"""False discoveries among calls, estimated from the places that a genome's mirror wins.

See competition.py for what competes. What is counted are places, and of copies one: the opposite
strand of a hairpin is one too, and a copy is as probable as what it is a copy of, so that neither
is further evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirpre.scanning.competition import LOST, Contenders, Wins, compete

BAND = (0.1, 0.4)
"""The places that tell how often the genome and its mirror win where there are no precursors: by
rank, as shares of all. The best ones, among which precursors are, are left out, and the many that
are hardly ever called, whose chances are less even."""
STEADY = 10
"""Wins that are added on both sides, so that few places do not make a ratio."""
LEAST, MOST = 0.25, 4.0
"""The lowest and the highest ratio."""
NO_EVIDENCE = 0.5
"""Where no q-value is below that, the genome's calls are as good as its mirror's."""


@dataclass
class Evidence:
    """What the q-values of a scan come from."""

    smallest: float | None = None
    """The smallest q-value; None where there is no call."""
    exchange_ratio: float = 1.0
    target_places: int = 0
    mirror_places: int = 0
    """Places that the genome and that its mirror has won; of copies one."""

    @property
    def is_there(self) -> bool:
        """Whether any call is more than what the mirror gives, too."""
        return self.smallest is not None and self.smallest <= NO_EVIDENCE

    def summary(self) -> dict[str, Any]:
        """For the summary of a run."""
        return {
            "evidence": self.is_there,
            "smallest": self.smallest,
            "exchange_ratio": round(self.exchange_ratio, 4),
            "target_places": self.target_places,
            "mirror_places": self.mirror_places,
        }


def q_values_of(calls: Contenders, mirrored: Contenders) -> tuple[NDArray[np.float64], Evidence]:
    """The q-value of each call of a genome, and what they come from.

    1 for a call whose place the mirror has won. A call on the less probable strand has that of
    its place, a copy that of its own score.
    """
    if not len(calls):
        return np.zeros(0), Evidence()
    outcome = compete(calls, mirrored)
    wins = outcome.wins
    ratio = exchange_ratio(wins)
    found = q_values(
        calls.strength[outcome.stands_for],
        wins.score[wins.is_target],
        wins.score[~wins.is_target],
        ratio,
    )
    found[outcome.stands_for == LOST] = 1.0
    ours = int(wins.is_target.sum())
    return found, Evidence(float(found.min()), ratio, ours, len(wins.is_target) - ours)


def exchange_ratio(wins: Wins) -> float:
    """How many places the genome wins by chance for one that its mirror wins.

    Read backwards, XY becomes YX: where a genome is poor in CpG its mirror is poor in GpC, so
    that the chances are not quite even. The ratio is that of the wins in BAND, with STEADY more on
    either side; a tie tells nothing.
    """
    n = len(wins.score)
    band = slice(int(BAND[0] * n), int(BAND[1] * n))
    counts = ~wins.is_tie[band]
    ours = int((wins.is_target[band] & counts).sum())
    theirs = int((~wins.is_target[band] & counts).sum())
    return min(MOST, max(LEAST, (STEADY + ours) / (STEADY + theirs)))


def q_values(
    scores: NDArray[np.float64],
    targets: NDArray[np.float64],
    mirrors: NDArray[np.float64],
    ratio: float = 1.0,
) -> NDArray[np.float64]:
    """For each score the least estimated share of false ones among places that include it.

    targets and mirrors are the scores of the places that a genome and its mirror have won. At a
    threshold t the estimate is ratio x (1 + mirrors from t on) / (targets from t on), at most 1; a
    q-value is the minimum over thresholds up to the score. The one that is added makes up for the
    chance that there is none.
    """
    values = np.unique(scores)
    ordered, others = np.sort(targets), np.sort(mirrors)
    above = len(ordered) - np.searchsorted(ordered, values, "left")
    false = 1 + len(others) - np.searchsorted(others, values, "left")
    rate = np.minimum(1.0, ratio * false / np.maximum(above, 1))
    found: NDArray[np.float64] = np.minimum.accumulate(rate)[np.searchsorted(values, scores)]
    return found
