"""Every bad input is one clear line and an exit status, as docs/evidence/robustness.md has them."""

from __future__ import annotations

import importlib.util
import os
import shlex
import sys
from pathlib import Path

import pytest
from bad_inputs import BIG, CASES, DOCUMENT, Case, last_line, prepare, row

from mirpre.cli import main

TABLE = DOCUMENT.read_text()


def content(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_table_has_at_least_150_cases_and_no_others() -> None:
    assert len(CASES) >= 150
    assert TABLE.count("| `mirpre ") == len(CASES)


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.what}: {case.command}".replace(BIG, "9...9")[:90]
)
def test_a_bad_input_is_one_clear_line(
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if case.command.startswith(("train", "evaluate", "split")):
        pytest.importorskip("sklearn", reason="needs mirpre[train]")
    if "checkpoint" in case.what and importlib.util.find_spec("tensorflow") is None:
        pytest.skip("needs mirpre[train]")
    prepare(tmp_path, case)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(case.command)
    before = content(tmp_path)
    with open(words[-1] if "<" in words else os.devnull) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        words = words[: words.index("<")] if "<" in words else words
        monkeypatch.setattr(sys, "argv", ["mirpre", *words])
        status = main()
    errors = capfd.readouterr().err
    assert status in (1, 2)
    if status == 1:
        assert errors.count("\n") == 1
        assert errors.startswith("mirpre: error: ")
    else:
        assert errors.rstrip("\n").rsplit("\n", 1)[-1].startswith("Error: ")
    assert "Traceback" not in errors
    after = {name: it for name, it in content(tmp_path).items() if not name.endswith(".fai")}
    assert after == before  # nothing half-written, nothing replaced
    expected = row(case, status, last_line(errors))
    if case.varies:
        assert f"`mirpre {case.command.replace(BIG, '9...9')}` | {status} |" in TABLE
    else:
        assert expected in TABLE
