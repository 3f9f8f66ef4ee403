"""Speed and memory of fold and classify, on made hairpins.

    python -m bench.speed.fold_classify                 timings, about 6 minutes on 2 cores
    python -m bench.speed.fold_classify --memory 10000 100000 1000000      memory, a row each

Prints a Markdown table. Ratios compare runs that alternate in time; the shorter of --repeats runs
counts for each. Needs Linux (memory is read from /proc).
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
    pair = dict(zip("ACGU", "UGCA", strict=True))
    for number in range(n):
        five = draw.choices("ACGU", k=draw.randint(*arm))
        three = [pair[b] if draw.random() < 0.8 else draw.choice("ACGU") for b in reversed(five)]
        loop = draw.choices("ACGU", k=draw.randint(4, 20))
        yield f">made{number}\n{''.join(five + loop + three)}\n"


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


def timings(folder: Path, records: int, repeats: int) -> None:
    fasta, one, out = folder / "x.fa", folder / "one.fa", str(folder / "out")
    fasta.write_text("".join(hairpins(records, (32, 48))))
    one.write_text(next(hairpins(1, (38, 38))))
    cores = available_cpus()
    print("| what | measured | target |\n|---|---|---|")

    def fold(threads: int) -> list[str]:
        return [*MIRPRE, "fold", str(fasta), "-o", out, "-t", str(threads)]

    for model in ("cnn", "rnn"):
        classify = [*MIRPRE, "classify", str(fasta), "-o", out, "-t", str(cores), "-m", model]
        folding, classifying = alternate(repeats, fold(cores), classify)
        slower = classifying / folding
        target = "<= 1.08" if model == "cnn" else ""
        print(
            f"| classify ({model}) against fold, {records:,} records, {cores} threads | "
            f"{classifying:.2f} s / {folding:.2f} s = {slower:.3f} | {target} |",
            flush=True,
        )
    single, double = alternate(repeats, fold(1), fold(2))
    ratio = f"{single:.2f} s / {double:.2f} s = {single / double:.2f}"
    print(f"| fold, 1 thread against 2 | {ratio} | >= 1.8 |", flush=True)
    ours, bare = alternate(repeats, fold(1), [sys.executable, "-c", BARE_LOOP, str(fasta), out])
    ratio = f"{ours:.2f} s / {bare:.2f} s = {ours / bare:.3f}"
    print(f"| fold, 1 thread, against a bare ViennaRNA loop | {ratio} | <= 1.05 |", flush=True)
    for model in ("cnn", "rnn"):
        subprocess.run([*MIRPRE, "encode", str(fasta), "-o", str(folder / "x.dimers")], check=True)
        classify = [*MIRPRE, "classify", str(folder / "x.dimers"), "-o", out, "-m", model]
        (wall,) = alternate(repeats, classify)
        what = f"classify ({model}) of {records:,} encoded records, {cores} threads"
        print(f"| {what} | {wall:.2f} s = {records / wall:,.0f} records/s | |", flush=True)
    starts = [seconds([*MIRPRE, "classify", str(one)]) for _ in range(11)]
    print(f"| classify of 1 record, median of 11 | {statistics.median(starts):.2f} s | < 0.6 s |")
    helps = [seconds([*MIRPRE, "--help"]) for _ in range(11)]
    print(f"| --help, median of 11 | {statistics.median(helps):.2f} s | < 0.3 s |")


def memory(folder: Path, sizes: list[int]) -> None:
    cores = available_cpus()
    print(
        "| records | threads | peak RSS, all processes | peak PSS | wall |\n|---|---|---|---|---|"
    )
    for size in sizes:
        fasta = folder / "x.fa"
        with open(fasta, "w") as out:
            out.writelines(hairpins(size, (20, 28)))
        command = [*MIRPRE, "classify", str(fasta), "-o", str(folder / "out"), "-t", str(cores)]
        rss, pss, wall = peak_memory(command)
        print(f"| {size:,} | {cores} | {rss:.0f} MiB | {pss:.0f} MiB | {wall:.0f} s |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs="+", metavar="N")
    arguments = parser.parse_args()
    libraries = ("mirpre", "ViennaRNA", "onnxruntime", "numpy")
    versions = ", ".join(f"{library} {version(library)}" for library in libraries)
    print(f"Python {platform.python_version()}, {versions}; {available_cpus()} cores\n")
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.memory:
            memory(Path(scratch), arguments.memory)
        else:
            timings(Path(scratch), arguments.records, arguments.repeats)


if __name__ == "__main__":
    main()
