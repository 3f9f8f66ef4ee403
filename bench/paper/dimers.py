"""Turn the supplementary CSV files of Zheng et al. 2020 into dimer text.

    python -m bench.paper.dimers human_premirna.csv > positives.dimers
    python -m bench.paper.dimers pseudo_hairpins.csv > negatives.dimers

Columns used: Accession, and seq_struc with the dimers. The energies are not in these files: NA.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path


def dimer_text(csv_file: Path) -> str:
    """What ``mirpre encode`` would write of the file's records."""
    with open(csv_file, newline="", encoding="utf-8") as file:
        rows = [
            (row["Accession"], "NA", " ".join(row["seq_struc"].split()))
            for row in csv.DictReader(file)
        ]
    return "".join("\t".join(row) + "\n" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", type=Path)
    print(dimer_text(parser.parse_args().csv), end="")


if __name__ == "__main__":
    main()
