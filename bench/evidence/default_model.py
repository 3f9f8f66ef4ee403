"""Which bundled model is right most often, case by case, at the default threshold.

python -m bench.evidence.default_model FOLDER --precursors precursors.tsv \\
    --supported supported.tsv --mirgenedb hsa_mirgenedb.fa ... \\
    --paper-positives human_premirna.csv --paper-negatives pseudo_hairpins.csv

FOLDER is that of model_data.py. Prints the tables of docs/evidence/default-model.md: precursors of
test families and held-out negatives, the share of each that is called at 0.5, and of all pairs of
a kind of precursors and a kind of others in how many each model is the best.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.evidence.genome_model import folded, mirgenedb_records, paper_records
from bench.evidence.model_scan import scores
from bench.shared.markdown import table
from bench.weights.model_data import read_folds, read_records
from bench.weights.model_records import Precursor, read_precursors
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files
from mirpre.records import Hairpin

MODELS = ("cnn", "rnn", "genome")
PRECURSORS: dict[str, Callable[[Precursor], bool]] = {
    "human, in MirGeneDB": lambda p: p.name.startswith("hsa-") and p.supported,
    "human, not in MirGeneDB": lambda p: p.name.startswith("hsa-") and not p.supported,
    "other vertebrates": lambda p: "Vertebrata" in p.clade and not p.name.startswith("hsa-"),
    "insects and other arthropods": lambda p: "Arthropoda" in p.clade or "Hexapoda" in p.clade,
    "nematodes": lambda p: "Nematoda" in p.clade,
    "plants": lambda p: p.clade.startswith("Viridiplantae"),
    "viruses": lambda p: p.clade.startswith("Virus"),
}
"""Precursors of miRBase 22, as published, by kind."""
OTHERS = {
    "pseudo hairpins of human coding regions": ("pseudo",),
    "tRNA": ("trna",),
    "human snoRNA and other ncRNA": ("ncrna",),
    "Rfam 7 families": ("rfam",),
    "deepMiRGene's human negatives": ("second benchmark",),
    "genomic windows without precursors": ("windows",),
    "hairpins of transcripts": ("transcripts", "long ncrna"),
}
"""Sources of held-out negatives that are real RNA, by kind."""


def called(
    predictors: dict[str, Predictor], hairpins: list[Hairpin]
) -> dict[str, NDArray[np.bool_]]:
    """Of each model whether it calls each hairpin at 0.5."""
    return {name: scores(p, hairpins) >= 0 for name, p in predictors.items()}


def row(name: str, kind: str, found: dict[str, NDArray[np.bool_]]) -> list[str]:
    number = len(next(iter(found.values())))
    return [name, kind, str(number), *(f"{100 * np.mean(v):.1f}" for v in found.values())]


def f_measure(kept: float, passed: float, others: float) -> float:
    """Harmonic mean of recall and precision, with so many others a precursor."""
    precision = kept / (kept + others * passed)
    return 2 * kept * precision / (kept + precision)


def best_in(rows: list[list[str]]) -> list[list[str]]:
    """In how many pairs of a precursors' row and an others' row each model has the highest F1."""
    values = {True: [], False: []}  # type: dict[bool, list[list[float]]]
    for cells in rows:
        values["no precursors" not in cells[0]].append([float(c) / 100 for c in cells[3:]])
    found = []
    for others in (1, 3, 10, 30):
        best = [
            int(np.argmax([f_measure(k, p, others) for k, p in zip(kept, passed, strict=True)]))
            for kept in values[True]
            for passed in values[False]
        ]
        found.append([str(others), str(len(best)), *(str(best.count(m)) for m in range(3))])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    for name in ("precursors", "supported", "paper-positives", "paper-negatives"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--mirgenedb", nargs="+", required=True)
    args = parser.parse_args()
    predictors = {name: Predictor(load_model_files(name)) for name in MODELS}
    folds, cache = read_folds(args.folder), args.folder / "measured.folds.json"
    records = [r for r in read_records(args.folder / "records.tsv") if r.split == "test"]
    rows = []
    hairpins, labels = paper_records(args.paper_positives, args.paper_negatives)
    paper = called(predictors, hairpins)
    for name, kind, which in (
        ("precursors", "of the paper", labels),
        ("no precursors", "of the paper", ~labels),
    ):
        rows.append(row(name, kind, {m: v[which] for m, v in paper.items()}))
    held, _ = mirgenedb_records(args.mirgenedb, args.folder)
    found = called(predictors, folded(held, folds, cache))
    rows.append(row("precursors", "four mammals, as MirGeneDB cuts them", found))
    by_name = {p.name: p for p in read_precursors(args.precursors, args.supported)}
    tested = [r for r in records if r.positive and r.source == "published"]
    for name, fits in PRECURSORS.items():
        some = [r for r in tested if fits(by_name[r.name])]
        rows.append(
            row(
                "precursors",
                f"{name}, as in miRBase",
                called(predictors, folded(some, folds, cache)),
            )
        )
    for name, sources in OTHERS.items():
        some = list({r.sequence: r for r in records if r.source in sources}.values())
        rows.append(row("no precursors", name, called(predictors, folded(some, folds, cache))))
    print(table(["records", "of", "number", *MODELS], rows) + "\n")
    print(table(["others a precursor", "pairs", *MODELS], best_in(rows)))


if __name__ == "__main__":
    main()
