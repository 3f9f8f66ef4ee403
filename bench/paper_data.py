"""Turn the supplementary CSV files of Zheng et al. 2020 into dimer text.

    python bench/paper_data.py human_premirna.csv > positives.dimers
    python bench/paper_data.py pseudo_hairpins.csv > negatives.dimers

Columns used: Accession, and seq_struc with the dimers. The energies are not in these files: NA.
"""

import csv
import sys


def main() -> None:
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            print(row["Accession"], "NA", " ".join(row["seq_struc"].split()), sep="\t")


if __name__ == "__main__":
    main()
