"""What the parts of a known mature's score are worth: recall of validation species without them.

python -m bench.evidence.family_scores WORK --hairpins hairpin.fa ... (as known_families)

Recall of supported precursors of the species that posterior_table measures on, without their genus
and without their order, at one false place per Mb of the genomes; false are their loci with
matures whose letters are in another order (posterior_table.reordered), beside their own
probabilities. Each variant has log-likelihood ratios of its own, made as the bundled ones are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.evidence.known_families import (
    TRUE_GENOMES,
    Locus,
    genomes_of,
    nearest,
    options,
    row,
    species_at,
    without,
)
from bench.shared.scan_data import read_fasta
from bench.weights.known_index import genus_of
from bench.weights.posterior_table import LEVELS, MEASURED, reordered, rising
from mirpre.annotation import families, scores
from mirpre.annotation.families import FamilySearch
from mirpre.annotation.matures import DOUBTFUL, SUPPORTS, known_matures
from mirpre.annotation.posterior import LEAST

VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "where it begins does not count": {"PLACED": 0.0},
    "all letters behind the seed count": {"TAIL": 1.0},
    "support does not count": {"SUPPORT": dict.fromkeys(SUPPORTS, 0.0)},
}
ORDERS = 2
EDGES = np.r_[-np.inf, np.arange(12.0, 25.0)]


def main() -> None:
    args = options().parse_args()
    matures = list(known_matures(args.known))
    genera = {h.partition("-")[0]: genus_of(h) for h, _ in read_fasta(args.mature)}
    every = genomes_of(args.genomes, args.work, args.threads)
    genomes = [genome for genome in every if genome.name not in TRUE_GENOMES]
    others = [locus for genome in genomes for locus in genome.loci if not locus.name]
    allowed = int(sum(genome.megabases for genome in genomes))
    rng = np.random.default_rng(1)
    chance = [reordered(matures, rng) for _ in range(ORDERS)]
    species = {code: species_at(args, code) for code in MEASURED}
    kinds = [(code, level) for code in MEASURED for level in LEVELS]
    row(["variant", *(f"{code}, {level}" for code, level in kinds), "mean"])
    row(["---"] * (len(kinds) + 2))
    families.WEAKEST = float(EDGES[1])
    kept = {name: getattr(scores, name) for name in ("PLACED", "LEAST_START", "TAIL", "SUPPORT")}
    for name, changed in VARIANTS.items():
        for constant, value in {**kept, **changed}.items():
            setattr(scores, constant, value)
        scores._TAILS = scores.tails(scores.TAIL)
        null = [best_scores(FamilySearch(index), others) for index in chance]
        found = {}
        for code, level in kinds:
            left = without(matures, genera, level, code)
            found[code, level] = best_scores(FamilySearch(left), species[code].loci)
        rates = np.array([counts(one) + 0.5 / ORDERS for one in null]).sum(axis=0)
        rates /= ORDERS * len(others)
        shares = np.mean([(counts(one) + 0.5) / (len(one) + 1) for one in found.values()], axis=0)
        llr = rising(shares[::-1], rates[::-1])[::-1]
        odds = log_odds(others)
        false = np.concatenate([odds + llr[bins(one)] for one in null])
        cut = np.sort(false)[::-1][allowed * ORDERS]
        recall = []
        for (code, _), one in found.items():
            above = log_odds(species[code].loci) + llr[bins(one)] > cut
            recall.append(above.sum() / len(species[code].supported))
        row([name, *(f"{share:.3f}" for share in recall), f"{np.mean(recall):.4f}"])


def best_scores(search: FamilySearch, loci: Sequence[Locus]) -> NDArray[np.float64]:
    """Of each locus the score of its best hit that is not doubtful, or -inf."""
    return np.array(
        [
            -np.inf if one.best is None or one.best.mature.support == DOUBTFUL else one.best.score
            for one in nearest(search, loci)
        ]
    )


def bins(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.searchsorted(EDGES, values, side="right") - 1


def counts(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.bincount(bins(values), minlength=len(EDGES))


def log_odds(loci: Sequence[Locus]) -> NDArray[np.float64]:
    """Of the calls' probabilities."""
    p = np.clip([locus.probability for locus in loci], LEAST, 1 - LEAST)
    odds: NDArray[np.float64] = np.log(p) - np.log1p(-p)
    return odds


if __name__ == "__main__":
    main()
