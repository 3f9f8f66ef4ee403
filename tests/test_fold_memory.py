"""The C code of the folding outside of Python: memory, arithmetic, and all variants alike."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import fold_driver
import pytest

from mirpre.folding import native

COMPILER = shutil.which("cc")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")


def below_16_bits() -> str:
    arm = "".join(random.Random(1).choices("ACGU", [1, 9, 9, 1], k=120))
    return arm + "GAAA" + arm[::-1].translate(str.maketrans("ACGU", "UGCA"))


def build(folder: Path, options: list[str]) -> Path:
    assert COMPILER
    return fold_driver.build(folder, COMPILER, options)


def test_what_was_in_memory_changes_nothing(tmp_path: Path) -> None:
    sequences = [*fold_driver.made(150, 120), *fold_driver.made(10, 300), below_16_bits()]
    program = build(tmp_path, ["-O1"])
    assert fold_driver.fold(program, sequences) == native.load().fold(sequences)


def test_sanitizers_find_nothing(tmp_path: Path) -> None:
    try:
        program = build(tmp_path, fold_driver.SANITIZE)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no sanitizers: {error.stderr}")
    sequences = [*fold_driver.made(20, 90), below_16_bits()]
    assert fold_driver.fold(program, sequences) == native.load().fold(sequences)
