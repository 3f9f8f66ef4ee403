"""Train the bundled models by the recipe of Zheng et al. 2020 and put them into the package.

    python -m bench.weights.bundle_models human_premirna.csv pseudo_hairpins.csv \\
        mirpre/models/weights

The CSV files are the supplementary files of the paper (doi 10.1186/s12859-020-3339-7). The seeds
were chosen by validation loss, among 1 to 5 for cnn; test records took no part. Takes about 3
minutes for cnn and 20 for rnn. With model names after the folder, only those are made.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.paper.dimers import dimer_text

SEEDS = {"cnn": 1, "rnn": 1}

DATA = (
    "Zheng et al. 2020 (doi 10.1186/s12859-020-3339-7), balanced set: 1881 human precursors of "
    "miRBase 21 and 1881 pseudo hairpins of human RefSeq coding regions, RNAfold structures as "
    "published; split as published"
)
INTENDED_USE = (
    "Telling pre-miRNA hairpins from other hairpins among sequences that are already cut out as "
    "hairpins (about 60 to 180 nt), in human and other animals."
)
LIMITS = [
    "Reads the first 180 nt; longer records are cut.",
    "Trained on human precursors and coding-region pseudo hairpins alone: other RNAs that fold "
    "(snoRNA, tRNA, transcripts) are called more often than the specificity here says.",
    "Training and test records share miRNA families and near-duplicates, as in the paper; on new "
    "families the accuracy is lower.",
    "The probability is a network's output, not calibrated; it does not know how rare "
    "precursors are among the hairpins of a genome.",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("positive", "negative", "weights"):
        parser.add_argument(name, type=Path)
    parser.add_argument("models", nargs="*", default=list(SEEDS))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "positives.dimers").write_text(dimer_text(args.positive))
        Path(scratch, "negatives.dimers").write_text(dimer_text(args.negative))
        for model in args.models:
            subprocess.run(
                [
                    *(sys.executable, "-m", "mirpre", "train"),
                    *("--positive", "positives.dimers", "--negative", "negatives.dimers"),
                    *("--model", model, "--seed", str(SEEDS[model]), "--threads", "1"),
                    *("--test-records", "752", "--validation-fraction", "0.2"),
                    *("--shuffle-seed", "2", "--data", DATA, "--output", model),
                ],
                cwd=scratch,
                check=True,
            )
            made = Path(scratch) / model
            card = json.loads((made / "card.json").read_text())
            card |= {"intended_use": INTENDED_USE, "limits": LIMITS}
            target = args.weights / model
            target.mkdir(parents=True, exist_ok=True)
            (made / "learning_curves.png").unlink()  # training.csv tells the same
            for file in made.iterdir():
                (target / file.name).write_bytes(file.read_bytes())
            (target / "card.json").write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
