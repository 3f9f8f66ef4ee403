"""What a model's score means at a genome's prior: fitted on loci of a scan, into the model's card.

python -m bench.weights.genome_prior FOLDER MODEL takes FOLDER/loci.validation.npz of scan_loci.py.

Precursors of validation families stand for one precursor per Mb, each other locus for what its
kind of sequence has per Mb: so a logistic line through the scores gives the log of how many more
precursors than others there are. Shuffled and made sequence, of which there can be much, gives its
shape. Real sequence has more hairpins that look like precursors: the line is lowered by the log of
the ratio, between scores where it can be counted.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from bench.weights.locus_check import MADE, Loci, Scores
from mirpre.models.model import load_model
from mirpre.models.prior import GenomeCalibration

REAL = ("forward", "mirrored")
COUNTED = 10.0
"""Loci per Mb of shuffled and made sequence down to which real sequence is compared with it."""
SHOWN = (0.02, 0.05, 0.1, 0.2, 0.5)
BENDS: tuple[tuple[float, ...], ...] = ((), (1.0,), (2.0,), (3.0,))


def model_scores(loci: Loci, folder: str) -> Scores:
    """The calibrated log-odds of each hairpin, as the program computes them."""
    predictor = load_model(folder).predictor
    rows, found = np.arange(len(loci.pool.lengths)), np.empty(len(loci.pool.lengths))
    for at in range(0, len(rows), 512):
        p = predictor.probabilities(loci.pool.arrays(rows[at : at + 512])).astype(float)
        # As reported, with six decimals.
        p = np.clip(np.round(p, 6), 5e-7, 1 - 5e-7)
        found[at : at + 512] = np.log(p / (1 - p))
    return found


def fit(loci: Loci, score: Scores) -> tuple[float, dict[str, list[float]]]:
    """Shift, and bends and slopes, of the line."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    right = loci.kind == "precursor"
    made = np.isin(loci.kind, MADE)
    some = right | made
    weight = np.where(right, 1 / loci.precursors, 1 / sum(loci.megabases[kind] for kind in MADE))[
        some
    ]
    best: tuple[float, float, dict[str, list[float]]] | None = None
    for bends in BENDS:
        columns = np.column_stack([score, *(np.maximum(score - bend, 0) for bend in bends)])[some]
        line = LogisticRegression(C=1e6, max_iter=10_000)
        line.fit(columns, right[some], sample_weight=weight * 1000)
        slopes = np.cumsum(line.coef_[0])
        loss = log_loss(right[some], line.predict_proba(columns)[:, 1], sample_weight=weight)
        print(f"bends {bends}: loss {loss:.6f}, shift {line.intercept_[0]:.3f}, slopes {slopes}")
        if slopes.min() > 0 and (best is None or loss < best[0] - 1e-5):
            shift = float(line.intercept_[0])
            best = loss, shift, {"bends": list(bends), "slopes": slopes.tolist()}
    assert best is not None
    bound = loci.bound(score, COUNTED, MADE)
    excess = loci.per_megabase(score, bound, REAL) / loci.per_megabase(score, bound, MADE)
    print(f"real sequence has {excess:.2f} times as many loci from {bound:.2f} on")
    return best[1] - float(np.log(max(1.0, excess))), best[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", type=Path)
    args = parser.parse_args()
    loci = Loci(args.folder)
    score = loci.highest(model_scores(loci, str(args.model)))
    shift, bends = fit(loci, score)
    file = args.model / "card.json"
    card = json.loads(file.read_text(encoding="utf-8"))
    card["genome"] = {"calibration": {"shift": shift, **bends}, "per_mb": 1.0}
    file.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(card["genome"]))
    show(loci, score, GenomeCalibration(shift, tuple(bends["bends"]), tuple(bends["slopes"]), 1.0))


def show(loci: Loci, score: Scores, calibration: GenomeCalibration) -> None:
    """What reaches a probability: recall, and loci per Mb of each kind of sequence."""
    found = np.array([calibration.probability(1 / (1 + np.exp(-x)), 1.0) for x in score])
    print("| from | recall | made and shuffled | inverted repeats | satellites |")
    for least in SHOWN:
        kinds = (MADE, ("inverted",), ("satellites",))
        others = " | ".join(f"{loci.per_megabase(found, least, kind):.2f}" for kind in kinds)
        print(f"| {least} | {loci.recall(found, least):.3f} | {others} |")


if __name__ == "__main__":
    main()
