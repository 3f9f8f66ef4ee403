"""q-values: by hand, what counts as a place, and what holds for any scores."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirpre.records import Call, Hairpin
from mirpre.scanning.qvalues import EXCESS, Places, q_values


def test_by_hand() -> None:
    targets = [0.9, 0.5, 0.8, 0.1, 0.95]
    decoys = [0.6, 0.05, 0.3, 0.2]
    # From 0.95 on: (1 + 0) / 2 / 1; 0.9: / 2; 0.8: / 3; 0.5: (1 + 1) / 2 / 4; 0.1: 4 / 2 / 5.
    expected = [1 / 6, 1 / 4, 1 / 6, 2 / 5, 1 / 6]
    assert q_values(targets, targets, decoys, 2, 1) == pytest.approx(expected)
    assert q_values(targets, targets, decoys, 2) == pytest.approx([EXCESS * q for q in expected])


def test_a_call_that_is_no_place_of_its_own_has_the_value_of_its_score() -> None:
    # 0.7 is the opposite strand of 0.9: it counts for nothing, and is as sure as 0.6 and better.
    found = q_values([0.9, 0.7, 0.6], [0.9, 0.6], [0.65], 2, 1)
    assert found == pytest.approx([1 / 2, 1 / 2, 1 / 2])
    found = q_values([0.9, 0.7, 0.6], [0.9, 0.6], [0.65, 0.65, 0.62], 2, 1)
    assert found == pytest.approx([1 / 2, 1 / 2, 1])


def test_equal_scores_share_a_value_and_no_decoy_is_not_no_error() -> None:
    assert q_values([0.7, 0.7], [0.7, 0.7], [0.7], 1) == [1, 1]
    assert q_values([0.7, 0.7], [0.7, 0.7], [], 10, 1) == [0.05, 0.05]
    assert q_values([], [], [0.5], 1) == []
    with pytest.raises(ValueError, match="need decoys"):
        q_values([0.5], [0.5], [], 0)


def test_of_strands_and_of_copies_one_counts() -> None:
    def call(sequence: str, probability: float, *, beaten: bool = False) -> Call:
        return Call(Hairpin("x", sequence), probability, True, beaten=beaten)

    calls = [
        call("GGGAAACCU", 0.5),
        call("AGGUUUCCC", 0.75),  # the same place elsewhere, on the other strand
        call("GGGAAACCU", 0.5),
        call("GGCAAAGCC", 0.25),
        call("AAAAAAAAA", 0.9, beaten=True),
    ]
    places = Places()
    places.add(calls)
    assert sorted(places.scores) == [0.25, 0.75]


SCORES = st.lists(st.integers(0, 20).map(lambda n: n / 20), max_size=30)


@given(SCORES, SCORES, SCORES, st.integers(1, 5), st.randoms())
def test_fall_with_the_score_and_rise_with_decoys(
    others: list[float], targets: list[float], decoys: list[float], copies: int, rng: Random
) -> None:
    scores = targets + others
    found = q_values(scores, targets, decoys, copies)
    assert all(0 <= q <= 1 for q in found)
    ordered = [q for _, q in sorted(zip(scores, found, strict=True), reverse=True)]
    assert ordered == sorted(ordered)
    more = q_values(scores, targets, [*decoys, 1.0], copies)
    assert all(a >= b for a, b in zip(more, found, strict=True))
    by_score = dict(zip(scores, found, strict=True))
    rng.shuffle(scores)
    assert q_values(scores, targets, decoys, copies) == [by_score[s] for s in scores]
