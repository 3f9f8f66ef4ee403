"""Shuffled sequence, which networks learn from: what it keeps."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mirpre.scanning import _search


@given(st.binary(max_size=300), st.integers(0, 2**64 - 1))
def test_a_shuffle_keeps_dinucleotides_and_what_is_unknown(text: bytes, seed: int) -> None:
    letters = bytes(code % 5 if code % 5 < 4 else 128 for code in text)
    shuffled = _search.shuffled(letters, seed)
    assert Counter(pairwise(shuffled)) == Counter(pairwise(letters))
    assert [code == 128 for code in shuffled] == [code == 128 for code in letters]
    assert _search.shuffled(letters, seed) == shuffled


def test_every_order_with_the_same_dinucleotides_is_as_likely() -> None:
    letters = bytes([0, 1, 0, 2, 0, 1, 2, 0])  # has six such orders
    found = Counter(_search.shuffled(letters, seed) for seed in range(12_000))
    assert len(found) == 6
    assert all(1800 < n < 2200 for n in found.values())
