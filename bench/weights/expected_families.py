"""Make the table of families that are expected in a clade.

python -m bench.weights.expected_families --precursors precursors.tsv --supported supported.tsv \\
    -o mirpre/annotation/known/clades.tsv

Of animals MirGeneDB's families, by its supported precursors; of plants miRBase's. A family is
expected in a clade where four fifths of the clade's species have it; counted are species with at
least LEAST families, and clades with three of them.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter, defaultdict
from pathlib import Path

from mirpre.annotation.completeness import COLUMNS
from mirpre.annotation.matures import family_of, mirgenedb_family_of
from mirpre.formats.output import open_output

LEAST = 20
SHARE = 0.8
PLANTS = "Viridiplantae"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--precursors", required=True)
    parser.add_argument("--supported", required=True)
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    with Path(args.supported).open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    flagged = {row["mirbase_name"]: mirgenedb_family_of(row["mirgenedb_ids"]) for row in rows}
    species: dict[str, set[str]] = defaultdict(set)
    lineage: dict[str, list[str]] = {}
    with Path(args.precursors).open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            path = [part for part in row["clade"].split(";") if part]
            lineage[row["species"]] = path
            if PLANTS in path:
                species[row["species"]].add(family_of(row["name"]))
            elif row["name"] in flagged:
                species[row["species"]].add(flagged[row["name"]])
    members: dict[str, list[str]] = defaultdict(list)
    for name, families in species.items():
        if len(families) >= LEAST:
            for clade in lineage[name]:
                members[clade].append(name)
    with open_output(args.output) as out:
        out.write("\t".join(COLUMNS) + "\n")
        for clade in sorted(members, key=lambda clade: (-len(members[clade]), clade)):
            names = members[clade]
            counts = Counter(family for name in names for family in species[name])
            expected = sorted(f for f, n in counts.items() if n >= SHARE * len(names))
            if len(names) >= 3 and expected:
                print(f"{clade}: {len(names)} species, {len(expected)} families")
                for family in expected:
                    share = counts[family] / len(names)
                    out.write(f"{clade}\t{len(names)}\t{family}\t{share:.2f}\n")


if __name__ == "__main__":
    main()
