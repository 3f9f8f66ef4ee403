"""The Snakemake workflow gives what one run gives; needs Snakemake, which no extra brings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import DATA, Run

ROOT = Path(__file__).parent.parent
SNAKEMAKE = shutil.which("snakemake", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")

pytestmark = [
    pytest.mark.skipif(SNAKEMAKE is None, reason="needs snakemake"),
    pytest.mark.skipif(not (ROOT / "workflow").is_dir(), reason="needs a checkout"),
]


def snakemake(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    assert SNAKEMAKE is not None
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        [SNAKEMAKE, "--snakefile", str(ROOT / "workflow/Snakefile"), "--cores", "2", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ | {"PATH": path, "XDG_CACHE_HOME": str(folder / "cache")},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    shutil.copy(DATA / "genome.fa", tmp_path)
    return tmp_path


def test_the_workflow_writes_what_one_run_writes(folder: Path, run: Run) -> None:
    results = folder / "results"
    results.mkdir()
    one = run(
        *("scan-genome", "genome.fa", "--classify", "--all", "--q-values"),
        *("--also", "gff3", "results/calls.gff3", "-o", "one.tsv"),
    )
    assert one.returncode == 0, one.stderr
    assert (folder / "one.tsv").read_bytes().count(b"pre-miRNA") == 3
    gff3 = (results / "calls.gff3").read_bytes()
    (results / "calls.gff3").unlink()
    done = snakemake(folder, "--config", "shards=3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (results / "calls.tsv").read_bytes() == (folder / "one.tsv").read_bytes()
    assert (results / "calls.gff3").read_bytes() == gff3
    annotated = run("annotate", "results/calls.tsv", "--genome", "genome.fa", "--format", "tsv")
    rows = [line for line in annotated.stdout.splitlines() if not line.startswith("#")]
    ours = [x for x in (results / "mirnas.tsv").read_text().splitlines() if not x.startswith("#")]
    assert ours == rows
    assert len(rows) > 2
    assert "<html" in (results / "report.html").read_text()[:1000]
    assert sorted(file.name for file in (results / "shards").iterdir()) == [
        *("1-of-3.jsonl.gz", "2-of-3.jsonl.gz", "3-of-3.jsonl.gz"),
    ]


@pytest.mark.parametrize(
    "wrong", ["shards=0", "shard=3", "scan='--q-values --format bed'", "scan='-t 9'"]
)
def test_a_wrong_configuration_is_told(folder: Path, wrong: str) -> None:
    done = snakemake(folder, "--dry-run", "--config", wrong)
    assert done.returncode == 1
    assert "config" in done.stdout + done.stderr
