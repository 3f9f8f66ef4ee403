"""How well scores tell precursors from others: the package's metrics, for scores of each class.

Scores of any scale, such as log-odds; mirpre/evaluation/metrics.py and bootstrap.py define what is
measured. Added here are sensitivity at a specificity, and average precision at a ratio of classes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mirpre.evaluation.bootstrap import weighted_metrics

Scores = NDArray[np.float64]
Measure = Callable[[Scores, Scores], float]


def auc(positive: Scores, negative: Scores) -> float:
    """Area under the ROC curve."""
    return _weighted("auc", positive, negative, 1.0)


def average_precision(positive: Scores, negative: Scores, ratio: float) -> float:
    """With so many negatives a positive, by weight."""
    return _weighted("average_precision", positive, negative, ratio)


def at_specificity(positive: Scores, negative: Scores, specificity: float) -> float:
    """The share of positives that reach the threshold which so many negatives stay below."""
    return float((positive >= np.quantile(negative, specificity)).mean())


def with_interval(
    measure: Measure, positive: Scores, negative: Scores, resamples: int = 500, seed: int = 1
) -> str:
    """``value (low-high)``, the 95 % interval of a stratified bootstrap."""
    rng = np.random.default_rng(seed)
    values = [
        measure(
            positive[rng.integers(0, len(positive), len(positive))],
            negative[rng.integers(0, len(negative), len(negative))],
        )
        for _ in range(resamples)
    ]
    low, high = np.quantile(values, [0.025, 0.975])
    return f"{measure(positive, negative):.4f} ({low:.4f}-{high:.4f})"


def _weighted(name: str, positive: Scores, negative: Scores, ratio: float) -> float:
    """One of the package's metrics, each class weighing as a whole 1 and ratio."""
    scores = np.concatenate([positive, negative]).astype(np.float64)
    labels = np.arange(len(scores)) < len(positive)
    weights = np.where(labels, 1 / len(positive), ratio / len(negative))
    order = np.argsort(-scores, kind="stable")
    found = weighted_metrics(labels[order], scores[order], 0.0, weights[None, order])[name]
    assert found is not None
    return float(found[0])
