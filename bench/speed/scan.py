"""Speed and memory of the genome scan.

python -m bench.speed.scan stages genome.fa            each stage by itself, one core
python -m bench.speed.scan speed genome.fa             the whole command against an RNALfold scan
python -m bench.speed.scan curve genome.fa             seconds for 1, 2, 5 ... 50 Mb
python -m bench.speed.scan memory 500                  peak memory on a made genome of 500 Mb
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from bench.shared.scan_data import read_fasta
from mirpre.scanning.letters import to_letters
from mirpre.scanning.search import cut_out, stem_centres
from mirpre.scanning.settings import PRESETS, SHORTEST, Preset, SearchSettings
from mirpre.scanning.shortlist import load_network

Result = TypeVar("Result")


def settings_of(preset: Preset) -> SearchSettings:
    return SearchSettings(span=preset.span, least=preset.least_stem)


def fastest(function: Callable[..., Result], *arguments: object) -> tuple[Result, float]:
    """What a function returns, and the CPU seconds of the fastest of three calls."""
    seconds = []
    for _ in range(3):
        start = time.process_time()
        result = function(*arguments)
        seconds.append(time.process_time() - start)
    return result, min(seconds)


def stages(args: argparse.Namespace) -> None:
    """CPU seconds of stages 1 to 3 on one core, from three runs the fastest."""
    text = "".join(s for _, s in read_fasta(args.genome))[: args.letters]
    letters = to_letters(text.encode())
    for name in args.preset or PRESETS:
        preset = PRESETS[name]
        settings = settings_of(preset)

        centres, one = fastest(stem_centres, letters, settings)
        found, two = fastest(cut_out, letters, centres, settings)
        ladders = found.ladders[found.hairpins[:, 1] - found.hairpins[:, 0] >= SHORTEST]
        n, seen = len(centres) // 4, ladders
        networks: list[str] = []
        three = 0.0
        for look in preset.looks:
            scores, seconds = fastest(load_network(look.network).scores, seen)
            each = f"{look.network} {seconds / len(seen) * 1e6:.2f} us each"
            networks.append(f"{len(seen) / len(letters) * 1e6:.0f} per Mb and strand, {each}")
            seen, three = seen[scores >= look.least_score], three + seconds
        print(
            f"{name}: stems {len(letters) / one / 1e6:.1f} Mnt/s per strand and core; "
            f"{n / len(letters) * 1e6:.0f} places per Mb and strand, {two / n * 1e6:.2f} us each; "
            f"hairpins of {SHORTEST} nt and more: {', '.join(networks)}; "
            f"{2 * (one + two + three) / len(letters) * 1e6:.2f} s per Mb, both strands"
        )


def run_scan(genome: str | Path, *options: str) -> tuple[float, float, str]:
    """Seconds of the command, CPU seconds of it and its workers, and its output."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "mirpre", "scan-genome", str(genome), *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return seconds, cpu, done.stdout


def lfold_seconds(text: str, span: int) -> float:
    """CPU seconds of ViennaRNA's scan with a window (RNALfold) of both strands."""
    import RNA

    model = RNA.md()
    model.window_size = model.max_bp_span = span
    total = 0.0
    for strand in (text, text[::-1].translate(str.maketrans("ACGU", "UGCA"))):
        start = time.process_time()
        fold = RNA.fold_compound(strand, model, RNA.OPTION_WINDOW)
        fold.mfe_window_cb(lambda *_: None, None)
        total += time.process_time() - start
    return total


def speed(args: argparse.Namespace) -> None:
    """The command on the genome, and RNALfold on a piece of it, one after the other."""
    sequences = [s for _, s in read_fasta(args.genome)]
    size = sum(map(len, sequences)) / 1e6
    piece = max(sequences, key=len)
    middle = len(piece) // 2
    piece = piece[middle : middle + args.piece]
    seconds_per_mb = lfold_seconds(piece, 150) / len(piece) * 1e6
    print(f"RNALfold, span 150: {seconds_per_mb:.0f} CPU seconds per Mb, both strands")
    for name in args.preset or PRESETS:
        options = ["--classify", "--all", "-s", name, "-t", str(args.threads)]
        with tempfile.TemporaryDirectory() as folder:
            summary = Path(folder) / "run.json"
            seconds, cpu, output = run_scan(args.genome, *options, "--json", str(summary))
            folds = json.loads(summary.read_text())["records"]["read"]
        rows = sum(not line.startswith("#") for line in output.splitlines()) - 1
        print(
            f"{name}: {size:.2f} Mb in {seconds:.1f} s with {args.threads} threads, "
            f"{60 * size / seconds:.1f} Mb per minute; {rows / size:.0f} loci and "
            f"{folds / size:.0f} folds per Mb, "
            f"{cpu / size:.2f} CPU s per Mb, {seconds_per_mb * size / cpu:.0f} times RNALfold",
            flush=True,
        )


def made_genome(path: Path, letters: int, seed: int = 1) -> None:
    """A FASTA of random letters; 41 % GC, contigs of at most 100 Mb."""
    generator = np.random.default_rng(seed)
    with open(path, "wb") as out:
        for contig, start in enumerate(range(0, letters, 100_000_000)):
            out.write(b">chr%d\n" % (contig + 1))
            for _ in range(start, min(start + 100_000_000, letters), 1_000_000):
                codes = generator.choice(4, 1_000_000, p=[0.295, 0.205, 0.205, 0.295])
                block = np.frombuffer(b"ACGT", np.uint8)[codes].reshape(-1, 100)
                lines = np.full((len(block), 101), ord("\n"), np.uint8)
                lines[:, :100] = block
                out.write(lines.tobytes())


def curve(args: argparse.Namespace) -> None:
    """Seconds for more and more of a genome, repeated where it is short."""
    text = "".join(s for _, s in read_fasta(args.genome)).replace("U", "T")
    options = ["--classify", "-s", (args.preset or ["default"])[0]]
    with tempfile.TemporaryDirectory() as folder:
        for size in args.sizes:
            whole = (text * (size * 1_000_000 // len(text) + 1))[: size * 1_000_000]
            path = Path(folder) / "genome.fa"
            path.write_text(">chr1\n" + whole + "\n")
            seconds, cpu, _ = run_scan(path, *options, "-t", str(args.threads))
            print(
                f"{size} Mb\t{seconds:.1f} s\t{60 * size / seconds:.1f} Mb per minute\t"
                f"{cpu:.1f} CPU s\t{cpu / size:.2f} CPU s per Mb",
                flush=True,
            )


def tree_memory(root: int) -> float:
    """Proportional memory in MiB of a process and its children."""
    total = 0
    for task in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int(task.joinpath("stat").read_text().rsplit(")", 1)[1].split()[1])
            if int(task.name) == root or parent == root:
                for line in task.joinpath("smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
    return total / 1024


def memory(args: argparse.Namespace) -> None:
    """Peak memory of the command and its workers, all together."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.fa"
        made_genome(path, args.size * 1_000_000)
        command = [sys.executable, "-m", "mirpre", "scan-genome", str(path)]
        command += ["-t", str(args.threads), "-o", str(Path(folder) / "out.fa"), *args.option]
        start, peak = time.perf_counter(), 0.0
        with subprocess.Popen(command) as process:
            while process.poll() is None:
                peak = max(peak, tree_memory(process.pid))
                time.sleep(0.5)
        seconds = time.perf_counter() - start
        print(
            f"{args.size} Mb: exit {process.returncode}, {seconds:.0f} s, "
            f"{60 * args.size / seconds:.1f} Mb per minute, peak {peak:.0f} MiB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--preset", action="append", choices=list(PRESETS))
    commands = parser.add_subparsers(required=True)
    for function in (stages, speed, curve, memory):
        command = commands.add_parser(function.__name__, help=function.__doc__)
        command.set_defaults(run=function)
        if function is memory:
            command.add_argument("size", type=int, help="Mb")
            command.add_argument("--option", action="append", default=[])
        else:
            command.add_argument("genome")
    commands.choices["stages"].add_argument("--letters", type=int, default=2_000_000)
    sizes = (1, 2, 5, 10, 20, 50)
    commands.choices["curve"].add_argument("--sizes", type=int, nargs="+", default=sizes)
    commands.choices["speed"].add_argument("--piece", type=int, default=20_000)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
