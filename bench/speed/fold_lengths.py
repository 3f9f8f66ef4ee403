"""Time to fold one record against its length: the native folder and ViennaRNA.

    python -m bench.speed.fold_lengths --plot docs/figures/fold_speed.svg      about 8 minutes

Prints a Markdown table. Times are CPU times of one core; the two take turns, and the shortest of
--repeats counts. The records are the stem-loops of fold_classify, of about the length given.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.shared.markdown import table
from bench.speed.fold_classify import hairpins
from mirpre.folding import Fold, native, viennarna_version
from mirpre.folding.viennarna import fold_sequences

LENGTHS = (40, 60, 85, 120, 180, 300, 400, 800, 1500)
MEAN_LOOP = 12
WORK = 2_000_000
"""nt^2 that ViennaRNA folds for a time, but at least 2 records."""
NATIVE_TIMES = 10
"""How often the native folder folds the same, so that its time is long enough to be measured."""


def records(length: int) -> list[str]:
    arm = (length - MEAN_LOOP) // 2
    count = max(2, WORK // length**2)
    return [fasta.split("\n")[1] for fasta in hairpins(count, (arm, arm), seed=length)]


def cpu_seconds(fold: Callable[[Sequence[str]], list[Fold]], sequences: list[str]) -> float:
    start = time.process_time()
    fold(sequences)
    return time.process_time() - start


def measure(length: int, repeats: int) -> tuple[float, float]:
    """Seconds per record of ViennaRNA and of the native folder."""
    sequences, folder = records(length), native.load()
    vienna, ours = [], []
    for _ in range(repeats):
        vienna.append(cpu_seconds(fold_sequences, sequences))
        ours.append(cpu_seconds(folder.fold, sequences * NATIVE_TIMES) / NATIVE_TIMES)
    return min(vienna) / len(sequences), min(ours) / len(sequences)


def draw(path: Path, seconds: list[tuple[float, float]]) -> None:
    import matplotlib as mpl

    mpl.use("svg" if path.suffix == ".svg" else "agg")
    mpl.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "mirpre", "font.size": 10}
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullLocator

    figure, axes = plt.subplots(figsize=(5.6, 3.6), layout="constrained")
    names = ("ViennaRNA", "mirpre")
    for name, line, color in zip(names, zip(*seconds, strict=True), ("0.45", "C0"), strict=True):
        axes.plot(LENGTHS, line, marker="o", markersize=4, color=color)
        axes.text(1.1 * LENGTHS[-1], line[-1], name, color=color, weight="bold", va="center")
    axes.set(xscale="log", yscale="log", xlabel="length, nt", title="Time to fold one record")
    axes.set_xlim(right=3800)  # room for the names
    axes.set_xticks(LENGTHS, [str(length) for length in LENGTHS])
    ticks = {1e-5: "10 µs", 1e-4: "100 µs", 1e-3: "1 ms", 1e-2: "10 ms", 1e-1: "100 ms", 1: "1 s"}
    ticks[10] = "10 s"
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(color="0.9", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--plot", type=Path, help="draw the figure here (needs matplotlib)")
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}, ViennaRNA {viennarna_version()}\n")
    seconds = [measure(length, arguments.repeats) for length in LENGTHS]
    rows = [
        (f"{length:,}", f"{1e3 * vienna:.3g} ms", f"{1e3 * ours:.3g} ms", f"{vienna / ours:.0f}")
        for length, (vienna, ours) in zip(LENGTHS, seconds, strict=True)
    ]
    print(table(("nt", "ViennaRNA", "mirpre", "times faster"), rows))
    if arguments.plot:
        draw(arguments.plot, seconds)


if __name__ == "__main__":
    main()
