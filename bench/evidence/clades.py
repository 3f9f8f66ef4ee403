"""How a network that saw no plants does on them, beside the bundled one.

python -m bench.evidence.clades FOLDER WORK --precursors precursors.tsv

FOLDER is that of model_data.py, WORK that of `train_genome.py --without-plants`. Precursors of
test families against the test set's negatives (opposite strands and shuffled precursors left
out), with 95 % bootstrap intervals, as a table of docs/evidence/genome-model.md.
"""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path

import numpy as np

from bench.shared.metrics import at_specificity, auc, with_interval
from bench.weights.train_genome import log_odds, plant_names, pool_of
from mirpre.training.recipe import load_tensorflow


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--precursors", required=True)
    args = parser.parse_args()
    load_tensorflow(1)
    import keras

    from mirpre.training.networks import genome

    pool = pool_of(args.folder)
    rows = np.flatnonzero(pool.split == "test")
    positive, source = pool.positive[rows], pool.source[rows]
    plant = np.isin(pool.name[rows], plant_names(args.precursors))
    unseen = genome()
    with np.load(args.work / "weights.npz") as parts:
        unseen.set_weights([parts[name] for name in parts.files])
    bundled = keras.saving.load_model(str(files("mirpre.models") / "weights/genome/model.keras"))
    others = ~positive & ~np.isin(source, ["antisense", "shuffled"])
    print("| precursors of test families | records | trained | AUC | Sen at Spe 0.995 |")
    print("|---|---|---|---|---|")
    for trained, model in (("without plants", unseen), ("as bundled", bundled)):
        scores = log_odds(model, pool, rows)
        for clade, mine in (("plants", plant), ("others", ~plant)):
            for kind in ("published", "search"):
                own = scores[positive & mine & (source == kind)]
                cells = [
                    with_interval(measure, own, scores[others])
                    for measure in (auc, lambda yes, no: at_specificity(yes, no, 0.995))
                ]
                kept = "as published" if kind == "published" else "as the scan cuts them"
                print(f"| {clade}, {kept} | {len(own)} | {trained} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
