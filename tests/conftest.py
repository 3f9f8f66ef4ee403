"""What many tests use: the data folder and a way to run the program as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Tests look at results, warnings and errors; those of what a run says besides take it away.
os.environ.setdefault("MIRPRE_QUIET", "1")

DATA = Path(__file__).parent.parent / "test-data"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def data() -> Path:
    return DATA


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run ``mirpre`` in an empty folder; warnings of any library are errors unless said."""

    def run_mirpre(
        *args: object, text: str | None = None, warnings: str = "error", **options: Any
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", warnings, "-m", "mirpre", *map(str, args)]
        options = {"cwd": tmp_path, "capture_output": True, "timeout": 120} | options
        return subprocess.run(command, input=text or "", text=True, check=False, **options)

    return run_mirpre


def rows(table: str) -> list[dict[str, str]]:
    """The rows of a call table by column name."""
    lines = [line for line in table.splitlines() if not line.startswith("# ")]
    names = lines[0].split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in lines[1:]]
