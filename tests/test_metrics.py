"""Metrics against scikit-learn and against cases counted by hand."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="needs mirpre[train]")

from sklearn import metrics

from mirpre.evaluation.bootstrap import intervals, weighted_metrics
from mirpre.evaluation.metrics import METRICS, binary_metrics

# Sorted by falling probability; called from 0.5 on: 2 of 3 precursors, 1 of 3 others.
LABELS = np.array([True, False, True, False, True, False])
SCORES = np.array([0.9, 0.8, 0.5, 0.4, 0.4, 0.1])


def noisy(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    labels = np.concatenate([[True, False], draw.random(n - 2) < 0.4])
    scores = np.clip(0.4 + 0.2 * labels + 0.2 * draw.standard_normal(n), 0, 1).round(2)
    return labels, scores


def test_metrics_counted_by_hand():
    found = binary_metrics(LABELS, SCORES)
    assert (found["true_positives"], found["false_negatives"]) == (2, 1)
    assert (found["true_negatives"], found["false_positives"]) == (2, 1)
    assert found["sensitivity"] == pytest.approx(2 / 3)
    assert found["specificity"] == pytest.approx(2 / 3)
    assert found["f1"] == pytest.approx(2 / 3)
    assert found["mcc"] == pytest.approx((2 * 2 - 1 * 1) / 9)
    assert found["accuracy"] == pytest.approx(4 / 6)
    # Pairs in order: 3 for the first precursor, 2 for the second, 1.5 for the third (a tie).
    assert found["auc"] == pytest.approx(6.5 / 9)
    # Precision at each precursor: 1/1, 2/3, and 3/5 since the tie is one step.
    assert found["average_precision"] == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)


def test_only_one_class():
    found = binary_metrics(LABELS[LABELS], SCORES[LABELS])
    assert found["sensitivity"] == pytest.approx(2 / 3)
    assert [found[name] for name in METRICS[1:]] == [None] * 6
    bounds = intervals(LABELS[LABELS], SCORES[LABELS], 0.5, resamples=50, seed=1)
    assert bounds["sensitivity"] is not None
    assert [bounds[name] for name in METRICS[1:]] == [None] * 6


@pytest.mark.parametrize("seed", range(5))
def test_weighted_metrics_are_those_of_scikit_learn(seed):
    labels, scores = noisy(80, seed)
    order = np.argsort(-scores, kind="stable")
    labels, scores = labels[order], scores[order]
    weights = np.random.default_rng(seed).integers(0, 3, (4, 80)).astype(float)
    found = weighted_metrics(labels, scores, 0.5, weights)
    call = scores >= 0.5
    for row, w in enumerate(weights):
        expected = {
            "sensitivity": metrics.recall_score(labels, call, sample_weight=w),
            "specificity": metrics.recall_score(~labels, ~call, sample_weight=w),
            "f1": metrics.f1_score(labels, call, sample_weight=w),
            "mcc": metrics.matthews_corrcoef(labels, call, sample_weight=w),
            "accuracy": metrics.accuracy_score(labels, call, sample_weight=w),
            "auc": metrics.roc_auc_score(labels, scores, sample_weight=w),
            "average_precision": metrics.average_precision_score(labels, scores, sample_weight=w),
        }
        assert {name: found[name][row] for name in METRICS} == pytest.approx(expected)


def test_interval_of_a_rate_is_the_binomial_one():
    labels = np.arange(2000) < 1000
    scores = np.where(np.arange(2000) % 10 == 0, 0.1, 0.9)  # sensitivity 0.9
    low, high = intervals(labels, scores, 0.5, resamples=4000, seed=3)["sensitivity"]
    error = (0.9 * 0.1 / 1000) ** 0.5
    assert (low, high) == pytest.approx((0.9 - 1.96 * error, 0.9 + 1.96 * error), abs=0.003)


def test_intervals_depend_on_the_seed_alone(monkeypatch):
    labels, scores = noisy(200, 7)
    once = intervals(labels, scores, 0.5, resamples=300, seed=5)
    assert intervals(labels, scores, 0.5, resamples=300, seed=5) == once
    assert intervals(labels, scores, 0.5, resamples=300, seed=6) != once
    for name, value in binary_metrics(labels, scores).items():
        if name in METRICS:
            assert once[name][0] < value < once[name][1]
