"""Speed and memory of fold and classify, on made hairpins.

    python -m bench.speed.fold_classify                 timings, some 10 minutes on 2 cores
    python -m bench.speed.fold_classify --memory 10000 100000 1000000      memory, a row each

Prints a Markdown table. Commands that are compared take turns, and the shortest of --repeats runs
counts for each. RNA.fold in a bare Python loop is slow: it folds the first --loop records, and its
time is multiplied. Needs Linux (memory is read from /proc).
"""

from __future__ import annotations

import argparse
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from mirpre.parallel import available_cpus

MIRPRE = [sys.executable, "-m", "mirpre"]
SPEEDS = (("cnn", 100_000, 30_000), ("rnn", 10_000, 0), ("genome", 20_000, 5_000))
"""Records for each model, and how many a second are wanted."""
BARE_LOOP = """
import sys, RNA
with open(sys.argv[1]) as fasta, open(sys.argv[2], "w") as out:
    for line in fasta:
        if not line.startswith(">"):
            line = line.rstrip()
            structure, mfe = RNA.fold(line)
            out.write(f"{line}\\n{structure} ({mfe:6.2f})\\n")
"""


def hairpins(n: int, arm: tuple[int, int], seed: int = 1) -> Iterator[str]:
    """FASTA records of random stems with mismatches and a loop: 2 arms and 4 to 20 nt long."""
    draw = random.Random(seed)
    for number in range(n):
        loop = draw.randint(4, 20)
        yield f">made{number}\n{stem_loop(draw, draw.randint(*arm), loop)}\n"


def hairpins_of(length: int, n: int, seed: int = 1) -> Iterator[str]:
    """The same, all of one length, with loops of 9 or 10 nt."""
    draw = random.Random(seed)
    arm = (length - 9) // 2
    for number in range(n):
        yield f">made{number}\n{stem_loop(draw, arm, length - 2 * arm)}\n"


def stem_loop(draw: random.Random, arm: int, loop: int) -> str:
    """Two arms, of which a fifth of the letters do not match but by chance, around a loop."""
    pair = dict(zip("ACGU", "UGCA", strict=True))
    five = draw.choices("ACGU", k=arm)
    middle = draw.choices("ACGU", k=loop)
    three = [pair[b] if draw.random() < 0.8 else draw.choice("ACGU") for b in reversed(five)]
    return "".join(five + middle + three)


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def alternate(repeats: int, *commands: list[str]) -> list[float]:
    """The shortest time of each command; the commands take turns."""
    times = [[seconds(command) for command in commands] for _ in range(repeats)]
    return [min(column) for column in zip(*times, strict=True)]


def tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(p for child in children for p in tree(int(child)))]


def peak_memory(command: list[str]) -> tuple[float, float, float]:
    """Peaks of the resident (RSS) and proportional (PSS) memory of all processes, MiB; seconds."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peaks = {"Rss": 0, "Pss": 0}
    while process.poll() is None:
        try:
            rollups = [Path(f"/proc/{p}/smaps_rollup").read_text() for p in tree(process.pid)]
        except OSError:  # a process ended while we looked
            continue
        for kind, peak in peaks.items():
            found = [
                line for r in rollups for line in r.splitlines() if line.startswith(f"{kind}:")
            ]
            peaks[kind] = max(peak, sum(int(line.split()[1]) for line in found))
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return peaks["Rss"] / 1024, peaks["Pss"] / 1024, time.perf_counter() - start


def row(what: str, measured: str, target: str = "") -> None:
    print(f"| {what} | {measured} | {target} |", flush=True)


def against_the_loop(folder: Path, args: argparse.Namespace) -> None:
    """fold and classify against RNA.fold in a bare loop."""
    cores, out = available_cpus(), str(folder / "out")
    for length, target in ((85, 40), (180, 80)):
        fasta, some = folder / f"{length}.fa", folder / f"{length}.some.fa"
        fasta.write_text("".join(hairpins_of(length, args.records)))
        loop = min(args.records, args.loop * 85 // length)
        some.write_text("".join(hairpins_of(length, loop)))
        times = args.records / loop
        bare = [sys.executable, "-c", BARE_LOOP, str(some), out]
        ours = [[*MIRPRE, "fold", str(fasta), "-o", out, "-t", str(t)] for t in (1, cores)]
        classify = [*MIRPRE, "classify", "-m", "cnn", str(fasta), "-o", out, "-t", str(cores)]
        slow, one, all_, calls = alternate(args.repeats, bare, *ours, classify)
        slow *= times
        what = f"{args.records:,} records of {length} nt"
        row(
            f"fold, 1 thread, {what}: RNA.fold in a loop / mirpre",
            f"{slow:.1f} s / {one:.2f} s = {slow / one:.0f}",
            f">= {target}",
        )
        row(f"the same, {cores} threads", f"{slow:.1f} s / {all_:.2f} s = {slow / all_:.0f}")
        row(
            f"classify (cnn), {cores} threads, {what}: the same loop / mirpre",
            f"{slow:.1f} s / {calls:.2f} s = {slow / calls:.0f}",
            ">= 15" if length == 85 else "",
        )


def timings(folder: Path, args: argparse.Namespace) -> None:
    cores, out = available_cpus(), str(folder / "out")
    print("| what | measured | target |\n|---|---|---|")
    against_the_loop(folder, args)
    for model, records, target in (
        ("cnn", 100_000, 30_000),
        ("rnn", 10_000, 0),
        ("genome", 20_000, 5_000),
    ):
        fasta, dimers = folder / "x.fa", folder / "x.dimers"
        fasta.write_text("".join(hairpins_of(85, records)))
        subprocess.run([*MIRPRE, "encode", str(fasta), "-o", str(dimers)], check=True)
        (wall,) = alternate(
            args.repeats, [*MIRPRE, "classify", str(dimers), "-o", out, "-m", model]
        )
        row(
            f"classify ({model}), {cores} threads, {records:,} encoded records of 85 nt",
            f"{wall:.2f} s = {records / wall:,.0f} records/s",
            f">= {target:,} records/s" if target else "",
        )
    one = folder / "one.fa"
    one.write_text(next(hairpins_of(85, 1)))
    starts = [seconds([*MIRPRE, "classify", "-m", "cnn", str(one)]) for _ in range(11)]
    row("classify of 1 record, median of 11", f"{statistics.median(starts):.2f} s", "< 0.3 s")
    helps = [seconds([*MIRPRE, "--help"]) for _ in range(11)]
    row("--help, median of 11", f"{statistics.median(helps):.2f} s")


def memory(folder: Path, sizes: list[int]) -> None:
    cores = available_cpus()
    print(
        "| records | threads | peak RSS, all processes | peak PSS | wall |\n|---|---|---|---|---|"
    )
    for size in sizes:
        fasta = folder / "x.fa"
        with open(fasta, "w") as out:
            out.writelines(hairpins(size, (20, 28)))
        command = [*MIRPRE, "classify", "-m", "cnn", str(fasta), "-t", str(cores)]
        command += ["-o", str(folder / "out")]
        rss, pss, wall = peak_memory(command)
        print(f"| {size:,} | {cores} | {rss:.0f} MiB | {pss:.0f} MiB | {wall:.0f} s |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--loop", type=int, default=2000, help="records of 85 nt for RNA.fold")
    parser.add_argument("--memory", type=int, nargs="+", metavar="N")
    arguments = parser.parse_args()
    libraries = ("mirpre", "ViennaRNA", "onnxruntime", "numpy")
    versions = ", ".join(f"{library} {version(library)}" for library in libraries)
    print(f"Python {platform.python_version()}, {versions}; {available_cpus()} cores\n")
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.memory:
            memory(Path(scratch), arguments.memory)
        else:
            timings(Path(scratch), arguments)


if __name__ == "__main__":
    main()
