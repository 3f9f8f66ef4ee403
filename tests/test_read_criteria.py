"""Patterns of reads on a hairpin, and the criteria they are held against."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reads_helpers import FIVE, STRUCTURE, THREE

from mirpre.annotation.criteria import (
    CONTRADICTS,
    NO_EVIDENCE,
    PROFILES,
    SUPPORTS,
    ReadEvidence,
    at_most,
    judge,
)
from mirpre.annotation.duplex import Duplex, Fold
from mirpre.annotation.pattern import Tag, fits, pattern
from mirpre.annotation.records import READS, Span

ANIMAL = PROFILES["animal"]


def test_one_read_shows_no_arm_and_places_may_hang_over_the_ends() -> None:
    tags = [Tag((-2, 20), False, 9.0), Tag((30, 52), False, 1.0)]
    found = pattern("(" * 20 + "." * 12 + ")" * 20, tags)
    assert (found.mature, found.star) == ((-2, 20), (34, 56))
    assert found.arms.five == Span(0, 20, READS)
    assert found.arms.three is None


@pytest.mark.parametrize(
    ("structure", "five", "three", "duplex"),
    [
        ("((((((((((....))))))))))", (0, 10), (16, 26), Duplex(8, 0, 0)),
        # Two nt against two; a bulge of one nt; three nt against one.
        ("((..((((((....))))))..))", (0, 10), (16, 26), Duplex(6, 2, 0)),
        ("((.(((((((....)))))))))", (0, 10), (16, 25), Duplex(7, 1, 1)),
        ("((...(((((....))))).))", (0, 10), (16, 24), Duplex(5, 3, 2)),
        # The first and the last nt of the duplex unpaired.
        (".((((((.((....)).)))))).", (0, 10), (16, 26), Duplex(6, 2, 0)),
    ],
)
def test_duplexes_of_known_structures(
    structure: str, five: tuple[int, int], three: tuple[int, int], duplex: Duplex
) -> None:
    fold = Fold(structure)
    assert fold.star(five) == three
    assert fold.duplex(five, three) == duplex


@given(st.integers(0, 20), st.integers(12, 26))
def test_the_star_of_a_star_is_the_mature_sequence(start: int, length: int) -> None:
    fold = Fold("(" * 48 + "...." + ")" * 48)
    mature = (start, start + length)
    star = fold.star(mature)
    assert star is not None
    assert fold.star(star) == mature


# Of a precursor that passes all profiles, and what makes it fail.
GOOD = {FIVE: 80.0, THREE: 20.0}


def judged(
    reads: dict[tuple[int, int], float],
    profile: str,
    structure: str = STRUCTURE,
    opposite: float = 0,
    expected: float = 0,
) -> ReadEvidence:
    tags = [Tag(place, False, count) for place, count in sorted(reads.items())]
    if opposite:
        tags.append(Tag(FIVE, True, opposite))
    return judge(pattern(structure, tags), PROFILES[profile], expected)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_good_precursor_passes(profile: str) -> None:
    found = judged(GOOD, profile)
    assert found.failures == ()
    assert found.passes
    assert found.failed is None
    assert found.outcome == SUPPORTS


def swapped(structure: str, start: int, symbols: str) -> str:
    return structure[:start] + symbols + structure[start + len(symbols) :]


FAILING: list[tuple[str, str, dict[str, Any]]] = [
    ("strand", "animal", {"opposite": 101}),
    ("arm", "animal", {"reads": {(36, 58): 80}}),
    ("arm", "plant", {"reads": {(36, 58): 80}}),
    ("branch", "animal", {"structure": swapped(STRUCTURE, 42, "(...)(...)")}),
    ("length", "mirdeep2", {"reads": {(14, 40): 80}}),
    ("length", "plant", {"reads": {(14, 39): 80, (57, 82): 9}}),
    ("length", "plant", {"reads": {FIVE: 80, (60, 85): 9}}),
    (
        "paired",
        "mirdeep2",
        {"structure": swapped(swapped(STRUCTURE, 18, "." * 10), 68, "." * 10)},
    ),
    ("lengths", "mirdeep2", {"structure": swapped(STRUCTURE, 20, "." * 6), "reads": {}}),
    ("fit", "animal", {"reads": GOOD | {(0, 22): 12.0}}),
    ("fit", "animal", {"opposite": 12}),
    ("arm-lengths", "animal", {"reads": {(14, 33): 80, (63, 82): 20}}),
    (
        "pairs",
        "animal",
        {"structure": swapped(swapped(STRUCTURE, 18, "." * 6), 72, "." * 6)},
    ),
    ("loop", "animal", {"reads": {(24, 46): 80, (50, 72): 20}}),
    (
        "homogeneity",
        "animal",
        {"reads": {FIVE: 20, (13, 35): 15, (15, 37): 15, (12, 36): 9, THREE: 20}},
    ),
    ("overhang", "animal", {"reads": {FIVE: 80, (58, 82): 20}}),
    ("star", "animal", {"reads": {FIVE: 80, THREE: 1}}),
    ("star", "plant", {"reads": {FIVE: 80, (58, 82): 20}}),
    (
        "mismatches",
        "plant",
        {"structure": swapped(swapped(STRUCTURE, 18, "." * 6), 72, "." * 6)},
    ),
    ("precision", "plant", {"reads": GOOD | {(16, 38): 34.0}}),
    ("precision", "plant", {"opposite": 34}),
]


@pytest.mark.parametrize(("name", "profile", "change"), FAILING)
def test_each_criterion_fails_where_it_should(
    name: str, profile: str, change: dict[str, Any]
) -> None:
    if not change.get("reads", True):
        # A bulge of 6 nt: the star is shorter than the mature sequence by as much.
        change = {"structure": STRUCTURE[:20] + "." * 6 + STRUCTURE[20:], "reads": {(14, 36): 80}}
    found = judged(**({"reads": GOOD} | change), profile=profile)
    assert name in found.failures
    seen_only = set(found.failures) <= {"star"}
    assert found.outcome == (NO_EVIDENCE if seen_only else CONTRADICTS)


BOUNDS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("animal", "strand", {"opposite": 99.9}, {"opposite": 100}),
    ("animal", "length", {"mature": (14, 39)}, {"mature": (14, 40)}),
    ("animal", "paired", {"paired_share": 12 / 20}, {"paired_share": 0.59}),
    ("animal", "lengths", {"star": (60, 87)}, {"star": (60, 88)}),
    ("animal", "lengths", {"star": (60, 77)}, {"star": (60, 76)}),
    ("animal", "fit", {"elsewhere": 100 / 9}, {"elsewhere": 11.2}),
    ("animal", "fit", {"opposite": 100 / 9}, {"opposite": 11.2}),
    ("animal", "arm-lengths", {"mature": (14, 34)}, {"mature": (14, 33)}),
    ("animal", "arm-lengths", {"mature": (14, 40)}, {"mature": (14, 41)}),
    ("animal", "arm-lengths", {"star_seen": (60, 80)}, {"star_seen": (60, 79)}),
    ("animal", "arm-lengths", {"star_seen": (60, 86)}, {"star_seen": (60, 87)}),
    ("animal", "pairs", {"duplex": Duplex(16, 0, 0)}, {"duplex": Duplex(15, 0, 0)}),
    ("animal", "loop", {"loop_length": 8}, {"loop_length": 7}),
    ("animal", "homogeneity", {"homogeneity": 0.5}, {"homogeneity": 0.49}),
    ("animal", "overhang", {"overhang_reads": 10.1}, {"overhang_reads": 10}),
    ("animal", "star", {"star_reads": 2}, {"star_reads": 1}),
    ("plant", "length", {"mature": (14, 34)}, {"mature": (14, 33)}),
    ("plant", "length", {"mature": (14, 38)}, {"mature": (14, 39)}),
    ("plant", "length", {"star_seen": (60, 84)}, {"star_seen": (60, 85)}),
    ("plant", "mismatches", {"duplex": Duplex(15, 5, 3)}, {"duplex": Duplex(15, 6, 3)}),
    ("plant", "bulges", {"duplex": Duplex(15, 5, 3)}, {"duplex": Duplex(15, 5, 4)}),
    ("plant", "precursor", {"precursor_length": 300}, {"precursor_length": 301}),
    ("plant", "precision", {"precision": 0.75}, {"precision": 0.749}),
    ("plant", "star", {"overhang_reads": 1}, {"overhang_reads": 0}),
]


@pytest.mark.parametrize(("profile", "name", "holds", "fails"), BOUNDS)
def test_criteria_hold_up_to_their_bounds(
    profile: str, name: str, holds: dict[str, Any], fails: dict[str, Any]
) -> None:
    good = judged(GOOD, profile).pattern
    [criterion] = [c for c in PROFILES[profile].criteria if c.name == name]
    assert criterion.holds(replace(good, **holds))
    assert not criterion.holds(replace(good, **fails))


@pytest.mark.parametrize(("count", "failed"), [(9, "reads"), (10, "star")])
def test_ten_reads_are_a_pattern(count: float, failed: str) -> None:
    assert judged({FIVE: count}, "animal").failed == failed


@pytest.mark.parametrize(
    ("read", "fitting"),
    [
        ((8, 37), True),
        ((7, 32), False),
        ((10, 38), False),
        ((14, 20), True),
    ],
)
def test_a_read_fits_from_2_nt_before_to_5_nt_behind(read: tuple[int, int], fitting: bool) -> None:
    assert fits(read, (10, 32)) == fitting


def test_every_criterion_is_tried_above_or_below() -> None:
    tried = {name for name, _, _ in FAILING} | {"bulges", "precursor"}
    for profile in PROFILES.values():
        assert {criterion.name for criterion in profile.criteria} <= tried


def test_the_guide_has_every_criterion_in_the_words_of_the_code() -> None:
    guide = (Path(__file__).parent.parent / "docs" / "reads.md").read_text(encoding="utf-8")
    for profile in PROFILES.values():
        assert f"**`{profile.name}`**" in guide
        for criterion in profile.criteria:
            assert f"| `{criterion.name}` | {criterion.asks} | " in guide


def test_bulges_and_long_precursors_fail_in_plants() -> None:
    bulged = STRUCTURE[:20] + "...." + STRUCTURE[20:]
    assert judged({(14, 36): 80}, "plant", bulged).failures == ("bulges", "star")
    long = "(" * 35 + "." * 260 + ")" * 35
    assert judged({(8, 30): 80, (302, 324): 9}, "plant", long).failures == ("precursor",)


def test_a_missing_star_is_no_evidence_against() -> None:
    found = judged({FIVE: 5000.0}, "animal", expected=100)
    assert (found.failed, found.outcome) == ("star", NO_EVIDENCE)


@pytest.mark.parametrize(
    ("reads", "expected", "outcome"),
    [
        (0, 0.3, NO_EVIDENCE),
        (0, 4.6, NO_EVIDENCE),
        (0, 4.7, CONTRADICTS),
        (9, 10, NO_EVIDENCE),
        (9, 30, CONTRADICTS),
    ],
)
def test_few_reads_contradict_only_where_files_are_deep(
    reads: float, expected: float, outcome: str
) -> None:
    found = judged({FIVE: reads} if reads else {}, "animal", expected=expected)
    assert found.failures == ("reads",)
    assert found.outcome == outcome


def test_reads_left_out_keep_a_deep_file_from_contradicting() -> None:
    empty = pattern(STRUCTURE, [])
    assert judge(empty, ANIMAL, 50, left_out=0).outcome == CONTRADICTS
    assert judge(empty, ANIMAL, 50, left_out=60).outcome == NO_EVIDENCE


def test_the_poisson_probability_is_right() -> None:
    assert at_most(0, 2) == pytest.approx(0.1353352832)
    assert at_most(3, 2) == pytest.approx(0.8571234605)
    assert at_most(9, 300) < 1e-100
