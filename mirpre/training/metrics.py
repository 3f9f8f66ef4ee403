"""How well probabilities agree with labels (scikit-learn does the counting)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def binary_metrics(
    is_precursor: NDArray[np.bool_], probability: NDArray[np.float64], threshold: float = 0.5
) -> dict[str, float]:
    """Metrics of calls ``probability >= threshold``, as fractions, and the two curve areas.

    is_precursor and probability have shape (N,); both classes must be present.
    """
    from sklearn import metrics

    call = probability >= threshold
    tn, fp, fn, tp = (int(n) for n in metrics.confusion_matrix(is_precursor, call).ravel())
    return {
        "records": len(is_precursor),
        "true_positives": tp,
        "false_negatives": fn,
        "true_negatives": tn,
        "false_positives": fp,
        "sensitivity": tp / (tp + fn),
        "specificity": tn / (tn + fp),
        "f1": float(metrics.f1_score(is_precursor, call, zero_division=0)),
        "mcc": float(metrics.matthews_corrcoef(is_precursor, call)),
        "accuracy": (tp + tn) / len(is_precursor),
        "auc": float(metrics.roc_auc_score(is_precursor, probability)),
        "average_precision": float(metrics.average_precision_score(is_precursor, probability)),
    }


def cross_entropy(is_precursor: NDArray[np.bool_], probability: NDArray[np.float64]) -> float:
    """Mean cross-entropy in nats, without any regularisation term."""
    p = np.clip(np.where(is_precursor, probability, 1 - probability), 1e-7, 1.0)
    return float(-np.log(p).mean())
