"""Places of a genome against those of its mirror: who wins, and what counts once."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scan_helpers import random_letters

from mirpre.records import Call, Candidate, Hairpin, Locus
from mirpre.scanning import competition
from mirpre.scanning.competition import LOST, Contenders, Outcome
from mirpre.scanning.duplicates import LETTERS, is_copy
from mirpre.scanning.letters import reverse_complement


def call(
    start: int,
    end: int,
    probability: float,
    *,
    sequence: str = "",
    strand: str = "+",
    contig: str = "c",
    beaten: bool = False,
) -> Call:
    """A call at a place; its sequence is one of its own unless given."""
    sequence = sequence or random_letters(hash((start, end, probability)), 60, "ACGU")
    place = Locus(contig, start, end, strand)
    hairpin = Hairpin(str(place), sequence, locus=place)
    return Call(hairpin, probability, True, beaten=beaten, candidate=Candidate(hairpin, 0))


def compete(targets: list[Call], mirrored: list[Call]) -> Outcome:
    return competition.compete(Contenders(targets), Contenders(mirrored))


def wins(targets: list[Call], mirrored: list[Call]) -> list[tuple[float, bool]]:
    found = compete(targets, mirrored).wins
    return list(zip(found.score.tolist(), found.is_target.tolist(), strict=True))


def test_the_more_probable_one_wins_a_place_on_whichever_strand() -> None:
    targets = [call(0, 60, 0.5), call(100, 160, 0.75), call(300, 360, 0.5)]
    mirrored = [
        call(30, 90, 0.75, strand="-"),  # shares half
        call(131, 191, 0.875),  # shares less than half
        call(310, 340, 0.25),
        call(100, 160, 0.125, contig="d"),
    ]
    assert wins(targets, mirrored) == [
        *((0.875, False), (0.75, False), (0.75, True), (0.5, True), (0.125, False))
    ]
    assert compete(targets, mirrored).stands_for.tolist() == [LOST, 1, 2]


def test_a_tie_goes_to_the_mirror() -> None:
    for mirror in (call(0, 60, 0.5), call(20, 80, 0.5, strand="-"), call(10, 50, 0.5)):
        found = compete([call(10, 70, 0.5)], [mirror])
        assert found.wins.is_target.tolist() == [False]
        assert found.wins.is_tie.tolist() == [True]
        assert found.stands_for.tolist() == [LOST]
    assert not compete([call(10, 70, 0.5)], [call(10, 70, 0.4)]).wins.is_tie.any()


def test_chains_are_decided_best_first() -> None:
    targets = [call(0, 60, 0.9), call(60, 120, 0.7)]
    assert wins(targets, [call(30, 90, 0.8)]) == [(0.9, True), (0.7, True)]
    assert wins(targets, [call(30, 90, 0.95)]) == [(0.95, False)]
    row = [call(30 * k, 30 * k + 60, 1 - k / 1000) for k in range(101)]
    assert len(wins(row[::2], row[1::2])) == 51


def test_a_beaten_call_stands_for_the_better_strand_and_takes_no_part() -> None:
    targets = [
        call(0, 60, 0.9),
        call(5, 65, 0.4, strand="-", beaten=True),
        call(200, 260, 0.5),
        call(210, 270, 0.25, strand="-", beaten=True),
        call(400, 460, 0.25, beaten=True),  # by one that gave way itself
    ]
    found = compete(targets, [call(240, 300, 0.2), call(200, 260, 0.75)])
    assert found.stands_for.tolist() == [0, 0, LOST, LOST, 4]
    assert found.wins.score.tolist() == [0.9, 0.75, 0.2]


def test_nothing_competes_with_nothing() -> None:
    assert wins([], []) == []
    assert wins([call(0, 60, 0.5)], []) == [(0.5, True)]
    assert wins([], [call(0, 60, 0.5)]) == [(0.5, False)]
    with pytest.raises(ValueError, match="no place"):
        compete([Call(Hairpin("x", "ACGU"), 0.5, True)], [])


def test_of_copies_the_best_counts_whoever_wins_it() -> None:
    hairpin = random_letters(1, 80, "ACGU")
    changed = hairpin[:30] + "ACGU"[("ACGU".index(hairpin[30]) + 1) % 4] + hairpin[31:]
    forms = [hairpin, hairpin[::-1], reverse_complement(hairpin), changed, hairpin[8:]]
    for form in [*forms, reverse_complement(hairpin)[::-1]]:
        for mirror in ([call(500, 580, 0.9, sequence=form)], [call(500, 580, 0.5, sequence=form)]):
            found = wins([call(0, 80, 0.75, sequence=hairpin)], mirror)
            assert found == [max((0.75, True), (mirror[0].probability, False))]
    other = hairpin[:40] + random_letters(2, 40, "ACGU")
    assert len(wins([call(0, 80, 0.75, sequence=hairpin), call(200, 280, 0.5, sequence=other)], []))
    assert is_copy([hairpin, other, "", "N" * 50, "N" * 50]).tolist() == [False] * 5
    assert is_copy(["ACGUU", "ACGUU", "UUGCA", "AACGU", "AACGG"]).tolist() == [
        *(False, True, True, True, False)
    ]


def test_copies_are_told_with_any_number_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(3)
    pool = [random_letters(k, rng.randrange(10, 90), "ACGU") for k in range(30)]
    sequences = [rng.choice(pool) for _ in range(80)]
    expected = [sequence in sequences[:k] for k, sequence in enumerate(sequences)]
    assert is_copy(sequences).tolist() == expected
    monkeypatch.setattr("mirpre.scanning.duplicates.AT_ONCE", 7)
    assert is_copy(sequences).tolist() == expected
    for words in (50, 400):
        monkeypatch.setattr("mirpre.scanning.duplicates._SORTED", words)
        monkeypatch.setattr("mirpre.scanning.duplicates._SORTED_EACH", 0)
        assert is_copy(sequences).tolist() == expected
    for together in (1, 13, 1000):
        monkeypatch.setattr("mirpre.scanning.duplicates._TOGETHER", together)
        assert is_copy(sequences).tolist() == expected
    assert is_copy([]).tolist() == []
    assert LETTERS == 16  # as many as fill 32 bits


def test_many_calls_compete_in_blocks_and_their_sequences_lie_in_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = Random(4)
    pool = [random_letters(k, 70, "ACGU") for k in range(150)]
    sides: list[list[Call]] = [[], []]
    for k in range(600):
        start = rng.randrange(9000)
        sides[k % 2].append(
            call(
                *(start, start + 70, rng.randrange(50) / 50),
                sequence=rng.choice(pool),
                contig=rng.choice("abc"),
                beaten=rng.random() < 0.2,
            )
        )
    expected = compete(*sides)
    assert len(expected.wins.score) > 50
    for together, held in ((1, 1), (40, 2000)):
        monkeypatch.setattr(competition, "_TOGETHER", together)
        monkeypatch.setattr(competition, "_HELD", held)
        found = compete(*sides)
        assert found.stands_for.tolist() == expected.stands_for.tolist()
        for of, other in zip(vars(found.wins).values(), vars(expected.wins).values(), strict=True):
            assert of.tolist() == other.tolist()


PLACES = st.lists(st.tuples(st.integers(0, 600), st.integers(20, 60), st.integers(0, 6)))


@given(PLACES, PLACES, st.randoms(use_true_random=False))
def test_genome_and_mirror_are_exchangeable(
    ours: list[tuple[int, int, int]], theirs: list[tuple[int, int, int]], rng: Random
) -> None:
    probabilities = rng.sample(range(10_000), len(ours) + len(theirs))
    calls = [
        call(start, start + size, p / 10_000, sequence=random_letters(kind, 40, "ACGU"))
        for (start, size, kind), p in zip([*ours, *theirs], probabilities, strict=True)
    ]
    targets, mirrored = calls[: len(ours)], calls[len(ours) :]
    found = wins(targets, mirrored)
    assert wins(mirrored, targets) == [(p, not is_target) for p, is_target in found]
    assert [p for p, _ in found] == sorted((p for p, _ in found), reverse=True)
    rng.shuffle(targets)
    assert wins(targets, mirrored[::-1]) == found
