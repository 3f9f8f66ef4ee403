"""The public functions: the page's examples, and the same rows as the commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Run, rows

import mirpre

ROOT = Path(__file__).parent.parent


def test_the_examples_of_the_page_run() -> None:
    page = ROOT / "docs" / "api.md"
    code = "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
    assert code.count("assert") > 10
    command = [sys.executable, "-I", "-W", "error", "-c", code]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)


def test_importing_costs_nothing() -> None:
    code = "import mirpre, sys; print(sorted(m for m in sys.modules if m.startswith('mirpre.')))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_every_public_name_is_there() -> None:
    for name in mirpre.__all__:
        assert getattr(mirpre, name) is not None
    assert set(dir(mirpre)) == set(mirpre.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        mirpre.nothing  # noqa: B018


def fasta(path: Path) -> list[tuple[str, str]]:
    records = path.read_text().split(">")[1:]
    return [(r.partition("\n")[0], "".join(r.partition("\n")[2].split())) for r in records]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("model", ["cnn", "genome"])
def test_calls_are_those_of_the_command(run: Run, data: Path, model: str, threads: int) -> None:
    table = rows(run("classify", data / "hairpins.fa", "-m", model).stdout)
    calls = list(mirpre.classify(fasta(data / "hairpins.fa"), model=model, threads=threads))
    assert [c.hairpin.name for c in calls] == [row["id"] for row in table]
    assert [f"{c.probability:.6f}" for c in calls] == [row["probability"] for row in table]
    assert [c.label for c in calls] == [row["call"] for row in table]


@pytest.mark.parametrize("q_values", [False, True])
def test_a_scan_is_that_of_the_command(run: Run, data: Path, q_values: bool) -> None:
    genome = data / "genome.fa"
    options = ["--classify", "--all", *["--q-values"] * q_values]
    table = rows(run("scan-genome", genome, *options).stdout)
    of_file = list(mirpre.scan(genome, q_values=q_values))
    of_pairs = list(mirpre.scan(fasta(genome), q_values=q_values, threads=2))
    assert of_file == of_pairs
    assert [c.hairpin.name for c in of_file] == [row["id"] for row in table]
    for name in ("probability", "score"):
        assert [f"{getattr(c, name):.6f}" for c in of_file] == [row[name] for row in table]
    assert [c.label for c in of_file] == [row["call"] for row in table]
    assert all((c.q_value is None) != q_values for c in of_file)


def test_a_scan_takes_a_prior_where_the_model_does(data: Path) -> None:
    genome = data / "genome.fa"
    few, many = (list(mirpre.scan(genome, prior=prior)) for prior in (1, 1000))
    assert [c.score for c in few] == [c.score for c in many]
    assert sum(c.is_positive for c in few) < sum(c.is_positive for c in many)
    for prior in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="must be a number above 0"):
            next(mirpre.scan(genome, prior=prior))
    with pytest.raises(ValueError, match="'cnn' is not calibrated for genomes"):
        next(mirpre.scan(genome, model="cnn", prior=1))
    assert list(mirpre.scan(genome, max_copies=1)) == list(mirpre.scan(genome))
    own = next(mirpre.scan(genome, model="cnn"))
    assert own.score == own.probability


def test_regions_are_those_of_the_command(run: Run, data: Path) -> None:
    regions = ["chrA:100-300", "chrB"]
    options = [word for region in regions for word in ("--regions", region)]
    table = run("scan-genome", data / "genome.fa", "--format", "tsv", *options).stdout
    found = list(mirpre.find_candidates(data / "genome.fa", regions=regions))
    assert [c.hairpin.name for c in found] == [row["id"] for row in rows(table)]
    assert len(found) > 1


def test_encoding_takes_folded_and_unfolded_records_alike() -> None:
    sequences = ["GGGGAAAACCCC", "ACGUACGU"]
    folded = list(mirpre.fold(sequences))
    for model in ("cnn", "genome"):
        assert (mirpre.encode(sequences, model=model) == mirpre.encode(folded, model=model)).all()
    assert mirpre.encode([]).shape == (0, 180, 12)
    assert mirpre.load_model("cnn").probabilities(folded).dtype == np.float32


def test_what_cannot_be_used_is_said() -> None:
    with pytest.raises(TypeError, match="put a single one in a list"):
        list(mirpre.fold("ACGU"))
    with pytest.raises(mirpre.MirpreError, match="record 'x': no sequence"):
        list(mirpre.fold([("x", "")]))
    with pytest.raises(mirpre.MirpreError, match="no model 'nothing'"):
        list(mirpre.classify(["ACGU"], model="nothing"))
    with pytest.raises(ValueError, match="no preset 'deep'"):
        list(mirpre.scan([("x", "ACGU")], preset="deep"))
    with pytest.raises(ValueError, match="regions are taken of a file"):
        list(mirpre.scan([("x", "ACGU")], regions=["x"]))
    assert list(mirpre.scan([("x", "ACGU")])) == []


def test_no_process_and_no_file_is_made(tmp_path: Path) -> None:
    code = (
        "import os; made = []; os.register_at_fork(before=lambda: made.append(1)); import mirpre; "
        "list(mirpre.classify(['GGGGAAAACCCC'] * 600, threads=2)); print(len(made))"
    )
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
    assert os.listdir(tmp_path) == []
