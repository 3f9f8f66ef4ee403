"""Regenerate the tables and the figure of Zheng et al. 2020 and write docs/paper.md.

    python bench/paper.py DATA WORK docs/paper.md [--train cnn,rnn] [--seeds 5]

DATA holds the paper's additional files as human_premirna.csv and pseudo_hairpins.csv, all 8492
pseudo hairpins as pseudo_hairpins_all.fa, and the precursors of three species of miRBase 22 and
MirGeneDB as {mml,mmu,rno}_{mirbase22,mirgenedb}.fa. WORK keeps finished training runs: the
script can be stopped and goes on where it was. --train says which networks may be trained
(nothing with an empty value). What finished runs measured is written to paper_runs.json beside
this script, and a run that may not be trained is reported from there, or as not run.
"""

import argparse
from pathlib import Path

import numpy as np
from paper_text import PUBLISHED_TABLE_1, PUBLISHED_TABLE_2, PUBLISHED_TABLE_3, page
from runs import (
    PUBLISHED_METRICS,
    SHORT,
    Work,
    card,
    mean_sd,
    measure,
    rate,
    sequences,
    share,
    table,
)

from mirpre.formats.opening import open_lines
from mirpre.formats.splits import read_split
from mirpre.models.registry import bundled_models, load_model_files
from mirpre.training.curves import write_precision_recall, write_roc
from mirpre.training.scoring import Scored
from mirpre.training.splits import split_of_table

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

    def __init__(self, data, work, train, seeds):
        self.source, self.seeds = Path(data), range(1, seeds + 1)
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

    def _split(self, name, files, *options):
        return self._read_split(self.work.split(name, *files, *options))

    @staticmethod
    def _read_split(file, fold=None):
        with open_lines(str(file)) as lines:
            return split_of_table(read_split(lines), fold)

    def labelled(self, model, negatives=None):
        """Labels and scores of all positives and then all negatives."""
        parts = [self.work.scores(model, f) for f in (self.positives, negatives or self.negatives)]
        scores = np.concatenate(parts)
        return np.arange(len(scores)) < len(parts[0]), scores

    def unseen(self):
        """Which of all pseudo hairpins are not in the balanced set."""
        balanced = {sequence for _, sequence in sequences(self.negatives)}
        return np.array([s not in balanced for _, s in sequences(self.all_negatives)])

    def _seed_arguments(self, network):
        options = ("--test-records", 752, "--shuffle-seed", 2, "--data", DATA_TEXT)
        return {
            seed: (
                f"{network}-split-seed{seed}",
                *(self.positives, self.negatives, "--model", network, "--seed", seed, *options),
            )
            for seed in self.seeds
        }

    def seed_runs(self, network):
        """The model folders of the runs on the published split that are in WORK, by seed."""
        work, runs = self.works[network], self._seed_arguments(network)
        found = {seed: work.trained(*arguments) for seed, arguments in runs.items()}
        return {seed: run for seed, run in found.items() if run is not None}

    def seed_results(self, network):
        """What the finished runs on the published split say, by seed."""

        def measured(run):
            files = {f"{code}_{database}": self.related(code, database) for code, database in OTHER}
            called = {k: (self.work.scores(run, file) >= 0.5) for k, file in files.items()}
            return {
                "test": self.metrics(run, self.test.test),
                "called": {name: [int(c.sum()), len(c)] for name, c in called.items()},
            }

        found = {
            seed: self.works[network].result(name, measured, *arguments)
            for seed, (name, *arguments) in self._seed_arguments(network).items()
        }
        return {seed: result for seed, result in found.items() if result is not None}

    def fold_metrics(self, network):
        """Metrics of the test records of each fold that was run."""
        found = []
        for fold in range(1, FOLDS + 1):
            rows = self._read_split(self.folds_file, fold).test
            result = self.works[network].result(
                f"{network}-cv-seed1-fold{fold}",
                lambda run, rows=rows: {"test": self.metrics(run, rows)},
                *(self.positives, self.negatives, "--model", network, "--seed", 1),
                *("--split", self.folds_file, "--fold", fold, "--data", DATA_TEXT),
                *("--patience", PATIENCE),
            )
            if result is not None:
                found.append(result["test"])
        return found

    def right(self, model, rows=slice(None)):
        """[called right, all] of the precursors and of all pseudo hairpins."""
        labels, scores = (a[rows] for a in self.labelled(model, self.all_negatives))
        right = scores[labels] >= 0.5, scores[~labels] < 0.5
        return [[int(r.sum()), len(r)] for r in right]

    def related(self, code, database):
        """The folded precursors of one of the other species."""
        name = f"{code}_{database}"
        return self.work.folded(f"{name}.folded", self.source / f"{name}.fa")

    def metrics(self, model, rows):
        """Metrics in percent of some of the balanced set's records."""
        labels, scores = self.labelled(model)
        return {name: round(v, 4) for name, v in measure(labels[rows], scores[rows])[0].items()}


def table_1(paper):
    header = ["network, records", "", *(SHORT[name] for name in ALL)]
    rows, misses = [], []
    for network in NETWORKS:
        published = PUBLISHED_TABLE_1[network, "split"]
        upper = network.upper()
        rows.append([f"{upper}, split", "published", *published.values(), "-"])
        if network in paper.bundled:
            labels, scores = paper.labelled(network)
            values, bounds = measure(labels[paper.test.test], scores[paper.test.test])
            cells = [f"{values[m]:.2f} ({bounds[m][0]:.1f}-{bounds[m][1]:.1f})" for m in ALL]
            rows.append([f"{upper}, split", "**bundled** (95 % interval)", *cells])
            misses += missed(f"bundled {upper} on the test records", values, published)
        found = []
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
        published = PUBLISHED_TABLE_1[network, "folds"]
        cells = [f"{mean:.2f} ± {sd:.2f}" for mean, sd in published.values()]
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
        floor = {m: mean for m, (mean, _) in published.items()}
        misses += missed(f"{upper} mean of {len(folds)} folds", means, floor)
    return table(header, rows), misses


def missed(what, values, published):
    """A line for each metric that stays below the published value."""
    return [
        f"{what}: {SHORT[m]} {values[m]:.2f}, published {value:.2f}"
        for m, value in published.items()
        if value != "-" and values[m] < value
    ]


def table_2(paper):
    header = ["network, what is measured", "hsa right (%)", "pseudo hairpins right (%)"]
    rows = [["published: " + name, *values] for name, values in PUBLISHED_TABLE_2.items()]
    misses = []
    unseen = paper.unseen()
    for network in paper.bundled:
        upper = network.upper()
        labels, scores = paper.labelled(network, paper.all_negatives)
        negative = scores[~labels] < 0.5
        what = f"bundled {upper}, whole sets, training records included"
        right = paper.right(network)
        rows.append([what, *(share(*counts) for counts in right)])
        misses += missed_2(what, network, right)
        rows.append([f"bundled {upper}, pseudo hairpins it never saw", "-", rate(negative[unseen])])
        if network == "cnn" and negative[unseen].mean() < 0.875:
            misses.append("bundled CNN: specificity on unseen pseudo hairpins below 87.5")
    for network in NETWORKS:
        what = f"{network.upper()} retrained on 70 % of both sets, the other 30 %"
        split = paper.work.split(
            "stratified70.tsv", paper.positives, paper.all_negatives, "--test-fraction", 0.3
        )
        tested = paper._read_split(split).test
        result = paper.works[network].result(
            f"{network}-whole-seed1",
            lambda run, tested=tested: dict(zip(CLASSES, paper.right(run, tested), strict=True)),
            *(paper.positives, paper.all_negatives, "--model", network, "--seed", 1),
            *("--split", split, "--data", DATA_TEXT, "--patience", PATIENCE),
        )
        if result is None:
            rows.append([what, "not run", "not run"])
            continue
        right = [result[name] for name in CLASSES]
        rows.append([what, *(share(*counts) for counts in right)])
        misses += missed_2(what, network, right)
    return table(header, rows), misses


def missed_2(what, network, right):
    """A line for each class of Table 2 of which less is called right than was published."""
    published = PUBLISHED_TABLE_2[network.upper()]
    return [
        f"{what}, {name}: {share(*counts)}, published {value}"
        for name, counts, value in zip(CLASSES, right, published, strict=True)
        if 100 * counts[0] / counts[1] < value
    ]


def table_3(paper):
    header = ["records", "published CNN", *(f"bundled {name.upper()}" for name in paper.bundled)]
    runs = {network: paper.seed_results(network) for network in NETWORKS}
    for network, found in runs.items():
        header.append(f"{network.upper()}, {len(found)} seeds: lowest to highest")
    rows, misses = [], []
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


def operating_points(paper):
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


def figure_1(paper, folder):
    """The curves of the bundled models on the 752 test records."""
    folder.mkdir(parents=True, exist_ok=True)
    scored = []
    for name in paper.bundled:
        labels, scores = (a[paper.test.test] for a in paper.labelled(name))
        scored.append(Scored(name.upper(), 0.5, labels, scores))
    for file, write in (("roc", write_roc), ("precision_recall", write_precision_recall)):
        with open(folder / f"paper_{file}.svg", "wb") as out:
            write(out, scored, "svg")


def main():
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
