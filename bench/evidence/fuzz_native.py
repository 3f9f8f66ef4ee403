"""Coverage-guided fuzzing of the C extensions under AddressSanitizer and UBSan:
``pip install atheris`` and clang, then

    python -m bench.evidence.fuzz_native TARGET [CORPUS ...] -max_total_time=3600

TARGET is fold, search or encoding; the rest are libFuzzer's options. The extensions are compiled
into a temporary copy of the package, which a second process fuzzes. Whatever the bytes ask for,
the C code gives a result of the right size or raises a Python exception.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
COPY = "MIRPRE_FUZZED_COPY"
FLAGS = (
    *("-O1", "-g", "-fPIC", "-shared", "-DPy_LIMITED_API=0x030A0000"),
    *("-fsanitize=address,undefined,fuzzer-no-link", "-fno-sanitize-recover=all"),
)
EXTENSIONS = {
    "_encoding.abi3.so": "c",
    "folding/_fold.abi3.so": "folding/c",
    "scanning/_search.abi3.so": "scanning/c",
}
QUIET = "detect_leaks=0:allocator_may_return_null=1:allow_user_segv_handler=1"
"""Python itself leaves memory to the end of the process."""


def build(folder: Path) -> None:
    """A copy of the package with its extensions under the sanitizers."""
    clean = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(ROOT / "mirpre", folder / "mirpre", ignore=clean)
    shutil.copytree(ROOT / "bench", folder / "bench", ignore=clean)
    package = folder / "mirpre"
    for module, sources in EXTENSIONS.items():
        files = [str(file) for file in sorted((package / sources).glob("*.c"))]
        command = ["clang", *FLAGS, "-I", sysconfig.get_path("include"), *files]
        subprocess.run([*command, "-o", str(package / module)], check=True)


def fold(take: Any) -> None:
    """Sequences of any length and any characters."""
    from mirpre.folding import native

    alphabet = take.PickValueInList(["ACGU", "GC", "GGGCAU", "ACGUN", "\x00\x7fACGU"])
    sequences = [
        "".join(take.PickValueInList(list(alphabet)) for _ in range(take.ConsumeIntInRange(0, 90)))
        for _ in range(take.ConsumeIntInRange(0, 6))
    ]
    for sequence, (structure, energy) in zip(sequences, native.load().fold(sequences), strict=True):
        assert len(structure) == len(sequence)
        assert structure.count("(") == structure.count(")")
        assert energy <= 0


def search(take: Any) -> None:
    """The search's functions, with numbers in and out of their range."""
    from mirpre.scanning import _search
    from mirpre.scanning.settings import LOOP_COSTS, STEM_SCORES, SearchSettings
    from mirpre.scanning.shortlist import network

    letters = bytes(
        b if b < 4 else 0x80
        for b in (x % 5 for x in take.ConsumeBytes(take.ConsumeIntInRange(0, 600)))
    )
    if take.ConsumeBool():  # an inverted repeat
        letters += bytes(3 - b if b < 4 else b for b in reversed(letters))
    span, band = take.ConsumeIntInRange(-2, 1005), take.ConsumeIntInRange(-2, 60)
    peaks = _search.peaks(letters, max(1, min(span, 1000)), STEM_SCORES)
    assert len(peaks) == len(letters)
    least, radius = take.ConsumeIntInRange(-1, 300), take.ConsumeIntInRange(-2, 40)
    places = _search.places(peaks, least, radius)
    if take.ConsumeBool():
        places = take.ConsumeBytes(40)
    try:
        found, ladders = _search.hairpins(
            letters, places, span, band, LOOP_COSTS, SearchSettings().prices
        )
    except ValueError:
        return
    assert len(found) // 12 * _search.COLUMNS == len(ladders)
    used = network("animal")
    assert len(_search.scores(ladders, used.weights, used.biases)) == len(found) // 3
    assert sorted(_search.shuffled(letters, 7)) == sorted(letters)


def encoding(take: Any) -> None:
    """Sequences and structures that do not fit each other, and arrays of the wrong size."""
    from mirpre import _encoding

    number = take.ConsumeIntInRange(0, 4)
    sequences = [take.ConsumeUnicode(40) for _ in range(number)]
    structures = [
        "".join(
            take.PickValueInList(list(".()x"))
            for _ in range(len(s) + take.ConsumeIntInRange(-1, 1))
        )
        for s in sequences
    ]
    length = take.ConsumeIntInRange(-1, 40)
    for function, width in ((_encoding.one_hot, 12), (_encoding.partners, 2)):
        size = max(0, number * length * width * take.PickValueInList([1, 2, 4]))
        cells = bytearray(size + take.PickValueInList([0, 0, 0, 1, -1]) if size else 0)
        try:
            function(sequences, structures, cells, length)
        except (ValueError, TypeError):
            continue
    for structure in structures:
        _encoding.unbalanced(structure)


TARGETS: dict[str, Callable[[Any], None]] = {"fold": fold, "search": search, "encoding": encoding}


def fuzz(name: str) -> None:
    import atheris

    atheris.Setup(sys.argv, lambda data: TARGETS[name](atheris.FuzzedDataProvider(data)))
    atheris.Fuzz()


def main() -> None:
    """Build, and fuzz in a process that has the sanitizers from its start."""
    if COPY in os.environ:
        fuzz(sys.argv.pop(1))
        return
    import atheris

    with tempfile.TemporaryDirectory() as name:
        build(Path(name))
        runtime = Path(atheris.path()) / "asan_with_fuzzer.so"
        env = {"LD_PRELOAD": str(runtime), "ASAN_OPTIONS": QUIET, "PYTHONPATH": name, COPY: name}
        arguments = [os.path.abspath(a) if os.path.exists(a) else a for a in sys.argv[2:]]
        command = [sys.executable, "-m", "bench.evidence.fuzz_native", sys.argv[1], *arguments]
        done = subprocess.run(command, env=os.environ | env, cwd=name, check=False)
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
