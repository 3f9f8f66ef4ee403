"""Hairpins in tandem repeats: which ones they are, and what the scan does with them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Run, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_helpers import DATA, fasta, precursors, random_letters, repeated

from mirpre.scanning.letters import opposite_strand, to_letters
from mirpre.scanning.repeats import SHARE, in_tandem_repeats
from mirpre.scanning.settings import REACH, REPEAT_MARGIN, WORD

SATELLITE = "ACCAGTACGGG"


def verdicts(text: str, *places: tuple[int, int]) -> list[bool]:
    starts, ends = np.array(places, np.int64).reshape(-1, 2).T
    return in_tandem_repeats(to_letters(text.encode()), starts, ends).tolist()


def naive(text: str, start: int, end: int) -> bool:
    words = [text[i : i + WORD] for i in range(len(text) - WORD + 1)]
    covered = set()
    for i, word in enumerate(words):
        if "N" not in word and word in words[i + 1 : i + REACH + 1]:
            j = words.index(word, i + 1)
            covered |= {*range(i, i + WORD), *range(j, j + WORD)}
    return len(covered & set(range(start, end))) >= SHARE * (end - start)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 99), st.sampled_from([15, 40, 260]), st.booleans())),
    st.lists(st.tuples(st.integers(0, 400), st.integers(20, 150)), max_size=3),
)
def test_the_verdict_is_that_of_the_definition(
    pieces: list[tuple[int, int, bool]], places: list[tuple[int, int]]
) -> None:
    text = "".join(
        repeated(seed, n, 14) if again else random_letters(seed, n, "ACGTN")
        for seed, n, again in pieces[:4]
    ).replace("T", "U")
    inside = [(s, s + n) for s, n in places if s + n <= len(text)]
    assert verdicts(text, *inside) == [naive(text, *place) for place in inside]


@given(st.integers(0, 999), st.integers(1, 300), st.integers(1, 200))
def test_the_verdict_depends_on_the_margin_alone(seed: int, unit: int, beside: int) -> None:
    text = random_letters(seed, 400) + repeated(seed, 150 + beside, unit) + random_letters(1, 400)
    start, end = 440, 530
    (whole,) = verdicts(text, (start, end))
    part = text[start - REPEAT_MARGIN : end + REPEAT_MARGIN]
    assert verdicts(part, (REPEAT_MARGIN, REPEAT_MARGIN + end - start)) == [whole]
    opposite = opposite_strand(to_letters(text.encode()))
    mirrored = np.array([len(text) - end]), np.array([len(text) - start])
    assert in_tandem_repeats(opposite, *mirrored).tolist() == [whole]


def test_repeats_are_told_from_other_sequence() -> None:
    text = random_letters(1, 1000) + SATELLITE * 30 + random_letters(2, 1000) + "CA" * 50
    assert verdicts(text, (300, 380), (1100, 1180), (2000, 2080), (len(text) - 80, len(text))) == [
        False,
        True,
        False,
        True,
    ]
    assert verdicts(text) == []
    assert verdicts("ACGT", (0, 4)) == [False]
    for sequence in precursors().values():
        assert verdicts(sequence, (0, len(sequence))) == [False]


def test_far_copies_are_no_tandem_repeat() -> None:
    sequence = random_letters(3, 100)
    text = sequence + random_letters(4, REACH) + sequence
    assert verdicts(text, (0, 100)) == [False]
    assert verdicts(sequence + random_letters(4, REACH - 100) + sequence, (0, 100)) == [True]


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    path = tmp_path / "genome.fa"
    let7 = precursors()["hsa-let-7a-1"].replace("U", "T")
    text = random_letters(5, 2000) + SATELLITE * 200 + random_letters(6, 1000) + let7
    path.write_text(fasta({"c": text + random_letters(7, 1000)}))
    return path


def test_the_scan_leaves_repeats_out_and_says_so(run: Run, genome: Path) -> None:
    kept = run("scan-genome", genome, "--repeats", "keep", "--format", "bed")
    done = run("scan-genome", genome, "--format", "bed", "--json", "run.json")
    assert done.returncode == kept.returncode == 0
    assert kept.stderr == ""
    assert (
        json.loads((genome.parent / "run.json").read_text())["loci_in_inverted_repeats_skipped"]
        == 0
    )
    left_out = json.loads((genome.parent / "run.json").read_text())[
        "loci_in_tandem_repeats_skipped"
    ]
    assert left_out > 5
    assert f"{left_out} loci in tandem repeats left out" in done.stderr

    def body(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith("#")]

    def in_satellite(line: str) -> bool:
        start, end = map(int, line.split("\t")[1:3])
        return start >= 1990 and end <= 4210

    rest = [line for line in body(kept.stdout) if not in_satellite(line)]
    assert body(done.stdout) == rest
    assert len(body(kept.stdout)) == len(rest) + left_out
    assert any(line.startswith("c\t52") for line in rest)


def test_the_number_left_out_does_not_depend_on_how_it_runs(run: Run, genome: Path) -> None:
    summaries = []
    for options in (["-t", "1"], ["-t", "2"], ["--resume"]):
        run("scan-genome", genome, "--classify", *options, "-o", "x.tsv", "--json", "run.json")
        summary = json.loads((genome.parent / "run.json").read_text())
        summaries.append(summary["loci_in_tandem_repeats_skipped"])
    assert summaries[0] == summaries[1] == summaries[2] > 5


def test_one_strand_of_a_place(run: Run) -> None:
    genome = DATA / "genome.fa"
    options = ("--classify", "--all", "-s", "sensitive", "-t")
    both = rows(run("scan-genome", genome, *options, 1).stdout)
    outputs = [run("scan-genome", genome, *options, t, "--strands", "best") for t in (1, 2)]
    assert outputs[0].returncode == 0, outputs[0].stderr
    assert outputs[0].stdout == outputs[1].stdout
    best = rows(outputs[0].stdout)
    assert 3 <= len(best) < len(both)
    assert all(row in both for row in best)
    done = run("scan-genome", genome, "--strands", "best")
    assert done.returncode == 2
    assert "need --classify" in done.stderr
