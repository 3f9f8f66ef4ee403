"""The modules of integrations/nf-core as Nextflow would run them, and the snapshots of their tests.

``PYTHONPATH=tests python -m nextflow.modules`` writes the snapshots anew. It asks for Groovy, the
language that Nextflow's is made of; Nextflow itself is in no package registry.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mirpre import __version__

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "integrations" / "nf-core" / "modules" / "nf-core" / "mirpre"
FOLDERS = sorted(path.parent for path in MODULES.glob("*/main.nf"))
# What made the snapshots is not nf-test, which would name itself and Nextflow.
MADE_BY = {"mirpre": __version__}


class Case(NamedTuple):
    folder: Path
    test: str
    is_stub: bool
    staged: list[Path]
    command: str

    @property
    def process(self) -> str:
        return f"MIRPRE_{self.folder.name.upper()}"


def java_home() -> str | None:
    java = shutil.which("java")
    return str(Path(java).resolve().parents[1]) if java else None


@cache
def cases() -> list[Case]:
    """What each test of each module would run."""
    script = Path(__file__).parent / "render.groovy"
    command = ["groovy", str(script), f"{ROOT / 'test-data'}/", *map(str, FOLDERS)]
    environment = os.environ | {"JAVA_HOME": java_home() or ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return [
        Case(
            Path(one["folder"]),
            one["test"],
            one["stub"],
            [Path(path) for path in one["staged"]],
            one["command"],
        )
        for one in json.loads(done.stdout)
    ]


def outputs(folder: Path) -> dict[str, tuple[str, bool]]:
    """The patterns of a module's output files by channel, and whether there may be none."""
    text = (folder / "main.nf").read_text().partition("    output:\n")[2].partition("    when:")[0]
    found = re.findall(r'path\("([^"]+)"\), emit: (\w+)(, optional: true)?$', text, re.M)
    return {channel: (pattern, bool(optional)) for pattern, channel, optional in found}


def files_of(pattern: str, folder: Path) -> list[Path]:
    """The files that a pattern of Nextflow means, inputs (links) left out."""
    group = re.search(r"\{([^}]*)\}", pattern)
    patterns = [pattern]
    if group:
        patterns = [pattern.replace(group[0], one) for one in group[1].split(",")]
    found = {file for one in patterns for file in folder.glob(one) if not file.is_symlink()}
    return sorted(found)


def snapshot(case: Case) -> Any:
    """What nf-test would keep of a case, as its test asks for it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in case.staged:
            (folder / path.name).symlink_to(path)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", case.command],
            cwd=folder,
            env=os.environ | {"PATH": path, "MIRPRE_QUIET": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        made = {
            channel: files_of(pattern, folder)
            for channel, (pattern, _) in outputs(case.folder).items()
        }
        for channel, (pattern, optional) in outputs(case.folder).items():
            assert made[channel] or optional, f"{channel}: no {pattern}"
        versions = {"versions_mirpre": [[case.process, "mirpre", __version__]]}
        if case.is_stub:
            return [_all(made, versions)]
        text = (case.folder / "tests" / "main.nf.test").read_text()
        lines = re.search(r"path\(process\.out\.(\w+)\[0\]\[1\]\)\.readLines\(\)", text)
        if lines:
            whole = made[lines[1]][0].read_text().splitlines()
            return [[line for line in whole if not line.startswith("# ")], versions]
        words = re.search(r"path\(process\.out\.(\w+)\[0\]\[1\]\)\.text\.contains\('([^']+)'", text)
        assert words is not None
        return [words[2] in made[words[1]][0].read_text(), versions]


def _all(made: dict[str, list[Path]], versions: dict[str, Any]) -> dict[str, Any]:
    """All channels as ``process.out`` has them: by number and by name."""
    channels: dict[str, Any] = {
        channel: [
            [{"id": "test"}, f"{file.name}:md5,{hashlib.md5(file.read_bytes()).hexdigest()}"]
            for file in files
        ]
        for channel, files in made.items()
    }
    channels |= versions
    numbered = {str(number): channels[channel] for number, channel in enumerate(channels)}
    return {**numbered, **dict(sorted(channels.items()))}


def main() -> None:
    for folder in FOLDERS:
        kept = {
            case.test: {"content": snapshot(case), "meta": MADE_BY}
            for case in cases()
            if case.folder == folder
        }
        text = json.dumps(kept, indent=4, ensure_ascii=False)
        (folder / "tests" / "main.nf.test.snap").write_text(text + "\n")


if __name__ == "__main__":
    main()
