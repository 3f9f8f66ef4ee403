"""The modules of nf-core's kind say what the commands say, and give what their tests expect."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from nextflow.modules import FOLDERS, cases, outputs, snapshot

from mirpre import __version__
from mirpre.cli import cli

each = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
needs_groovy = pytest.mark.skipif(
    shutil.which("groovy") is None or shutil.which("java") is None, reason="needs Groovy"
)


def part(folder: Path, start: str, end: str) -> str:
    text = (folder / "main.nf").read_text()
    assert text.count(start) == 1
    return text.partition(start)[2].partition(end)[0]


def about(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((folder / "meta.yml").read_text())
    return loaded


def test_there_is_one_for_each_command_of_a_pipeline() -> None:
    named = {folder.name for folder in FOLDERS}
    assert named == {"fold", "classify", "scangenome", "annotate", "report", "tracks"}


@each
def test_a_module_has_the_files_that_nf_core_asks_for(folder: Path) -> None:
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "main.nf",
        "meta.yml",
        "environment.yml",
        "tests/main.nf.test",
        "tests/main.nf.test.snap",
    }
    environment = yaml.safe_load((folder / "environment.yml").read_text())
    assert environment["dependencies"] == [f"bioconda::mirpre={__version__}"]
    assert (folder / "main.nf").read_text().count(f"/mirpre:{__version__}--") == 2


@each
def test_a_script_is_a_command(folder: Path) -> None:
    script = part(folder, "    script:\n", "    stub:\n").split('"""')[1]
    words = script.replace("\\\\\n", " ").split()
    assert words[0] == "mirpre"
    with click.Context(cli) as context:
        command = cli.get_command(context, words[1])
    assert command is not None
    known = {name for param in command.params for name in param.opts}
    named = {word for word in words if word.startswith("--")}
    assert {"--output"} <= named <= known
    assert ("--multiqc" in known) == ("--multiqc" in named)


@each
def test_the_description_names_the_channels_of_the_module(folder: Path) -> None:
    described = about(folder)
    assert described["name"] == f"mirpre_{folder.name}"
    assert len(described["keywords"]) > 2
    inputs = [
        re.findall(r"(?:val|path)\((\w+)\)", line)
        for line in part(folder, "    input:\n", "    output:").strip().splitlines()
    ]
    assert [[next(iter(one)) for one in channel] for channel in described["input"]] == inputs
    files = {channel: pattern for channel, (pattern, _) in outputs(folder).items()}
    channels = described["output"]
    assert set(channels) == {*files, "versions_mirpre"}
    for channel, pattern in files.items():
        (elements,) = channels[channel]
        assert [next(iter(one)) for one in elements] == ["meta", pattern]
        assert elements[1][pattern]["pattern"] == pattern
    assert part(folder, "emit: versions_mirpre, topic: ", "\n") == "versions"
    for channel in [*described["input"], *(e for c in channels.values() for e in c)]:
        for one in channel:
            (information,) = one.values()
            assert information["type"] in ("map", "file", "directory", "string", "eval")
            assert information["description"]


@each
def test_every_input_is_used(folder: Path) -> None:
    body = part(folder, "    script:\n", "    stub:\n")
    for name in re.findall(r"path\((\w+)\)", part(folder, "    input:\n", "    output:")):
        if name != "index":  # found beside its file
            assert re.search(rf"\b{name}\b", body), name


@needs_groovy
@each
def test_what_a_test_runs_gives_its_snapshot(folder: Path) -> None:
    kept = json.loads((folder / "tests" / "main.nf.test.snap").read_text())
    its = [case for case in cases() if case.folder == folder]
    assert [case.is_stub for case in its] == [False, True]
    assert set(kept) == {case.test for case in its}
    for case in its:
        assert snapshot(case) == kept[case.test]["content"]
