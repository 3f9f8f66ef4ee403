"""q-values: by hand, what they stand for, and what holds for any scores."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_competition import call

from mirpre.scanning import qvalues
from mirpre.scanning.competition import Contenders, Wins
from mirpre.scanning.qvalues import (
    BAND,
    LEAST,
    MOST,
    STEADY,
    Evidence,
    exchange_ratio,
    q_values_of,
)


def q_values(
    scores: list[float], targets: list[float], mirrors: list[float], ratio: float = 1.0
) -> list[float]:
    arrays = (np.array(some, np.float64) for some in (scores, targets, mirrors))
    found: list[float] = qvalues.q_values(*arrays, ratio).tolist()
    return found


def test_by_hand() -> None:
    targets = [0.9, 0.5, 0.8, 0.1, 0.95]
    mirrors = [0.6, 0.05, 0.3, 0.2]
    # From 0.95 on: (1 + 0) / 1; 0.9: / 2; 0.8: / 3; 0.5: (1 + 1) / 4; 0.1: (1 + 3) / 5.
    expected = [1 / 3, 1 / 2, 1 / 3, 4 / 5, 1 / 3]
    assert q_values(targets, targets, mirrors) == pytest.approx(expected)
    assert q_values(targets, targets, mirrors, 0.5) == pytest.approx([q / 2 for q in expected])
    assert q_values(targets, targets, mirrors, 4) == [1] * 5


def test_a_call_that_is_no_place_of_its_own_has_the_value_of_its_score() -> None:
    assert q_values([0.9, 0.7, 0.6], [0.9, 0.6], [0.65]) == pytest.approx([1, 1, 1])
    found = q_values([0.9, 0.8, 0.7], [0.9, 0.8, 0.8, 0.8], [0.75], 1)
    assert found == pytest.approx([1 / 4, 1 / 4, 2 / 4])
    assert q_values([0.99], [], []) == [1]
    assert q_values([], [], [0.5]) == []


SCORES = st.lists(st.integers(0, 20).map(lambda n: n / 20), max_size=30)


@given(SCORES, SCORES, SCORES, st.floats(0.25, 4), st.randoms(use_true_random=False))
def test_fall_with_the_score_and_rise_with_mirrors(
    others: list[float], targets: list[float], mirrors: list[float], ratio: float, rng: Random
) -> None:
    scores = targets + others
    found = q_values(scores, targets, mirrors, ratio)
    assert all(0 <= q <= 1 for q in found)
    ordered = [q for _, q in sorted(zip(scores, found, strict=True), reverse=True)]
    assert ordered == sorted(ordered)
    more = q_values(scores, targets, [*mirrors, 1.0], ratio)
    assert all(a >= b for a, b in zip(more, found, strict=True))
    by_score = dict(zip(scores, found, strict=True))
    rng.shuffle(scores)
    assert q_values(scores, targets, mirrors, ratio) == [by_score[s] for s in scores]


def ratio_of(is_target: list[bool], ties: int = 0) -> float:
    n = len(is_target)
    tie = np.arange(n) >= n - ties
    return exchange_ratio(Wins(np.linspace(1, 0, n), np.array(is_target, bool), tie))


def test_the_ratio_is_that_of_the_places_below_the_best() -> None:
    n = 1000
    low, high = int(BAND[0] * n), int(BAND[1] * n)
    inside = [k % 4 > 0 for k in range(high - low)]
    ours = sum(inside)
    expected = (STEADY + ours) / (STEADY + len(inside) - ours)
    for outside in (True, False):
        wins = [outside] * low + inside + [outside] * (n - high)
        assert ratio_of(wins) == pytest.approx(expected)
    assert ratio_of([True] * n) == MOST
    assert ratio_of([False] * n) == LEAST
    assert ratio_of([False] * n, ties=n) == 1
    assert ratio_of([]) == 1
    assert 1 < ratio_of([True] * 10) < 1.5


def test_of_calls() -> None:
    calls = [call(200 * k, 200 * k + 60, 0.9) for k in range(8)]
    copy = call(5000, 5060, 0.6, sequence=calls[0].hairpin.sequence)
    strand = call(10, 70, 0.2, strand="-", beaten=True)
    lost = call(6000, 6060, 0.95)
    low = call(7000, 7060, 0.5)
    mirrored = [call(6010, 6070, 0.96), call(8000, 8060, 0.7)]
    estimates, evidence = q_values_of(
        Contenders([*calls, copy, strand, lost, low]), Contenders(mirrored)
    )
    found = estimates.tolist()
    ratio = evidence.exchange_ratio
    assert found[:8] == pytest.approx([ratio * 2 / 8] * 8)
    assert found[8] == pytest.approx(ratio * 3 / 9)  # that of the place at 0.5, which is less
    assert found[9] == found[0]
    assert found[10] == 1
    assert found[11] == pytest.approx(ratio * 3 / 9)
    assert (evidence.target_places, evidence.mirror_places) == (9, 2)
    assert evidence.smallest == min(found)
    assert evidence.is_there


def test_no_evidence() -> None:
    found, evidence = q_values_of(Contenders([call(0, 60, 0.9)]), Contenders([call(0, 60, 0.95)]))
    assert found.tolist() == [1]
    assert not evidence.is_there
    found, evidence = q_values_of(Contenders(), Contenders([call(0, 60, 0.9)]))
    assert (found.tolist(), evidence) == ([], Evidence())
    assert Evidence().summary() == {
        "evidence": False,
        "smallest": None,
        "exchange_ratio": 1.0,
        "target_places": 0,
        "mirror_places": 0,
    }
