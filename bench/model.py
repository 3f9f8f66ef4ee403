"""Measure the bundled models on the records that were held out of genome's training.

python bench/model.py FOLDER SCANS --mirgenedb hsa_mirgenedb.fa ... \\
    --paper-positives human_premirna.csv --paper-negatives pseudo_hairpins.csv \\
    --model cnn --model rnn --model genome --plot docs/figures/reliability.svg

FOLDER is that of model_data.py, SCANS that of model_scan.py. Prints the tables of docs/model.md;
Structures are folded once and kept in FOLDER. The reliability plot goes to --plot.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np
from bundle_genome import calibration_error, used_rows, weights_of
from genome_pool import Pool
from model_data import read_folds, read_records
from model_records import Record
from model_scan import scores
from scan_data import read_fasta

from mirpre.folding import fold_sequence
from mirpre.hairpin import Hairpin
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files

RESAMPLES = 500
RATIOS = (1, 10, 1000)
MADE, SCANNED = ("made", "shuffled text"), ("transcripts", "long ncrna")
"""Sources of negatives that are no real RNA, and those that our own scan cut out of it."""


def mirgenedb_records(files, folder):
    """MirGeneDB precursors that lie in a miRBase hairpin of a test family."""
    tested = {}
    for r in read_records(folder / "records.tsv"):
        if r.positive and r.source == "published":
            tested.setdefault(r.split, set()).add(r.sequence)
    held, rest = [], []
    others = "|".join(tested["train"]) + "|" + "|".join(tested["validation"])
    test = "|".join(tested["test"])
    for file in files:
        for header, sequence in read_fasta(file):
            record = Record(header.split()[0], "mirgenedb", "", "test", True, 1.0, sequence)
            (held if sequence in test and sequence not in others else rest).append(record)
    return held, rest


def folded(records, folds, cache):
    """Hairpins of records; what was not folded before is folded here and kept."""
    if cache.exists():
        folds = folds | {k: tuple(v) for k, v in json.loads(cache.read_text()).items()}
    new = {}
    found = []
    for r in records:
        if r.sequence not in folds:
            folds[r.sequence] = new[r.sequence] = fold_sequence(r.sequence)
        found.append(Hairpin(r.name, r.sequence, folds[r.sequence][0]))
    if new:
        known = json.loads(cache.read_text()) if cache.exists() else {}
        cache.write_text(json.dumps(known | new))
    return found


def auc(positive, negative):
    both = np.sort(negative)
    below = np.searchsorted(both, positive, "left") + np.searchsorted(both, positive, "right")
    return float(below.mean() / 2 / len(both))


def at_specificity(positive, negative, specificity):
    return float((positive >= np.quantile(negative, specificity)).mean())


def average_precision(positive, negative, ratio):
    """With so many negatives a positive, by weight."""
    scores_ = np.r_[positive, negative]
    weight = np.r_[
        np.ones(len(positive)) / len(positive), np.ones(len(negative)) * ratio / len(negative)
    ]
    order = np.argsort(-scores_, kind="stable")
    hit = (order < len(positive)) * weight[order]
    true, total = np.cumsum(hit), np.cumsum(weight[order])
    ends = np.r_[np.diff(scores_[order]) != 0, True]
    true, total = true[ends], total[ends]
    return float((np.diff(true, prepend=0) * true / total).sum())


MEASURES = {
    "AUC": auc,
    **{f"average precision 1:{r}": (lambda p, n, r=r: average_precision(p, n, r)) for r in RATIOS},
    "Sen at Spe 0.99": lambda p, n: at_specificity(p, n, 0.99),
    "Sen at Spe 0.995": lambda p, n: at_specificity(p, n, 0.995),
    "Sen at Spe 0.999": lambda p, n: at_specificity(p, n, 0.999),
}


def with_interval(function, positive, negative, seed=1):
    """``value (low-high)``, the 95 % interval of a stratified bootstrap."""
    rng = np.random.default_rng(seed)
    values = [
        function(
            positive[rng.integers(0, len(positive), len(positive))],
            negative[rng.integers(0, len(negative), len(negative))],
        )
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(values, [0.025, 0.975])
    return f"{function(positive, negative):.4f} ({low:.4f}-{high:.4f})"


def table(rows):
    head, *body = rows
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in body]) + "\n"


def rates(name, sets, negatives, models):
    rows = [["measure", *models]]
    for measure, function in MEASURES.items():
        cells = [with_interval(function, sets[m], negatives[m]) for m in models]
        rows.append([measure, *cells])
    return f"### {name}\n\n" + table(rows)


def read_scan(file):
    """Mb, number of known loci, and columns of a table of model_scan.py."""
    with file.open(encoding="utf-8") as lines:
        words = next(lines).split()
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return float(words[2]), int(words[4]), rows


def scan_tables(folder, kept, models):
    """Calls per Mb at the threshold that keeps a share of MirGeneDB; recall at a rate of calls."""
    text, empty = "", {m: [] for m in models}
    size_of_empty = 0.0
    rows = [["genome", "Mb", "candidates per Mb", "model", "known found", "other calls per Mb"]]
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
    text += table(rows)
    rows = [["model", *(f"recall at {rate:g} per Mb" for rate in (10, 1, 0.1))]]
    for m in models:
        column = np.sort(np.concatenate(empty[m]))[::-1]
        cells = []
        for rate in (10, 1, 0.1):
            number = int(rate * size_of_empty)
            cells.append(f"{(kept[m] > column[number]).mean():.3f}" if number else "-")
        rows.append([m, *cells])
    return text + f"\nGenomes without known loci: {size_of_empty:.2f} Mb.\n\n" + table(rows)


def paper_records(positives, negatives):
    with open(positives, encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    with open(negatives, encoding="utf-8") as lines:
        rows += list(csv.DictReader(lines))
    order = np.arange(len(rows))
    np.random.RandomState(2).shuffle(order)
    found = []
    for i in order[:752]:
        dimers = rows[i]["seq_struc"].split()
        hairpin = Hairpin("", "".join(d[0] for d in dimers), "".join(d[1] for d in dimers))
        found.append((hairpin, rows[i]["Classification"] == "TRUE"))
    return [h for h, _ in found], np.array([label for _, label in found])


def reliability(folder, predictor, plot):
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


def probabilities(held):
    """Of each model the probability from which 80 % of the precursors are kept."""
    kept = {m: 1 / (1 + np.exp(-np.quantile(found, 0.2))) for m, found in held.items()}
    return ", ".join(f"{m} {p:.3f}" for m, p in kept.items())


def main():
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
    negatives = [r for r in records if not r.positive and r.source not in ("antisense", "shuffled")]
    negatives = list({r.sequence: r for r in negatives}.values())
    cache = args.folder / "measured.folds.json"
    own = {m: {} for m in models}
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
        some = ~np.isin(source, left_out)
        print(f"{some.sum()} negatives: {', '.join(sorted(set(source[some])))}\n")
        some_no = {m: no[m][some] for m in models}
        print(rates(f"MirGeneDB, test families, against {name}", held_scores, some_no, models))
    for kind in ("published", "search"):
        print(
            rates(f"miRBase, test families, {kind}", {m: own[m][kind] for m in models}, no, models)
        )
    rows = [["negatives", "records", *models]]
    for name in sorted(set(source)):
        cells = [
            f"{100 * (no[m][source == name] >= np.quantile(own[m]['held'], 0.2)).mean():.2f}"
            for m in models
        ]
        rows.append([name, int((source == name).sum()), *cells])
    print(
        "Called (%) at the threshold that keeps 80 % of MirGeneDB's test families: "
        f"{probabilities(held_scores)}\n\n{table(rows)}"
    )
    print(scan_tables(args.scans, {m: own[m]["held"] for m in models}, models))
    hairpins, labels = paper_records(args.paper_positives, args.paper_negatives)
    from mirpre.training.bootstrap import intervals
    from mirpre.training.metrics import binary_metrics

    rows = [["paper's test records", *models]]
    found = {m: 1 / (1 + np.exp(-scores(p, hairpins))) for m, p in predictors.items()}
    for measure in ("sensitivity", "specificity", "mcc", "accuracy", "auc"):
        cells = []
        for m in models:
            value = binary_metrics(labels, found[m])[measure]
            low, high = intervals(labels, found[m], 0.5, resamples=RESAMPLES, seed=1)[measure]
            cells.append(f"{value:.4f} ({low:.4f}-{high:.4f})")
        rows.append([measure, *cells])
    print(table(rows))
    if args.plot:
        reliability(args.folder, predictors["genome"], args.plot)


if __name__ == "__main__":
    main()
