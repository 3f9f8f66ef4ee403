"""Inputs as people have them: several files, other compressions, FASTQ, gzip with regions."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run, rows

ONE = ">a\nGGGGAAAACCCC\n"
TWO = ">b\nGGGCGAAAGCCC\n>c\nGGGGAAAACCCC\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "one.fa").write_text(ONE)
    (tmp_path / "two.fa.gz").write_bytes(gzip.compress(TWO.encode()))
    (tmp_path / "empty.fa").write_text("")
    return tmp_path


@pytest.mark.parametrize("threads", [1, 2])
def test_several_files_are_as_one(run: Run, files: Path, threads: int) -> None:
    (files / "all.fa").write_text(ONE + TWO)
    whole = run("fold", "all.fa", "-t", threads)
    assert whole.stdout.count(">") == 3
    names = ("one.fa", "empty.fa", "two.fa.gz")
    assert run("fold", *names, "-t", threads).stdout == whole.stdout
    piped = run("fold", "one.fa", "-", "-t", threads, text=TWO)
    assert piped.stdout == whole.stdout
    calls = run("classify", *names, "-t", threads)
    assert [row["id"] for row in rows(calls.stdout)] == ["a", "b", "c"]
    assert run("encode", *names).stdout.count("\n") == 3


def test_files_of_several_kinds_are_told(run: Run, files: Path) -> None:
    (files / "folded").write_text(run("fold", "one.fa").stdout)
    done = run("classify", "two.fa.gz", "folded")
    assert done.returncode == 1
    assert done.stderr == (
        "mirpre: error: folded: this is folded text, and two.fa.gz is fasta text; give files of "
        "one kind at once\n"
    )
    assert run("classify", "-", "-", text=ONE).returncode == 2


def test_a_bad_record_names_its_file(run: Run, files: Path) -> None:
    (files / "bad.fa").write_text(">x\nACGTZ\n")
    done = run("fold", "one.fa", "bad.fa")
    assert done.returncode == 1
    assert done.stderr.startswith("mirpre: error: bad.fa:2: record 'x'")
    assert done.stdout.startswith(">a\n")


def test_no_output_replaces_one_of_several_inputs(run: Run, files: Path) -> None:
    done = run("fold", "one.fa", "two.fa.gz", "-o", "two.fa.gz")
    assert done.returncode == 2
    assert "would replace two.fa.gz" in done.stderr


def zstd(content: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression.zstd import compress
    else:
        from backports.zstd import compress
    packed: bytes = compress(content)
    return packed


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd])
def test_compressed_inputs(run: Run, files: Path, pack: object, data: Path) -> None:
    packed = pack(TWO.encode())  # type: ignore[operator]
    (files / "packed").write_bytes(packed)
    done = run("fold", "packed")
    assert done.stdout == run("fold", "two.fa.gz").stdout
    assert done.stdout.count(">") == 2
    with open(files / "packed", "rb") as stream:
        command = [sys.executable, "-m", "mirpre", "fold"]
        piped = subprocess.run(
            command, cwd=files, stdin=stream, capture_output=True, text=True, check=True
        )
    assert piped.stdout == done.stdout
    genome = pack((data / "genome.fa").read_bytes())  # type: ignore[operator]
    (files / "genome").write_bytes(genome)
    assert run("scan-genome", "genome").stdout.count(">") > 3
    (files / "packed").write_bytes(packed[: len(packed) - 9])
    cut = run("fold", "packed")
    assert cut.returncode == 1
    assert re.match(r"mirpre: error: packed.*: damaged or incomplete", cut.stderr), cut.stderr


def test_fastq_is_refused_with_a_word(run: Run) -> None:
    done = run("classify", text="@r1\nACGTACGT\n+\nIIIIIIII\n")
    assert done.returncode == 1
    assert done.stderr.startswith("mirpre: error: <stdin>: this is FASTQ, and ")
    assert done.stderr.count("\n") == 1


def test_regions_of_gzip_say_why_not(run: Run, files: Path, data: Path) -> None:
    (files / "genome.fa.gz").write_bytes(gzip.compress((data / "genome.fa").read_bytes()))
    done = run("scan-genome", "genome.fa.gz", "--regions", "chrA")
    assert done.returncode == 1
    assert "bgzip (not gzip): gunzip it, then bgzip it" in done.stderr


def test_versions_for_reports_of_bugs(run: Run) -> None:
    import RNA

    said = run("--version", "--verbose").stdout.splitlines()
    assert said[0] == run("--version").stdout.strip()
    assert f"ViennaRNA {RNA.__version__}" in said
    assert any(re.fullmatch(r"onnxruntime \d\S+", line) for line in said)
    assert run("-v", "-V").stdout.splitlines() == said


def test_a_model_of_ones_own_is_named_by_its_folder(run: Run, files: Path) -> None:
    import shutil

    from mirpre.models.registry import load_model_files

    shutil.copytree(load_model_files("cnn").folder, files / "mine")
    done = run("classify", "one.fa", "-m", "mine")
    assert "# model: mine\n" in done.stdout
    assert "# model: genome\n" in run("classify", "one.fa").stdout


def test_a_scan_in_several_formats(run: Run, data: Path, tmp_path: Path) -> None:
    scan = ("scan-genome", data / "genome.fa", "--classify")
    done = run(*scan, "--also", "bed", "calls.bed", "--also", "gff3", "calls.gff3", "--structure")
    assert done.returncode == 0, done.stderr
    calls = rows(done.stdout)
    assert all(len(row["structure"]) == int(row["length"]) for row in calls)
    for kind in ("bed", "gff3"):
        lines = (tmp_path / f"calls.{kind}").read_text().splitlines()
        assert len([line for line in lines if not line.startswith("#")]) == len(calls) > 1
    for refused in (["--also", "bed", "x"], ["--structure"]):
        done = run("scan-genome", data / "genome.fa", *refused)
        assert done.returncode == 2
        assert "need --classify" in done.stderr
    assert run(*scan, "--format", "bed", "--structure").returncode == 2
