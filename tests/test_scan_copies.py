"""Copies of a hairpin in a genome: which ones they are, what is counted, and that it is steady."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run, rows
from hypothesis import given
from hypothesis import strategies as st
from scan_helpers import blocks, fasta, precursors, random_letters

from mirpre.errors import FileError
from mirpre.folding import native
from mirpre.models.model import load_model
from mirpre.records import Call, Candidate, Hairpin, Locus, parse_locus
from mirpre.scanning import copies
from mirpre.scanning.chunks import read_chunks
from mirpre.scanning.copies import SKETCH, WORD, CopyIndex, sketches, with_copies
from mirpre.scanning.letters import reverse_complement
from mirpre.scanning.pipeline import Caller, Scan
from mirpre.scanning.settings import settings_of
from mirpre.scanning.spool import Spool

LET7 = precursors()["hsa-let-7a-1"]


def called(
    sequence: str, start: int, strand: str = "+", contig: str = "c", *, positive: bool = True
) -> Call:
    place = Locus(contig, start, start + len(sequence), strand)
    hairpin = Hairpin(str(place), sequence, locus=place)
    return Call(hairpin, 0.5, positive, candidate=Candidate(hairpin, 0))


def apart(*sequences: str) -> list[Call]:
    return [called(sequence, 1000 * k) for k, sequence in enumerate(sequences)]


def counted(*calls: Call, called_only: bool = False) -> list[int | None]:
    return [call.copies for call in with_copies(calls, called_only=called_only)]


def mutated(sequence: str, share: float, seed: int) -> str:
    rng = random.Random(seed)
    return "".join(
        rng.choice("ACGU".replace(letter, "")) if rng.random() < share else letter
        for letter in sequence
    )


def naive(sequence: str) -> list[int]:
    words = {sequence[i : i + WORD] for i in range(len(sequence) - WORD + 1)}
    known = {min(w, reverse_complement(w)) for w in words if not set(w) - set("ACGU")}
    codes = [int("".join(str("ACGU".index(letter)) for letter in w), 4) for w in known]
    hashes = copies._hash(np.array(codes, np.uint32)).tolist()
    return [*sorted(hashes), *[0xFFFFFFFF] * SKETCH][:SKETCH]


@given(st.lists(st.text("ACGUN", max_size=40), max_size=5))
def test_a_sketch_is_that_of_the_definition(sequences: list[str]) -> None:
    assert sketches(sequences).tolist() == [naive(sequence) for sequence in sequences]
    opposite = [reverse_complement(sequence) for sequence in sequences]
    assert sketches(opposite).tolist() == sketches(sequences).tolist()


def test_every_word_has_a_hash_of_its_own() -> None:
    hashes = np.sort(copies._hash(np.arange(4**WORD, dtype=np.uint32)))
    assert (np.diff(hashes.astype(np.int64)) > 0).all()
    assert hashes[-1] < 0xFFFFFFFF


def test_copies_on_either_strand_are_counted_with_the_hairpin_itself() -> None:
    other = random_letters(1, 80, "ACGU")
    calls = apart(LET7, other, LET7[3:], reverse_complement(LET7)[:-2], "ACGU", "ACGUACGU")
    assert counted(*calls) == [3, 1, 3, 3, 1, 1]
    assert counted() == []


def test_diverged_copies_are_mostly_found_and_distant_ones_are_not() -> None:
    originals = [random_letters(seed, 80, "ACGU") for seed in range(300)]
    for share, least, most in ((0.02, 270, 300), (0.05, 190, 270), (0.25, 0, 15)):
        others = [mutated(sequence, share, seed) for seed, sequence in enumerate(originals)]
        found = counted(*apart(*originals, *others))
        assert least <= found[:300].count(2) <= most
        assert found[:300] == found[300:]


def test_unrelated_hairpins_are_no_copies() -> None:
    made = [random_letters(seed, 80, "ACGU") for seed in range(4000)]
    poor = [random_letters(seed, 80, "AAAUUUCG") for seed in range(5000, 6000)]
    arms = [random_letters(seed, 38, "ACGU") for seed in range(6000, 7000)]
    stems = [arm + reverse_complement(arm[:30]) for arm in arms]
    assert set(counted(*apart(*made, *poor, *stems))) == {1}


def test_both_strands_of_a_place_count_once() -> None:
    back = reverse_complement(LET7)
    calls = [
        called(LET7, 100),
        called(back, 110, "-"),
        called(LET7, 5000),
        called(back[:-5], 5000, "-", "d"),
        called(LET7, 5001, "+", "d"),
    ]
    assert counted(*calls) == [3] * 5
    # Less than half is shared: another place.
    assert counted(called(LET7, 100), called(back, 150, "-")) == [2, 2]


def test_what_is_not_called_counts_but_does_not_come() -> None:
    calls = [called(LET7, 1000 * k, positive=k % 2 == 0) for k in range(5)]
    assert counted(*calls, called_only=True) == [5, 5, 5]
    assert counted(*calls) == [5] * 5


@given(st.lists(st.sampled_from([LET7, LET7[5:], *precursors().values()]), max_size=30))
def test_parts_change_nothing(sequences: list[str]) -> None:
    calls = apart(*sequences)
    index, numbers = CopyIndex(), []
    for one in calls:
        numbers += list(index.add([one]))
    assert numbers == list(range(len(calls)))
    one_by_one = [index.copies([n], [call])[0] for n, call in zip(numbers, calls, strict=True)]
    assert one_by_one == counted(*calls)


def test_many_calls_lie_in_a_file_and_many_copies_end_the_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(copies, "_HELD", 1000)
    calls = apart(*[LET7] * 1200, random_letters(1, 80, "ACGU"))
    found = list(with_copies(calls))
    assert [call.copies for call in found] == [1000] * 1200 + [1]
    assert [call.hairpin for call in found] == [call.hairpin for call in calls]
    assert [call.candidate for call in found] == [call.candidate for call in calls]


def test_no_space_for_a_temporary_file_is_an_expected_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spool = Spool[int](1)
    with open("/dev/full", "wb", buffering=0) as full:
        monkeypatch.setattr(spool, "_file", full)
        with pytest.raises(FileError, match="cannot write a temporary file: No space left"):
            spool.add([1])
    monkeypatch.undo()


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    """Three copies of one precursor, one of them on the minus strand, and one of another."""
    let7, mir21 = (precursors()[name].replace("U", "T") for name in ("hsa-let-7a-1", "hsa-mir-21"))
    back = let7[::-1].translate(str.maketrans("ACGT", "TGCA"))
    texts = [random_letters(60 + k, 2000) for k in range(4)]
    contigs = {
        "a": texts[0] + let7 + texts[1] + mir21 + texts[2],
        "b": back + texts[3] + let7 + texts[0][:500],
    }
    path = tmp_path / "genome.fa"
    path.write_text(fasta(contigs))
    return path


def test_a_scan_counts_copies_and_leaves_frequent_ones_out(run: Run, genome: Path) -> None:
    options = ("scan-genome", genome, "--classify", "--prior", 3000)
    outputs = [
        run(*options, "-t", 1),
        run(*options, "-t", 2),
        run(*options, "--resume", "-o", "out.tsv"),
    ]
    assert outputs[0].returncode == 0, outputs[0].stderr
    assert outputs[0].stdout == outputs[1].stdout
    found = rows(outputs[0].stdout)
    assert rows((genome.parent / "out.tsv").read_text()) == found

    def near(contig: str, start: int) -> set[str]:
        loci = ((parse_locus(row["id"], int(row["length"])), row["copies"]) for row in found)
        return {n for at, n in loci if at and at.contig == contig and abs(at.start - start) < 20}

    assert near("a", 2000) == near("b", 0) == near("b", 2080) == {"3"}
    assert near("a", 4080) == {"1"}
    few = run(*options, "--max-copies", 2)
    assert rows(few.stdout) == [row for row in found if int(row["copies"]) <= 2]
    left_out = len(found) - len(rows(few.stdout))
    assert f"{left_out} hairpins with more copies left out (--max-copies)" in few.stderr
    everything = rows(run(*options, "--all").stdout)
    assert [row for row in everything if row["call"] == "pre-miRNA"] == found


@pytest.mark.parametrize("best_strand", [False, True])
def test_threads_and_chunks_change_no_call(genome: Path, best_strand: bool) -> None:
    caller = Caller.of(load_model("genome"), "default", prior=3000, best_strand=best_strand)
    wanted = settings_of("default", classify=True, best_strand=best_strand)

    def found(chunk: int, threads: int, **options: Any) -> list[Call]:
        chunks = read_chunks(blocks(genome.read_text()), chunk, wanted.margin)
        scan = Scan(wanted, threads=threads, folder=native.load())
        calls = list(scan.calls(chunks, caller, **options))
        # Numbers within a batch.
        return [replace(call, candidate=replace(call.candidate, group=0)) for call in calls]

    whole = found(100_000, 1)
    assert found(700, 1) == found(2000, 2) == found(100_000, 2) == whole
    called = [call for call in whole if call.is_positive]
    assert found(700, 2, called_only=True) == called
    assert found(700, 2, max_copies=1) == [call for call in whole if call.copies == 1]
    assert {call.copies for call in called} == {1, 3}


def test_starts_ascend_in_a_scan(run: Run, genome: Path) -> None:
    """What places are told by."""
    loci = rows(run("scan-genome", genome, "--format", "tsv", "-s", "sensitive").stdout)
    for one, other in pairwise(loci):
        assert one["contig"] != other["contig"] or int(one["start"]) <= int(other["start"])
