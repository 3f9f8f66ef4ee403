"""miRDeep2's alignments (.arf) as a BAM with an index.

python -m bench.evidence.arf_to_bam READS.arf GENOME.fa OUT.bam

Names stay as they are, those of collapsed reads too. NH is the number of lines that a name has;
all but its first are secondary.
"""

from __future__ import annotations

import argparse
from collections import Counter

import pysam
from Bio.Seq import reverse_complement

from bench.shared.scan_data import read_fasta


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("arf")
    parser.add_argument("genome")
    parser.add_argument("bam")
    args = parser.parse_args()
    contigs = {header.split()[0]: len(bases) for header, bases in read_fasta(args.genome)}
    with open(args.arf, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    hits = Counter(row[0] for row in rows)
    order = {name: i for i, name in enumerate(contigs)}
    header = pysam.AlignmentHeader.from_references(list(contigs), list(contigs.values()))
    seen: set[str] = set()
    reads = []
    for name, _, _, _, bases, contig, _, start, end, _, strand, mismatches, _ in rows:
        read = pysam.AlignedSegment(header)
        read.query_name = name
        read.flag = (16 if strand == "-" else 0) | (256 if name in seen else 0)
        seen.add(name)
        read.reference_id = order[contig]
        read.reference_start = int(start) - 1
        read.mapping_quality = 255
        plus = str(reverse_complement(bases)) if strand == "-" else bases
        read.query_sequence = plus.upper()
        read.cigartuples = [(0, int(end) - int(start) + 1)]
        read.set_tag("NH", hits[name])
        read.set_tag("NM", int(mismatches))
        reads.append(read)
    reads.sort(key=lambda read: (read.reference_id, read.reference_start))
    with pysam.AlignmentFile(args.bam, "wb", header=header) as out:
        for read in reads:
            out.write(read)
    pysam.index(args.bam)
    print(f"{len(reads)} alignments of {len(seen)} names")


if __name__ == "__main__":
    main()
