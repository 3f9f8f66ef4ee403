"""How well probabilities agree with labels (scikit-learn does the counting)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

METRICS = ("sensitivity", "specificity", "f1", "mcc", "accuracy", "auc", "average_precision")
"""The metrics in the order that they are reported; all are fractions, MCC from -1 to 1."""


def binary_metrics(
    is_precursor: NDArray[np.bool_], probability: NDArray[np.float64], threshold: float = 0.5
) -> dict[str, float | None]:
    """Counts and METRICS of the calls ``probability >= threshold``.

    is_precursor and probability have shape (N,). Where a class has no records, what needs it
    is None.
    """
    from sklearn import metrics

    call = probability >= threshold
    table = metrics.confusion_matrix(is_precursor, call, labels=[False, True])
    tn, fp, fn, tp = (int(n) for n in table.ravel())
    positives, negatives = tp + fn, tn + fp
    found: dict[str, float | None] = {
        "records": len(is_precursor),
        "true_positives": tp,
        "false_negatives": fn,
        "true_negatives": tn,
        "false_positives": fp,
        "sensitivity": tp / positives if positives else None,
        "specificity": tn / negatives if negatives else None,
    }
    if positives and negatives:
        found |= {
            "f1": float(metrics.f1_score(is_precursor, call, zero_division=0)),
            "mcc": float(metrics.matthews_corrcoef(is_precursor, call)),
            "accuracy": (tp + tn) / len(is_precursor),
            "auc": float(metrics.roc_auc_score(is_precursor, probability)),
            "average_precision": float(metrics.average_precision_score(is_precursor, probability)),
        }
    return {**found, **{name: None for name in METRICS if name not in found}}


def cross_entropy(is_precursor: NDArray[np.bool_], probability: NDArray[np.float64]) -> float:
    """Mean cross-entropy in nats, without any regularisation term."""
    p = np.clip(np.where(is_precursor, probability, 1 - probability), 1e-7, 1.0)
    return float(-np.log(p).mean())
