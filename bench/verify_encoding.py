"""Check that encode gives the paper's own dimers for the paper's folded records.

    python bench/verify_encoding.py human_premirna.csv pseudo_hairpins.csv

The files are supplementary files of Zheng et al. 2020 (doi 10.1186/s12859-020-3339-7), which
hold each record's bases and structure as dimers. They are taken apart into RNAfold's text, and
``mirpre encode`` must put them together again.
"""

import csv
import subprocess
import sys


def main() -> None:
    wrong = 0
    for file in sys.argv[1:]:
        with open(file, newline="", encoding="utf-8") as table:
            published = [(r["Accession"], r["seq_struc"].split()) for r in csv.DictReader(table)]
        folded = "".join(
            f">{name}\n{''.join(d[0] for d in dimers)}\n{''.join(d[1] for d in dimers)} (  0.00)\n"
            for name, dimers in published
        )
        command = [sys.executable, "-m", "mirpre", "encode"]
        done = subprocess.run(command, input=folded, capture_output=True, text=True, check=True)
        encoded = [line.split("\t") for line in done.stdout.splitlines()]
        ours = [(name, dimers.split(" ")) for name, _, dimers in encoded]
        differing = sum(a != b for a, b in zip(published, ours, strict=True))
        print(f"{file}: {len(published)} records, {differing} differ")
        wrong += differing
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
