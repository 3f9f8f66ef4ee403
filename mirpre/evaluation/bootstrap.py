"""Bootstrap intervals of the metrics: how far another test set of this size might have led."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mirpre.evaluation.metrics import METRICS

Weights = NDArray[np.float64]
Interval = tuple[float, float]

_CELLS = 4_000_000  # weights held at once


def intervals(
    is_precursor: NDArray[np.bool_],
    probability: NDArray[np.float64],
    threshold: float,
    *,
    resamples: int,
    seed: int,
    confidence: float = 0.95,
) -> dict[str, Interval | None]:
    """Percentile interval of each of METRICS over resampled records.

    Positives and negatives are resampled apart, each to its own number (a stratified
    bootstrap). Where a class has no records, what needs it is None. The same seed gives the
    same intervals.
    """
    draw = np.random.default_rng(seed)
    # Sorted once: every resample is then a set of weights on the same order.
    order = np.argsort(-probability, kind="stable")
    labels, scores = is_precursor[order], probability[order]
    step = max(1, _CELLS // max(1, len(order)))
    parts = []
    for done in range(0, resamples, step):
        weights = _resample(labels, min(step, resamples - done), draw)
        parts.append(weighted_metrics(labels, scores, threshold, weights))
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    found: dict[str, Interval | None] = {}
    for name in METRICS:
        if not parts or parts[0][name] is None:
            found[name] = None
        else:
            low, high = np.quantile(np.concatenate([part[name] for part in parts]), tails)
            found[name] = (float(low), float(high))
    return found


def _resample(labels: NDArray[np.bool_], n: int, draw: np.random.Generator) -> Weights:
    """How often each record is drawn in each of n resamples, shape (n, N)."""
    weights = np.zeros((n, len(labels)))
    for label in (True, False):
        members = np.flatnonzero(labels == label)
        if members.size:
            even = np.full(members.size, 1 / members.size)
            weights[:, members] = draw.multinomial(members.size, even, size=n)
    return weights


def weighted_metrics(
    labels: NDArray[np.bool_], scores: NDArray[np.float64], threshold: float, weights: Weights
) -> dict[str, NDArray[np.float64] | None]:
    """METRICS for each row of weights (n, N) on records sorted by falling score.

    The same definitions as scikit-learn's with ``sample_weight``, for all rows at once.
    """
    positive, negative = weights * labels, weights * ~labels
    p, n = positive.sum(axis=1), negative.sum(axis=1)
    called = scores >= threshold
    tp, fp = positive @ called, negative @ called
    fn, tn = p - tp, n - fp
    found: dict[str, NDArray[np.float64] | None] = dict.fromkeys(METRICS)
    if labels.any():
        found["sensitivity"] = tp / p
    if not labels.all():
        found["specificity"] = tn / n
    if not labels.any() or labels.all():
        return found
    # Equal scores are one step of the curve.
    starts = np.flatnonzero(np.diff(scores, prepend=np.inf))
    up = np.add.reduceat(positive, starts, axis=1)
    right = np.add.reduceat(negative, starts, axis=1)
    tps, fps = np.cumsum(up, axis=1), np.cumsum(right, axis=1)
    called_so_far = tps + fps
    precision = np.divide(tps, called_so_far, out=np.zeros_like(tps), where=called_so_far > 0)
    return found | {
        "f1": 2 * tp / (2 * tp + fp + fn),
        "mcc": _ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * p * n * (tn + fn))),
        "accuracy": (tp + tn) / (p + n),
        "auc": (right * (tps - up / 2)).sum(axis=1) / (p * n),
        "average_precision": (up * precision).sum(axis=1) / p,
    }


def _ratio(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """a / b, and 0 where b is 0."""
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)
