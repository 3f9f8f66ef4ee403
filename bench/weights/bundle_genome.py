"""Calibrate a network of train_genome.py and write it as a model folder.

python -m bench.weights.bundle_genome FOLDER WORK ... TARGET --command 'python -m ...'
python -m bench.weights.bundle_genome FOLDER MODEL TARGET     calibrates a model folder anew

Several runs become one network: the mean of their log-odds. genome_prior.py adds to its card what
its score means in a genome.

The log-odds go through a line with bends so that probabilities fit the validation records, with
NEGATIVES negatives a precursor: that changes no ranking. Of BENDS those are taken that fit the
validation records best. The card's metrics are those of all test records. Prints what the
calibration did.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.shared.metrics import Scores
from bench.weights.genome_pool import Pool, Rows
from bench.weights.train_genome import log_odds, mean_weights, network_of, pool_of
from mirpre.evaluation.metrics import binary_metrics
from mirpre.training.recipe import load_tensorflow

NEGATIVES = 1
BENDS = (
    (),
    (-1.5, 1.5),
    (-2.0, 0.0, 2.0),
    (-2.0, -1.0, 0.0, 1.0, 2.0),
    (-2.0, -1.5, -1.0, 0.0, 2.0),
)
"""Log-odds at which a calibration may bend."""
KINDS = ("published", "bare", "search")
DATA = (
    "precursors of miRBase 22 (all species; as published, between the ends of their mature "
    "sequences, with flanks, and as the genome scan cuts them) and other hairpins: pseudo "
    "hairpins of coding regions, Rfam 7, GtRNAdb, human snoRNA, rRNA and other ncRNA, hairpins "
    "that the scan finds in human and Arabidopsis transcripts, either way, and in shuffled and "
    "made sequence, inverted repeats and satellites among it, and precursors shuffled, read "
    "backwards, and their opposite strands; families held out, see docs/evidence/genome-model.md"
)
INTENDED_USE = (
    "Telling pre-miRNA hairpins from others among the candidates of a genome scan and among "
    "other structured RNAs, in animals, plants and viruses; hairpins with or without flanks."
)
LIMITS = [
    "Precursors that branch and those longer than 400 nt were not trained on.",
    "The probability is calibrated for one other hairpin a precursor, of the kinds it was "
    "trained on; in a genome the others are thousands to one, so a high threshold is in order.",
    "Many entries of miRBase are doubtful, and it learned from them too.",
]


def weights_of(pool: Pool, rows: Rows) -> NDArray[np.float64]:
    """Each class as a whole: kinds of positives alike, NEGATIVES negatives a positive."""
    positive = pool.positive[rows]
    weight = np.ones(len(rows))
    for kind in KINDS:
        mine = positive & (pool.source[rows] == kind)
        weight[mine] = 1 / mine.sum() / len(KINDS)
    weight[~positive] = NEGATIVES / (~positive).sum()
    return weight


def used_rows(pool: Pool, split: str) -> Rows:
    # Precursors read backwards are nowhere but in a genome's mirror.
    rows = np.flatnonzero((pool.split == split) & (pool.source != "mirror"))
    return rows[~pool.positive[rows] | np.isin(pool.source[rows], KINDS)]


def fit_calibration(pool: Pool, rows: Rows, scores: Scores) -> dict[str, Any]:
    """Shift, bends and slopes of the log-odds that fit the records, and the error that is left."""
    from sklearn.linear_model import LogisticRegression

    positive, weight = pool.positive[rows], weights_of(pool, rows)
    best: tuple[float, dict[str, Any]] | None = None
    for bends in BENDS:
        columns = np.column_stack([scores, *(np.maximum(scores - bend, 0) for bend in bends)])
        fitted = LogisticRegression(C=1e6, max_iter=5000)
        fitted.fit(columns, positive, sample_weight=weight * len(rows))
        error, _ = calibration_error(positive, fitted.predict_proba(columns)[:, 1], weight)
        print(f"bends at {bends}: ECE {error:.4f} on the validation records")
        if best is None or error < best[0]:
            slopes = tuple(np.cumsum(fitted.coef_[0]).tolist())
            best = error, {"shift": float(fitted.intercept_[0]), "bends": bends, "slopes": slopes}
    assert best is not None
    return best[1]


def calibration_error(
    positive: NDArray[np.bool_], probability: Scores, weight: NDArray[np.float64], bins: int = 15
) -> tuple[float, list[tuple[float, float, float]]]:
    """Expected calibration error over bins of equal width, and the bins: mean p, share, weight."""
    which = np.minimum((probability * bins).astype(int), bins - 1)
    total = weight.sum()
    rows: list[tuple[float, float, float]] = []
    for number in range(bins):
        mine = which == number
        if mine.any():
            w = weight[mine]
            mean, share = (
                np.average(probability[mine], weights=w),
                np.average(positive[mine], weights=w),
            )
            rows.append((float(mean), float(share), float(w.sum() / total)))
    return sum(w * abs(p - share) for p, share, w in rows), rows


def training_of(args: argparse.Namespace, pool: Pool) -> dict[str, Any]:
    """The card's words on a run of train_genome.py."""
    return {
        "data": DATA,
        "command": args.command,
        "positives": int((pool.positive & (pool.split == "train")).sum()),
        "negatives": int((~pool.positive & (pool.split == "train")).sum()),
        "split": {name: int((pool.split == name).sum()) for name in np.unique(pool.split)},
        "optimizer": "AdamW, cosine schedule, moving average of the weights",
        "loss": "cross-entropy; with teachers, of their mean log-odds and the labels",
        "epochs": [epochs_of(work) for work in args.work],
        "members": len(args.work),
        "began_with": args.began_with,
        "seed": args.seed,
    }


def epochs_of(work: Path) -> int | None:
    """Of a run; None for a folder of a model that was trained before."""
    log = work / "log.jsonl"
    return len(log.read_text().splitlines()) if log.exists() else None


def known_training(folder: Path) -> dict[str, Any]:
    training: dict[str, Any] = json.loads((folder / "card.json").read_text())["training"]
    return training


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("work", type=Path, nargs="+")
    parser.add_argument("target", type=Path)
    parser.add_argument("--command", help="that trained it, for the card of a new model")
    parser.add_argument("--seed", type=int, nargs="+", help="and the seeds of the runs")
    parser.add_argument("--began-with", help="and the weights that it began with, in words")
    args = parser.parse_args()
    load_tensorflow(1)
    from mirpre.training.export import write_model
    from mirpre.training.networks import Calibration, calibrated, ensemble

    pool = pool_of(args.folder)
    weights = [mean_weights([work]) for work in args.work]
    model = ensemble(weights) if len(weights) > 1 else network_of(args.work[0])
    rows = used_rows(pool, "validation")
    calibration = fit_calibration(pool, rows, log_odds(model, pool, rows))
    model = calibrated(model, Calibration(**calibration, name="calibration"))
    metrics: dict[str, dict[str, float | None]] = {}
    for split in ("validation", "test"):
        some = used_rows(pool, split)
        p = 1 / (1 + np.exp(-log_odds(model, pool, some)))
        metrics[split] = binary_metrics(pool.positive[some], p)
        error, bins = calibration_error(pool.positive[some], p, weights_of(pool, some))
        metrics[split]["expected_calibration_error"] = error
        print(split, "ECE", round(error, 4), json.dumps([[round(v, 3) for v in b] for b in bins]))
    card = {
        "name": "genome",
        "network": "genome",
        "training": {
            **(training_of(args, pool) if args.command else known_training(args.work[0])),
            "calibration": {
                "method": "line with bends through the log-odds, on validation records",
                "negatives_per_precursor": NEGATIVES,
                **calibration,
            },
        },
        "metrics": metrics,
        "intended_use": INTENDED_USE,
        "limits": LIMITS,
    }
    args.target.mkdir(parents=True, exist_ok=True)
    check = pool.arrays(np.random.default_rng(1).choice(rows, 512, replace=False))
    write_model(args.target, model, check, card, threshold=0.5)


if __name__ == "__main__":
    main()
