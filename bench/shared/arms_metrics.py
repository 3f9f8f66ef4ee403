"""How well spans of mature arms agree with the known ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Cuts = NDArray[np.int64]
"""(N, 4): first and last positions of the 5p and the 3p mature sequence."""

FIVE_PRIME, THREE_PRIME = [0, 2], [1, 3]
"""Columns of the ends of mature sequences."""


def shares_right(found: Cuts, known: Cuts) -> dict[str, float]:
    """Shares of 5' and of 3' ends that are right to the letter, and within 2 nt."""
    off = np.abs(found - known)
    return {
        f"{end} {what}": float((off[:, columns] <= most).mean())
        for end, columns in (("5' ends", FIVE_PRIME), ("3' ends", THREE_PRIME))
        for what, most in (("exact", 0), ("within 2 nt", 2))
    }


def arms_right(found: Cuts, known: Cuts, most: int = 2) -> NDArray[np.bool_]:
    """(N, 2): whether both ends of the 5p and of the 3p arm are right within so many nt."""
    off = np.abs(found - known) <= most
    return np.stack([off[:, :2].all(axis=1), off[:, 2:].all(axis=1)], axis=1)


def by_family(
    measure: Callable[[NDArray[np.int64]], Floats],
    families: NDArray[np.str_],
    resamples: int = 500,
    seed: int = 1,
) -> tuple[Floats, Floats, Floats]:
    """Values of a measure of rows, and the ends of their 95 % intervals; families are drawn."""
    names, which = np.unique(families, return_inverse=True)
    rows = [np.flatnonzero(which == k) for k in range(len(names))]
    rng = np.random.default_rng(seed)
    values = [
        measure(np.concatenate([rows[k] for k in rng.integers(0, len(rows), len(rows))]))
        for _ in range(resamples)
    ]
    low, high = np.nanquantile(values, [0.025, 0.975], axis=0)
    return measure(np.arange(len(families))), low, high


def calibration_error(right: NDArray[np.bool_], confidence: Floats, bins: int = 10) -> float:
    """Expected calibration error over bins of equal width."""
    return sum(
        share * abs(mean - known) for mean, known, share, _ in reliability(right, confidence, bins)
    )


def reliability(
    right: NDArray[np.bool_], confidence: Floats, bins: int = 10
) -> list[tuple[float, float, float, int]]:
    """Of each bin in use: mean confidence, share that is right, share of all records, records."""
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        (
            float(confidence[which == k].mean()),
            float(right[which == k].mean()),
            float((which == k).mean()),
            int((which == k).sum()),
        )
        for k in range(bins)
        if (which == k).any()
    ]
