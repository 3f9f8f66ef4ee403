"""Structures and energies are ViennaRNA's own."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest
import RNA

from mirpre.folding import fold, fold_sequence, fold_sequences
from mirpre.formats.fasta import read_fasta
from mirpre.formats.opening import open_lines
from mirpre.parallel import WorkerPool
from mirpre.records import Hairpin


def sequences(n: int) -> list[str]:
    draw = random.Random(1)
    return ["".join(draw.choices("ACGU", k=draw.randint(1, 150))) for _ in range(n)]


def test_the_fold_is_viennarnas_mfe() -> None:
    for sequence in sequences(50):
        structure, mfe = RNA.fold(sequence)
        assert fold_sequence(sequence) == (structure, pytest.approx(mfe, abs=1e-5))


def test_ambiguity_letters_fold_as_n() -> None:
    stem = "GGGGG{}AAAA{}CCCCC"
    expected = fold_sequence(stem.format("N", "N"))
    for letter in "RYSWKMBDHVN":  # ViennaRNA would let K pair with X
        assert fold_sequence(stem.format(letter, letter)) == expected


@pytest.mark.parametrize("workers", [1, 2])
def test_order_and_headers_are_kept(workers: int) -> None:
    hairpins = [Hairpin(f"r{i} words", s) for i, s in enumerate(sequences(100))]
    with WorkerPool(fold_sequences, workers) as pool:
        folded = list(fold(hairpins, pool))
    assert [(f.header, f.sequence) for f in folded] == [(h.header, h.sequence) for h in hairpins]
    assert [(f.structure, f.mfe) for f in folded] == [fold_sequence(h.sequence) for h in hairpins]


@pytest.mark.skipif(shutil.which("RNAfold") is None, reason="the RNAfold program is not installed")
def test_output_is_rnafolds(data: Path) -> None:
    ours = (data / "expected" / "hairpins.folded").read_text()
    with open_lines(str(data / "hairpins.fa")) as lines:
        fasta = "".join(f">{r.header}\n{r.sequence}\n" for r in read_fasta(lines))
    command = ["RNAfold", "--noPS"]
    theirs = subprocess.run(command, input=fasta, capture_output=True, text=True, check=True)
    assert ours == theirs.stdout
