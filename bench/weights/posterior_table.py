"""Measure what a hit of a known mature says, and write the tables of the posterior.

python -m bench.weights.posterior_table WORK -o mirpre/annotation/weights/posterior.json \\
    --hairpins hairpin.fa ... (as known_families)

Precursors: supported ones of MEASURED species, as a scan cuts them out, with the index without
their genus, since a new genome's is not in it; for matures of a single genus without the species
only. Others: the loci of the genomes of known_families, read backwards, and with each base as its
complement, neither of which is the opposite strand. Species weigh the same. The species that
known_families and posterior_check report on are others.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import mirpre
from bench.evidence.known_families import genomes_of, options, species_at, without
from bench.shared.scan_data import read_fasta
from bench.weights.known_index import genus_of
from mirpre.annotation.criteria import NO_EVIDENCE, PROFILES
from mirpre.annotation.families import Context, FamilySearch
from mirpre.annotation.matures import known_matures
from mirpre.annotation.posterior import OUTCOMES, FamilyRow
from mirpre.annotation.reads import ReadFiles
from mirpre.annotation.records import FamilyHits

MEASURED = ("hsa", "gmo", "aae", "tca", "asu")
BINS = (
    *((False, True, 14), (False, False, 18), (False, False, 16), (False, False, 14)),
    *((False, False, 12), (False, False, 10), (True, False, 18)),
)
"""Single genus, both arms, least score."""
_COMPLEMENT = str.maketrans("ACGU", "UGCA")


def main() -> None:
    parser = options()
    parser.add_argument("--bam", required=True, help="aligned reads of a genome")
    parser.add_argument("--bam-genome", required=True, help="that genome; FASTA")
    parser.add_argument("--bam-known", required=True, help="its precursors; BED")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    matures = list(known_matures(args.known))
    genera = {h.partition("-")[0]: genus_of(h) for h, _ in read_fasta(args.mature)}
    rows = [FamilyRow(*key, llr=0.0) for key in BINS]
    others = [
        turned
        for genome in genomes_of(args.genomes, args.work, args.threads)
        for locus in genome.loci
        if not locus.name
        for turned in (_backwards(locus.context), _complement(locus.context))
    ]
    null = _counts(rows, _hits(FamilySearch(matures), others))
    shares = []
    for code in MEASURED:
        loci = species_at(args, code).loci
        contexts = [locus.context for locus in loci]
        genus, own = (
            _counts(rows, _hits(FamilySearch(without(matures, genera, level, code)), contexts))
            for level in ("genus", "species")
        )
        counts = np.where([*(row.single for row in rows), False], own, genus)
        shares.append((counts + 0.5) / (len(loci) + 1))
    precursors = np.mean(shares, axis=0)
    rates = (null + 0.5) / (len(others) + 1)
    llr = np.log(precursors / rates)
    print("| nearest mature | of precursors | of others | llr |")
    print("|---|---|---|---|")
    for row, share, number, value in zip([*rows, None], precursors, null, llr, strict=True):
        name = "none" if row is None else _name(row)
        print(f"| {name} | {share:.4f} | {int(number)} of {len(others)} | {value:.2f} |")
    reads = of_reads(args)
    table = {
        "made_by": "bench.weights.posterior_table",
        "precursors": list(MEASURED),
        "others": len(others),
        "family": [
            {"single": row.single, "both_arms": row.both_arms, "least_score": row.least_score,
             "llr": round(float(value), 3)}
            for row, value in zip(rows, llr, strict=False)
        ],
        "no_family": round(float(llr[-1]), 3),
        "reads": reads,
    }  # fmt: skip
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


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


def _name(row: FamilyRow) -> str:
    kind = "of one genus" if row.single else "both arms" if row.both_arms else "one arm"
    return f"{kind}, score {row.least_score} or more"


def _hits(search: FamilySearch, contexts: Sequence[Context]) -> list[FamilyHits]:
    parts = (search.nearest(contexts[i : i + 64]) for i in range(0, len(contexts), 64))
    return [hits for part in parts for hits in part]


def _counts(rows: Sequence[FamilyRow], hits: Sequence[FamilyHits]) -> NDArray[np.float64]:
    """How many hits are of each row, the first that fits, and of none."""
    counts = np.zeros(len(rows) + 1)
    for one in hits:
        counts[next((i for i, row in enumerate(rows) if row.fits(one)), len(rows))] += 1
    return counts


def _backwards(context: Context) -> Context:
    return Context(*(part[::-1] for part in reversed(context)))


def _complement(context: Context) -> Context:
    return Context(*(part.translate(_COMPLEMENT) for part in context))


if __name__ == "__main__":
    main()
