"""Regenerate the tables and the figure of Zheng et al. 2020 and write docs/evidence/paper.md.

    python -m bench.paper.tables DATA WORK docs/evidence/paper.md [--train cnn,rnn] [--seeds 5]

DATA holds the paper's additional files as human_premirna.csv and pseudo_hairpins.csv, all 8492
pseudo hairpins as pseudo_hairpins_all.fa, and the precursors of three species of miRBase 22 and
MirGeneDB as {mml,mmu,rno}_{mirbase22,mirgenedb}.fa. WORK keeps finished training runs: the
script can be stopped and goes on where it was. --train says which networks may be trained
(nothing with an empty value). What finished runs measured is written to paper_runs.json beside
this script, and a run that may not be trained is reported from there, or as not run.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.paper.runs import (
    PUBLISHED_METRICS,
    SHORT,
    Percent,
    Work,
    card,
    mean_sd,
    measure,
    rate,
    sequences,
    share,
)
from bench.paper.tables_text import (
    PUBLISHED_FOLDS,
    PUBLISHED_SPLIT,
    PUBLISHED_TABLE_2,
    PUBLISHED_TABLE_3,
    page,
)
from bench.shared.markdown import table
from mirpre.evaluation.curves import write_precision_recall, write_roc
from mirpre.evaluation.scoring import Scored
from mirpre.evaluation.splits import Indices, Split, split_of_table
from mirpre.formats.opening import open_lines
from mirpre.formats.splits import read_split
from mirpre.models.registry import bundled_models, load_model_files

Bools = NDArray[np.bool_]
Scores = NDArray[np.float64]
NETWORKS = ("cnn", "rnn")
FOLDS = 10
PATIENCE = 100  # of all runs but those on the published split
ALL = (*PUBLISHED_METRICS, "auc", "average_precision")
SPECIES = {"mml": "Macaca mulatta", "mmu": "Mus musculus", "rno": "Rattus norvegicus"}
OTHER = tuple(PUBLISHED_TABLE_3)
CLASSES = ("hsa", "pseudo hairpins")
DATA_TEXT = "Zheng et al. 2020 (doi 10.1186/s12859-020-3339-7)"


class Paper:
    """The paper's data and the runs on them."""

    def __init__(self, data: Path, work: Path, train: list[str], seeds: int) -> None:
        self.source, self.seeds = data, range(1, seeds + 1)
        self.works = {name: Work(work, train=name in train) for name in NETWORKS}
        self.work = self.works["cnn"]
        self.positives = self.work.dimers("positives.dimers", data / "human_premirna.csv")
        self.negatives = self.work.dimers("negatives.dimers", data / "pseudo_hairpins.csv")
        self.all_negatives = self.work.folded("pseudo_all.folded", data / "pseudo_hairpins_all.fa")
        balanced = (self.positives, self.negatives)
        self.test = self._split("paper.tsv", balanced, "--method", "published")
        self.folds_file = self.work.split(
            "folds10.tsv", *balanced, "--method", "published", "--folds", FOLDS
        )
        self.bundled = [name for name in NETWORKS if name in bundled_models()]

    def _split(self, name: str, files: tuple[Path, Path], *options: object) -> Split:
        return self.read_split(self.work.split(name, *files, *options))

    @staticmethod
    def read_split(file: Path, fold: int | None = None) -> Split:
        with open_lines(str(file)) as lines:
            return split_of_table(read_split(lines), fold)

    def labelled(
        self,
        model: Path | str,
        rows: Indices | slice = slice(None),
        negatives: Path | None = None,
    ) -> tuple[Bools, Scores]:
        """Labels and scores of all positives and then all negatives, or of some rows of them."""
        parts = [self.work.scores(model, f) for f in (self.positives, negatives or self.negatives)]
        scores = np.concatenate(parts)
        labels = np.arange(len(scores)) < len(parts[0])
        return labels[rows], scores[rows]

    def unseen(self) -> Bools:
        """Which of all pseudo hairpins are not in the balanced set."""
        balanced = {sequence for _, sequence in sequences(self.negatives)}
        return np.array([s not in balanced for _, s in sequences(self.all_negatives)])

    def _seed_arguments(self, network: str) -> dict[int, tuple[str, tuple[object, ...]]]:
        """The name and the options of each run on the published split, by seed."""
        options = ("--test-records", 752, "--shuffle-seed", 2, "--data", DATA_TEXT)
        return {
            seed: (
                f"{network}-split-seed{seed}",
                ("--model", network, "--seed", seed, *options),
            )
            for seed in self.seeds
        }

    def seed_runs(self, network: str) -> dict[int, Path]:
        """The model folders of the runs on the published split that are in WORK, by seed."""
        work, runs = self.works[network], self._seed_arguments(network)
        found = {
            seed: work.trained(name, self.positives, self.negatives, *options)
            for seed, (name, options) in runs.items()
        }
        return {seed: run for seed, run in found.items() if run is not None}

    def seed_results(self, network: str) -> dict[int, dict[str, Any]]:
        """What the finished runs on the published split say, by seed."""

        def measured(run: Path) -> dict[str, Any]:
            files = {f"{code}_{database}": self.related(code, database) for code, database in OTHER}
            called = {k: (self.work.scores(run, file) >= 0.5) for k, file in files.items()}
            return {
                "test": self.metrics(run, self.test.test),
                "called": {name: [int(c.sum()), len(c)] for name, c in called.items()},
            }

        found = {
            seed: self.works[network].result(
                name, measured, self.positives, self.negatives, *options
            )
            for seed, (name, options) in self._seed_arguments(network).items()
        }
        return {seed: result for seed, result in found.items() if result is not None}

    def fold_metrics(self, network: str) -> list[Percent]:
        """Metrics of the test records of each fold that was run."""
        found: list[Percent] = []
        for fold in range(1, FOLDS + 1):
            rows = self.read_split(self.folds_file, fold).test
            result = self.works[network].result(
                f"{network}-cv-seed1-fold{fold}",
                partial(self.tested, rows=rows),
                *(self.positives, self.negatives, "--model", network, "--seed", 1),
                *("--split", self.folds_file, "--fold", fold, "--data", DATA_TEXT),
                *("--patience", PATIENCE),
            )
            if result is not None:
                found.append(result["test"])
        return found

    def tested(self, model: Path, rows: Indices) -> dict[str, Any]:
        """The metrics of some records, as a run's result."""
        return {"test": self.metrics(model, rows)}

    def right(self, model: Path | str, rows: Indices | slice = slice(None)) -> list[list[int]]:
        """[called right, all] of the precursors and of all pseudo hairpins."""
        labels, scores = self.labelled(model, rows, self.all_negatives)
        right = scores[labels] >= 0.5, scores[~labels] < 0.5
        return [[int(r.sum()), len(r)] for r in right]

    def related(self, code: str, database: str) -> Path:
        """The folded precursors of one of the other species."""
        name = f"{code}_{database}"
        return self.work.folded(f"{name}.folded", self.source / f"{name}.fa")

    def metrics(self, model: Path | str, rows: Indices) -> Percent:
        """Metrics in percent of some of the balanced set's records."""
        measured, _ = measure(*self.labelled(model, rows))
        return {name: round(value, 4) for name, value in measured.items()}


def table_1(paper: Paper) -> tuple[str, list[str]]:
    header = ["network, records", "", *(SHORT[name] for name in ALL)]
    rows: list[list[object]] = []
    misses: list[str] = []
    for network in NETWORKS:
        published = PUBLISHED_SPLIT[network]
        upper = network.upper()
        rows.append([f"{upper}, split", "published", *published.values(), "-"])
        if network in paper.bundled:
            values, bounds = measure(*paper.labelled(network, paper.test.test))
            cells = [f"{values[m]:.2f} ({bounds[m][0]:.1f}-{bounds[m][1]:.1f})" for m in ALL]
            rows.append([f"{upper}, split", "**bundled** (95 % interval)", *cells])
            misses += missed(f"bundled {upper} on the test records", values, published)
        found: list[Percent] = []
        results = paper.seed_results(network)
        for seed, result in results.items():
            values = result["test"]
            found.append(values)
            kept = f"seed {seed} (validation loss {result['validation_loss']:.4f})"
            rows.append([f"{upper}, split", kept, *(f"{values[m]:.2f}" for m in ALL)])
        if len(found) > 1:
            cells = [mean_sd([values[m] for values in found]) for m in ALL]
            rows.append([f"{upper}, split", f"{len(found)} seeds, mean ± SD", *cells])
        shown = {*results, *(card(n)["training"]["seed"] for n in paper.bundled if n == network)}
        missing = [str(seed) for seed in paper.seeds if seed not in shown]
        if missing:
            rows.append([f"{upper}, split", f"seeds {', '.join(missing)}: not run", *"-------"])
        by_fold = PUBLISHED_FOLDS[network]
        cells = [f"{mean:.2f} ± {sd:.2f}" for mean, sd in by_fold.values()]
        rows.append([f"{upper}, 10-fold", "published", *cells, "-", "-"])
        folds = paper.fold_metrics(network)
        if len(folds) < 2:
            rows.append([f"{upper}, 10-fold", "not run", *"-------"])
            continue
        cells = [mean_sd([values[m] for values in folds]) for m in ALL]
        kept = "seed 1, mean ± SD of "
        kept += (
            "the folds" if len(folds) == FOLDS else f"**only {len(folds)} of the {FOLDS}** folds"
        )
        rows.append([f"{upper}, 10-fold", kept, *cells])
        means = {m: float(np.mean([values[m] for values in folds])) for m in ALL}
        floor = {m: mean for m, (mean, _) in by_fold.items()}
        misses += missed(f"{upper} mean of {len(folds)} folds", means, floor)
    return table(header, rows), misses


def missed(what: str, values: Percent, published: Percent) -> list[str]:
    """A line for each metric that stays below the published value."""
    return [
        f"{what}: {SHORT[m]} {values[m]:.2f}, published {value:.2f}"
        for m, value in published.items()
        if values[m] < value
    ]


def right_by_class(paper: Paper, model: Path, rows: Indices) -> dict[str, Any]:
    """What of each class of Table 2 is called right, as a run's result."""
    return dict(zip(CLASSES, paper.right(model, rows), strict=True))


def table_2(paper: Paper) -> tuple[str, list[str]]:
    header = ["network, what is measured", "hsa right (%)", "pseudo hairpins right (%)"]
    rows: list[list[object]] = [
        ["published: " + name, *values] for name, values in PUBLISHED_TABLE_2.items()
    ]
    misses: list[str] = []
    unseen = paper.unseen()
    for network in paper.bundled:
        upper = network.upper()
        labels, scores = paper.labelled(network, negatives=paper.all_negatives)
        negative = scores[~labels] < 0.5
        what = f"bundled {upper}, whole sets, training records included"
        right = paper.right(network)
        rows.append([what, *(share(part, whole) for part, whole in right)])
        misses += missed_2(what, network, right)
        rows.append([f"bundled {upper}, pseudo hairpins it never saw", "-", rate(negative[unseen])])
        if network == "cnn" and negative[unseen].mean() < 0.875:
            misses.append("bundled CNN: specificity on unseen pseudo hairpins below 87.5")
    for network in NETWORKS:
        what = f"{network.upper()} retrained on 70 % of both sets, the other 30 %"
        split = paper.work.split(
            "stratified70.tsv", paper.positives, paper.all_negatives, "--test-fraction", 0.3
        )
        tested = paper.read_split(split).test
        result = paper.works[network].result(
            f"{network}-whole-seed1",
            partial(right_by_class, paper, rows=tested),
            *(paper.positives, paper.all_negatives, "--model", network, "--seed", 1),
            *("--split", split, "--data", DATA_TEXT, "--patience", PATIENCE),
        )
        if result is None:
            rows.append([what, "not run", "not run"])
            continue
        right = [result[name] for name in CLASSES]
        rows.append([what, *(share(part, whole) for part, whole in right)])
        misses += missed_2(what, network, right)
    return table(header, rows), misses


def missed_2(what: str, network: str, right: list[list[int]]) -> list[str]:
    """A line for each class of Table 2 of which less is called right than was published."""
    published = PUBLISHED_TABLE_2[network.upper()]
    return [
        f"{what}, {name}: {share(counts[0], counts[1])}, published {value}"
        for name, counts, value in zip(CLASSES, right, published, strict=True)
        if 100 * counts[0] / counts[1] < value
    ]


def table_3(paper: Paper) -> tuple[str, list[str]]:
    header = ["records", "published CNN", *(f"bundled {name.upper()}" for name in paper.bundled)]
    runs = {network: paper.seed_results(network) for network in NETWORKS}
    for network, found in runs.items():
        header.append(f"{network.upper()}, {len(found)} seeds: lowest to highest")
    rows: list[list[str]] = []
    misses: list[str] = []
    for database in ("mirbase22", "mirgenedb"):
        for code, species in SPECIES.items():
            file = paper.related(code, database)
            called, total = PUBLISHED_TABLE_3[code, database]
            published = 100 * called / total
            row = [f"{species}, {database}", f"{called}/{total} = {published:.2f}"]
            for name in paper.bundled:
                right = paper.work.scores(name, file) >= 0.5
                row.append(rate(right))
                if name == "cnn" and 100 * right.mean() < published:
                    misses.append(f"bundled CNN on {row[0]}: {rate(right)}, published {row[1]}")
            for found in runs.values():
                seeds = [result["called"][f"{code}_{database}"] for result in found.values()]
                rates = [100 * part / whole for part, whole in seeds]
                row.append(f"{min(rates):.2f} to {max(rates):.2f}" if rates else "not run")
            rows.append(row)
    return table(header, rows) + "\n\n" + operating_points(paper), misses


def operating_points(paper: Paper) -> str:
    """Table 3 by the bundled CNN at thresholds that the validation records set."""
    labels, scores = paper.labelled("cnn")
    validation, test = paper.test.validation, paper.test.test
    others = np.sort(scores[validation][~labels[validation]])
    header = ["threshold set by", "threshold", "test Sen / Spe", "unseen pseudo hairpins right"]
    header += [f"{code} {database}" for code, database in PUBLISHED_TABLE_3]
    cells = [f"{100 * called / total:.2f}" for called, total in PUBLISHED_TABLE_3.values()]
    rows = [["published", "0.5", "88.83 / 88.28", "87.2 to 87.5", *cells]]
    wanted = {"default": None, "validation Spe 88.28 %": 0.8828, "validation Spe 87.5 %": 0.875}
    for name, specificity in wanted.items():
        threshold = 0.5 if specificity is None else float(np.quantile(others, specificity))
        called, truth = scores[test] >= threshold, labels[test]
        unseen = paper.work.scores("cnn", paper.all_negatives)[paper.unseen()] < threshold
        rates = [100 * called[truth].mean(), 100 * (1 - called[~truth].mean())]
        row = [name, f"{threshold:.3f}", "{:.2f} / {:.2f}".format(*rates), rate(unseen)]
        for code, database in PUBLISHED_TABLE_3:
            file = paper.related(code, database)
            row.append(f"{100 * (paper.work.scores('cnn', file) >= threshold).mean():.2f}")
        rows.append(row)
    return table(header, rows)


def figure_1(paper: Paper, folder: Path) -> None:
    """The curves of the bundled models on the 752 test records."""
    folder.mkdir(parents=True, exist_ok=True)
    scored = []
    for name in paper.bundled:
        labels, scores = paper.labelled(name, paper.test.test)
        scored.append(Scored(name.upper(), 0.5, labels, scores))
    for file, write in (("roc", write_roc), ("precision_recall", write_precision_recall)):
        with open(folder / f"paper_{file}.svg", "wb") as out:
            write(out, scored, "svg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--train", default="cnn,rnn")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    paper = Paper(options.data, options.work, options.train.split(","), options.seeds)
    tables = [make(paper) for make in (table_1, table_2, table_3)]
    figure_1(paper, options.output.parent / "figures")
    hashes = [
        (name, load_model_files(name).sha256, card(name)["training"]["seed"])
        for name in paper.bundled
    ]
    options.output.write_text(page([text for text, _ in tables], [m for _, m in tables], hashes))


if __name__ == "__main__":
    main()
