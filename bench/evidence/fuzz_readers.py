"""Coverage-guided fuzzing of what reads other people's files: ``pip install atheris``, then

    python -m bench.evidence.fuzz_readers TARGET [CORPUS ...] -max_total_time=3600

TARGET is one of those of tests/fuzz_targets.py; the rest are libFuzzer's options. Start from the
corpus that is kept: tests/fuzz/TARGET. A crash is written to a file, which goes there once mended.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import atheris

TESTS = Path(__file__).parent.parent.parent / "tests"


def main() -> None:
    """Fuzz the target that the command line names."""
    sys.path.insert(0, str(TESTS))
    with atheris.instrument_imports(include=["mirpre"]):
        targets = importlib.import_module("fuzz_targets")
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, lambda data: targets.run(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
