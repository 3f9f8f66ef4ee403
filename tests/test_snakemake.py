"""The wrappers of snakemake-wrappers' kind are whole, and Snakemake runs their tests."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml
from test_docs import ROOT

from mirpre import __version__
from mirpre.cli import cli

WRAPPERS = ROOT / "integrations" / "snakemake-wrappers"
FOLDERS = sorted(path.parent for path in WRAPPERS.rglob("wrapper.py"))
TARGETS = {
    "fold": ["folded/hairpins.dbn"],
    "classify": ["calls/hairpins.tsv", "regions.gff3"],
    "scan-genome": ["calls/genome.tsv"],
    "merge": ["calls/genome.gff3"],
    "annotate": ["annotation/scan.gff3"],
    "report": ["scan.html"],
    "tracks": ["scan.bed"],
}
EXPECTED = {
    "folded/hairpins.dbn": ">hsa-let-7a-1",
    "calls/hairpins.tsv": "# command: mirpre classify --model cnn --threads 2 --format tsv",
    "regions.gff3": "chrA\tmirpre\tpre_miRNA\t431\t502",
    "calls/genome.tsv": "chrA:430-502(-)\t72",
    "calls/genome.gff3": "chrA\tmirpre\tpre_miRNA\t431\t502",
    "annotation/scan.gff3": "Derives_from=",
    "scan.html": "<title>test",
    "scan.bed": "chrA\t430\t502",
}
each = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@each
def test_a_wrapper_is_whole(folder: Path) -> None:
    about = yaml.safe_load((folder / "meta.yaml").read_text())
    assert set(about) == {"name", "url", "description", "authors", "input", "output", "params"}
    assert about["name"] == f"mirpre {folder.name}"
    environment = yaml.safe_load((folder / "environment.yaml").read_text())
    assert environment["dependencies"] == [f"mirpre ={__version__}"]
    assert environment["channels"][-1] == "nodefaults"


@each
def test_a_wrapper_knows_the_options_and_formats_of_the_command(folder: Path) -> None:
    text = (folder / "wrapper.py").read_text()
    with click.Context(cli) as context:
        command = cli.get_command(context, folder.name)
    assert command is not None
    known = {name: param for param in command.params for name in param.opts}
    assert set(re.findall(r"--[a-z][a-z-]*", text)) <= set(known)
    formats = re.search(r"for name in \(([^)]*)\)\s+if snakemake\.output", text)
    if formats:
        named = set(re.findall(r'"(\w+)"', formats[1]))
        choices = known["--format"].type
        assert isinstance(choices, click.Choice)
        assert {name.replace("_", "-") for name in named} == set(choices.choices)


@each
def test_its_files_are_those_of_test_data(folder: Path) -> None:
    data = ROOT / "test-data"
    for file in (folder / "test").iterdir():
        if file.name != "Snakefile" and file.suffix not in (".fai", ".gzi"):
            originals = [data / file.name, data / "expected" / file.name]
            contents = [one.read_bytes() for one in originals if one.exists()]
            assert file.read_bytes() in contents, file.name


@pytest.mark.skipif(importlib.util.find_spec("snakemake") is None, reason="needs Snakemake")
@each
def test_snakemake_runs_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "master").symlink_to(WRAPPERS)
    work = tmp_path / "work"
    shutil.copytree(folder / "test", work)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for target in TARGETS[folder.name]:
        command = [sys.executable, "-m", "snakemake", "--cores", "2", target]
        command += ["--wrapper-prefix", f"file://{tmp_path}/"]
        done = subprocess.run(
            command,
            cwd=work,
            env=os.environ | {"PATH": path, "HOME": str(tmp_path), "MIRPRE_QUIET": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        assert EXPECTED[target] in (work / target).read_text()
    # What the command says is in the log.
    assert all("written to" in log.read_text() for log in work.glob("logs/*/*.log"))
