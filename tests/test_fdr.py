"""q-values: by hand, and what holds for any scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirpre.fdr import q_values


def test_by_hand() -> None:
    targets = np.array([0.9, 0.5, 0.8, 0.1, 0.95])
    decoys = np.array([0.6, 0.05, 0.3, 0.2])
    # From 0.95 on: (1 + 0) / 2 / 1; 0.9: / 2; 0.8: / 3; 0.5: (1 + 1) / 2 / 4; 0.1: 4 / 2 / 5.
    assert q_values(targets, decoys, 2) == pytest.approx([1 / 6, 1 / 4, 1 / 6, 2 / 5, 1 / 6])


def test_equal_scores_share_a_value_and_no_decoy_is_not_no_error() -> None:
    assert q_values(np.array([0.7, 0.7]), np.array([0.7]), 1).tolist() == [1, 1]
    assert q_values(np.array([0.7, 0.7]), np.empty(0), 10).tolist() == [0.05, 0.05]
    assert q_values(np.empty(0), np.array([0.5]), 1).tolist() == []
    with pytest.raises(ValueError, match="need decoys"):
        q_values(np.array([0.5]), np.empty(0), 0)


SCORES = st.lists(st.integers(0, 20), max_size=30).map(lambda n: np.array(n, np.float64) / 20)


@given(SCORES, SCORES, st.integers(1, 5))
def test_fall_with_the_score_and_rise_with_decoys(
    targets: np.ndarray, decoys: np.ndarray, copies: int
) -> None:
    found = q_values(targets, decoys, copies)
    assert ((found >= 0) & (found <= 1)).all()
    order = np.argsort(-targets, kind="stable")
    assert (np.diff(found[order]) >= 0).all()
    assert (q_values(targets, np.r_[decoys, 1.0], copies) >= found).all()
    shuffled = np.random.default_rng(0).permutation(len(targets))
    assert (q_values(targets[shuffled], decoys, copies) == found[shuffled]).all()
