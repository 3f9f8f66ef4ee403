"""Both folders give ViennaRNA's answers, record by record and in the order of the records."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest
import RNA

from mirpre.errors import WorkerError
from mirpre.folding import open_folder, viennarna
from mirpre.folding.step import fold, fold_chunk, full_chunk
from mirpre.folding.viennarna import fold_sequences
from mirpre.formats.fasta import read_fasta
from mirpre.formats.opening import open_lines
from mirpre.processes import WorkerProcesses
from mirpre.records import Hairpin
from mirpre.timing import StageSeconds

FOLDERS = [("native", 0), ("viennarna", 0), ("viennarna", 2)]


def sequences(n: int, longest: int = 150) -> list[str]:
    draw = random.Random(1)
    return ["".join(draw.choices("ACGU", k=draw.randint(1, longest))) for _ in range(n)]


def fail(sequences: list[str]) -> list[tuple[str, float]]:
    raise ArithmeticError(f"{len(sequences)} sequences")


@pytest.mark.parametrize(("name", "processes"), FOLDERS)
def test_the_fold_is_viennarnas_mfe(name: str, processes: int) -> None:
    with open_folder(name, processes) as (folder, trouble):
        found = folder.fold(sequences(50))
    assert (folder.name, trouble) == (name, "")
    for sequence, ours in zip(sequences(50), found, strict=True):
        structure, mfe = RNA.fold(sequence)
        assert ours == (structure, pytest.approx(mfe, abs=1e-5))


@pytest.mark.parametrize(("name", "processes"), FOLDERS)
def test_ambiguity_letters_fold_as_n(name: str, processes: int) -> None:
    stem = "GGGGG{}AAAA{}CCCCC"
    expected = fold_sequences([stem.format("N", "N")])
    with open_folder(name, processes) as (folder, _):
        for letter in "RYSWKMBDHVN":  # ViennaRNA would let K pair with X
            assert folder.fold([stem.format(letter, letter)]) == expected


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("name", "processes"), FOLDERS)
def test_order_and_headers_are_kept(name: str, processes: int, threads: int) -> None:
    hairpins = [Hairpin(f"r{i} words", s) for i, s in enumerate(sequences(600, 50))]
    times = StageSeconds()
    with open_folder(name, processes) as (folder, _):
        folded = list(fold(hairpins, folder, threads, times))
    assert [(f.header, f.sequence) for f in folded] == [(h.header, h.sequence) for h in hairpins]
    assert [(f.structure, f.mfe) for f in folded] == fold_sequences([h.sequence for h in hairpins])
    assert times.seconds["fold"] > 0


def test_what_has_a_structure_keeps_it() -> None:
    first, last = Hairpin("a", "GGGGAAAACCCC"), Hairpin("c", "GGGAAACCC")
    known = Hairpin("b", "GGGGAAAACCCC", "((......))..", -0.1)
    with open_folder("native") as (folder, _):
        folded = fold_chunk([first, known, last], folder)
    assert [f.structure for f in folded] == ["((((....))))", "((......))..", "(((...)))"]
    assert folded[1] == known


def test_a_chunk_is_as_much_folding_as_the_folder_wants_at_once() -> None:
    with open_folder("viennarna") as (folder, _):
        is_full = full_chunk(folder, 1000)
    most = folder.square_letters
    lengths = [100] * (most // 100**2 + 1)
    chunk: list[Hairpin] = []
    sizes = []
    for length in lengths * 2:
        chunk.append(Hairpin("x", "A" * length))
        if is_full(chunk):
            sizes.append(sum(len(hairpin) ** 2 for hairpin in chunk))
            chunk = []
    assert sizes == [most, most]
    assert [is_full([Hairpin("x", "A")] * n) for n in (999, 1000, 1001)] == [False, True, True]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_worker_that_fails_is_an_error_with_its_cause(threads: int) -> None:
    hairpins = [Hairpin("x", sequence) for sequence in sequences(1000)]
    with WorkerProcesses(fail, 1) as workers:
        folder = viennarna.ViennaFolder(workers)
        with pytest.raises(WorkerError, match=r"ArithmeticError: \d+ sequences"):
            list(fold(hairpins, folder, threads, StageSeconds()))


@pytest.mark.skipif(shutil.which("RNAfold") is None, reason="the RNAfold program is not installed")
def test_output_is_rnafolds(data: Path) -> None:
    ours = (data / "expected" / "hairpins.folded").read_text()
    with open_lines(str(data / "hairpins.fa")) as lines:
        fasta = "".join(f">{r.header}\n{r.sequence}\n" for r in read_fasta(lines))
    command = ["RNAfold", "--noPS"]
    theirs = subprocess.run(command, input=fasta, capture_output=True, text=True, check=True)
    assert ours == theirs.stdout
