"""miRDeep2's result table beside this package's evidence from the same alignments.

python -m bench.evidence.reads_table RESULT.csv READS.bam GENOME.fa [--profile animal]
    [--folded HAIRPINS.fold] [--truth LOCI.bed]

The first two tables have a row for each precursor of RESULT.csv (miRDeep2's result_*.csv), cut
out of the genome with --flank nt on both sides and folded: its counts beside ours, and what we
make of it. With --folded (from scan-genome --format folded) a third one has a row for each hairpin
in it, with the name of the locus of --truth that it overlaps on its strand.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass

from Bio.Seq import reverse_complement

from bench.evidence.model_scan import known_at, read_truth
from bench.shared.markdown import table
from bench.shared.scan_data import read_fasta
from mirpre.annotation.criteria import PROFILES, ReadEvidence
from mirpre.annotation.duplex import Place
from mirpre.annotation.reads import ReadFiles
from mirpre.api import fold
from mirpre.records import Hairpin, Locus

_PRECURSOR = re.compile(r"(.+):(\d+)\.\.(\d+):([+-])$")


@dataclass(frozen=True)
class Row:
    """A precursor in miRDeep2's table."""

    name: str
    score: str
    total: str
    mature: str
    loop: str
    star: str
    mature_sequence: str
    star_sequence: str
    locus: Locus


def read_result(file: str) -> Iterator[Row]:
    """The novel and the known precursors; what was not detected has no coordinates."""
    with open(file, encoding="utf-8") as lines:
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            match = _PRECURSOR.match(fields[-1])
            if not match:
                continue
            known = fields[9] if fields[9] != "-" else "novel"
            locus = Locus(match[1], int(match[2]), int(match[3]), match[4])
            total, mature, loop, star = fields[4:8]
            yield Row(known, fields[1], total, mature, loop, star, fields[13], fields[14], locus)


def cut(genome: dict[str, str], locus: Locus, flank: int) -> Hairpin:
    contig = genome[locus.contig]
    start, end = max(0, locus.start - flank), min(len(contig), locus.end + flank)
    bases = contig[start:end].upper()
    if locus.strand == "-":
        bases = str(reverse_complement(bases))
    place = Locus(locus.contig, start, end, locus.strand)
    return Hairpin(str(place), bases.replace("T", "U"), locus=place)


def number(value: float | None, digits: int = 0) -> str:
    return "." if value is None else f"{value:.{digits}f}"


def same(hairpin: Hairpin, place: Place | None, sequence: str) -> str:
    """Whether a place has a sequence; else how far its two ends are from it."""
    if place is None:
        return "."
    start = hairpin.sequence.find(sequence.upper())
    if start < 0:
        return "no"
    ends = place[0] - start, place[1] - (start + len(sequence))
    return "yes" if ends == (0, 0) else "{:+d} {:+d}".format(*ends)


def evidence_columns(evidence: ReadEvidence) -> list[str]:
    reads = evidence.pattern
    counts = reads.five, reads.three, reads.loop, reads.elsewhere, reads.opposite
    return [
        *map(number, counts),
        number(reads.precision, 3),
        number(reads.homogeneity, 3),
        f"{number(reads.overhang_reads)} of {number(reads.star_reads)}",
        ", ".join(evidence.failures) or "passes",
        evidence.outcome,
    ]


COLUMNS = [
    *("5p", "3p", "loop", "elsewhere", "opposite", "precision", "homogeneity"),
    *("star by overhang", "fails", "outcome"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result")
    parser.add_argument("bam")
    parser.add_argument("genome")
    parser.add_argument("--profile", choices=PROFILES, default="animal")
    parser.add_argument("--multi", default="all")
    parser.add_argument("--flank", type=int, default=15)
    parser.add_argument("--folded")
    parser.add_argument("--truth")
    args = parser.parse_args()
    genome = {header.split()[0]: bases for header, bases in read_fasta(args.genome)}
    profile = PROFILES[args.profile]
    with ReadFiles([args.bam], multi=args.multi) as reads:
        print(f"{reads.library.reads} reads, {reads.library.small} of 18 to 30 nt\n")
        rows = sorted(read_result(args.result), key=lambda row: row.locus.start)
        compared, judged = [], []
        for row in rows:
            [hairpin] = fold([cut(genome, row.locus, args.flank)])
            evidence = reads.evidence(hairpin, profile)
            pattern = evidence.pattern
            arms = pattern.five, pattern.three
            mature, star = arms if pattern.mature_arm == "5p" else arms[::-1]
            theirs = row.total, row.mature, row.loop, row.star
            ours = map(number, (pattern.fitting, mature, pattern.loop, star))
            counts = [count for pair in zip(theirs, ours, strict=True) for count in pair]
            place = f"{row.locus.start + 1}-{row.locus.end}"
            seen = pattern.star_seen or pattern.star
            same_mature = same(hairpin, pattern.mature, row.mature_sequence)
            same_star = same(hairpin, seen, row.star_sequence)
            compared.append([row.name, place, *counts, same_mature, same_star])
            judged.append([row.name, place, row.score, *evidence_columns(evidence)])
        names = ["total", "ours", "mature", "ours", "loop", "ours", "star", "ours"]
        print(table(["precursor", "place", *names, "same mature", "same star"], compared), "\n")
        print(table(["precursor", "place", "their score", *COLUMNS], judged))
        if args.folded:
            truth = read_truth(args.truth) if args.truth else []
            found = []
            for hairpin in read_folded(args.folded):
                assert hairpin.place is not None
                columns = evidence_columns(reads.evidence(hairpin, profile))
                found.append([hairpin.name, known_at(hairpin.place, truth), *columns])
            print()
            print(table(["hairpin", "known", *COLUMNS], found))


def read_folded(file: str) -> Iterator[Hairpin]:
    with open(file, encoding="utf-8") as lines:
        while header := lines.readline().rstrip("\n"):
            sequence, structure = lines.readline().strip(), lines.readline().split()[0]
            yield Hairpin(header[1:], sequence, structure)


if __name__ == "__main__":
    main()
