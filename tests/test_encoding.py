"""The encoding of the paper: 12 dimers, one-hot, 180 positions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirpre.encoding import DIMERS, ONE_HOT, PARTNERS, one_hot, padded_lengths, partners
from mirpre.records import Hairpin


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
    flags_of = ONE_HOT.flags_of
    assert flags_of(Hairpin("x", "ACGU" * 45)) == ()
    assert flags_of(Hairpin("x", "ACGU" * 45 + "A")) == ("truncated",)
    assert flags_of(Hairpin("x", "ACNGU")) == ("ambiguous",)
    assert flags_of(Hairpin("x", "A" * 180 + "N")) == ("truncated", "ambiguous")


def test_flags_where_any_length_is_read() -> None:
    assert PARTNERS.flags_of(Hairpin("x", "A" * 180 + "N")) == ("ambiguous",)


@pytest.mark.parametrize("encode", [one_hot, partners])
def test_unfolded_records_are_refused(encode: Callable[[list[Hairpin]], object]) -> None:
    with pytest.raises(ValueError, match="record 'x' has no structure"):
        encode([Hairpin("x", "ACGU")])


def test_partners_by_hand() -> None:
    (array,) = partners([Hairpin("x", "GANUAC", "((.).)")])
    assert array.shape == (16, 2)
    #       G(  A(  N.  U)  A.  C)
    assert array[:6, 0].tolist() == [7, 5, 13, 10, 1, 12]
    assert array[:6, 1].tolist() == [5, 2, 0, -2, 0, -5]
    assert not array[6:].any()


@given(st.lists(st.integers(0, 100), min_size=1, max_size=5))
def test_partners_pad_to_the_longest_record_and_no_further(sizes: list[int]) -> None:
    hairpins = [Hairpin("x", "GAAAC" * n, "(...)" * n) for n in sizes]
    array = partners(hairpins)
    assert array.shape == (len(sizes), max(16, -(-5 * max(sizes) // 16) * 16), 2)
    assert padded_lengths(array, 1).tolist() == [max(1, 5 * n) for n in sizes]
    for row, hairpin in zip(array, hairpins, strict=True):
        (alone,) = partners([hairpin])
        assert (row[: len(alone)] == alone).all()
        assert not row[len(alone) :].any()
        at = np.flatnonzero(row[:, 1])
        assert (row[at + row[at, 1], 1] == -row[at, 1]).all()
