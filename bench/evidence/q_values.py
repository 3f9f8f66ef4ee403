"""What share of the places up to a q-value is at no known locus.

python -m bench.evidence.q_values CALLS.jsonl[:TRUTH.bed] ...

CALLS.jsonl is from scan-genome --classify --all --q-values --format jsonl; without a BED file no
call is true. What counts are the places that the genome has won from its mirror (a lost one has a
q-value of 1), both strands of one and copies once, as in mirpre/scanning/competition.py. One is
true where a known locus lies on either strand; where several lie at one locus, each counts as true.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import Any

from bench.evidence.model_scan import Known, known_at, read_truth
from bench.shared.markdown import table
from mirpre.records import Locus, parse_locus
from mirpre.scanning.duplicates import is_copy

Row = dict[str, Any]
BOUNDS = (0.05, 0.1, 0.2, 0.3, 0.5)


def places(rows: list[Row]) -> list[Locus]:
    """The places that count: the most probable call of each place, and of copies the best."""
    kept: list[tuple[Locus, Row]] = []
    for row in sorted(rows, key=lambda row: -row["score"]):
        here = parse_locus(row["id"], row["length"])
        assert here is not None
        others = (other for other, _ in kept if other.contig == here.contig)
        if not any(overlap(here, other) for other in others):
            kept.append((here, row))
    copies = is_copy([row["sequence"] for _, row in kept]).tolist()
    return [place for (place, _), copy in zip(kept, copies, strict=True) if not copy]


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
        found = []
        for bound in BOUNDS:
            known = [
                known_on_either_strand(place, truth)
                for place in places([call for call in calls if call["q_value"] <= bound])
            ]
            elsewhere = known.count(".")
            share = f"{elsewhere / len(known):.3f}" if known else "-"
            loci = f"{len(set(known) - {'.'})} of {len({name for *_, name, _ in truth})}"
            found.append((bound, len(known), loci, elsewhere, share))
        print(f"\n{path}\n")
        print(table(("q-value at most", "places", "known loci", "elsewhere", "their share"), found))


if __name__ == "__main__":
    main()
