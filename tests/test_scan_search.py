"""The inner loops of the scan, against slow and plain ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scan_helpers import precursors, random_letters

from mirpre.scanning import _search
from mirpre.scanning.letters import opposite_strand, to_letters
from mirpre.scanning.merge import alternatives_of, best_loci
from mirpre.scanning.search import COLUMNS, cut_out, search, stem_centres
from mirpre.scanning.settings import FLANK, SearchSettings, StemScores
from mirpre.scanning.shortlist import load_network

SCORES = StemScores()
PAIRS = {(2, 1): 3, (1, 2): 3, (0, 3): 2, (3, 0): 2, (2, 3): 1, (3, 2): 1}


def slow_peaks(letters: bytes, span: int) -> bytes:
    """The recurrence of stems.c, cell by cell."""
    n = len(letters)
    score = np.zeros((n + 1, n + 1), int)
    peaks = [0] * n
    for d in range(4, min(span, n)):
        for i in range(n - d):
            j = i + d
            gain = PAIRS.get((letters[i], letters[j]), -SCORES.mismatch)
            beside = max(score[i + 1, j], score[i, j - 1]) - SCORES.gap
            score[i, j] = min(180, max(0, score[i + 1, j - 1] + gain, beside))
            peaks[i + d // 2] = max(peaks[i + d // 2], score[i, j])
    return bytes(peaks)


@given(st.text("ACGTN", min_size=1, max_size=120), st.integers(5, 60))
def test_stem_search_finds_what_the_recurrence_says(sequence: str, span: int) -> None:
    letters = to_letters(sequence.encode())
    assert _search.peaks(letters, span, SCORES) == slow_peaks(letters, span)


def test_stem_search_does_not_depend_on_its_blocks() -> None:
    letters = to_letters(random_letters(1, 14_000).encode())
    whole = _search.peaks(letters, 150, SCORES)
    for start in (0, 1, 2999, 5950, 6040):
        part = _search.peaks(letters[start : start + 7000], 150, SCORES)
        assert part[100:-100] == whole[start + 100 : start + 6900]


@given(st.lists(st.integers(0, 12), max_size=80), st.integers(0, 8))
def test_places_are_the_first_of_the_highest_around(peaks: list[int], radius: int) -> None:
    expected = [
        c
        for c, peak in enumerate(peaks)
        if peak >= 4
        and all(p < peak for p in peaks[max(0, c - radius) : c])
        and all(p <= peak for p in peaks[c + 1 : c + 1 + radius])
    ]
    found = np.frombuffer(_search.places(bytes(peaks), 4, radius), np.int32)
    assert found.tolist() == expected


@pytest.mark.parametrize("name", ["animal", "animal-large"])
@pytest.mark.parametrize("letters", ["ACGT", "ACGTN", "AATTCG"])
def test_vectors_change_nothing(letters: str, name: str) -> None:
    sequence = to_letters(random_letters(7, 30_000, letters).encode())
    settings = SearchSettings(least=14)
    network = load_network(name)
    results = []
    for widest in (64, 32, 0):
        _search.vectors(widest)
        try:
            centres = stem_centres(sequence, settings)
            found = cut_out(sequence, centres, settings)
            results.append((centres, found, network.scores(found.ladders)))
        finally:
            _search.vectors(64)
    plain_centres, plain, plain_scores = results.pop()
    assert len(plain.hairpins) > 200
    for centres, found, scores in results:
        assert centres == plain_centres
        assert np.array_equal(found.hairpins, plain.hairpins)
        assert np.array_equal(found.ladders, plain.ladders)
        assert np.array_equal(scores, plain_scores)


@pytest.mark.parametrize("name", ["hsa-let-7a-1", "hsa-mir-21", "cel-lin-4", "dme-bantam"])
def test_a_precursor_in_random_sequence_is_cut_out(name: str) -> None:
    sequence = precursors()[name]
    n = len(sequence)
    letters = to_letters((random_letters(3, 400) + sequence + random_letters(4, 400)).encode())
    hairpins = search(letters, SearchSettings()).hairpins
    covered = np.minimum(hairpins[:, 1], 400 + n) - np.maximum(hairpins[:, 0], 400)
    close = (hairpins[:, 0] > 385) & (hairpins[:, 1] < 415 + n)
    assert ((covered > 0.8 * n) & close).any()


def test_a_perfect_stem_is_its_own_hairpin() -> None:
    stem = "GGCAUCGAUGGCAUUCGACC"
    other = stem[::-1].translate(str.maketrans("ACGU", "UGCA"))
    letters = to_letters(("A" * 100 + stem + "GAAA" + other + "A" * 100).encode())
    hairpins, ladders = search(letters, SearchSettings())
    assert hairpins[:, :2].tolist() == [[100, 144]]
    # Two columns of loop, a pair for each letter of the stem, the flanks, and padding.
    assert np.count_nonzero(ladders[0]) == 22 + FLANK == 22 + _search.FLANK
    assert set(ladders[0, 22:30]) == {32}
    assert ladders[0, 2:22].max() <= 6
    assert ladders.shape == (1, COLUMNS)


@pytest.mark.parametrize("sequence", ["", "A", "ACGT", "N" * 500, "A" * 500])
def test_sequences_without_hairpins(sequence: str) -> None:
    assert len(search(to_letters(sequence.encode()), SearchSettings()).hairpins) == 0


def test_soft_masked_letters_never_pair() -> None:
    assert to_letters(b"ACGTUacgtuNR") == bytes([0, 1, 2, 3, 3, 0, 1, 2, 3, 3, 128, 128])
    assert to_letters(b"ACgt", soft_mask=True) == bytes([0, 1, 128, 128])
    assert opposite_strand(to_letters(b"AACGN")) == to_letters(b"NCGTT")


intervals = st.lists(
    st.tuples(st.integers(0, 300), st.integers(20, 60), st.integers(0, 5)), max_size=25
)


@given(intervals)
def test_kept_loci_do_not_overlap_and_beat_what_goes(loci: list[tuple[int, int, int]]) -> None:
    loci = sorted({(start, start + length, score) for start, length, score in loci})
    starts = np.array([start for start, _, _ in loci], np.int64)
    ends = np.array([end for _, end, _ in loci], np.int64)
    order = sorted(range(len(loci)), key=lambda k: (-loci[k][2], loci[k]))
    rank = np.argsort(np.array(order, np.int64)).astype(np.int64)
    kept = best_loci(starts, ends, rank).tolist()

    def overlap(a: int, b: int) -> bool:
        shared = min(ends[a], ends[b]) - max(starts[a], starts[b])
        return bool(2 * shared >= min(ends[a] - starts[a], ends[b] - starts[b]))

    assert not any(overlap(a, b) for a in kept for b in kept if a < b)
    if loci:
        assert order[0] in kept
    greedy: list[int] = []
    for k in order:
        if not any(overlap(k, better) for better in greedy):
            greedy.append(k)
    # Chains longer than the rounds reach may lose their end, but nothing else is kept.
    assert set(kept) <= set(greedy)
    index, number = alternatives_of(starts, ends, rank, np.array(kept, np.int64), 3)
    for group, winner in enumerate(kept):
        others = [k for k in range(len(loci)) if overlap(k, winner) and k != winner]
        mine = [
            k for k in others if not any(overlap(k, w) and rank[w] < rank[winner] for w in kept)
        ]
        expected = [winner, *sorted(mine, key=lambda k: int(rank[k]))][:3]
        assert index[number == group].tolist() == expected
