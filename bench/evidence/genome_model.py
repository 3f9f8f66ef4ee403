"""Measure the bundled models on the records that were held out of genome's training.

python -m bench.evidence.genome_model FOLDER SCANS --mirgenedb hsa_mirgenedb.fa ... \\
    --paper-positives human_premirna.csv --paper-negatives pseudo_hairpins.csv \\
    --model cnn --model rnn --model genome --plot docs/evidence/figures/reliability.svg

FOLDER is that of model_data.py, SCANS that of model_scan.py. Prints the tables of
docs/evidence/genome-model.md. Structures are folded once and kept in FOLDER. The reliability plot
goes to --plot.
"""

from __future__ import annotations

import argparse
import csv
import json
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.evidence.model_scan import scores
from bench.shared.markdown import table
from bench.shared.metrics import (
    Measure,
    Scores,
    at_specificity,
    auc,
    average_precision,
    with_interval,
)
from bench.shared.scan_data import read_fasta
from bench.weights.bundle_genome import calibration_error, used_rows, weights_of
from bench.weights.genome_pool import Folds, Pool
from bench.weights.model_data import read_folds, read_records
from bench.weights.model_records import Record
from mirpre.evaluation.bootstrap import intervals
from mirpre.evaluation.metrics import binary_metrics
from mirpre.folding import native
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files
from mirpre.records import Hairpin

RESAMPLES = 500
RATIOS, SPECIFICITIES = (1, 10, 1000), (0.99, 0.995, 0.999)
MADE = ("made", "shuffled text", "mirrored text", "inverted", "satellites")
SCANNED = ("transcripts", "long ncrna")
"""Sources of negatives that are no real RNA, and those that our own scan cut out of it."""
FROM_PRECURSORS = ("antisense", "shuffled", "mirror")
"""Those that are made of precursors, and are counted nowhere."""


def mirgenedb_records(files: list[str], folder: Path) -> tuple[list[Record], list[Record]]:
    """MirGeneDB precursors that lie in a miRBase hairpin of a test family."""
    tested: dict[str, set[str]] = {}
    for r in read_records(folder / "records.tsv"):
        if r.positive and r.source == "published":
            tested.setdefault(r.split, set()).add(r.sequence)
    held: list[Record] = []
    rest: list[Record] = []
    others = "|".join(tested["train"]) + "|" + "|".join(tested["validation"])
    test = "|".join(tested["test"])
    for file in files:
        for header, sequence in read_fasta(file):
            record = Record(header.split()[0], "mirgenedb", "", "test", True, 1.0, sequence)
            (held if sequence in test and sequence not in others else rest).append(record)
    return held, rest


def folded(records: list[Record], folds: Folds, cache: Path) -> list[Hairpin]:
    """Hairpins of records; what was not folded before is folded here and kept."""
    if cache.exists():
        folds = folds | {k: tuple(v) for k, v in json.loads(cache.read_text()).items()}
    new: Folds = {}
    found: list[Hairpin] = []
    for r in records:
        if r.sequence not in folds:
            structure, mfe = native.load().fold([r.sequence])[0]
            folds[r.sequence] = new[r.sequence] = (structure, str(mfe))
        found.append(Hairpin(r.name, r.sequence, folds[r.sequence][0]))
    if new:
        known = json.loads(cache.read_text()) if cache.exists() else {}
        cache.write_text(json.dumps(known | new))
    return found


MEASURES: dict[str, Measure] = {
    "AUC": auc,
    **{f"average precision 1:{r}": partial(average_precision, ratio=r) for r in RATIOS},
    **{f"Sen at Spe {s}": partial(at_specificity, specificity=s) for s in SPECIFICITIES},
}


def rates(
    name: str, sets: dict[str, Scores], negatives: dict[str, Scores], models: list[str]
) -> str:
    rows = []
    for measure, function in MEASURES.items():
        cells = [with_interval(function, sets[m], negatives[m]) for m in models]
        rows.append([measure, *cells])
    return f"### {name}\n\n" + table(["measure", *models], rows) + "\n"


def read_scan(file: Path) -> tuple[float, int, list[dict[str, str]]]:
    """Mb, number of known loci, and columns of a table of model_scan.py."""
    with file.open(encoding="utf-8") as lines:
        words = next(lines).split()
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return float(words[2]), int(words[4]), rows


def scan_tables(folder: Path, kept: dict[str, Scores], models: list[str]) -> str:
    """Calls per Mb at the threshold that keeps a share of MirGeneDB; recall at a rate of calls."""
    text = ""
    empty: dict[str, list[Scores]] = {m: [] for m in models}
    size_of_empty = 0.0
    header = ["genome", "Mb", "candidates per Mb", "model", "known found", "other calls per Mb"]
    rows = []
    for file in sorted(folder.glob("*.tsv")):
        size, known, table_rows = read_scan(file)
        names = np.array([r["known"] for r in table_rows])
        for m in models:
            column = np.array([float(r[m]) for r in table_rows])
            called = column >= np.quantile(kept[m], 0.2)
            found = f"{len(set(names[called]) - {'.'})}/{known}" if known else "-"
            others = int((called & (names == ".")).sum())
            rows.append(
                [
                    file.stem,
                    f"{size:.2f}",
                    f"{len(column) / size:.0f}",
                    m,
                    found,
                    f"{others / size:.1f}",
                ]
            )
            if not known:
                empty[m].append(column)
        size_of_empty += size if not known else 0
    text += table(header, rows) + "\n"
    header = ["model", *(f"recall at {rate:g} per Mb" for rate in (10, 1, 0.1))]
    rows = []
    for m in models:
        column = np.sort(np.concatenate(empty[m]))[::-1]
        cells = []
        for rate in (10, 1, 0.1):
            number = int(rate * size_of_empty)
            cells.append(f"{(kept[m] > column[number]).mean():.3f}" if number else "-")
        rows.append([m, *cells])
    return (
        text
        + f"\nGenomes without known loci: {size_of_empty:.2f} Mb.\n\n"
        + table(header, rows)
        + "\n"
    )


def paper_records(positives: str, negatives: str) -> tuple[list[Hairpin], NDArray[np.bool_]]:
    with open(positives, encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    with open(negatives, encoding="utf-8") as lines:
        rows += list(csv.DictReader(lines))
    order = np.arange(len(rows))
    np.random.RandomState(2).shuffle(order)
    found: list[tuple[Hairpin, bool]] = []
    for i in order[:752]:
        dimers = rows[i]["seq_struc"].split()
        hairpin = Hairpin("", "".join(d[0] for d in dimers), "".join(d[1] for d in dimers))
        found.append((hairpin, rows[i]["Classification"] == "TRUE"))
    return [h for h, _ in found], np.array([label for _, label in found])


def paper_table(
    predictors: dict[str, Predictor], hairpins: list[Hairpin], labels: NDArray[np.bool_]
) -> str:
    """Metrics of the paper's test records at 0.5, with intervals."""
    rows = []
    found = {m: 1 / (1 + np.exp(-scores(p, hairpins))) for m, p in predictors.items()}
    for measure in ("sensitivity", "specificity", "mcc", "accuracy", "auc"):
        cells = []
        for scored in found.values():
            value = binary_metrics(labels, scored)[measure]
            bounds = intervals(labels, scored, 0.5, resamples=RESAMPLES, seed=1)[measure]
            assert value is not None
            assert bounds is not None
            cells.append(f"{value:.4f} ({bounds[0]:.4f}-{bounds[1]:.4f})")
        rows.append([measure, *cells])
    return table(["paper's test records", *predictors], rows)


def reliability(folder: Path, predictor: Predictor, plot: Path) -> None:
    """Expected calibration error on the test records, and the plot of it."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    pool = Pool.load(folder / "pool.npz")
    rows = used_rows(pool, "test")
    parts = []
    for at in range(0, len(rows), 512):
        parts.append(predictor.probabilities(pool.arrays(rows[at : at + 512])))
    p = np.concatenate(parts).astype(float)
    error, bins = calibration_error(pool.positive[rows], p, weights_of(pool, rows))
    mpl.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "mirpre"}
    figure, axes = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.8", linewidth=1)
    axes.plot([b[0] for b in bins], [b[1] for b in bins], marker="o", markersize=4)
    axes.set(xlabel="probability", ylabel="share of precursors", xlim=(0, 1), ylim=(0, 1))
    axes.spines[["top", "right"]].set_visible(False)
    plot.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(plot, metadata={"Date": None} if plot.suffix == ".svg" else None)
    print(f"Expected calibration error on {len(rows)} test records: {error:.4f}\n")


def probabilities(held: dict[str, Scores]) -> str:
    """Of each model the probability from which 80 % of the precursors are kept."""
    kept = {m: 1 / (1 + np.exp(-np.quantile(found, 0.2))) for m, found in held.items()}
    return ", ".join(f"{m} {p:.3f}" for m, p in kept.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("scans", type=Path)
    parser.add_argument("--mirgenedb", nargs="+", required=True)
    parser.add_argument("--paper-positives", required=True)
    parser.add_argument("--paper-negatives", required=True)
    parser.add_argument("--model", action="append", required=True)
    parser.add_argument("--plot", type=Path)
    args = parser.parse_args()
    folds = read_folds(args.folder)
    models = [Path(m).name for m in args.model]
    predictors = {
        name: Predictor(load_model_files(m)) for name, m in zip(models, args.model, strict=True)
    }
    held, rest = mirgenedb_records(args.mirgenedb, args.folder)
    records = [r for r in read_records(args.folder / "records.tsv") if r.split == "test"]
    negatives = [r for r in records if not r.positive and r.source not in FROM_PRECURSORS]
    negatives = list({r.sequence: r for r in negatives}.values())
    cache = args.folder / "measured.folds.json"
    own: dict[str, dict[str, Scores]] = {m: {} for m in models}
    sets = {
        "held": folded(held, folds, cache),
        "rest": folded(rest, folds, cache),
        "negatives": folded(negatives, folds, cache),
    }
    for kind in ("published", "search"):
        some = [r for r in records if r.positive and r.source == kind and r.weight * 1 > 0]
        sets[kind] = folded(some, folds, cache)
    for m, predictor in predictors.items():
        for name, hairpins in sets.items():
            own[m][name] = scores(predictor, hairpins)
    print(
        f"MirGeneDB: {len(held)} of test families, {len(rest)} of others; "
        f"{len(negatives)} negatives held out\n"
    )
    no = {m: own[m]["negatives"] for m in models}
    held_scores = {m: own[m]["held"] for m in models}
    print(rates("MirGeneDB, test families", held_scores, no, models))
    source = np.array([r.source for r in negatives])
    for name, left_out in (("real RNA", MADE), ("published sets", (*MADE, *SCANNED))):
        real = ~np.isin(source, left_out)
        print(f"{real.sum()} negatives: {', '.join(sorted(set(source[real])))}\n")
        some_no = {m: no[m][real] for m in models}
        print(rates(f"MirGeneDB, test families, against {name}", held_scores, some_no, models))
    for kind in ("published", "search"):
        print(
            rates(f"miRBase, test families, {kind}", {m: own[m][kind] for m in models}, no, models)
        )
    rows = []
    for name in sorted(set(source)):
        cells = [
            f"{100 * (no[m][source == name] >= np.quantile(own[m]['held'], 0.2)).mean():.2f}"
            for m in models
        ]
        rows.append([name, str((source == name).sum()), *cells])
    print(
        "Called (%) at the threshold that keeps 80 % of MirGeneDB's test families: "
        f"{probabilities(held_scores)}\n\n"
        f"{table(['negatives', 'records', *models], rows)}\n"
    )
    print(scan_tables(args.scans, {m: own[m]["held"] for m in models}, models))
    tested = paper_records(args.paper_positives, args.paper_negatives)
    print(paper_table(predictors, *tested) + "\n")
    if args.plot:
        reliability(args.folder, predictors["genome"], args.plot)


if __name__ == "__main__":
    main()
