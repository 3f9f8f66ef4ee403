"""Builds and runs fold_driver.c, which folds with every variant of the C code outside of Python.

    python tests/fold_driver.py 5000
    python tests/fold_driver.py 1000 --sanitize
    python tests/fold_driver.py 1000 --compiler aarch64-linux-gnu-gcc --options="-O3 -static" \\
        --under qemu-aarch64

Compares the variants with each other, whatever memory they get, and with the installed module.
"""

from __future__ import annotations

import argparse
import random
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mirpre.folding import native
from mirpre.folding.parameters import read_parameters

HERE = Path(__file__).parent
SOURCES = HERE.parent / "mirpre/folding/c"
WARNINGS = ["-Wall", "-Wextra", "-Wno-psabi", "-Werror"]
SANITIZE = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
MOST_SPECIAL = 256


def build(folder: Path, compiler: str, options: Sequence[str]) -> Path:
    """The program, and beside it the parameters that it reads."""
    program = folder / "fold_driver"
    files = [HERE / "fold_driver.c", SOURCES / "fold.c", SOURCES / "tables.c"]
    command = [compiler, *WARNINGS, *options, "-I", SOURCES, *files, "-o", program, "-lm"]
    subprocess.run(command, check=True, capture_output=True, text=True)
    write_parameters(folder / "parameters")
    return program


def write_parameters(path: Path) -> None:
    """ViennaRNA's parameters as the members of Tables in fold.h."""
    parameters = read_parameters(native._parameter_file())
    with open(path, "wb") as out:
        out.write(parameters.numbers + np.float64(parameters.log_factor).tobytes())
        for size in (5, 6, 8):
            loops = [(x, energy) for x, energy in parameters.special_loops if len(x) == size]
            table = np.zeros((2, MOST_SPECIAL), np.int32)
            for at, (letters, energy) in enumerate(loops):
                code = 0
                for letter in letters:
                    code = 4 * code + "ACGU".index(letter)
                table[:, at] = code, energy
            out.write(np.int32(len(loops)).tobytes() + table.tobytes())


def fold(
    program: Path, sequences: Sequence[str], under: Sequence[str] = ()
) -> list[tuple[str, float]]:
    """What all variants agree on; a difference, or what a sanitizer finds, is an error."""
    done = subprocess.run(
        [*under, program, program.parent / "parameters"],
        input="".join(f"{sequence}\n" for sequence in sequences),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    # A sequence without letters leaves a line without a structure.
    lines = [line.rpartition(" ") for line in done.stdout.splitlines()]
    return [(structure, int(energy) / 100) for structure, _, energy in lines]


def made(count: int, longest: int = 200, seed: int = 1) -> list[str]:
    """Random sequences, stems with and without mismatches, repeats, some N."""
    draw = random.Random(seed)
    partner = str.maketrans("ACGU", "UGCA")
    sequences = []
    for _ in range(count):
        n, gc = draw.randint(0, longest), draw.random()
        sequence = "".join(draw.choices("ACGU", [1 - gc, gc, gc, 1 - gc], k=n))
        kind = draw.randrange(4)
        if kind == 1:
            sequence = (sequence[: draw.randint(1, 6)] * n)[:n]
        if kind >= 1:
            sequence = sequence[: n // 2] + sequence[: (n + 1) // 2][::-1].translate(partner)
        if kind >= 2:
            sequence = "".join(draw.choice("ACGUN") if draw.random() < 0.1 else x for x in sequence)
        sequences.append(sequence)
    return sequences


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("records", type=int)
    parser.add_argument("--longest", type=int, default=200, metavar="NT")
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--options", type=shlex.split, default=["-O3"])
    parser.add_argument("--sanitize", action="store_true")
    parser.add_argument("--under", type=shlex.split, default=[], metavar="PROGRAM")
    arguments = parser.parse_args()
    sequences = made(arguments.records, arguments.longest)
    with tempfile.TemporaryDirectory() as folder:
        options = arguments.options + SANITIZE * arguments.sanitize
        program = build(Path(folder), arguments.compiler, options)
        found = fold(program, sequences, arguments.under)
    same = found == native.load().fold(sequences)
    letters = sum(map(len, sequences))
    sys.stdout.write(f"{len(sequences)} records, {letters} nt: {'' if same else 'not '}the same\n")
    sys.exit(not same)


if __name__ == "__main__":
    main()
