"""How networks do on whole loci of a scan: recall at so many false ones per Mb.

python -m bench.weights.locus_check FOLDER RUN... takes FOLDER/loci.validation.npz of scan_loci.py
and prints, for each run, their mean, and ways to make one score of a locus' alternative ends, the
share of the validation families' precursors that is kept where so many other loci per Mb are.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.weights.genome_pool import Pool
from bench.weights.train_genome import log_odds, network_of
from mirpre.training.recipe import load_tensorflow

Scores = NDArray[np.float64]
MADE = ("shuffled", "made1", "made4")
RATES = (0.3, 1, 3, 10)
"""False loci per Mb of shuffled and made sequence at which recall is told."""


class Loci:
    """The hairpins of loci, in order, and what each locus is."""

    def __init__(self, folder: Path) -> None:
        self.pool = Pool.load(folder / "loci.validation.npz")
        kind, name = self.pool.source, self.pool.name
        new = np.r_[True, (kind[1:] != kind[:-1]) | (name[1:] != name[:-1])]
        self.first = np.flatnonzero(new)
        self.kind, self.name = kind[self.first], name[self.first]
        self.positive = self.pool.positive[self.first]
        sizes: dict[str, int] = json.loads((folder / "loci.letters.json").read_text())
        self.precursors = sizes.pop("precursors")
        self.megabases = {key: value / 1e6 for key, value in sizes.items()}

    def scores(self, run: Path) -> Scores:
        """Log-odds of each hairpin by a network."""
        return log_odds(network_of(run), self.pool, np.arange(len(self.pool.lengths)))

    def highest(self, scores: Scores) -> Scores:
        return np.maximum.reduceat(scores, self.first)

    def mean(self, scores: Scores) -> Scores:
        count = np.diff(np.r_[self.first, len(scores)])
        found: Scores = np.add.reduceat(scores, self.first) / count
        return found

    def recall(self, score: Scores, least: float) -> float:
        """Share of all precursors that have a locus from a score on."""
        kept = self.positive & (score >= least)
        return len(set(self.name[kept].tolist())) / self.precursors

    def per_megabase(self, score: Scores, least: float, kinds: tuple[str, ...]) -> float:
        of = np.isin(self.kind, kinds) & (score >= least)
        return float(of.sum() / sum(self.megabases[k] for k in kinds))

    def bound(self, score: Scores, rate: float, kinds: tuple[str, ...]) -> float:
        """The score that so many loci per Mb reach."""
        own = np.sort(score[np.isin(self.kind, kinds)])[::-1]
        most = int(rate * sum(self.megabases[k] for k in kinds))
        return float(own[min(most, len(own) - 1)]) if len(own) else -np.inf

    def strand_errors(self, score: Scores, least: float) -> float:
        """Of precursors from a score on that have an opposite locus: share where that is better."""
        right: dict[str, float] = {}
        wrong: dict[str, float] = {}
        for kind, name, value in zip(self.kind, self.name, score.tolist(), strict=True):
            if kind == "precursor":
                right[name] = max(value, right.get(name, value))
            elif kind == "opposite":
                wrong[name] = max(value, wrong.get(name, value))
        both = [n for n in right if n in wrong and max(right[n], wrong[n]) >= least]
        return float(np.mean([wrong[n] >= right[n] for n in both]))


def show(loci: Loci, name: str, score: Scores) -> None:
    bounds = [loci.bound(score, rate, MADE) for rate in RATES]
    kept = [loci.recall(score, bound) for bound in bounds]
    real = [
        loci.per_megabase(score, bounds[1], (kind,))
        for kind in ("forward", "mirrored", "inverted", "satellites")
    ]
    error = loci.strand_errors(score, bounds[2])
    print(
        f"| {name} | "
        + " | ".join(f"{v:.3f}" for v in kept)
        + " | "
        + " | ".join(f"{v:.1f}" for v in real)
        + f" | {error:.3f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("runs", type=Path, nargs="+")
    args = parser.parse_args()
    load_tensorflow(1)
    loci = Loci(args.folder)
    print(f"{loci.precursors} precursors; {loci.megabases}")
    print("| network | " + " | ".join(f"recall at {r} per Mb" for r in RATES), end="")
    print(" | forward, mirrored, inverted, satellites per Mb at 1 | wrong strand |")
    print("|---" * (len(RATES) + 6) + "|")
    each = [loci.scores(run) for run in args.runs]
    for run, scores in zip(args.runs, each, strict=True):
        show(loci, f"{run.name}, highest", loci.highest(scores))
    together = np.mean(each, axis=0)
    show(loci, "mean of networks, highest", loci.highest(together))
    show(loci, "mean of networks, mean of ends", loci.mean(together))
    half = (loci.highest(together) + loci.mean(together)) / 2
    show(loci, "mean of networks, half of each", half)


if __name__ == "__main__":
    main()
