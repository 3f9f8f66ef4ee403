"""What share of the calls up to a q-value is at no known locus.

python bench/q_values.py CALLS.tsv[:TRUTH.bed] ...

CALLS.tsv is from scan-genome --classify --decoys COPIES; without a BED file no call is true.
Where several calls lie at one locus, each counts as true.
"""

import sys

from model_scan import known_at, read_truth

from mirpre.locus import parse_locus

BOUNDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


def main():
    for argument in sys.argv[1:]:
        path, _, bed = argument.partition(":")
        truth = read_truth(bed) if bed else []
        with open(path, encoding="utf-8") as lines:
            rows = [line.rstrip("\n").split("\t") for line in lines if not line.startswith("# ")]
        names = rows[0]
        calls = [dict(zip(names, row, strict=True)) for row in rows[1:]]
        for bound in BOUNDS:
            some = [c for c in calls if float(c["q_value"]) <= bound]
            known = [known_at(parse_locus(c["id"], int(c["length"])), truth) for c in some]
            other = known.count(".")
            share = f"{other / len(some):.2f}" if some else "-"
            print(
                f"{path}\tq <= {bound}\t{len(some)} calls\t{len(set(known) - {'.'})} of "
                f"{len(truth)} known loci\t{other} elsewhere, {share}"
            )


if __name__ == "__main__":
    main()
