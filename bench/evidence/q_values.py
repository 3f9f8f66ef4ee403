"""What share of the places up to a q-value is at no known locus.

python -m bench.evidence.q_values CALLS.jsonl[:TRUTH.bed] ...

CALLS.jsonl is from scan-genome --classify --all --decoys COPIES --format jsonl; without
a BED file no call is true. Places are counted as mirpre/scanning/qvalues.py counts them, and one is
true where a known locus lies on either strand. Where several lie at one locus, each counts as true.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import Any

from Bio.Seq import reverse_complement_rna

from bench.evidence.model_scan import Known, known_at, read_truth
from mirpre.records import Locus, parse_locus

Row = dict[str, Any]
BOUNDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


def places(rows: list[Row]) -> list[tuple[Locus, Row]]:
    """The rows that count: the most probable one of each place and of each sequence."""
    kept: list[tuple[Locus, Row]] = []
    seen: set[str] = set()
    for row in sorted(rows, key=lambda row: -row["score"]):
        here = parse_locus(row["id"], row["length"])
        assert here is not None
        sequence = row["sequence"]
        key = min(sequence, str(reverse_complement_rna(sequence)))
        opposite_strands = (other for other in kept if other[0].contig == here.contig)
        if key not in seen and not any(overlap(here, other) for other, _ in opposite_strands):
            kept.append((here, row))
        seen.add(key)
    return kept


def overlap(one: Locus, other: Locus) -> bool:
    shared = min(one.end, other.end) - max(one.start, other.start)
    return 2 * shared >= min(one.end - one.start, other.end - other.start)


def known_on_either_strand(place: Locus, truth: list[Known]) -> str:
    names = (known_at(replace(place, strand=strand), truth) for strand in "+-")
    return next((name for name in names if name != "."), ".")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("calls", nargs="+", metavar="CALLS.jsonl[:TRUTH.bed]")
    for argument in parser.parse_args().calls:
        path, _, bed = argument.partition(":")
        truth = read_truth(bed) if bed else []
        with open(path, encoding="utf-8") as lines:
            calls = [row for row in map(json.loads, lines) if "id" in row]
        for bound in BOUNDS:
            some = [c for c in calls if c["q_value"] <= bound]
            known = [known_on_either_strand(place, truth) for place, _ in places(some)]
            other = known.count(".")
            share = f"{other / len(known):.3f}" if known else "-"
            print(
                f"{path}\tq <= {bound}\t{len(some)} calls at {len(known)} places\t"
                f"{len(set(known) - {'.'})} of {len(truth)} known loci\t{other} elsewhere, {share}"
            )


if __name__ == "__main__":
    main()
