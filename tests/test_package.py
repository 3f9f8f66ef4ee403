"""What setup.py makes of the repository: the page at a package index, and what is compiled."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from importlib.metadata import distribution, metadata
from pathlib import Path
from typing import Any

import pytest

setuptools = pytest.importorskip("setuptools")

SETUP = Path(__file__).parent.parent / "setup.py"
LINK = re.compile(r"\]\(([^()\s]+)\)")


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What setup.py defines, without doing anything."""
    monkeypatch.setattr(setuptools, "setup", lambda **arguments: None)
    return runpy.run_path(str(SETUP))


def test_links_of_the_page_are_absolute(setup: dict[str, Any]) -> None:
    there = f"https://example.org/mirpre/blob/v{setup['VERSION']}/"
    links = LINK.findall(setup["readme"]("https://example.org/mirpre"))
    assert all(link.startswith(("https://", "#")) for link in links)
    paths = [link.removeprefix(there).partition("#")[0] for link in links if there in link]
    assert "docs/choosing.md" in paths
    assert all((SETUP.parent / path).exists() for path in paths)


def test_a_page_without_repository_has_no_dead_links(setup: dict[str, Any]) -> None:
    page = setup["readme"]("")
    assert all(link.startswith(("https://", "#")) for link in LINK.findall(page))
    assert "docs/choosing.md says what suits your case" in page
    assert "![" not in page


def test_what_is_installed_is_described() -> None:
    about = metadata("mirpre")
    assert about["Author"]
    assert about["Keywords"]
    assert about["Requires-Python"]
    installed = distribution("mirpre").read_text("RECORD") or ""  # an editable one lists little
    assert ".keras" not in installed
    if "mirpre/cli/__init__.py" in installed:
        assert "share/man/man1/mirpre-classify.1" in installed


def test_no_compiler_is_one_clear_line(tmp_path: Path) -> None:
    command = [sys.executable, SETUP.name, "build", "--build-base", tmp_path]
    done = subprocess.run(
        command,
        cwd=SETUP.parent,
        env=os.environ | {"CC": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith("mirpre: error: its C code could not be compiled: ")
    assert "gcc" in said
    assert "Traceback" not in done.stderr
