"""How many known loci are among a scan's calls, and how many other calls there are.

python -m bench.evidence.known_loci CALLS.tsv GENOME.fa [TRUTH.bed] --least 0.872 --found 20 23

CALLS.tsv is from scan-genome --classify --all. Prints a line for the loci from a score (the
model's own probability) on, and one for the fewest best ones that have so many known loci among
them.
"""

from __future__ import annotations

import argparse

from bench.evidence.model_scan import known_at, read_truth
from bench.shared.scan_data import read_fasta
from mirpre.records import parse_locus


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("calls")
    parser.add_argument("genome")
    parser.add_argument("truth", nargs="?")
    parser.add_argument("--least", type=float, nargs="*", default=[])
    parser.add_argument("--found", type=int, nargs="*", default=[])
    args = parser.parse_args()
    truth = read_truth(args.truth) if args.truth else []
    size = sum(len(s) - s.count("N") for _, s in read_fasta(args.genome)) / 1e6
    with open(args.calls, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines if not line.startswith("# ")]
    calls = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    calls.sort(key=lambda call: -float(call["score"]))
    loci = [parse_locus(call["id"], int(call["length"])) for call in calls]
    known = [known_at(locus, truth) for locus in loci if locus is not None]
    assert len(known) == len(calls)
    print(f"{len(calls)} loci, {len(calls) / size:.0f} per Mb")

    def tell(what: str, number: int) -> None:
        found, others = set(known[:number]) - {"."}, known[:number].count(".")
        print(
            f"{what}: {number} calls, {len(found)} of {len(truth)} known loci, "
            f"{others / size:.1f} others per Mb"
        )

    for least in args.least:
        tell(f"from {least}", sum(float(call["score"]) >= least for call in calls))
    for wanted in args.found:
        numbers = (n for n in range(len(known) + 1) if len(set(known[:n]) - {"."}) >= wanted)
        number = next(numbers, None)
        if number is not None:
            tell(f"{wanted} loci", number)


if __name__ == "__main__":
    main()
