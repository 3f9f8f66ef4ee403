"""False discoveries among calls, estimated from decoys.

Decoys are found and scored as the calls are, in sequence that holds no true ones: what scores as
high there as a call does is what chance gives (target-decoy estimate).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def q_values(targets: Scores, decoys: Scores, copies: float) -> Scores:
    """For each target the least estimated share of false ones among calls that include it.

    copies says how many times as much decoy sequence as target sequence was searched. At a
    threshold t the estimate is (1 + decoys from t on) / copies / (targets from t on), at most 1;
    a target's q-value is the minimum over thresholds up to its own score. The added decoy makes
    up for the chance that there is none. Raises ValueError for copies that are not above 0.
    """
    if copies <= 0:
        raise ValueError("q-values need decoys")
    values, where = np.unique(targets, return_inverse=True)
    ordered, others = np.sort(targets), np.sort(decoys)
    above = len(ordered) - np.searchsorted(ordered, values, "left")
    false = 1 + len(others) - np.searchsorted(others, values, "left")
    rate = np.minimum(1.0, false / copies / above)
    found: Scores = np.minimum.accumulate(rate)[where]
    return found
