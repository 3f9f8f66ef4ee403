"""Plant precursors to trust, and those that the plant search networks must not learn.

    python -m bench.weights.plant_families precursors.tsv FOLDER

writes FOLDER/plant_supported.tsv, accession and name of the precursors whose family, by name, is
known of two or more plant families (the groups of plants that miRBase names: Brassicaceae,
Fabaceae, monocotyledons ...), and FOLDER/plant_unseen.txt, names of the precursors of Arabidopsis
and maize, which are measured, and of all that are like one of them. FOLDER/plant_measured.fa holds
the trusted ones of Arabidopsis and maize.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from bench.weights.model_records import SAME
from bench.weights.scan_examples import family, is_plant
from mirpre.evaluation.groups import near_duplicates

MEASURED = ("ath-", "zma-")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("precursors")
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    with open(args.precursors, encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if is_plant(row["name"])]
    groups: dict[str, set[str]] = {}
    for row in rows:
        groups.setdefault(family(row["name"]), set()).add(row["clade"])
    trusted = [row for row in rows if len(groups[family(row["name"])]) > 1]
    measured = [row["sequence"] for row in rows if row["name"].startswith(MEASURED)]
    alike = near_duplicates([row["sequence"] for row in rows], SAME, measured)
    unseen = sorted({rows[i]["name"] for i in alike[:, 0].tolist()})
    args.folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{row['accession']}\t{row['name']}\n" for row in trusted)
    (args.folder / "plant_supported.tsv").write_text(text, encoding="utf-8")
    text = "".join(f"{name}\n" for name in unseen)
    (args.folder / "plant_unseen.txt").write_text(text, encoding="utf-8")
    known = [row for row in trusted if row["name"].startswith(MEASURED)]
    text = "".join(f">{row['name']} {row['accession']}\n{row['sequence']}\n" for row in known)
    (args.folder / "plant_measured.fa").write_text(text, encoding="utf-8")
    print(f"{len(rows)} precursors, {len(trusted)} in two or more plant families")
    print(f"{len(measured)} of Arabidopsis and maize, {len(known)} of them in two or more")
    print(f"{len(unseen)} not to be learned: these, and what is like them")


if __name__ == "__main__":
    main()
