"""The encoding of the paper: 12 dimers, one-hot, 180 positions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirpre.encoding import DIMERS, flags_of, one_hot
from mirpre.hairpin import Hairpin


def test_channels_are_in_the_published_order() -> None:
    assert " ".join(DIMERS) == "A. U. G. C. A( U( G( C( A) U) G) C)"


def test_each_dimer_sets_its_own_channel_and_padding_none() -> None:
    sequence = "".join(dimer[0] for dimer in DIMERS)
    structure = "".join(dimer[1] for dimer in DIMERS)
    array = one_hot([Hairpin("x", sequence, structure)])
    assert array.shape == (1, 180, 12)
    assert array.dtype == np.uint8
    assert (array[0, :12] == np.eye(12)).all()
    assert not array[0, 12:].any()


@given(
    st.lists(st.tuples(st.sampled_from("ACGUNRYSWKMBDHV"), st.sampled_from(".()")), max_size=400)
)
def test_one_hot_says_each_dimer_or_nothing(pairs: list[tuple[str, str]]) -> None:
    hairpin = Hairpin("x", "".join(p[0] for p in pairs), "".join(p[1] for p in pairs))
    (array,) = one_hot([hairpin])
    for position in range(180):
        dimer = "".join(pairs[position]) if position < len(pairs) else ""
        expected = [int(dimer == known) for known in DIMERS]
        assert array[position].tolist() == expected


def test_records_are_encoded_each_by_itself() -> None:
    a, b = Hairpin("a", "GAC", "(.)"), Hairpin("b", "ACGU" * 50, "." * 200)
    both = one_hot([a, b])
    assert (both[0] == one_hot([a])[0]).all()
    assert (both[1] == one_hot([b])[0]).all()
    assert one_hot([]).shape == (0, 180, 12)


def test_flags() -> None:
    assert flags_of(Hairpin("x", "ACGU" * 45)) == ()
    assert flags_of(Hairpin("x", "ACGU" * 45 + "A")) == ("truncated",)
    assert flags_of(Hairpin("x", "ACNGU")) == ("ambiguous",)
    assert flags_of(Hairpin("x", "A" * 180 + "N")) == ("truncated", "ambiguous")


def test_unfolded_records_are_refused() -> None:
    with pytest.raises(ValueError, match="record 'x' has no structure"):
        one_hot([Hairpin("x", "ACGU")])
