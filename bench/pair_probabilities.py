"""Whether energies and base-pair probabilities know what the model does not.

python bench/pair_probabilities.py FOLDER --supported supported.tsv

On validation records of model_data.py (precursors that MirGeneDB supports; negatives but
shuffled precursors): the log-odds of `genome`, twelve numbers of ViennaRNA's ensemble, and both,
combined by gradient boosting and by logistic regression, cross-validated over groups of records.
"""

import argparse
from pathlib import Path

import numpy as np
from genome_check import auc
from model_data import read_folds, read_records
from model_scan import scores

from mirpre.hairpin import Hairpin
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files

LONGEST = 250
PARTS = 5


def ensemble(sequence, structure):
    """MFE and ensemble energy, per nt too; diversity; frequency of the MFE structure; entropy;
    probabilities of its pairs, mean and lowest tenth; length; pairs and G+C per nt."""
    import RNA

    fold = RNA.fold_compound(sequence)
    best, mfe = fold.mfe()
    fold.exp_params_rescale(mfe)
    energy = fold.pf()[1]
    size = len(sequence)
    chances, table = np.array(fold.bpp()), RNA.ptable(structure)
    pairs = [chances[i, table[i]] for i in range(1, size + 1) if table[i] > i] or [0.0]
    return [
        mfe,
        mfe / size,
        energy / size,
        energy - mfe,
        fold.mean_bp_distance() / size,
        fold.pr_structure(best),
        np.mean(fold.positional_entropy()[1:]),
        np.mean(pairs),
        np.quantile(pairs, 0.1),
        size,
        len(pairs) / size,
        (sequence.count("G") + sequence.count("C")) / size,
    ]


def boosted():
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.05,
        max_leaf_nodes=8,
        min_samples_leaf=40,
        l2_regularization=5,
        class_weight="balanced",
        random_state=1,
    )


def linear():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1))


def told(make, columns, positive, part):
    found = np.zeros(len(positive))
    for k in range(PARTS):
        mine = part == k
        model = make().fit(columns[~mine], positive[~mine])
        found[mine] = model.decision_function(columns[mine])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--supported", required=True)
    args = parser.parse_args()
    with open(args.supported, encoding="utf-8") as lines:
        good = {line.split("\t")[1] for line in lines}
    folds = read_folds(args.folder)
    records = [
        r
        for r in read_records(args.folder / "records.tsv")
        if r.split == "validation" and len(r.sequence) <= LONGEST and r.sequence in folds
        if (r.name in good if r.positive else r.source != "shuffled")
    ]
    positive = np.array([r.positive for r in records])
    source = np.array([r.source for r in records])
    _, group = np.unique([r.group for r in records], return_inverse=True)
    part = np.random.default_rng(0).integers(0, PARTS, group.max() + 1)[group]
    hairpins = [Hairpin(r.name, r.sequence, *folds[r.sequence][:1]) for r in records]
    network = scores(Predictor(load_model_files("genome")), hairpins)
    numbers = np.array([ensemble(h.sequence, h.structure) for h in hairpins])
    both = np.column_stack([network, numbers])
    rows = {
        "genome": network,
        "ensemble, boosted": told(boosted, numbers, positive, part),
        "both, boosted": told(boosted, both, positive, part),
        "both, linear": told(linear, both, positive, part),
    }
    for name, values in rows.items():
        others = values[~positive & (source != "antisense")]
        bounds = np.quantile(others, [0.99, 0.995, 0.999])
        for cut in ("bare", "published", "search"):
            own = values[positive & (source == cut)]
            cells = ", ".join(f"{(own >= bound).mean():.3f}" for bound in bounds)
            print(f"{name}, {cut} ({len(own)}): AUC {auc(own, others):.4f}, {cells}", flush=True)


if __name__ == "__main__":
    main()
