"""The commands as a user runs them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from conftest import Run, rows

from mirpre.formats.writers import CALL_FORMATS

COMMANDS = ["fold", "encode", "classify", "train"]


@pytest.mark.parametrize("command", [[], *([c] for c in COMMANDS)])
def test_help(run: Run, command: list[str]) -> None:
    for flag in ("-h", "--help"):
        done = run(*command, flag)
        assert done.returncode == 0
        assert done.stdout.startswith("Usage: mirpre")
        assert done.stderr == ""


def test_version_is_one_line(run: Run) -> None:
    assert run("--version").stdout.startswith("mirpre 0.")
    assert run("--version").stdout.count("\n") == 1


@pytest.mark.parametrize(
    "args",
    [
        ["nosuch"],
        ["fold", "--nosuch"],
        ["fold", "nosuch.fa"],
        ["fold", "--threads", "-1"],
        ["classify", "--threshold", "2"],
        ["classify", "--format", "bed", "--structure"],
        ["classify", "--format", "bed", "--structure", "--also", "fasta", "x.fa"],
        ["classify", "--also", "fasta", "-"],
        ["classify", "-o", "x", "--also", "fasta", "x"],
        ["fold", "--bed", "-"],
    ],
)
def test_wrong_usage_exits_with_2(run: Run, args: list[str]) -> None:
    done = run(*args)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Error: " in done.stderr


@pytest.mark.parametrize("command", ["fold", "encode", "classify"])
def test_bad_data_is_one_line_and_exit_1(run: Run, command: str, tmp_path: Path) -> None:
    (tmp_path / "x.fa").write_text(">a\nGGGAAAUCCC\n>b\nACGU\nAC-U\n")
    done = run(command, "x.fa", "-o", "out.txt")
    assert done.returncode == 1
    assert done.stderr == (
        "mirpre: error: x.fa:5: record 'b': gap '-' in the sequence; remove the gaps first\n"
    )
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize("threads", [1, 2])
def test_records_before_a_bad_one_are_written_to_a_pipe(run: Run, threads: int) -> None:
    good = "".join(f">r{i}\nGGGAAAUCCC\n" for i in range(40))
    done = run("fold", "-t", threads, text=good + ">bad\n1\n")
    assert done.returncode == 1
    assert done.stdout.count(">") == 40


def test_skipped_records_are_kept_and_counted(run: Run, tmp_path: Path) -> None:
    text = ">a\nGGGAAAUCCC\n>b x\nAC-U\n>c\n>d\nACGUN\n>e\n" + "ACGU" * 46 + "\n"
    done = run(
        *("classify", "-m", "cnn", "--skip-invalid", "bad.txt", "--json", "sum.json"), text=text
    )
    assert done.returncode == 0
    assert [r["id"] for r in rows(done.stdout)] == ["a", "d", "e"]
    assert [r["flags"] for r in rows(done.stdout)] == [".", "ambiguous", "truncated"]
    assert (tmp_path / "bad.txt").read_text() == (
        "# <stdin>:4: record 'b': gap '-' in the sequence; remove the gaps first\n>b x\nAC-U\n"
        "# <stdin>:5: record 'c': no sequence\n>c\n"
    )
    assert done.stderr == (
        "mirpre: warning: 2 records skipped as invalid (empty 1, gap 1)\n"
        "mirpre: warning: 1 record longer than 180 nt: the model read the first 180 "
        "(flag 'truncated')\n"
    )
    summary = json.loads((tmp_path / "sum.json").read_text())
    assert summary["records"] == {
        "read": 5,
        "called": sum(r["call"] == "pre-miRNA" for r in rows(done.stdout)),
        "written": 3,
        "truncated": 1,
        "ambiguous": 1,
        "skipped": 2,
        "skipped_by_reason": {"empty": 1, "gap": 1},
    }
    assert {"read", "fold", "encode", "predict", "write", "total"} == set(summary["seconds"])
    assert len(summary["model"]["sha256"]) == 64


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_empty_input_gives_an_empty_result(run: Run, text: str) -> None:
    assert run("fold", text=text).stdout == ""
    assert run("encode", text=text).stdout == ""
    done = run("classify", text=text)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("id\tlength\t")
    assert rows(done.stdout) == []


@pytest.mark.parametrize(
    ("command", "file", "kind"),
    [("fold", "hairpins.folded", "folded"), ("encode", "hairpins.dimers", "encoded")],
)
def test_a_step_that_is_done_already_is_not_done_in_silence(
    run: Run, data: Path, command: str, file: str, kind: str
) -> None:
    done = run(command, data / "expected" / file)
    assert done.returncode == 1
    assert f"this is {kind} text already" in done.stderr


def test_table_header_names_program_command_model_and_folder(run: Run) -> None:
    done = run("classify", "--threshold", "0.9", text=">a\nGGGAAAUCCC\n")
    head = [line for line in done.stdout.splitlines() if line.startswith("# ")]
    assert head[0].startswith("# mirpre 0.")
    assert head[1] == "# command: mirpre classify --threshold 0.9"
    assert head[2] == "# model: genome"
    assert head[3].startswith("# model-sha256: ")
    assert head[4] == "# threshold: 0.9"
    assert head[5] == "# folder: native"
    assert head[6].startswith("# ViennaRNA: 2.")
    folded = run("classify", text=">a\nGGGAAAUCCC\n(((....))) (-1.20)\n")
    assert "# ViennaRNA: not used, input is folded" in folded.stdout


def test_threshold_and_only_positive(run: Run, data: Path) -> None:
    everything = rows(run("classify", data / "hairpins.fa").stdout)
    for threshold in (0.0, 0.99, 1.0):
        done = run("classify", data / "hairpins.fa", "--only-positive", "--threshold", threshold)
        expected = [r["id"] for r in everything if float(r["probability"]) >= threshold]
        assert [r["id"] for r in rows(done.stdout)] == expected


def test_several_formats_of_one_run_are_those_of_single_runs(
    run: Run, data: Path, tmp_path: Path
) -> None:
    regions = ["classify", "--bed", data / "regions.bed", "--genome", data / "genome.fa"]
    wanted = {kind: run(*regions, "--format", kind).stdout for kind in CALL_FORMATS}
    also = [word for kind in CALL_FORMATS[1:] for word in ("--also", kind, f"calls.{kind}")]
    found = {"tsv": run(*regions, *also).stdout}
    for kind in CALL_FORMATS[1:]:
        found[kind] = (tmp_path / f"calls.{kind}").read_text()
    for kind in CALL_FORMATS:
        assert without_head(found[kind]) == without_head(wanted[kind]) != ""


def without_head(text: str) -> str:
    return "".join(line for line in text.splitlines(True) if not line.startswith("# "))


def test_when_one_of_several_formats_fails_no_file_appears(
    run: Run, data: Path, tmp_path: Path
) -> None:
    done = run("classify", data / "hairpins.fa", "-o", "x.tsv", "--also", "bed", "x.bed")
    assert done.returncode == 1
    assert "no locus" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_npz_holds_what_the_text_says(run: Run, data: Path, tmp_path: Path) -> None:
    assert run("encode", data / "hairpins.fa", "--format", "npz", "-o", "x.npz").returncode == 0
    text = run("encode", data / "hairpins.fa").stdout.splitlines()
    with np.load(tmp_path / "x.npz") as arrays:
        assert arrays["header"].tolist() == [line.split("\t")[0] for line in text]
        assert arrays["mfe"].tolist() == [float(line.split("\t")[1]) for line in text]
        lengths = [len(line.split("\t")[2].split()) for line in text]
        assert arrays["length"].tolist() == lengths
        assert arrays["onehot"].shape == (len(text), 180, 12)
        assert arrays["onehot"].sum(axis=(1, 2)).tolist() == [min(n, 180) for n in lengths]


def test_npz_of_nothing(run: Run, tmp_path: Path) -> None:
    assert run("encode", "--format", "npz", "-o", "x.npz").returncode == 0
    with np.load(tmp_path / "x.npz") as arrays:
        assert arrays["onehot"].shape == (0, 180, 12)


def test_interval_formats_are_read_by_tabix(run: Run, data: Path, tmp_path: Path) -> None:
    import pysam

    for name in ("genome.fa", "regions.bed"):
        (tmp_path / name).write_bytes((data / name).read_bytes())
    regions = ["--bed", "regions.bed", "--genome", "genome.fa"]
    for kind, preset in (("bed", "bed"), ("gff3", "gff")):
        file = tmp_path / f"calls.{kind}"
        assert run("classify", *regions, "--format", kind, "-o", file.name).returncode == 0
        lines = file.read_text().splitlines(True)
        head = [line for line in lines if line.startswith("#")]
        body = [line.split("\t") for line in lines if not line.startswith("#")]
        body.sort(key=lambda f: (f[0], int(f[1 if kind == "bed" else 3])))
        file.write_text("".join(head + ["\t".join(fields) for fields in body]))
        index = pysam.tabix_index(str(file), preset=preset, force=True)
        with pysam.TabixFile(index) as tabix:
            (hit,) = [line.split("\t") for line in tabix.fetch("chrA", 205, 206)]
        assert hit[-1] == "+" or hit[6] == "+"


def test_calls_without_loci_are_an_error_in_interval_formats(run: Run, data: Path) -> None:
    done = run("classify", data / "hairpins.fa", "--format", "bed")
    assert done.returncode == 1
    assert "record 'hsa-let-7a-1': no locus" in done.stderr


def test_a_command_without_its_extra_says_what_to_install(run: Run, tmp_path: Path) -> None:
    # A module of the same name that fails to import stands in for a missing TensorFlow.
    (tmp_path / "tensorflow.py").write_text("raise ImportError('no tensorflow')\n")
    (tmp_path / "keras.py").write_text("raise ImportError('no keras')\n")
    (tmp_path / "x.fa").write_text(">a\nGGGAAAUCCC\n")
    done = run("train", "--positive", "x.fa", "--negative", "x.fa", "-o", "model")
    assert done.returncode == 1
    assert done.stderr == (
        "mirpre: error: training needs optional packages: pip install 'mirpre[train]'\n"
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(run: Run, shell: str) -> None:
    script = run(env={**os.environ, "_MIRPRE_COMPLETE": f"{shell}_source"})
    assert "_MIRPRE_COMPLETE" in script.stdout
    words = {"COMP_WORDS": "mirpre clas", "COMP_CWORD": "clas" if shell == "fish" else "1"}
    found = run(env={**os.environ, **words, "_MIRPRE_COMPLETE": f"{shell}_complete"})
    assert "classify" in found.stdout
    assert "encode" not in found.stdout
