"""Where precursors are cut, as the model ``arms`` tells it: the tables of docs/evidence/arms.md.

python -m bench.evidence.arms FOLDER --cleavage deepmircut_validation.tsv \\
    --precursors precursors.tsv --supported supported.tsv --records records.tsv

FOLDER is that of arms_data.py, records.tsv that of model_data.py. The columns of the cleavage file
are its name, precursor, accession, two mature names, four pairs of positions (from 1) between
which it is cut, two columns that are not read, and the sequence. supported.tsv tells in its third
column the arm that MirGeneDB's names have as the mature one.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.shared.arms_metrics import (
    FIVE_PRIME,
    THREE_PRIME,
    Cuts,
    Floats,
    arms_right,
    by_family,
    calibration_error,
    reliability,
    shares_right,
)
from bench.weights.arms_data import PUBLISHED, WINDOW, ArmsPool
from bench.weights.bundle_arms import hairpins_of
from bench.weights.genome_pool import Rows
from bench.weights.model_data import read_records
from bench.weights.train_arms import LEAST_FLANK
from mirpre.annotation.arms import ArmsPredictor, predict_arms
from mirpre.annotation.records import Arms
from mirpre.folding import native
from mirpre.models.registry import TELLS_ARMS, load_model_files
from mirpre.records import Hairpin

Ends = tuple[int, int]


@dataclass(frozen=True)
class Judged:
    """Hairpins of held-out families, where they are cut, and what is told of them."""

    what: str
    hairpins: list[Hairpin]
    known: Cuts
    family: NDArray[np.str_]
    arms: list[Arms]

    @property
    def told(self) -> Cuts:
        return np.array([positions(arms) for arms in self.arms])

    def row(self, found: Cuts) -> str:
        """Shares of right ends, with intervals."""
        columns, low, high = by_family(
            lambda rows: np.array(list(shares_right(found[rows], self.known[rows]).values())),
            self.family,
        )
        cells = [
            f"{100 * v:.1f} ({100 * a:.1f}-{100 * b:.1f})"
            for v, a, b in zip(columns, low, high, strict=True)
        ]
        return " | ".join(cells)


def positions(arms: Arms) -> list[int]:
    """First and last position of either arm; far away where there is none."""
    if arms.five is None or arms.three is None:
        return [-1000] * 4
    return [arms.five.start, arms.five.end - 1, arms.three.start, arms.three.end - 1]


def loop_of(structure: str) -> Ends:
    """The pair that closes the hairpin loop with the most pairs around it."""
    waiting: list[int] = []
    loops: list[tuple[int, Ends]] = []
    innermost = False
    for at, symbol in enumerate(structure):
        if symbol == "(":
            waiting.append(at)
            innermost = True
        elif symbol == ")":
            first = waiting.pop()
            if innermost:
                loops.append((len(waiting), (first, at)))
            innermost = False
    middle = len(structure) // 2
    return max(loops)[1] if loops else (middle, middle)


def loop_baseline(learned: list[Hairpin], cuts: Cuts) -> Callable[[list[Hairpin]], Cuts]:
    """Spans by the distances from the loop that are most frequent among learned precursors."""

    def from_loop(hairpins: list[Hairpin]) -> NDArray[np.int64]:
        loops = np.array([loop_of(h.structure or "") for h in hairpins])
        return loops[:, [0, 0, 1, 1]]

    apart = cuts - from_loop(learned)
    best = [Counter(column.tolist()).most_common(1)[0][0] for column in apart.T]
    print("Offsets from the loop:", best, "\n")
    return lambda hairpins: np.asarray(from_loop(hairpins) + np.array(best))


def of_pool(pool: ArmsPool, rows: Rows, what: str, predictor: ArmsPredictor) -> Judged:
    hairpins = hairpins_of(pool, rows)
    arms = list(predict_arms(hairpins, predictor))
    known = pool.cuts[rows].astype(np.int64)
    return Judged(what, hairpins, known, pool.family[rows], arms)


def of_cleavage(
    file: str, names: dict[str, str], groups: dict[str, str], predictor: ArmsPredictor
) -> tuple[Judged, NDArray[np.bool_]]:
    """Records whose precursor is of a test family, and which are as published."""
    rows: list[tuple[Hairpin, list[int], str]] = []
    with open(file, encoding="utf-8") as lines:
        for line in lines:
            parts = line.rstrip("\n").split("\t")
            group = groups.get(names.get(parts[2], ""))
            if group is None:
                continue
            pairs = [tuple(map(int, pair.split(","))) for pair in parts[5:9]]
            # The cut lies behind the first of the two positions from 1.
            cuts = [pairs[0][0], pairs[1][0] - 1, pairs[2][0], pairs[3][0] - 1]
            rows.append((Hairpin(parts[0], parts[11].upper().replace("T", "U")), cuts, group))
    folds = native.load().fold([hairpin.sequence for hairpin, _, _ in rows])
    hairpins = [h.folded(*fold) for (h, _, _), fold in zip(rows, folds, strict=True)]
    judged = Judged(
        "cleavage set",
        hairpins,
        np.array([cuts for _, cuts, _ in rows]),
        np.array([group for _, _, group in rows]),
        list(predict_arms(hairpins, predictor)),
    )
    return judged, np.array(["_x" not in h.header for h in hairpins])


def tables(pool: ArmsPool, args: argparse.Namespace, predictor: ArmsPredictor) -> None:
    learned = pool.rows("train", PUBLISHED, flank=LEAST_FLANK)
    by_loop = loop_baseline(hairpins_of(pool, learned), pool.cuts[learned].astype(np.int64))
    published = pool.rows("test", PUBLISHED, flank=LEAST_FLANK)
    windows = pool.rows("test", WINDOW, flank=LEAST_FLANK)
    in_window = np.isin(pool.pool.name[published], pool.pool.name[windows])
    sets = [
        of_pool(pool, published, "as published", predictor),
        of_pool(pool, published[in_window], "as published, those with a window", predictor),
        of_pool(pool, windows, "windows, 13 to 40 nt of flank", predictor),
    ]
    names, groups = {}, {}
    with open(args.precursors, encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            names[row["accession"]] = row["name"]
    for record in read_records(args.records):
        if record.positive and record.source == PUBLISHED and record.split == "test":
            groups[record.name] = record.group
    cleavage, original = of_cleavage(args.cleavage, names, groups, predictor)
    first = np.flatnonzero(original).tolist()
    sets.append(
        Judged(
            "cleavage set, its own records",
            [cleavage.hairpins[k] for k in first],
            cleavage.known[first],
            cleavage.family[first],
            [cleavage.arms[k] for k in first],
        )
    )
    sets.append(cleavage)
    sets[-1] = Judged("cleavage set, all cuts of them", *(getattr(cleavage, n) for n in FIELDS))
    print(
        "| records | number, families | told by | 5' ends exact | within 2 nt | "
        "3' ends exact | within 2 nt |\n|---|---|---|---|---|---|---|"
    )
    for one in sets:
        size = f"{len(one.known)}, {len(set(one.family.tolist()))}"
        print(f"| {one.what} | {size} | `arms` | {one.row(one.told)} |")
        print(f"| | | loop | {one.row(by_loop(one.hairpins))} |")
    others(pool, predictor)
    by_arm(sets[0])
    steady(pool, windows, sets[2])
    calibrated([sets[0], sets[2]])
    dominant(pool, args.supported, names, predictor)


FIELDS = ("hairpins", "known", "family", "arms")


def others(pool: ArmsPool, predictor: ArmsPredictor) -> None:
    """What MirGeneDB does not support, and plants."""
    test = (pool.pool.split == "test") & (pool.pool.source == PUBLISHED)
    test &= (pool.cuts.min(axis=1) >= 0) & (pool.real.min(axis=1) >= LEAST_FLANK)
    for what, mine in (
        ("not supported, no plants", test & ~pool.supported & ~pool.plant),
        ("plants", test & pool.plant),
    ):
        one = of_pool(pool, np.flatnonzero(mine), what, predictor)
        size = f"{len(one.known)}, {len(set(one.family.tolist()))}"
        print(f"| {what} | {size} | `arms` | {one.row(one.told)} |")


def by_arm(judged: Judged) -> None:
    """Exact and within 2 nt, of each cut; and whole arms."""
    off = np.abs(judged.told - judged.known)
    right = arms_right(judged.told, judged.known).mean(axis=0)
    print("\n| cut | exact | within 2 nt |\n|---|---|---|")
    for k, name in enumerate(("5p start", "5p end", "3p start", "3p end")):
        print(f"| {name} | {(off[:, k] == 0).mean():.3f} | {(off[:, k] <= 2).mean():.3f} |")
    print(f"\nBoth ends within 2 nt: 5p {right[0]:.3f}, 3p {right[1]:.3f}\n")


def steady(pool: ArmsPool, rows: Rows, judged: Judged) -> None:
    """How often the same cuts are told of a precursor between two lengths of flanks."""
    found = judged.told - judged.known
    of: dict[str, list[int]] = {}
    for k, row in enumerate(rows.tolist()):
        of.setdefault(pool.pool.name[row], []).append(k)
    pairs = np.array([two[:2] for two in of.values() if len(two) > 1])
    same = found[pairs[:, 0]] == found[pairs[:, 1]]
    print(
        f"The same in two records of a window: 5' ends {same[:, FIVE_PRIME].mean():.3f}, "
        f"3' ends {same[:, THREE_PRIME].mean():.3f} of {len(pairs)} precursors\n"
    )


def calibrated(sets: list[Judged]) -> None:
    print("| records | confidence | mean | right | arms |\n|---|---|---|---|---|")
    for one in sets:
        right = arms_right(one.told, one.known).T.reshape(-1)
        spans = [a.five for a in one.arms] + [a.three for a in one.arms]
        confidence = np.array([(span and span.confidence) or 0.0 for span in spans])
        for mean, share, _, number in reliability(right, confidence):
            low = int(mean * 10) / 10
            print(
                f"| {one.what} | {low:.1f}-{low + 0.1:.1f} | {mean:.3f} | {share:.3f} | {number} |"
            )
        print(f"\nECE, {one.what}: {calibration_error(right, confidence):.4f}\n")


def dominant(
    pool: ArmsPool, supported: str, names: dict[str, str], predictor: ArmsPredictor
) -> None:
    """Which arm gives the more abundant sequence."""
    from sklearn.metrics import roc_auc_score

    mature: dict[str, int] = {}
    with open(supported, encoding="utf-8") as lines:
        for line in lines:
            accession, _, ids = line.rstrip("\n").split("\t")
            ends = {one.rpartition("_")[2] for one in ids.split(",")}
            if len(ends) == 1 and accession in names:
                mature[names[accession]] = int(ends == {"5p"})
    rows = pool.rows("test", PUBLISHED, flank=LEAST_FLANK)
    arms = list(predict_arms(hairpins_of(pool, rows), predictor))
    told = np.array([0.5 if one.five_dominates is None else one.five_dominates for one in arms])
    print("| label | precursors | 5p | AUC | ECE |\n|---|---|---|---|---|")
    by_name = np.array([mature.get(name, -1) for name in pool.pool.name[rows]], np.int64)
    for what, label in (
        ("described first in miRBase", pool.five_dominates[rows].astype(np.int64)),
        ("MirGeneDB's mature arm", by_name),
    ):
        some = np.flatnonzero(label >= 0)

        def own_auc(part: NDArray[np.int64], some: Rows = some, label: Rows = label) -> Floats:
            mine = some[part]
            if len(set(label[mine].tolist())) < 2:
                return np.full(1, np.nan)
            return np.array([roc_auc_score(label[mine], told[mine])])

        (value,), (low,), (high,) = by_family(own_auc, pool.family[rows[some]])
        error = calibration_error(label[some] == 1, told[some])
        print(
            f"| {what} | {len(some)} | {label[some].mean():.3f} | "
            f"{value:.3f} ({low:.3f}-{high:.3f}) | {error:.3f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    for name in ("cleavage", "precursors", "supported"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--model", help="a model folder; the bundled one by default")
    args = parser.parse_args()
    files = load_model_files(args.model, TELLS_ARMS) if args.model else None
    tables(ArmsPool.load(args.folder / "arms.npz"), args, ArmsPredictor(files))


if __name__ == "__main__":
    main()
