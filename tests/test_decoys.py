"""Shuffled sequence: what it keeps, on what it depends, and the q-values that come of it."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import Run, rows
from hypothesis import given
from hypothesis import strategies as st
from scan_helpers import blocks, fasta, precursors, random_letters

from mirpre.scanning import _search
from mirpre.scanning.batches import CHUNK_LETTERS
from mirpre.scanning.chunks import Chunk, read_chunks
from mirpre.scanning.decoys import BLOCK, decoy_chunks


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


def decoys(text: str, chunk: int, margin: int = 500) -> list[Chunk]:
    parts = read_chunks(blocks(text), chunk, margin)
    return [
        decoy
        for part in parts
        for decoy in decoy_chunks([part], 2, soft_mask=False, keep_repeats=False)
    ]


def test_decoys_do_not_depend_on_how_a_genome_is_cut() -> None:
    text = fasta({"a": random_letters(1, 3 * BLOCK + 77), "b": random_letters(2, 50, "ACGTN")})
    whole = decoys(text, CHUNK_LETTERS)
    assert CHUNK_LETTERS % BLOCK == 0
    assert [(d.contig, d.start, len(d.sequence)) for d in whole[::2]] == [
        *(("a", k * BLOCK, BLOCK) for k in range(3)),
        ("a", 3 * BLOCK, 77),
        ("b", 0, 50),
    ]
    assert decoys(text, BLOCK) == decoys(text, 2 * BLOCK, 3) == whole
    assert whole[0].sequence != whole[1].sequence


def test_repeats_that_the_scan_leaves_out_are_not_shuffled() -> None:
    unit = random_letters(3, 17)
    text = random_letters(4, 500) + unit * 40 + random_letters(5, 500)
    chunk = Chunk("c", 0, text.encode(), 0, len(text))
    (decoy,) = decoy_chunks([chunk], 1, soft_mask=False, keep_repeats=False)
    unknown = [i for i, letter in enumerate(decoy.sequence) if letter == ord("N")]
    assert unknown == list(range(500, 500 + 17 * 40))
    (decoy,) = decoy_chunks([chunk], 1, soft_mask=False, keep_repeats=True)
    assert b"N" not in decoy.sequence


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    found = "".join(random_letters(k, 4000) + s for k, s in enumerate(precursors().values()))
    path = tmp_path / "genome.fa"
    path.write_text(fasta({"chr1": found.replace("U", "T")}))
    return path


def test_q_values_in_every_format(run: Run, genome: Path) -> None:
    options = ("--classify", "--all", "--decoys", 2, "-s", "sensitive")
    outputs = [run("scan-genome", genome, *options, "-t", threads) for threads in (1, 2)]
    table = outputs[0].stdout
    assert outputs[0].returncode == 0, outputs[0].stderr
    assert outputs[1].stdout == table
    assert "# decoys: 2 shuffled copies\n" in table
    found = rows(table)
    q = [float(row["q_value"]) for row in sorted(found, key=lambda r: -float(r["probability"]))]
    assert q == sorted(q)
    assert 0 < q[0] < q[-1] <= 1
    plain = rows(run("scan-genome", genome, "--classify", "--all", "-s", "sensitive").stdout)
    assert plain == [{k: v for k, v in row.items() if k != "q_value"} for row in found]
    lines = run("scan-genome", genome, *options, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["q_value"] for line in lines] == [float(r["q_value"]) for r in found]
    gff3 = run("scan-genome", genome, *options, "--format", "gff3").stdout
    assert gff3.count(f"q_value={found[0]['q_value']}") >= 1
    resumed = run("scan-genome", genome, *options, "--resume", "-o", "out.tsv")
    assert resumed.returncode == 0, resumed.stderr
    assert rows((genome.parent / "out.tsv").read_text()) == found


def test_decoys_need_calls(run: Run, genome: Path) -> None:
    done = run("scan-genome", genome, "--decoys", 1)
    assert done.returncode == 2
    assert "--decoys need --classify" in done.stderr
