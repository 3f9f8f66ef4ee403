"""The part of docs/tutorial.md that needs only the repository does what the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "tutorial.md"
_SECTION = re.compile(r"^## A first round, from a clone\n(.*?)^## ", re.M | re.S)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def test_the_first_round_can_be_pasted(data: Path, tmp_path: Path) -> None:
    section = _SECTION.search(PAGE.read_text(encoding="utf-8"))
    assert section is not None
    blocks = _BLOCK.findall(section[1])
    assert [kind for kind, _ in blocks].count("text") == 3
    shutil.copytree(data, tmp_path / "test-data", ignore=shutil.ignore_patterns("expected"))
    folder = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join((folder, os.environ["PATH"]))}
    shown = ""
    for kind, block in blocks:
        if kind == "text":
            assert shown == block
            continue
        assert kind == "sh"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        shown = done.stdout
    assert "let-7" in (tmp_path / "mirnas.html").read_text(encoding="utf-8")
