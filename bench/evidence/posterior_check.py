"""Recall and false places by the posterior, with relatives left out of the index.

python -m bench.evidence.posterior_check WORK --hairpins hairpin.fa ... --test-names unseen.txt

As known_families, whose scans it reads. A false place is a locus of yeast, E. coli, fly, worm and
a part of human chromosome 22 that no known precursor covers; both strands of a place count once.
The posterior's threshold is the one that leaves one of these per Mb. Precursors whose families the
model has not seen (--test-names: their names) are counted on their own, and once more with the
index without these families.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.evidence.known_families import (
    SPECIES,
    TRUE_GENOMES,
    Genome,
    Locus,
    genomes_of,
    mirpre_locus,
    nearest,
    options,
    row,
    species_at,
    without,
)
from bench.shared.scan_data import read_fasta
from bench.weights.known_index import flag_table, genus_of
from bench.weights.posterior_table import MEASURED
from mirpre.annotation.families import FamilySearch
from mirpre.annotation.matures import family_of, known_matures
from mirpre.annotation.posterior import LEAST, Posterior, load_posterior
from mirpre.annotation.records import NO_HITS, FamilyHits


def main() -> None:
    parser = options()
    parser.add_argument("--test-names", type=Path, required=True)
    parser.add_argument("--per-mb", type=float, default=1.0)
    args = parser.parse_args()
    unseen = set(args.test_names.read_text().split())
    matures = list(known_matures(args.known))
    genera = {h.partition("-")[0]: genus_of(h) for h, _ in read_fasta(args.mature)}
    flags, _ = flag_table(args.supported)
    held = {family_of(name) for name in unseen} | {flags.get(n.lower(), "") for n in unseen}
    held.discard("")
    posterior = load_posterior()
    every = genomes_of(args.genomes, args.work, args.threads)
    genomes = [genome for genome in every if genome.name not in TRUE_GENOMES]
    # An index with less in it finds nothing where the whole one finds nothing.
    whole = FamilySearch(matures)
    looked_at = {
        (genome.name, locus.place)
        for genome in genomes
        for locus, hits in zip(genome.loci, nearest(whole, genome.loci), strict=True)
        if hits.best
    }
    grouped = {genome.name: places(_others(genome)) for genome in genomes}
    false_own = np.array(
        [
            max(loci[i].probability for i in group)
            for genome in genomes
            for loci in [_others(genome)]
            for group in grouped[genome.name]
        ]
    )
    megabases = sum(genome.megabases for genome in genomes)
    allowed = int(args.per_mb * megabases)
    print(f"{allowed} false places in {megabases:.2f} Mb\n")
    head = ["species", "left out", "posterior from", "false", "of them of a family"]
    head += ["all evidence", "families alone", "sequence alone"]
    head += ["of unseen families", "all evidence", "these families left out", "sequence alone"]
    row(head)
    row(["---"] * len(head))
    for code in SPECIES:
        if code in MEASURED or (args.species and code not in args.species):
            continue
        species = species_at(args, code)
        names = {name for name in species.supported if name in unseen}
        for level in ("genus", "order"):
            left = without(matures, genera, level, code)
            search = FamilySearch(left)
            mine, member = scores(posterior, search, species.loci)
            own = np.array([locus.probability for locus in species.loci])
            false, false_member = false_places(posterior, search, genomes, looked_at, grouped)
            cut = np.sort(false)[::-1][allowed]
            cut_own = np.sort(false_own)[::-1][allowed]
            fewer = FamilySearch([m for m in left if not {m.family, m.mirgenedb_family} & held])
            bare, _ = scores(posterior, fewer, species.loci)
            false_bare, _ = false_places(posterior, fewer, genomes, looked_at, grouped)
            cut_bare = np.sort(false_bare)[::-1][allowed]
            n = len(species.supported)
            test = np.array([locus.name in names for locus in species.loci])
            above = false > cut
            shares = [
                f"{(mine > cut).sum() / n:.3f}",
                f"{member.sum() / n:.3f}",
                f"{(own > cut_own).sum() / n:.3f}",
                str(len(names)),
                f"{(mine > cut)[test].sum()}",
                f"{(bare > cut_bare)[test].sum()}",
                f"{(own > cut_own)[test].sum()}",
            ]
            of_family = (above & false_member).sum()
            row([code, level, f"{cut:.4f}", above.sum(), of_family, *shares])


def _others(genome: Genome) -> list[Locus]:
    return [locus for locus in genome.loci if not locus.name]


def false_places(
    posterior: Posterior,
    search: FamilySearch,
    genomes: Sequence[Genome],
    looked_at: set[tuple[str, str]],
    grouped: dict[str, list[list[int]]],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The best posterior of each place that is no known precursor, and whether it is of a family.

    looked_at: names of genomes and places where there may be hits; grouped: see places.
    """
    found, members = [], []
    for genome in genomes:
        loci = _others(genome)
        near = [(genome.name, locus.place) in looked_at for locus in loci]
        values, of_family = scores(posterior, search, loci, near)
        best = [max(group, key=lambda i: values[i]) for group in grouped[genome.name]]
        found.append(values[best])
        members.append(of_family[best])
    return np.concatenate(found), np.concatenate(members)


def scores(
    posterior: Posterior,
    search: FamilySearch,
    loci: Sequence[Locus],
    near: Sequence[bool] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The posterior of each locus, and whether it is of a family; near: which may have hits."""
    found: list[FamilyHits] = [NO_HITS] * len(loci)
    numbers = [i for i in range(len(loci)) if near is None or near[i]]
    for i, hits in zip(numbers, nearest(search, [loci[i] for i in numbers]), strict=True):
        found[i] = hits
    llr = np.array([posterior.family_llr(hits) for hits in found])
    p = np.clip([one.probability for one in loci], LEAST, 1 - LEAST)
    values = 1 / (1 + np.exp(-(np.log(p) - np.log1p(-p) + llr)))
    return values, np.array([hits.family is not None for hits in found])


def places(loci: Sequence[Locus]) -> list[list[int]]:
    """Numbers of loci that share half of the shorter one, on either strand."""
    where = [mirpre_locus(locus.place) for locus in loci]
    groups: list[list[int]] = []
    for i in sorted(range(len(loci)), key=lambda i: (where[i].contig, where[i].start)):
        here = where[i]
        if groups:
            last = where[groups[-1][0]]
            shared = min(last.end, here.end) - max(last.start, here.start)
            shorter = min(last.end - last.start, here.end - here.start)
            if last.contig == here.contig and 2 * shared >= shorter:
                groups[-1].append(i)
                continue
        groups.append([i])
    return groups


if __name__ == "__main__":
    main()
