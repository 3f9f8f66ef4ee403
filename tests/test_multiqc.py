"""Rows for MultiQC: each command's counts, and that MultiQC itself shows them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Run

from mirpre.formats.multiqc import TABLES, sample_of


@pytest.fixture
def files(run: Run, data: Path, tmp_path: Path) -> Path:
    """A file of each command, and two of classify."""
    reads = "--genome", data / "genome.fa", "--reads", data / "reads.bam"
    commands = [
        (
            "classify",
            data / "hairpins.fa",
            "--multiqc",
            "liver_mqc.json",
            "--skip-invalid",
            "no.fa",
        ),
        ("classify", data / "expected" / "regions.folded", "--multiqc", "brain_mqc.json"),
        ("scan-genome", data / "genome.fa", "--multiqc", "candidates_mqc.json"),
        ("scan-genome", data / "genome.fa", "--classify", "--multiqc", "calls_mqc.json"),
        ("scan-genome", data / "genome.fa", "--classify", "--shard", "1/1", "-o", "shard.jsonl"),
        ("merge", "shard.jsonl", "--multiqc", "merged_mqc.json"),
        ("annotate", data / "expected" / "scan.tsv", *reads, "--multiqc", "annotated_mqc.json"),
    ]
    for command in commands:
        done = run(*command)
        assert done.returncode == 0, done.stderr
    return tmp_path


def content(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(file.read_text())
    return loaded


def test_a_row_has_the_counts_of_the_run(files: Path) -> None:
    liver = content(files / "liver_mqc.json")
    assert liver["id"] == "mirpre_classify"
    assert liver["data"] == {
        "liver": {
            "records_read": 13,
            "records_called": 9,
            "called_percent": pytest.approx(900 / 13),
            "records_truncated": 0,
            "records_ambiguous": 0,
            "records_skipped": 0,
        }
    }
    calls = content(files / "calls_mqc.json")["data"]["calls"]
    assert calls["calls_called"] == 3
    assert calls["genome_mb"] == pytest.approx(926 / 1e6)
    assert calls["calls_per_mb"] == pytest.approx(3e6 / 926, abs=1e-3)
    merged = content(files / "merged_mqc.json")
    assert merged["id"] == "mirpre_merge"
    assert merged["data"]["merged"] == calls
    candidates = content(files / "candidates_mqc.json")["data"]["candidates"]
    assert set(candidates) == {"genome_mb", "records_read"}
    annotated = content(files / "annotated_mqc.json")["data"]["annotated"]
    tiers = [annotated[key] for key in annotated if "tiers" in key]
    assert len(tiers) == 3
    assert sum(tiers) == annotated["annotations_written"] > 0


def test_every_column_that_has_a_value_has_a_title(files: Path) -> None:
    for file in files.glob("*_mqc.json"):
        table = content(file)
        (row,) = table["data"].values()
        assert set(table["headers"]) == set(row)


def test_models_are_rows_of_their_own(run: Run, data: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    labels = "--labels", data / "labels.tsv", "--bootstrap", "0"
    calls = [
        word for end in ("", ".rnn") for word in ("--calls", data / f"expected/hairpins{end}.tsv")
    ]
    done = run("evaluate", *labels, *calls, "--multiqc", "test_mqc.json")
    assert done.returncode == 0, done.stderr
    rows = content(tmp_path / "test_mqc.json")["data"]
    assert len(rows) == 2
    assert all(name.startswith("test ") for name in rows)
    assert {row["records"] for row in rows.values()} == {13}
    # With one class alone most metrics have no value, and no column.
    done = run("evaluate", "--positive", data / "hairpins.fa", "--multiqc", "one_mqc.json")
    assert done.returncode == 0, done.stderr
    assert set(content(tmp_path / "one_mqc.json")["headers"]) == {"records", "sensitivity"}


@pytest.mark.parametrize("name", ["counts.json", "_mqc.json", "a_mqc.yaml", "x/_mqc.json"])
def test_a_name_that_multiqc_would_not_find_is_refused(run: Run, data: Path, name: str) -> None:
    done = run("classify", data / "hairpins.fa", "--multiqc", name)
    assert done.returncode == 2
    assert f"{name!r} is no SAMPLE_mqc.json" in done.stderr
    assert done.stdout == ""


def test_a_result_does_not_depend_on_it(run: Run, data: Path) -> None:
    scan = "scan-genome", data / "genome.fa"
    with_it, without = run(*scan, "--multiqc", "a_mqc.json"), run(*scan)
    assert with_it.stdout == without.stdout


def test_a_sample_is_what_the_file_is_named() -> None:
    assert sample_of("results/liver.1_mqc.json") == "liver.1"
    assert set(TABLES) == {"classify", "scan-genome", "merge", "annotate", "evaluate"}


@pytest.mark.skipif(importlib.util.find_spec("multiqc") is None, reason="needs MultiQC")
def test_multiqc_shows_the_tables(files: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "multiqc",
        str(files),
        "-o",
        str(files / "report"),
        "--no-ansi",
    ]
    done = subprocess.run(command, cwd=files, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shown = files / "report" / "multiqc_data" / "multiqc_mirpre_classify_table.txt"
    names, *rows = [line.split("\t")[:3] for line in shown.read_text().splitlines()]
    assert names == ["Sample", "records_read", "records_called"]
    assert [(row[0], *map(float, row[1:])) for row in rows] == [("brain", 6, 3), ("liver", 13, 9)]
    page = (files / "report" / "multiqc_report.html").read_text()
    for command_name in ("classify", "scan-genome", "annotate"):
        assert f"mirpre {command_name}" in page
