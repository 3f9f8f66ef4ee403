"""Outputs that are inputs, each other, or cannot be made, are refused before any work."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path

import pytest
from conftest import Run
from test_pipes import shell

from mirpre.cli import COMMANDS
from mirpre.cli.files import FileCommand
from mirpre.models.registry import load_model_files

BOTH = "--positive h.fa --negative h.fa"


@pytest.fixture
def here(data: Path, tmp_path: Path) -> Path:
    for name, new in (("genome.fa", "g.fa"), ("hairpins.fa", "h.fa"), ("regions.bed", "r.bed")):
        shutil.copy(data / name, tmp_path / new)
    (tmp_path / "link.fa").symlink_to("h.fa")
    (tmp_path / "hard.fa").hardlink_to(tmp_path / "h.fa")
    (tmp_path / "g.fa.fai").write_text("an index\n")
    shutil.copytree(load_model_files("cnn").folder, tmp_path / "m")
    return tmp_path


def content(folder: Path) -> dict[str, bytes]:
    return {str(f): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_every_command_looks_at_its_files_first() -> None:
    for name in COMMANDS:
        module = importlib.import_module(f"mirpre.cli.{name.replace('-', '_')}")
        assert isinstance(module.command, FileCommand), name


@pytest.mark.parametrize(
    "arguments",
    [
        "fold h.fa -o h.fa",
        "fold h.fa -o ./h.fa",
        "fold h.fa -o link.fa",
        "fold link.fa -o h.fa",
        "fold h.fa -o hard.fa",
        "fold h.fa --skip-invalid h.fa",
        "fold h.fa --json h.fa",
        "fold -o h.fa < h.fa",
        "fold h.fa >> h.fa",
        "encode h.fa -o h.fa",
        "classify h.fa --also fasta h.fa",
        "classify --bed r.bed --genome g.fa -o r.bed",
        "classify --bed r.bed --genome g.fa -o g.fa",
        "classify --bed r.bed --genome g.fa -o g.fa.fai",
        "classify h.fa -m m -o m/card.json",
        "classify h.fa -m m --json m/model.onnx",
        "scan-genome g.fa -o g.fa",
        "scan-genome g.fa --bed r.bed --json r.bed",
        f"split {BOTH} -o h.fa",
        f"evaluate {BOTH} --json h.fa",
        f"evaluate {BOTH} --roc h.svg -o h.svg",
        f"evaluate {BOTH} -m m -o m/card.json",
        "fold h.fa -o x --json x",
        "fold h.fa -o x --json ./x",
        "fold h.fa -o x --skip-invalid x",
        "fold h.fa --json -",
        "fold h.fa --json /dev/stdout",
        "fold h.fa -o /dev/fd/1 --skip-invalid -",
        "fold h.fa -o x --json /dev/fd/3 3> x",
        "classify h.fa -o x --also fasta x",
        "classify h.fa -o x --also fasta y --also bed y",
        "classify h.fa --also fasta -",
        "scan-genome g.fa -o x --json x",
        f"evaluate {BOTH} --json -",
        "fold h.fa -o new/",
        "fold h.fa --json new/",
    ],
)
def test_no_output_replaces_a_file_in_use(here: Path, arguments: str) -> None:
    before = content(here)
    done = shell(f"mirpre {arguments}", here)
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert done.stdout == ""
    (here / "x").unlink(missing_ok=True)  # which a shell has opened
    assert content(here) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (f"evaluate {BOTH} --json no/x", "no/x: cannot write: No such file or directory"),
        (f"evaluate {BOTH} --roc no/x.svg", "no/x.svg: cannot write: No such file or directory"),
        ("fold h.fa --json no/x", "no/x: cannot write: No such file or directory"),
        ("fold h.fa --json h.fa/x", "h.fa/x: cannot write: Not a directory"),
        ("classify h.fa --also bed no/x", "no/x: cannot write: No such file or directory"),
        ("scan-genome g.fa --json no/x", "no/x: cannot write: No such file or directory"),
        (f"train {BOTH} -o h.fa/x", "h.fa/x: cannot write: Not a directory"),
    ],
)
def test_an_output_that_cannot_be_made_is_told_before_the_work(
    here: Path, arguments: str, said: str
) -> None:
    before = content(here)
    done = shell(f"mirpre {arguments}", here)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"mirpre: error: {said}\n"
    assert content(here) == before


@pytest.mark.parametrize(
    "arguments",
    ["fold h.fa --json x --skip-invalid /dev/null -o /dev/null", "fold - -o y --json x < h.fa"],
)
def test_what_is_no_clash_is_none(run: Run, here: Path, arguments: str) -> None:
    done = shell(f"mirpre {arguments}", here)
    assert (done.returncode, done.stderr) == (0, "")
