"""How networks of train_genome.py, and their means, do on validation records.

python -m bench.weights.genome_check FOLDER WORK ... --supported supported.tsv
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.shared.metrics import Scores, auc
from bench.weights.train_genome import log_odds, mean_weights, pool_of
from mirpre.training.recipe import load_tensorflow


def strands(names: NDArray[np.str_], source: NDArray[np.str_], scores: Scores) -> str:
    """What is called, from a probability of 0.9 on, of precursors and of their opposite strands."""
    own = dict(zip(names[source == "published"], scores[source == "published"], strict=True))
    other = dict(zip(names[source == "antisense"], scores[source == "antisense"], strict=True))
    both = np.array([(own[name], other[name]) for name in own if name in other])
    called = both >= np.log(9)
    mine = both[called[:, 0]]
    beaten = (mine[:, 1] > mine[:, 0]).mean() if len(mine) else float("nan")
    return (
        f"{len(both)} with their opposite strand: called {called[:, 0].mean():.3f}, opposite "
        f"{called[:, 1].mean():.3f}; of the called the opposite is more probable in {beaten:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("works", type=Path, nargs="+")
    parser.add_argument("--supported", required=True)
    args = parser.parse_args()
    load_tensorflow(1)
    from mirpre.training.networks import genome

    pool = pool_of(args.folder)
    with open(args.supported, encoding="utf-8") as lines:
        good = np.isin(pool.name, [line.split("\t")[1] for line in lines])
    rows = np.flatnonzero(pool.split == "validation")
    source, positive = pool.source[rows], pool.positive[rows]
    told: list[Scores] = []
    names: list[str] = []
    together = [args.works] if len(args.works) > 1 else []
    for works in [*([work] for work in args.works), *together]:
        model = genome()
        model.set_weights(mean_weights(works))
        told.append(log_odds(model, pool, rows))
        names.append("mean of weights" if len(works) > 1 else works[0].name)
    if together:
        told.append(np.mean(told[: len(args.works)], axis=0))
        names.append("mean of log-odds")
    for name, scores in zip(names, told, strict=True):
        no = ~positive & ~np.isin(source, ["antisense", "shuffled"])
        text = ~positive & np.isin(source, ["made", "shuffled text"])
        bound, high = np.quantile(scores[no], [0.995, 0.999])
        for kind in ("bare", "published", "search"):
            own = scores[positive & (source == kind) & good[rows]]
            ninety = np.quantile(scores[text], [0.9, 0.99])
            print(
                f"{name} {kind}: AUC {auc(own, scores[no]):.4f}, against text "
                f"{auc(own, scores[text]):.4f}, at 0.995 {(own >= bound).mean():.3f}, "
                f"at 0.999 {(own >= high).mean():.3f}, beyond 90 "
                f"and 99 % of text {(own >= ninety[0]).mean():.3f} {(own >= ninety[1]).mean():.3f}"
            )
        eighty = np.quantile(scores[positive & (source == "bare") & good[rows]], 0.2)
        rates = {
            s: f"{100 * (scores[~positive & (source == s)] >= eighty).mean():.2f}"
            for s in np.unique(source[~positive])
        }
        print(name, "called at bare 80 %:", rates, flush=True)
        mine = good[rows] & np.isin(source, ["published", "antisense"])
        print(name, strands(pool.name[rows][mine], source[mine], scores[mine]), flush=True)


if __name__ == "__main__":
    main()
