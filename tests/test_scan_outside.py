"""What lies outside a hairpin: what is counted, and what a scan does with inverted repeats."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from conftest import Run, rows
from hypothesis import given
from hypothesis import strategies as st
from scan_helpers import SMALL, blocks, fasta, precursors, random_letters

from mirpre.folding import native
from mirpre.records import Candidate, Hairpin, Locus
from mirpre.scanning.batches import batches
from mirpre.scanning.chunks import Chunk, read_chunks
from mirpre.scanning.outside import (
    INVERTED_REPEAT,
    OUTSIDE,
    look_outside,
    most_pairs,
    pairs_across,
    without_inverted_repeats,
)
from mirpre.scanning.stages import scan_batch

COMPLEMENT = str.maketrans("ACGT", "TGCA")
LET7 = precursors()["hsa-let-7a-1"].replace("U", "T")


def reverse_complement(dna: str) -> str:
    return dna[::-1].translate(COMPLEMENT)


def naive(structure: str, left: int, right: int) -> int:
    stack, found = [], 0
    for at, symbol in enumerate(structure):
        if symbol == "(":
            stack.append(at)
        elif symbol == ")" and stack.pop() < left and at >= len(structure) - right:
            found += 1
    return found


@given(st.text("ACGU", min_size=1, max_size=120), st.integers(0, 30), st.integers(0, 30))
def test_pairs_are_counted_between_the_flanks_alone(sequence: str, left: int, right: int) -> None:
    ((structure, _),) = native.load().fold([sequence])
    if left + right < len(sequence):
        assert pairs_across(structure, left, right) == naive(structure, left, right)


@given(st.text("ACGUN", max_size=OUTSIDE), st.text("ACGUN", max_size=OUTSIDE))
def test_no_structure_has_more_pairs_than_are_possible(left: str, right: str) -> None:
    opposite = right[::-1]
    longest = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, one in enumerate(left):
        for j, other in enumerate(opposite):
            pairs = {one, other} in ({"A", "U"}, {"C", "G"}, {"G", "U"})
            longest[i + 1][j + 1] = max(longest[i][j] + pairs, longest[i][j + 1], longest[i + 1][j])
    assert most_pairs([("", ""), (left, right)]).tolist() == [0, longest[-1][-1]]
    ((structure, _),) = native.load().fold([left + "GGAAACC" + right])
    assert pairs_across(structure, len(left), len(right)) <= longest[-1][-1]


def made(text: str, start: int, end: int, strand: str = "+", group: int = 0) -> Candidate:
    sequence = text[start:end] if strand == "+" else reverse_complement(text[start:end])
    place = Locus("c", start, end, strand)
    return Candidate(Hairpin(str(place), sequence.replace("T", "U"), locus=place), 0, group)


def looked(text: str, *candidates: Candidate) -> list[int | None]:
    chunk = Chunk("c", 0, text.encode(), 0, len(text))
    return [c.outside_pairs for c in look_outside(candidates, [chunk], native.load())]


def test_by_hand() -> None:
    arm = "GCATCCGGATTGACGGCTAACGTGC"
    assert len(arm) == OUTSIDE
    text = "AAAA" + arm + LET7 + reverse_complement(arm) + "AAAA"
    start, end = 4 + OUTSIDE, 4 + OUTSIDE + len(LET7)
    assert looked(text, made(text, start, end)) == [OUTSIDE]
    other = reverse_complement(text)
    assert looked(other, made(other, len(text) - end, len(text) - start, "-")) == [OUTSIDE]
    # An alternative has the number of the first of its locus, another locus its own.
    three = [made(text, start, end), made(text, 30, 60), made(text, 30, 60, group=1)]
    found = looked(text.lower(), *three)
    assert found[:2] == [OUTSIDE, OUTSIDE]
    assert found[2] != OUTSIDE
    assert looked(text.replace(arm, "N" * OUTSIDE), made(text, start, end)) == [0]
    assert looked(LET7, made(LET7, 0, len(LET7))) == [0]
    at_end = arm[-20:] + LET7 + reverse_complement(arm)
    assert looked(at_end, made(at_end, 20, 20 + len(LET7))) == [20]


def test_own_loci_that_are_left_out_are_counted() -> None:
    place = Locus("c", 0, 4, "+")
    candidates = [
        Candidate(Hairpin("x", "ACGU", locus=place), 0, group, is_own=own, outside_pairs=pairs)
        for group, own, pairs in [
            (0, True, INVERTED_REPEAT),
            (0, False, INVERTED_REPEAT),
            (1, True, INVERTED_REPEAT - 1),
            (2, False, 25),
            (3, True, None),
        ]
    ]
    kept, number = without_inverted_repeats(candidates)
    assert [c.group for c in kept] == [1, 3]
    assert number == 1


def found(text: str, chunk: int, batch: int, both: bool) -> tuple[list[Candidate], int]:
    """The first hairpin of each locus, and the number of loci that are left out."""
    wanted = dataclasses.replace(SMALL, alternatives=2, look_outside=True, opposite_strands=both)
    parts = batches(read_chunks(blocks(text), chunk, wanted.margin), batch)
    scanned = [scan_batch(wanted, part, native.load()) for part in parts]
    loci: list[Candidate] = []
    for part in scanned:
        heads: dict[int, Candidate] = {}
        for candidate in part.candidates:
            heads.setdefault(candidate.group, candidate)
        loci += [head for head in heads.values() if head.is_own]
    return loci, sum(part.inverted_repeats for part in scanned)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize(("chunk", "batch"), [(150, 1), (333, 2000), (1000, 1)])
def test_chunks_change_nothing(chunk: int, batch: int, both: bool) -> None:
    arm = random_letters(5, 120)
    inverted = arm + random_letters(6, 8) + reverse_complement(arm)
    text = fasta({"a": random_letters(7, 700) + inverted + arm, "b": inverted + "ACGTN" * 9})
    loci, left_out = found(text, 100_000, 100_000, both)
    assert left_out > 0
    assert all(candidate.outside_pairs is not None for candidate in loci)
    again, others = found(text, chunk, batch, both)
    assert others == left_out
    assert [(c.hairpin, c.outside_pairs) for c in again] == [
        (c.hairpin, c.outside_pairs) for c in loci
    ]


def test_a_mirrored_hairpin_has_mirrored_flanks() -> None:
    # Arms of an inverted repeat that go on beyond the hairpin, one flank unlike the other.
    arm = random_letters(3, 70)
    other = arm[::-1].translate(COMPLEMENT)
    text = random_letters(4, 300) + arm + "GAAA" + other + random_letters(5, 250)
    settings = dataclasses.replace(SMALL, fold=True, look_outside=True, keep_repeats=True)

    def scanned(sequence: str, mirrored: bool) -> list[tuple[str, int | None]]:
        chunk = Chunk("c", 0, sequence.encode(), 0, len(sequence))
        done = scan_batch(settings, [chunk], native.load(), mirrored=mirrored)
        return sorted((c.hairpin.sequence, c.outside_pairs) for c in done.candidates)

    read_backwards = scanned(text, mirrored=True)
    assert read_backwards == scanned(text[::-1], mirrored=False)
    assert max(pairs or 0 for _, pairs in read_backwards) >= INVERTED_REPEAT


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    """A precursor by itself, and one within an inverted repeat."""
    arm = random_letters(3, 60)
    text = random_letters(1, 1500) + LET7 + random_letters(2, 1500)
    text += arm + LET7 + reverse_complement(arm) + random_letters(4, 1500)
    path = tmp_path / "genome.fa"
    path.write_text(fasta({"c": text}))
    return path


def test_a_scan_leaves_inverted_repeats_out_and_says_so(run: Run, genome: Path) -> None:
    options = ("--classify", "--all", "--max-length", "90")
    kept = rows(run("scan-genome", genome, *options, "--repeats", "keep").stdout)
    inside = [row for row in kept if int(row["outside_pairs"]) >= INVERTED_REPEAT]
    rest = [row["id"] for row in kept if row not in inside]
    assert any(row["id"].startswith("c:31") for row in inside)
    assert any(name.startswith("c:15") for name in rest)
    for more in (["-t", "1"], ["-t", "2"], ["--resume"]):
        output = ("-o", "out.tsv", "--json", "run.json")
        done = run("scan-genome", genome, *options, *more, *output)
        assert done.returncode == 0, done.stderr
        found = rows((genome.parent / "out.tsv").read_text())
        assert [row["id"] for row in found] == rest
        summary = json.loads((genome.parent / "run.json").read_text())
        assert summary["loci_in_inverted_repeats_skipped"] == len(inside)
        assert f"{len(inside)} loc" in done.stderr
        assert "in longer inverted repeats left out" in done.stderr
    unclassified = run("scan-genome", genome, "--max-length", "90", "--format", "tsv")
    assert [row["id"] for row in rows(unclassified.stdout)] == [row["id"] for row in kept]
