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
from dataclasses import dataclass
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
from mirpre.annotation.arms import (
    ARM_NAMES,
    FIRST,
    LONGEST,
    SHORTEST,
    ArmsPredictor,
    first_codes,
    log_odds,
    masses_near,
)
from mirpre.encoding import BASES, DIMERS, PARTNERS
from mirpre.models.registry import CARD, ONNX, TELLS_ARMS, load_model_files
from mirpre.records import Hairpin
from mirpre.training.recipe import load_tensorflow

Floats = NDArray[np.float64]

LENGTHS_COUNT = 0.5
"""Of 0, 0.25, 0.5, 0.75 and 1, by validation families: see docs/evidence/arms.md."""
DOMINANCE_C = 0.3
"""Of 0.01 to 1; validation families are told no better with more. So it is with 5 positions, of 1
to 10."""

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
            Hairpin(
                str(pool.pool.name[row]), "".join(BASES[c % 4] for c in code), "".join(structure)
            )
        )
    return found


@dataclass(frozen=True)
class Told:
    """What is told of rows: cuts (N, 4), log-odds (N, 4) that each is near, and the first dimers
    of either arm (N, 2, FIRST)."""

    cuts: NDArray[np.int64]
    near: Floats
    codes: NDArray[np.int32]

    @property
    def one_hot(self) -> Floats:
        """(N, all dimers of all positions)"""
        known = self.codes[..., None] == np.arange(1, len(DIMERS) + 1)
        return np.asarray(known.reshape(len(known), -1), np.float64)


def told(predictor: ArmsPredictor, pool: ArmsPool, rows: Rows) -> Told:
    n = len(rows)
    found = Told(np.empty((n, 4), np.int64), np.empty((n, 4)), np.empty((n, 2, FIRST), np.int32))
    lengths = pool.pool.lengths[rows]
    encoded = pool.pool.arrays(rows).astype(np.int32)
    for some, p in predictor.cuts(encoded):
        found.cuts[some] = predictor.spans(p, lengths[some])
        found.near[some] = log_odds(masses_near(p, found.cuts[some]))
        found.codes[some] = first_codes(encoded[some, :, 0], found.cuts[some])
    return found


def family_weights(pool: ArmsPool, rows: Rows) -> Floats:
    """1 / the root of how many of the rows are of its family."""
    _, which, size = np.unique(pool.family[rows], return_inverse=True, return_counts=True)
    found: Floats = np.asarray(size, np.float64)[which] ** -0.5
    return np.asarray(found * len(rows) / found.sum())


def line(columns: Floats, right: NDArray[np.bool_], weights: Floats) -> list[float]:
    """Shift and slopes of a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=10.0).fit(columns, right, sample_weight=weights)
    return [round(float(v), 4) for v in (fitted.intercept_[0], *fitted.coef_[0])]


def length_shares(pool: ArmsPool) -> dict[str, Any]:
    """Shares of lengths of either arm's sequences, in supported precursors of training families."""
    rows = pool.rows("train", PUBLISHED, both=False)
    weights = family_weights(pool, rows)
    found: dict[str, Any] = {
        "method": "lengths in training families, each weighing as the root of its size; the "
        "logarithms count by the weight",
        "weight": LENGTHS_COUNT,
    }
    for arm, column in zip(ARM_NAMES, (0, 2), strict=True):
        first, last = pool.cuts[rows, column], pool.cuts[rows, column + 1]
        size, known = last - first + 1, first >= 0
        count = np.bincount(size[known], weights[known], LONGEST + 1)
        found[arm] = {
            str(n): round(float(count[n] / weights[known].sum()), 5)
            for n in range(SHORTEST, LONGEST + 1)
        }
    return found


def fit_dominance(predictor: ArmsPredictor, pool: ArmsPool) -> dict[str, Any]:
    """Weights of the first dimers, from training families; the scale from validation families.

    The label is the arm that was described first, or alone.
    """
    from sklearn.linear_model import LogisticRegression

    known = pool.supported & (pool.five_dominates >= 0) & (pool.pool.source == PUBLISHED)
    columns, label, weights = {}, {}, {}
    for split in ("train", "validation"):
        rows = np.flatnonzero(known & (pool.pool.split == split))
        columns[split] = told(predictor, pool, rows).one_hot
        label[split] = pool.five_dominates[rows] == 1
        weights[split] = family_weights(pool, rows)
    fitted = LogisticRegression(C=DOMINANCE_C, max_iter=5000).fit(
        columns["train"], label["train"], sample_weight=weights["train"]
    )
    odds = fitted.decision_function(columns["validation"])
    shift, slope = line(odds[:, None], label["validation"], weights["validation"])
    of = (slope * fitted.coef_[0]).reshape(2, FIRST, len(DIMERS))
    return {
        "method": "logistic regression on the dimers at the first positions of the told arms, on "
        "training families; its scale from validation families",
        "shift": round(float(shift + slope * fitted.intercept_[0]), 4),
        **{
            arm: [
                {d: round(float(v), 4) for d, v in zip(DIMERS, values, strict=True)}
                for values in of[number]
            ]
            for number, arm in enumerate(ARM_NAMES)
        },
    }


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
        "sequence",
        "parameters": sum(int(w.size) for weights in networks for w in weights),
        "training": {
            "data": DATA,
            "command": args.command,
            "members": len(networks),
            "epochs": [best_epoch(work) for work in args.work],
            "optimizer": "AdamW, cosine schedule, moving average of the weights",
            "loss": "cross-entropy over positions for each cut, and of which arm dominates",
        },
        "calibration": {"five": [0, 1, 1], "three": [0, 1, 1]},
        "lengths": length_shares(pool),
        "dominance": {"shift": 0, "five": [], "three": []},
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
        found = told(predictor, pool, rows)
        known = pool.cuts[rows].astype(np.int64)
        right = arms_right(found.cuts, known)
        five, three = found.near[:, :2], found.near[:, 2:]
        if split == "validation":
            weights = family_weights(pool, rows)
            fits["five"] = line(five, right[:, 0], weights)
            fits["three"] = line(three, right[:, 1], weights)
        confidence = np.concatenate(
            [probability(fits["five"], five), probability(fits["three"], three)]
        )
        metrics[split] = {
            "records": len(rows),
            **{name: round(v, 4) for name, v in shares_right(found.cuts, known).items()},
            "expected_calibration_error": round(
                calibration_error(right.T.reshape(-1), confidence), 4
            ),
        }
        print(split, metrics[split])
    card["calibration"] = {
        "method": "logistic regression on validation families, each weighing as the root of its "
        "size; of each arm from the log-odds that its first and its last position are right "
        "within 2 nt",
        **fits,
    }
    card["dominance"] = fit_dominance(predictor, pool)
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
