"""Measure what a hit of a known mature says, and write the tables of the posterior.

python -m bench.weights.posterior_table WORK -o mirpre/annotation/weights/posterior.json \\
    --hairpins hairpin.fa ... (as known_families)

Precursors: supported ones of MEASURED species, as a scan cuts them out, with the index without
their genus, and without their order. Others: the loci of the genomes of known_families that are no
known precursor, with an index of which no mature is real: the letters of the seed, and those
behind it, are put into another order, the same one for all. So the loci, where they may be cut, and
how the matures resemble each other stay as they are. Species weigh the same. The species that
known_families and posterior_check report on are others.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import mirpre
from bench.evidence.known_families import genomes_of, nearest, options, species_at, without
from bench.shared.scan_data import read_fasta
from bench.weights.known_index import flag_table, genus_of
from mirpre.annotation.criteria import NO_EVIDENCE, PROFILES
from mirpre.annotation.families import COMPARED, SEED, FamilySearch
from mirpre.annotation.matures import known_matures
from mirpre.annotation.posterior import OUTCOMES, FamilyRow
from mirpre.annotation.reads import ReadFiles
from mirpre.annotation.records import FamilyHits, KnownMature

MEASURED = ("hsa", "gmo", "aae", "tca", "asu")
SCORES = (22.0, 20.0, 18.0, 17.0, 16.0, 15.0, 14.0, 13.0)
"""Least scores of the rows."""
ORDERS = 8
"""How often the letters are put into another order."""
LEVELS = ("genus", "order")


def main() -> None:
    parser = options()
    parser.add_argument("--bam", required=True, help="aligned reads of a genome")
    parser.add_argument("--bam-genome", required=True, help="that genome; FASTA")
    parser.add_argument("--bam-known", required=True, help="its precursors; BED")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    matures = list(known_matures(args.known))
    genera = {h.partition("-")[0]: genus_of(h) for h, _ in read_fasta(args.mature)}
    flags, _ = flag_table(args.supported)
    others = [
        locus
        for genome in genomes_of(args.genomes, args.work, args.threads)
        for locus in genome.loci
        if not locus.name
    ]
    rng = np.random.default_rng(1)
    null = np.zeros(len(SCORES) + 1)
    for _ in range(ORDERS):
        null += counts(nearest(FamilySearch(reordered(matures, rng)), others))[0]
    shares, right = [], np.zeros(len(SCORES) + 1)
    for code in MEASURED:
        loci = species_at(args, code).loci
        families = [flags.get(locus.name.lower(), "") for locus in loci]
        for level in LEVELS:
            search = FamilySearch(without(matures, genera, level, code))
            found, named = counts(nearest(search, loci), families)
            shares.append((found + 0.5) / (len(loci) + 1))
            right += named / np.maximum(found, 1) * found / len(loci)
    precursors = np.mean(shares, axis=0)
    rates = (null + 0.5) / (ORDERS * len(others) + 1)
    llr = rising(precursors, rates)
    print("| score | of precursors | their family | of others | llr |")
    print("|---|---|---|---|---|")
    for k, value in enumerate(llr.tolist()):
        name = f"{SCORES[k]:.0f} or more" if k < len(SCORES) else "less, or none"
        share = right[k] / len(shares) / precursors[k]
        numbers = f"{precursors[k]:.4f} | {share:.2f} | {null[k]:.0f} | {value:.2f}"
        print(f"| {name} | {numbers} |")
    print(f"\nothers: {len(others)} loci, {ORDERS} times")
    reads = of_reads(args)
    table = {
        "made_by": "bench.weights.posterior_table",
        "precursors": list(MEASURED),
        "others": ORDERS * len(others),
        "family": [
            {"least_score": least, "llr": round(value, 3)}
            for least, value in zip(SCORES, llr.tolist(), strict=False)
        ],
        "no_family": round(float(llr[-1]), 3),
        "reads": reads,
    }
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def counts(
    hits: Sequence[FamilyHits], families: Sequence[str] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many hits are of each row, the first that fits, and of none; and how many of these are
    of the family that the hairpin has."""
    found, right = np.zeros((2, len(SCORES) + 1))
    rows = [FamilyRow(least, 0.0) for least in SCORES]
    for number, one in enumerate(hits):
        row = next((i for i, row in enumerate(rows) if row.fits(one)), len(rows))
        found[row] += 1
        if families is not None and one.best is not None:
            right[row] += families[number] == one.best.mature.mirgenedb_family
    return found, right


def rising(precursors: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-likelihood ratios, the highest first: rows in the wrong order are taken together."""
    blocks: list[tuple[float, float, int]] = []
    for mine, other in zip(precursors.tolist(), others.tolist(), strict=True):
        block = (mine, other, 1)
        while blocks and blocks[-1][0] * block[1] <= block[0] * blocks[-1][1]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    return np.concatenate([[math.log(mine / other)] * number for mine, other, number in blocks])


def reordered(matures: Sequence[KnownMature], rng: np.random.Generator) -> list[KnownMature]:
    """Matures of the same letters, of which the first stays; seed and rest are drawn once."""
    seed = 1 + rng.permutation(SEED)
    order = np.r_[0, seed, 1 + SEED + rng.permutation(COMPARED - 1 - SEED)].tolist()
    found = []
    for one in matures:
        text = "".join(one.sequence[i] for i in order if i < len(one.sequence))
        found.append(replace(one, sequence=text + one.sequence[COMPARED:]))
    return found


def of_reads(args: argparse.Namespace) -> dict[str, float]:
    """Log-likelihood ratios by what reads say, of all loci of a sensitive scan of a genome with
    known precursors; half a locus is added to each count. Where they say nothing it is 0."""
    with Path(args.bam_known).open(encoding="utf-8") as lines:
        known = [line.rstrip().split("\t") for line in lines]
    counts = {name: [0.5, 0.5] for name in OUTCOMES}
    with ReadFiles([args.bam]) as reads:
        for call in mirpre.scan(args.bam_genome, preset="sensitive"):
            place = call.hairpin.place
            assert place is not None
            # Loci across a precursor, on either strand, are none of the others.
            near = [
                line
                for line in known
                if line[0] == place.contig
                and int(line[1]) < place.end
                and place.start < int(line[2])
            ]
            same = [
                line
                for line in near
                if line[5] == place.strand
                and min(int(line[2]), place.end) - max(int(line[1]), place.start)
                >= 0.8 * (int(line[2]) - int(line[1]))
            ]
            if near and not same:
                continue
            outcome = reads.evidence(call.hairpin, PROFILES["animal"]).outcome
            counts[outcome][0 if same else 1] += 1
    totals = [sum(pair[i] for pair in counts.values()) for i in (0, 1)]
    llr = {
        name: round(math.log(pair[0] / totals[0]) - math.log(pair[1] / totals[1]), 3)
        for name, pair in counts.items()
    }
    llr[NO_EVIDENCE] = 0.0
    print("\n| reads | precursors | others | llr |\n|---|---|---|---|")
    for name, (mine, other) in counts.items():
        print(f"| {name} | {mine - 0.5:.0f} | {other - 0.5:.0f} | {llr[name]:.2f} |")
    return llr


if __name__ == "__main__":
    main()
