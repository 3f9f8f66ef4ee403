"""How often a letter of a mature sequence is that of its nearest far relative, by position.

python -m bench.weights.mature_pairs --known every.tsv.gz --mature mature.fa \\
    --precursors precursors.tsv

every.tsv.gz is of known_index --every-species. Each supported mature is held against the nearest
one of its family and arm from another clade (the first five ranks of miRBase's classification: a
phylum or a class), without gaps; species weigh the same. Genera that known_families and
posterior_check report on are left out. The shares are constants of mirpre/annotation/scores.py.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from bench.shared.scan_data import read_fasta
from bench.weights.known_index import genus_of
from mirpre.annotation.matures import SUPPORTED, known_matures
from mirpre.annotation.scores import COMPARED

REPORTED = {"Mus", "Xenopus", "Drosophila", "Caenorhabditis"}
RANKS = 5
SHORTEST = 20
"""nt of a mature that is compared."""
_TRANSITIONS = {"AG", "GA", "CU", "UC"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--known", required=True)
    parser.add_argument("--mature", required=True)
    parser.add_argument("--precursors", required=True)
    args = parser.parse_args()
    genera = {h.partition("-")[0]: genus_of(h) for h, _ in read_fasta(args.mature)}
    clades = clades_of(args.precursors)
    groups: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for one in known_matures(args.known):
        code = one.name.partition("-")[0]
        if (
            one.support == SUPPORTED
            and one.arm
            and one.mirgenedb_family
            and genera[code] not in REPORTED
            and len(one.sequence) >= SHORTEST
        ):
            groups[one.mirgenedb_family, one.arm].append((code, one.sequence[:COMPARED]))
    pairs = []
    for members in groups.values():
        for code, sequence in members:
            far = [other for species, other in members if clades[species] != clades[code]]
            if far:
                pairs.append((code, sequence, max(far, key=lambda other: _alike(sequence, other))))
    weights = Counter(code for code, _, _ in pairs)
    same, total = np.zeros(COMPARED), np.zeros(COMPARED)
    transitions = 0.0
    for code, sequence, other in pairs:
        for position, (a, b) in enumerate(zip(sequence, other, strict=False)):
            weight = 1 / weights[code]
            total[position] += weight
            same[position] += weight * (a == b)
            transitions += weight * (a + b in _TRANSITIONS)
    print(f"{len(pairs)} pairs of {len(weights)} species")
    print("same letter:", " ".join(f"{share:.2f}" for share in same / total))
    print(f"transitions among others: {transitions / (total - same).sum():.2f}")


def clades_of(precursors: str) -> dict[str, str]:
    """The clade of each species' code."""
    with Path(precursors).open(encoding="utf-8") as lines:
        columns = next(lines).rstrip("\n").split("\t")
        name, clade = columns.index("name"), columns.index("clade")
        rows = [line.split("\t") for line in lines]
    return {row[name].partition("-")[0]: ";".join(row[clade].split(";")[:RANKS]) for row in rows}


def _alike(one: str, other: str) -> int:
    return sum(a == b for a, b in zip(one, other, strict=False))


if __name__ == "__main__":
    main()
