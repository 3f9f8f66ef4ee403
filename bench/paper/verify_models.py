"""Check that classify gives what the bundled models' cards say, on the data of the paper.

    python -m bench.paper.verify_models human_premirna.csv pseudo_hairpins.csv \\
        pseudo_hairpins_all.fa

The files are the supplementary files of Zheng et al. 2020 (doi 10.1186/s12859-020-3339-7) and
their 8492 pseudo hairpins as FASTA. For `cnn` and `rnn`: sensitivity and specificity on the 752
test records, from the published structures (must equal the card) and from the sequences alone,
folded here; then the part of all 1881 precursors and 8492 pseudo hairpins that is called right.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from mirpre.evaluation.metrics import binary_metrics
from mirpre.evaluation.splits import published_split
from mirpre.models.registry import load_model_files

PAPER_MODELS = ("cnn", "rnn")
"""Those trained on the paper's records; the card of genome is about others."""


def calls(model: str, file: Path) -> list[bool]:
    """Whether each record of a file is called, in order."""
    command = [sys.executable, "-m", "mirpre", "classify", "--model", model, str(file)]
    table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return [row[4] == "pre-miRNA" for row in rows[1:]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("positives", "negatives", "all_negatives"):
        parser.add_argument(name, type=Path)
    args = parser.parse_args()
    agree = True
    with tempfile.TemporaryDirectory() as scratch:
        encoded, fasta = Path(scratch, "records.dimers"), Path(scratch, "records.fa")
        folded = Path(scratch, "all_negatives.folded")
        with open(encoded, "w") as dimer_text, open(fasta, "w") as sequences:
            for file in (args.positives, args.negatives):
                with open(file, newline="") as table:
                    for row in csv.DictReader(table):
                        dimers = row["seq_struc"].split()
                        print(row["Accession"], "NA", " ".join(dimers), sep="\t", file=dimer_text)
                        bases = "".join(dimer[0] for dimer in dimers)
                        print(f">{row['Accession']}\n{bases}", file=sequences)
        for source, target in ((fasta, "records.folded"), (args.all_negatives, folded.name)):
            command = [sys.executable, "-m", "mirpre", "fold", str(source)]
            subprocess.run([*command, "-o", str(Path(scratch, target))], check=True)
        for model in PAPER_MODELS:
            card = load_model_files(model).card["metrics"]["test"]
            print(f"{model}: card: sensitivity {card['sensitivity']:.4f}", end=" ")
            print(f"specificity {card['specificity']:.4f}")
            for kind, file in (
                ("structures as published", encoded),
                ("folded here", Path(scratch, "records.folded")),
            ):
                called = np.array(calls(model, file))
                is_precursor = np.arange(len(called)) < 1881
                test = published_split(len(called), 752, 0.2, 2).test
                found = binary_metrics(is_precursor[test], called[test].astype(float))
                print(f"  test records, {kind}: sensitivity {found['sensitivity']:.4f}", end=" ")
                print(f"specificity {found['specificity']:.4f};", end=" ")
                print(f"all precursors {called[:1881].mean():.4f}")
                if kind != "folded here":
                    agree &= all(found[key] == card[key] for key in ("sensitivity", "specificity"))
            right = 1 - np.mean(calls(model, folded))
            print(f"  all pseudo hairpins, folded here: {right:.4f} called other")
    print(json.dumps({"agrees_with_cards": bool(agree)}))
    sys.exit(not agree)


if __name__ == "__main__":
    main()
