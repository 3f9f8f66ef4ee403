"""Profiles of families, and what else was tried beside the nearest known mature sequence.

python -m bench.evidence.family_profiles WORK --hairpins hairpin.fa ... (as known_families)

Recall as in family_scores: of the species that posterior_table measures on, at one false place per
Mb. Each way has two numbers for a locus or one, of which a logistic regression makes one together
with the call's log-odds; it is trained on the other species. The nearest mature goes through the
same regression. What is tried:

- profiles: of the matures of a family and an arm that share six of seven letters of the seed and
  twelve of 22 in all, weighted by position (Henikoff and Henikoff 1994), with pseudocounts by the
  shares of scores.py. No seed must be exact; place and letters behind the seed count as in
  scores.py. Of chance, the columns of all profiles are in another order.
- a prior of families: profiles of families with more matures get more.
- matures of the species' own phylum and those of others, each with a score of its own.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench.evidence.family_scores import best_scores, log_odds
from bench.evidence.known_families import (
    TRUE_GENOMES,
    Locus,
    genomes_of,
    options,
    row,
    species_at,
    without,
)
from bench.shared.scan_data import read_fasta
from bench.weights.known_index import genus_of
from bench.weights.posterior_table import LEVELS, MEASURED, reordered
from mirpre.annotation import families, scores
from mirpre.annotation.families import FamilySearch
from mirpre.annotation.matures import CONSERVED, SUPPORTED, known_matures
from mirpre.annotation.records import FIVE, KnownMature

Floats = NDArray[np.float64]
Kind = tuple[str, str]

ORDERS = 2
LETTERS = "ACGU"
WIDTH = scores.COMPARED
SEED_ALIKE, ALIKE = 6, 12
SHIFTS = (-1, 0, 1)
MOST, POWER = 8, 0.75
"""A profile counts as so many sequences, to that power, at most."""
PSEUDO = 4.0
PRIORS = (0.0, 0.5)
PHYLA = {"hsa": "Vertebrata", "gmo": "Vertebrata", "aae": "Arthropoda", "tca": "Arthropoda"}
PHYLA["asu"] = "Nematoda"
WIDER = {"Nematoda": "Ecdysozoa"}
"""Where the order left out is the phylum."""
KNOTS = (10.0, 13.0, 16.0, 19.0)


class Profile(NamedTuple):
    family: str
    arm: int
    """0 for 5p, 1 for 3p."""
    counts: Floats
    """(WIDTH, 4)"""
    matures: int


def profiles(matures: Sequence[KnownMature]) -> list[Profile]:
    """Those of all families that MirGeneDB names, of supported and conserved matures."""
    groups: dict[tuple[str, str], dict[str, set[str]]] = {}
    for one in matures:
        if one.support in (SUPPORTED, CONSERVED) and one.mirgenedb_family and one.arm:
            group = groups.setdefault((one.mirgenedb_family, one.arm), {})
            group.setdefault(one.sequence[:WIDTH], set()).add(one.name)
    found = []
    for (family, arm), names in groups.items():
        clusters: list[list[tuple[str, int]]] = []
        for text in sorted(names, key=lambda text: (-len(names[text]), text)):
            mine: tuple[int, list[tuple[str, int]], str] | None = None
            for cluster in clusters:
                for shift in SHIFTS:
                    moved = text[shift:] if shift >= 0 else "N" * -shift + text
                    alike = _alike(moved, cluster[0][0])
                    if alike and (mine is None or alike > mine[0]):
                        mine = alike, cluster, moved
            if mine is None:
                clusters.append([(text, len(names[text]))])
            else:
                mine[1].append((mine[2], len(names[text])))
        for cluster in clusters:
            counts = _counts([text for text, _ in cluster])
            number = sum(n for _, n in cluster)
            found.append(Profile(family, int(arm != FIVE), counts, number))
    return found


def _alike(one: str, other: str) -> int:
    """Letters in common, 0 if there are too few."""
    seed = sum(a == b for a, b in zip(one[1:8], other[1:8], strict=False))
    alike = sum(a == b for a, b in zip(one[:WIDTH], other[:WIDTH], strict=False))
    return alike if seed >= SEED_ALIKE and alike >= ALIKE else 0


def _counts(texts: Sequence[str]) -> Floats:
    """Weighted counts (WIDTH, 4) of aligned sequences."""
    codes = np.full((len(texts), WIDTH), -1)
    for i, text in enumerate(texts):
        known = [LETTERS.find(letter) for letter in text[:WIDTH]]
        codes[i, : len(known)] = known
    weights = np.zeros(len(texts))
    for column in codes.T:
        known_rows = np.flatnonzero(column >= 0)
        if len(known_rows):
            number = np.bincount(column[known_rows], minlength=4)
            weights[known_rows] += 1 / (np.count_nonzero(number) * number[column[known_rows]])
    weights *= min(len(texts), MOST) ** POWER / weights.sum()
    counts = np.zeros((WIDTH, 4))
    for position, column in enumerate(codes.T):
        np.add.at(counts[position], column[column >= 0], weights[column >= 0])
    return counts


def log_ratios(counts: Floats) -> Floats:
    """(WIDTH, 4), natural logarithms against even shares."""
    total = counts.sum(axis=1, keepdims=True)
    shares = np.where(total > 0, counts / np.maximum(total, 1e-9), 0.25)
    match = np.array(scores.MATCH)[:, None, None]
    change = np.empty((WIDTH, 4, 4))
    for a in range(4):
        for b in range(4):
            rate = scores.TRANSITIONS if a % 2 == b % 2 else (1 - scores.TRANSITIONS) / 2
            change[:, a, b] = match[:, 0, 0] if a == b else (1 - match[:, 0, 0]) * rate
    prior = np.einsum("pa,pab->pb", shares, change)
    ratios: Floats = np.log((counts + PSEUDO * prior) / (total + PSEUDO) / 0.25)
    return ratios


def best_profiles(
    made: Sequence[Profile], prior: float, loci: Sequence[Locus], order: NDArray[np.int64]
) -> Floats:
    """Of each locus the best score of any profile whose columns are in this order."""
    number = np.log([one.matures for one in made])
    bias = prior * (number - number.mean())
    arms = np.array([one.arm for one in made])
    ratios = np.array([log_ratios(one.counts) for one in made])[:, order]
    parts = []
    for arm in (0, 1):
        mine = ratios[arms == arm]
        seed = mine[:, : scores.SEEDED].reshape(len(mine), -1).T
        tail = mine[:, scores.SEEDED :].reshape(len(mine), -1).T
        parts.append((seed, tail, bias[arms == arm]))
    return np.array([_best(parts, locus) for locus in loci])


def _best(parts: Sequence[tuple[Floats, Floats, Floats]], locus: Locus) -> float:
    text = "".join(locus.context)
    letters = np.array([LETTERS.find(letter) for letter in text + "N" * WIDTH])
    hot = np.zeros((len(letters), 4))
    hot[np.flatnonzero(letters >= 0), letters[letters >= 0]] = 1
    windows = np.lib.stride_tricks.sliding_window_view(hot, (WIDTH, 4))[: len(text), 0]
    start = np.arange(len(text)) - len(locus.context.before)
    length = len(locus.context.hairpin)
    off = 2 * start + WIDTH - length
    best = -math.inf
    for arm, (seed, tail, bias) in enumerate(parts):
        rows = np.flatnonzero((2 * np.abs(off) >= WIDTH) & ((off > 0) == bool(arm)))
        begins = windows[rows][:, : scores.SEEDED].reshape(len(rows), -1) @ seed
        behind = windows[rows][:, scores.SEEDED :].reshape(len(rows), -1) @ tail
        behind = np.log(scores.TAIL * np.exp(behind) + 1 - scores.TAIL)
        none = np.zeros(len(rows), np.int64)
        place = scores.of_starts([locus.starts], none, none + arm, start[rows]) / scores.UNIT
        best = max(best, float((begins + behind + place[:, None] + bias).max(initial=-math.inf)))
    return best


class Way(NamedTuple):
    """Scores of loci: of each kind of precursors, and of the others in each order."""

    precursors: Mapping[Kind, Floats]
    others: Mapping[Kind, Sequence[Floats]]
    """The same for all kinds but those of PHYLA."""


def columns(odds: Floats, ways: Sequence[Floats]) -> Floats:
    """What the regression sees: log-odds, and each score with knots."""
    parts = [odds[:, None]]
    for one in ways:
        parts.append(np.maximum(one, KNOTS[0])[:, None])
        parts += [np.clip(one - low, 0, high - low)[:, None] for low, high in pairwise(KNOTS)]
    return np.concatenate(parts, axis=1)


def recall(
    ways: Sequence[Way],
    precursors: Mapping[Kind, Floats],
    others: Floats,
    supported: Mapping[str, int],
    allowed: int,
) -> list[float]:
    """Of each kind; precursors and others: log-odds."""

    def seen(kind: Kind) -> tuple[Floats, Floats]:
        mine = columns(precursors[kind], [way.precursors[kind] for way in ways])
        lists = zip(*(way.others[kind] for way in ways), strict=True)
        return mine, np.concatenate([columns(others, one) for one in lists])

    table = {kind: seen(kind) for kind in precursors}
    found = []
    for kind, (mine, chance) in table.items():
        parts, labels, weights = [], [], []
        for other, pair in table.items():
            if other[0] != kind[0]:
                for label, part in zip((1, 0), pair, strict=True):
                    parts.append(part)
                    labels.append(np.full(len(part), label))
                    weights.append(np.full(len(part), 1e4 / len(part)))
        model = LogisticRegression(max_iter=10_000)
        y, w = np.concatenate(labels), np.concatenate(weights)
        model.fit(np.concatenate(parts), y, sample_weight=w)
        cut = np.sort(model.decision_function(chance))[::-1][allowed * ORDERS]
        found.append(float((model.decision_function(mine) > cut).sum() / supported[kind[0]]))
    return found


def main() -> None:
    parser = options()
    parser.add_argument("--precursors", type=Path, required=True, help="with each one's clade")
    args = parser.parse_args()
    matures = list(known_matures(args.known))
    genera = {h.partition("-")[0]: genus_of(h) for h, _ in read_fasta(args.mature)}
    with args.precursors.open(encoding="utf-8") as lines:
        clades = {
            one["name"].partition("-")[0]: one["clade"]
            for one in csv.DictReader(lines, delimiter="\t")
        }
    every = genomes_of(args.genomes, args.work, args.threads)
    genomes = [genome for genome in every if genome.name not in TRUE_GENOMES]
    others = [locus for genome in genomes for locus in genome.loci if not locus.name]
    allowed = int(sum(genome.megabases for genome in genomes))
    species = {code: species_at(args, code) for code in MEASURED}
    kinds = [(code, level) for code in MEASURED for level in LEVELS]
    left = {(code, level): without(matures, genera, level, code) for code, level in kinds}
    families.WEAKEST = KNOTS[0]
    rng = np.random.default_rng(1)
    chance = [reordered(matures, rng) for _ in range(ORDERS)]
    loci = {kind: species[kind[0]].loci for kind in kinds}

    null = [best_scores(FamilySearch(index), others) for index in chance]
    found = {kind: best_scores(FamilySearch(left[kind]), loci[kind]) for kind in kinds}
    nearest = Way(found, dict.fromkeys(kinds, null))

    as_is = np.arange(WIDTH)
    made = profiles(matures)
    orders = [
        np.r_[0, 1 + rng.permutation(7), 8 + rng.permutation(WIDTH - 8)] for _ in range(ORDERS)
    ]
    by_prior = {}
    for prior in PRIORS:
        null = [best_profiles(made, prior, others, order) for order in orders]
        found = {
            kind: best_profiles(profiles(left[kind]), prior, loci[kind], as_is) for kind in kinds
        }
        by_prior[prior] = Way(found, dict.fromkeys(kinds, null))

    of_phylum: dict[Kind, Floats] = {}
    of_others: dict[Kind, Floats] = {}
    null_phylum: dict[Kind, list[Floats]] = {}
    null_others: dict[Kind, list[Floats]] = {}
    for kind in kinds:
        phylum = PHYLA[kind[0]]
        if kind[1] == "order":
            phylum = WIDER.get(phylum, phylum)
        for is_in, of, nulls in ((True, of_phylum, null_phylum), (False, of_others, null_others)):

            def part(
                index: Sequence[KnownMature], is_in: bool = is_in, phylum: str = phylum
            ) -> FamilySearch:
                return FamilySearch(
                    m
                    for m in index
                    if (phylum in clades.get(m.name.partition("-")[0], "")) == is_in
                )

            of[kind] = best_scores(part(left[kind]), loci[kind])
            nulls[kind] = [best_scores(part(index), others) for index in chance]
    phyla = [Way(of_phylum, null_phylum), Way(of_others, null_others)]

    odds = {kind: log_odds(loci[kind]) for kind in kinds}
    supported = {code: len(one.supported) for code, one in species.items()}
    row(["way", *(f"{code}, {level}" for code, level in kinds), "mean"])
    row(["---"] * (len(kinds) + 2))
    for name, ways in {
        "nearest mature": [nearest],
        "profiles": [by_prior[0.0]],
        "profiles, with a prior of families": [by_prior[0.5]],
        "nearest mature and profiles": [nearest, by_prior[0.0]],
        "nearest of the phylum, nearest of others": phyla,
    }.items():
        shares = recall(ways, odds, log_odds(others), supported, allowed)
        row([name, *(f"{share:.3f}" for share in shares), f"{np.mean(shares):.4f}"])


if __name__ == "__main__":
    main()
