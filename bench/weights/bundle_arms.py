"""Make the model folder ``arms`` of runs of train_arms.py.

python -m bench.weights.bundle_arms FOLDER RUN1 RUN2 mirpre/models/weights/arms --command ...

FOLDER holds arms.npz. Confidences are calibrated on validation families; the card gets what was
measured on them, and on test families.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.shared.arms_metrics import arms_right, calibration_error, shares_right
from bench.weights.arms_data import PUBLISHED, WINDOW, ArmsPool
from bench.weights.genome_pool import Rows
from bench.weights.train_arms import LEAST_FLANK
from mirpre import __version__
from mirpre.annotation.arms import ArmsPredictor, best_spans, log_odds, masses_near
from mirpre.encoding import BASES, PARTNERS
from mirpre.models.registry import CARD, ONNX, TELLS_ARMS, load_model_files
from mirpre.records import Hairpin
from mirpre.training.recipe import load_tensorflow

Floats = NDArray[np.float64]

DATA = (
    "precursors of miRBase 22 with known mature sequences (all species; supported by MirGeneDB, "
    "or with both arms), as published, in their genomic windows, and between pieces of human "
    "transcripts; families held out, see docs/evidence/arms.md"
)
INTENDED_USE = (
    "Telling where Drosha and Dicer are likely to cut a hairpin that is a precursor, "
    "with flanks of about 8 nt or more."
)
LIMITS = [
    "A confidence is that of a precursor whose annotation MirGeneDB supports; of a hairpin that "
    "is no precursor it says nothing.",
    "Annotated ends differ between orthologues, 3' ends most of all.",
    "Precursors of plants, viruses and those longer than 400 nt were few or none in training and "
    "validation.",
]


def hairpins_of(pool: ArmsPool, rows: Rows) -> list[Hairpin]:
    """Folded hairpins from their encoded form."""
    found = []
    for row in rows.tolist():
        at = slice(pool.pool.starts[row], pool.pool.starts[row] + pool.pool.lengths[row])
        code, distance = pool.pool.codes[at].astype(int) - 1, pool.pool.distances[at]
        structure = np.where(distance == 0, ".", np.where(distance > 0, "(", ")"))
        found.append(
            Hairpin(str(pool.pool.name[row]), "".join(BASES[c % 4] for c in code), "".join(structure))
        )
    return found


def told(
    predictor: ArmsPredictor, hairpins: list[Hairpin]
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Cuts (N, 4), log-odds (N, 4) that each is near, and log-odds (N,) that 5p dominates."""
    n = len(hairpins)
    cuts, near, dominates = np.empty((n, 4), np.int64), np.empty((n, 4)), np.empty(n)
    lengths = np.array([len(h) for h in hairpins])
    for rows, p, odds in predictor.cuts(hairpins):
        cuts[rows] = best_spans(p, lengths[rows])
        near[rows] = log_odds(masses_near(p, cuts[rows]))
        dominates[rows] = odds
    return cuts, near, dominates


def line(columns: Floats, right: NDArray[np.bool_]) -> list[float]:
    """Shift and slopes of a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=10.0).fit(columns, right)
    return [round(float(v), 4) for v in (fitted.intercept_[0], *fitted.coef_[0])]


def probability(fit: list[float], columns: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-(fit[0] + columns @ np.array(fit[1:]))))
    return found


def judged(pool: ArmsPool, split: str) -> Rows:
    """Records that confidences are fitted to, or judged on."""
    published = pool.rows(split, PUBLISHED, flank=LEAST_FLANK)
    return np.concatenate([published, pool.rows(split, WINDOW, flank=LEAST_FLANK)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("work", type=Path, nargs="+")
    parser.add_argument("target", type=Path)
    parser.add_argument("--command", required=True, help="that trained them, for the card")
    args = parser.parse_args()
    load_tensorflow(1)
    from mirpre.training.arms_onnx import export_arms

    networks = []
    for work in args.work:
        with np.load(work / "weights.npz") as parts:
            networks.append([parts[name] for name in parts.files])
    pool = ArmsPool.load(args.folder / "arms.npz")
    args.target.mkdir(parents=True, exist_ok=True)
    onnx = args.target / ONNX
    export_arms(networks, onnx)
    card: dict[str, Any] = {
        "name": "arms",
        "does": TELLS_ARMS,
        "network": "arms",
        "encoding": PARTNERS.name,
        "output": "probabilities of positions as first and last ones of the 5p and the 3p mature "
        "sequence, and the log-odds that the 5p one is the more abundant one",
        "parameters": sum(int(w.size) for weights in networks for w in weights),
        "training": {
            "data": DATA,
            "command": args.command,
            "members": len(networks),
            "epochs": [best_epoch(work) for work in args.work],
            "optimizer": "AdamW, cosine schedule, moving average of the weights",
            "loss": "cross-entropy over positions for each cut, and over which arm dominates",
        },
        "calibration": {"five": [0, 1, 1], "three": [0, 1, 1], "dominates": [0, 1]},
        "files": {
            ONNX: {
                "sha256": hashlib.sha256(onnx.read_bytes()).hexdigest(),
                "bytes": onnx.stat().st_size,
            }
        },
    }
    write(args.target, card)
    predictor = ArmsPredictor(load_model_files(str(args.target), TELLS_ARMS))
    fits: dict[str, list[float]] = {}
    metrics: dict[str, dict[str, float]] = {}
    for split in ("validation", "test"):
        rows = judged(pool, split)
        cuts, near, dominates = told(predictor, hairpins_of(pool, rows))
        known = pool.cuts[rows].astype(np.int64)
        right = arms_right(cuts, known)
        five = pool.five_dominates[rows]
        if split == "validation":
            fits["five"] = line(near[:, :2], right[:, 0])
            fits["three"] = line(near[:, 2:], right[:, 1])
            fits["dominates"] = line(dominates[five >= 0, None], five[five >= 0] == 1)
        confidence = np.concatenate(
            [probability(fits["five"], near[:, :2]), probability(fits["three"], near[:, 2:])]
        )
        metrics[split] = {
            "records": len(rows),
            **{name: round(v, 4) for name, v in shares_right(cuts, known).items()},
            "expected_calibration_error": round(
                calibration_error(right.T.reshape(-1), confidence), 4
            ),
        }
        print(split, metrics[split])
    card["calibration"] = {
        "method": "logistic regression on validation families; of each arm from the log-odds that "
        "its first and its last position are right within 2 nt",
        **fits,
    }
    card["metrics"] = metrics
    card["intended_use"], card["limits"] = INTENDED_USE, LIMITS
    card["versions"] = {
        "mirpre": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("tensorflow-cpu", "keras", "numpy", "onnx")},
    }
    card["date"] = datetime.date.today().isoformat()
    write(args.target, card)


def best_epoch(work: Path) -> int:
    rows = [json.loads(row) for row in (work / "log.jsonl").read_text().splitlines()]
    return int(min(rows, key=lambda row: row["score"])["epoch"])


def write(folder: Path, card: dict[str, Any]) -> None:
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
