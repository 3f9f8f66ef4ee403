"""Annotations beside the coordinates that miRBase has: loci, strands, arms.

python -m bench.evidence.annotated PRECURSORS.tsv TRUTH.bed ANNOTATION.gff3 [ANNOTATION.gff3 ...]
    [--loci]

The annotations are of one genome, by `annotate` or `scan-genome --annotate` with --format gff3, and
are read by gffutils (pip install gffutils), which refuses a file that is no GFF3, or has an ID
twice; each miRNA must derive from a transcript in the file and lie within it. TRUTH.bed has the
known loci, PRECURSORS.tsv their mature sequences (positions in the precursor, from 1). Prints a row
for each annotation; with --loci also one for each known locus.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.shared.markdown import table
from mirpre.annotation.matures import family_of
from mirpre.records import Locus

SHARE = 0.8
"""Of a known locus that a transcript must cover."""
ARMS = ("5p", "3p")


@dataclass(frozen=True)
class Known:
    """A known locus, and the places of its mature sequences by arm."""

    name: str
    locus: Locus
    arms: dict[str, Locus]


@dataclass
class Gene:
    """A transcript of an annotation, its matures by arm, and where each of them comes from."""

    locus: Locus
    posterior: float
    name: str
    arms: dict[str, Locus] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)


def read_known(bed: str, precursors: str) -> list[Known]:
    with open(precursors, encoding="utf-8") as lines:
        rows = {row["name"]: row for row in csv.DictReader(lines, delimiter="\t")}
    found = []
    with open(bed, encoding="utf-8") as lines:
        for line in lines:
            contig, start, end, name, _, strand = line.rstrip("\n").split("\t")[:6]
            locus = Locus(contig, int(start), int(end), strand)
            found.append(Known(name, locus, matures(rows[name], locus)))
    return found


def matures(row: dict[str, str], locus: Locus) -> dict[str, Locus]:
    """The places of a precursor's matures; of a single one the arm is the half that it lies in."""
    found = {}
    for number in "12":
        if not row[f"mature{number}_start"]:
            continue
        start, end = int(row[f"mature{number}_start"]) - 1, int(row[f"mature{number}_end"])
        arm = row[f"mature{number}"][-2:]
        if arm not in ARMS:
            arm = ARMS[start + end > locus.end - locus.start]
        first = locus.end - end if locus.strand == "-" else locus.start + start
        found[arm] = Locus(locus.contig, first, first + end - start, locus.strand)
    return found


def read_annotation(file: str) -> list[Gene]:
    import gffutils

    database = gffutils.create_db(file, ":memory:", merge_strategy="error")
    genes = {}
    for one in database.features_of_type("miRNA_primary_transcript"):
        genes[one.id] = Gene(locus_of(one), float(one.score), one.attributes["Name"][0])
    for one in database.features_of_type("miRNA"):
        (parent,) = one.attributes["Derives_from"]
        gene, arm = genes[parent], one.id[-2:]
        gene.arms[arm], gene.sources[arm] = locus_of(one), one.attributes["source"][0]
        inner, outer = gene.arms[arm], gene.locus
        if not (outer.start <= inner.start and inner.end <= outer.end):
            raise SystemExit(f"{file}: {one.id} lies outside of its transcript")
    return list(genes.values())


def locus_of(feature: Any) -> Locus:
    return Locus(feature.seqid, feature.start - 1, feature.end, feature.strand)


def covered(known: Known, gene: Gene) -> bool:
    """On either strand."""
    if gene.locus.contig != known.locus.contig:
        return False
    shared = min(gene.locus.end, known.locus.end) - max(gene.locus.start, known.locus.start)
    return shared >= SHARE * (known.locus.end - known.locus.start)


def touches(known: Known, gene: Gene) -> bool:
    one, other = known.locus, gene.locus
    return one.contig == other.contig and one.start < other.end and other.start < one.end


def off(known: Locus, found: Locus) -> tuple[int, int]:
    """How far the 5' and the 3' end are from the known ones."""
    ends = abs(found.start - known.start), abs(found.end - known.end)
    return (ends[1], ends[0]) if known.strand == "-" else ends


def own_gene(known: Known, genes: list[Gene]) -> Gene | None:
    mine = [g for g in genes if covered(known, g) and g.locus.strand == known.locus.strand]
    return max(mine, key=lambda gene: gene.posterior, default=None)


def summary(file: str, known: list[Known], genes: list[Gene]) -> list[object]:
    found = [(one, gene) for one in known if (gene := own_gene(one, genes)) is not None]
    wrong = sum(
        any(covered(k, g) and g.locus.strand != k.locus.strand for k in known) for g in genes
    )
    apart = sum(not any(touches(k, g) for k in known) for g in genes)
    partly = sum(not any(covered(k, g) for k in known) for g in genes) - apart
    named = sum(gene.name == family_of(one.name) for one, gene in found)
    published = sum(len(one.arms) for one, _ in found)
    pairs = [
        (off(place, gene.arms[arm]), gene.sources[arm])
        for one, gene in found
        for arm, place in one.arms.items()
        if arm in gene.arms
    ]
    sources = sorted({source for _, source in pairs})
    return [
        Path(file).name,
        len(genes),
        f"{len(found)} of {len(known)}",
        named,
        wrong,
        partly,
        apart,
        f"{len(pairs)} of {published}",
        sum(ends[0] == 0 for ends, _ in pairs),
        sum(ends[0] <= 2 for ends, _ in pairs),
        sum(ends[1] == 0 for ends, _ in pairs),
        sum(ends[1] <= 2 for ends, _ in pairs),
        ", ".join(f"{sum(s == source for _, s in pairs)} {source}" for source in sources) or ".",
    ]


COLUMNS = (
    *("annotation", "precursors", "known loci", "named", "wrong strand", "part of one"),
    *("elsewhere", "arms told", "5' ends exact", "within 2 nt", "3' ends exact"),
    *("within 2 nt", "told by"),
)


def of_locus(known: Known, gene: Gene | None) -> str:
    """Posterior, and of each known arm how far its ends are off."""
    if gene is None:
        return "."
    cells = [f"{gene.posterior:.3f}"]
    for arm, place in known.arms.items():
        if arm in gene.arms:
            start, end = off(place, gene.arms[arm])
            cells.append(f"{arm} {start}, {end} ({gene.sources[arm]})")
    return "; ".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("precursors")
    parser.add_argument("truth")
    parser.add_argument("annotations", nargs="+")
    parser.add_argument("--loci", action="store_true", help="also a table of the known loci")
    args = parser.parse_args()
    known = read_known(args.truth, args.precursors)
    every = {file: read_annotation(file) for file in args.annotations}
    print(table(COLUMNS, [summary(file, known, genes) for file, genes in every.items()]))
    if args.loci:
        heads = ("known", "strand", *(Path(file).name for file in every))
        rows = [
            (
                one.name,
                one.locus.strand,
                *(of_locus(one, own_gene(one, genes)) for genes in every.values()),
            )
            for one in known
        ]
        print(table(heads, rows))


if __name__ == "__main__":
    main()
