"""Measure what the paper's test set hides and write docs/evidence/leakage.md.

    python -m bench.paper.leakage DATA WORK docs/evidence/leakage.md \\
        --hairpins hairpin.fa --mature mature.fa --families families.tsv \\
        --supported supported.tsv --mrna human_mrna.fa \\
        --other "human tRNA (GtRNAdb)=trna.fa" ...

DATA and WORK are those of paper.py, whose runs are used. hairpin.fa and mature.fa are miRBase 22;
families.tsv has the columns name and family_v21 (miRBase 21's families by precursor name);
supported.tsv has a column mirbase_name with the precursors that MirGeneDB supports.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from bench.paper.leakage_text import page
from bench.paper.runs import SHORT, Percent, mean_sd, measure, sequences
from bench.paper.tables import DATA_TEXT, PATIENCE, Bools, Paper
from bench.shared.markdown import table
from mirpre.evaluation.groups import near_duplicates
from mirpre.formats.columns import Columns
from mirpre.formats.detect import read_hairpins
from mirpre.formats.opening import open_lines
from mirpre.formats.splits import read_families

LENGTH = 180
WINDOW = 90
MATURE_START = 19  # nt of a mature miRNA that make a record one of its precursors
FAMILY_FOLDS = 5
METRICS = ("sensitivity", "specificity", "mcc", "accuracy", "auc")
STRICT = 0.99  # specificity on the validation records that the strict threshold gives


def interval(called: Bools) -> str:
    """``n/N = percent (95 % interval)`` of a boolean array."""
    found = binomtest(int(called.sum()), len(called)).proportion_ci(method="wilson")
    bounds = f"{100 * found.low:.1f}-{100 * found.high:.1f}"
    return f"{called.sum()}/{len(called)} = {100 * called.mean():.1f} ({bounds})"


def duplicates_of_training(paper: Paper, identity: float) -> Bools:
    """Which of the test records have a near-duplicate among those that trained or validated."""
    letters = [
        sequence for file in (paper.positives, paper.negatives) for _, sequence in sequences(file)
    ]
    used = np.concatenate([paper.test.train, paper.test.validation])
    test = [letters[i] for i in paper.test.test]
    found = np.zeros(len(test), bool)
    found[near_duplicates(test, identity, [letters[i] for i in used])[:, 0]] = True
    return found


def relatives_of_training(paper: Paper, family: dict[str, str]) -> Bools:
    """Which of the test records have a member of their family among those that were used."""
    names = [name for file in (paper.positives, paper.negatives) for name, _ in sequences(file)]
    used = np.concatenate([paper.test.train, paper.test.validation])
    known = {family[names[i]] for i in used if names[i] in family}
    return np.array([family.get(names[i]) in known for i in paper.test.test])


def test_set_without_duplicates(
    paper: Paper, family: dict[str, str]
) -> tuple[str, tuple[str, str]]:
    """The bundled CNN and the mean of the seeds on parts of the published test set."""
    relatives = relatives_of_training(paper, family)
    at_90, at_80 = (duplicates_of_training(paper, identity) for identity in (0.9, 0.8))
    parts = {
        "all": np.ones(len(relatives), bool),
        "near-duplicates (0.9) removed": ~at_90,
        "near-duplicates (0.8) removed": ~at_80,
        "near-duplicates (0.8) and families removed": ~at_80 & ~relatives,
    }
    alike = at_80 | relatives
    labels, bundled = paper.labelled("cnn", paper.test.test)
    runs = paper.seed_runs("cnn").values()
    by_seed = [paper.labelled(run, paper.test.test)[1] for run in runs]
    rows = []
    for name, kept in parts.items():
        counts = f"{labels[kept].sum()} + {(~labels[kept]).sum()}"
        values, bounds = measure(labels[kept], bundled[kept])
        cells = [f"{values[m]:.1f} ({bounds[m][0]:.1f}-{bounds[m][1]:.1f})" for m in METRICS]
        rows.append([name, counts, "bundled", *cells])
        seeds = [measure(labels[kept], scores[kept])[0] for scores in by_seed]
        cells = [mean_sd([values[m] for values in seeds], 1) for m in METRICS]
        rows.append([name, counts, f"{len(seeds)} seeds, mean ± SD", *cells])
    header = ["test records", "positives + negatives", "CNN", *(SHORT[m] for m in METRICS)]
    called = bundled >= 0.5
    related = (interval(called[labels & alike]), interval(called[labels & ~alike]))
    return table(header, rows), related


def families_held_out(paper: Paper, families: Path) -> tuple[str, int]:
    """Metrics by fold, where no family and no near-duplicate is in two folds."""
    balanced = (paper.positives, paper.negatives)
    split = paper.work.split(
        "families5.tsv",
        *(*balanced, "--group-by", "sequence", "--group-by", "family", "--families", families),
        *("--id-column", "name", "--family-column", "family_v21", "--folds", FAMILY_FOLDS),
    )
    found = []
    for fold in range(1, FAMILY_FOLDS + 1):
        run = paper.work.trained(
            f"cnn-family-seed1-fold{fold}",
            *(*balanced, "--model", "cnn", "--seed", 1),
            *("--split", split, "--fold", fold, "--data", DATA_TEXT, "--patience", PATIENCE),
        )
        if run is not None:
            tested = paper.read_split(split, fold).test
            found.append((fold, measure(*paper.labelled(run, tested))[0]))
    if not found:
        return "Not run.", 0
    rows = [[f"fold {fold}", *(f"{values[m]:.1f}" for m in METRICS)] for fold, values in found]
    if len(found) > 1:
        cells = [mean_sd([values[m] for _, values in found], 1) for m in METRICS]
        rows.append([f"{len(found)} folds, mean ± SD", *cells])
    folds = paper.fold_metrics("cnn")
    for name, some in (
        ("published split, seeds, mean ± SD", seeds_on_test(paper)),
        (f"{len(folds)} of 10 random folds, mean ± SD", folds),
    ):
        if len(some) > 1:
            rows.append([name, *(mean_sd([values[m] for values in some], 1) for m in METRICS)])
    return table(["test records", *(SHORT[m] for m in METRICS)], rows), len(found)


def seeds_on_test(paper: Paper) -> list[Percent]:
    runs = paper.seed_runs("cnn").values()
    return [measure(*paper.labelled(run, paper.test.test))[0] for run in runs]


def fold_selected(paper: Paper, name: str, records: list[tuple[str, str]]) -> Path:
    """Fold (name, sequence) records once, through a FASTA in the work folder."""
    text = "".join(f">{header}\n{sequence}\n" for header, sequence in records)
    name += "-" + hashlib.sha256(text.encode()).hexdigest()[:12]
    fasta = paper.work.data / f"{name}.fa"
    fasta.write_text(text)
    return paper.work.folded(f"{name}.folded", fasta)


def new_precursors(paper: Paper, hairpins: Path, supported_file: Path) -> tuple[str, int]:
    """Human precursors of miRBase 22 whose sequence is not in the paper's pool."""
    pool = [sequence for _, sequence in sequences(paper.positives)]
    known = set(pool)
    new = [(n, s) for n, s in sequences(hairpins) if n.startswith("hsa-") and s not in known]
    with open_lines(str(supported_file)) as lines:
        supported = {row["mirbase_name"] for row in Columns(lines, ("mirbase_name",)).rows()}
    file = fold_selected(paper, "new_precursors", new)
    alike = np.zeros(len(new), bool)
    alike[near_duplicates([s for _, s in new], 0.8, pool)[:, 0]] = True
    is_supported = np.array([name in supported for name, _ in new])
    rows = []
    for name in paper.bundled:
        called = paper.work.scores(name, file) >= 0.5
        for what, part in (
            ("all", np.ones(len(new), bool)),
            ("near-duplicate (0.8) in the pool", alike),
            ("no near-duplicate in the pool", ~alike),
            ("supported by MirGeneDB", is_supported),
        ):
            rows.append([name.upper(), what, interval(called[part]) if part.any() else "none"])
    return table(["network", "precursors", "called (%)"], rows), len(new)


def other_rnas(paper: Paper, others: list[tuple[str, Path]], mature: Path, mrna: Path) -> str:
    """How many RNAs that are no precursors are called."""
    starts = {s[:MATURE_START] for _, s in sequences(mature) if len(s) >= MATURE_START}

    def is_mirna(sequence: str) -> bool:
        parts = (sequence[i : i + MATURE_START] for i in range(len(sequence) - MATURE_START + 1))
        return any(part in starts for part in parts)

    rows: list[list[str]] = []
    strict = {model: strict_threshold(paper, model) for model in paper.bundled}

    def add(what: str, name: str, records: list[tuple[str, str]], note: str) -> None:
        # Where the name tells an Rfam family, the whole family goes: it is one of precursors.
        mirnas = {family_of(n) for n, s in records if is_mirna(s)}
        kept = [(n, s) for n, s in records if family_of(n) not in mirnas]
        file = fold_selected(paper, name, kept)
        note = f"{note}{len(records) - len(kept)} with a mature miRNA or of such a family"
        families = np.unique([family_of(n) for n, _ in kept], return_inverse=True)[1]
        sizes = np.bincount(families)
        for model in paper.bundled:
            scores = paper.work.scores(model, file)
            called = [scores >= threshold for threshold in (0.5, strict[model])]
            rows.append([what, note, model.upper(), *map(interval, called)])
            if len(sizes) < len(kept):
                means = [(np.bincount(families, weights=some) / sizes).mean() for some in called]
                cells = [f"{100 * mean:.1f}" for mean in means]
                rows.append([what, f"mean over {len(sizes)} families", model.upper(), *cells])

    for number, (what, file) in enumerate(others):
        found = {sequence: name for name, sequence in sequences(file)}
        short = [(name, s) for s, name in found.items() if len(s) <= LENGTH]
        add(what, f"other{number}", short, f"{len(found) - len(short)} longer than {LENGTH} nt, ")
    hairpins, windows = transcript_hairpins(paper, mrna)
    what = f"human mRNA, hairpins among {windows} windows of {WINDOW} nt"
    add(what, "transcript_hairpins", hairpins, "")
    header = ["records", "left out", "network", "called at 0.5 (%)", "called, strict (%)"]
    points = []
    for model, threshold in strict.items():
        labels, scores = paper.labelled(model, paper.test.test)
        called = scores >= threshold
        rates = interval(called[labels]), interval(~called[~labels])
        points.append([model.upper(), f"{threshold:.3f}", *rates])
    names = ["network", "strict threshold", "test Sen (%)", "test Spe (%)"]
    return table(header, rows) + "\n\n" + table(names, points)


def strict_threshold(paper: Paper, model: str) -> float:
    """The threshold that calls 1 % of the validation negatives."""
    labels, scores = paper.labelled(model, paper.test.validation)
    return float(np.quantile(scores[~labels], STRICT))


def family_of(name: str) -> str:
    """``RF00001`` of ``RF00001|...``; any other name is a family of its own."""
    return name.partition("|")[0] if name.startswith("RF") else name


def transcript_hairpins(paper: Paper, mrna: Path) -> tuple[list[tuple[str, str]], int]:
    """Windows of transcripts that fold like a pseudo hairpin: one hairpin loop, at least 18
    pairs, at most -15 kcal/mol (Xue et al. 2005, doi 10.1186/1471-2105-6-310)."""
    windows = [
        (f"{name.split('|')[0]}:{start}", sequence[start : start + WINDOW])
        for name, sequence in transcripts(mrna)
        for start in range(0, len(sequence) - WINDOW + 1, WINDOW)
    ]
    windows = [(name, s) for name, s in windows if set(s) <= set("ACGU")]
    file = fold_selected(paper, "transcript_windows", windows)
    with open_lines(str(file)) as lines:
        found = [
            (hairpin.name, hairpin.sequence)
            for hairpin in read_hairpins(lines)[1]
            if hairpin.structure is not None
            and hairpin.mfe is not None
            and hairpin.structure.count("(") >= 18
            and hairpin.mfe <= -15
            and hairpin.structure.strip(".").replace(".", "").count(")(") == 0
        ]
    return found, len(windows)


def transcripts(file: Path) -> Iterator[tuple[str, str]]:
    """(name, RNA) of a FASTA whose records are longer than the package reads."""
    from Bio.SeqIO.FastaIO import SimpleFastaParser

    with open(file) as text:
        for header, sequence in SimpleFastaParser(text):
            yield header.split()[0], sequence.upper().replace("T", "U")


def named_file(text: str) -> tuple[str, Path]:
    name, _, file = text.rpartition("=")
    return name, Path(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "work", "output"):
        parser.add_argument(name, type=Path)
    for name in ("hairpins", "mature", "families", "supported", "mrna"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--other", type=named_file, action="append", default=[])
    parser.add_argument("--train", default="cnn")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    paper = Paper(options.data, options.work, options.train.split(","), options.seeds)
    with open_lines(str(options.families)) as lines:
        family = read_families(lines, "name", "family_v21")
    near, related = test_set_without_duplicates(paper, family)
    held_out, folds = families_held_out(paper, options.families)
    new, n_new = new_precursors(paper, options.hairpins, options.supported)
    others = other_rnas(paper, options.other, options.mature, options.mrna)
    options.output.write_text(page(near, related, (held_out, folds), (new, n_new), others))


if __name__ == "__main__":
    main()
