"""Commands start in a blink: heavy libraries are imported only where they are needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"numpy", "onnxruntime", "RNA", "pysam", "Bio", "tqdm", "tensorflow", "keras", "sklearn"}

DRIVER = """
import os, sys
threads = []
os.register_at_fork(before=lambda: threads.append(len(os.listdir("/proc/self/task"))))
from mirpre.cli import main
status = main()
print(status, max(threads, default=1), *sorted(set(sys.modules) & set(os.environ["HEAVY"].split())))
"""


def driven(*args: object) -> list[str]:
    """Exit status, most threads at any fork, and the heavy modules that a command imported."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", DRIVER, *map(str, args)],
        env=os.environ | {"HEAVY": " ".join(HEAVY)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1].split()


HELP = [[name, "--help"] for name in ("classify", "merge", "explain", "report", "draw", "tracks")]


@pytest.mark.parametrize("args", [["--version"], ["--help"], *HELP])
def test_help_and_version_import_nothing_heavy(args: list[str]) -> None:
    assert driven(*args) == ["0", "1"]


def test_folding_imports_no_numpy_and_no_runtime(data: Path) -> None:
    assert driven("fold", data / "hairpins.fa", "-t", 1, "-o", os.devnull) == ["0", "1", "RNA"]


@pytest.mark.parametrize("command", [["fold"], ["encode", "--format", "npz"], ["classify"]])
def test_workers_start_before_any_thread(data: Path, command: list[str]) -> None:
    options = ["--folder", "viennarna", "-t", 2, "-o", os.devnull]
    _, threads, *modules = driven(*command, data / "hairpins.fa", *options)
    assert threads == "1"
    assert not {"tensorflow", "keras", "sklearn"} & set(modules)
