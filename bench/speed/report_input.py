"""What a report page with everything on it is made of: hairpins as a genome, and made-up reads.

usage: python -m bench.speed.report_input HAIRPINS.fa FOLDER [--records N] [--seed S]

The first N hairpins become the contigs of FOLDER/genome.fa and the regions of FOLDER/regions.bed;
FOLDER/reads.bam has reads of 18 to 25 nt that begin near two places of each, and some elsewhere.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import pysam

from bench.shared.scan_data import read_fasta

PLACES = 12
"""Different reads a hairpin."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hairpins")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    draw = random.Random(args.seed)
    args.folder.mkdir(exist_ok=True)
    records = [
        (header.split()[0], bases.upper().replace("U", "T"))
        for header, bases in read_fasta(args.hairpins)
    ][: args.records]
    with (
        (args.folder / "genome.fa").open("w") as genome,
        (args.folder / "regions.bed").open("w") as bed,
    ):
        for name, bases in records:
            genome.write(f">{name}\n{bases}\n")
            bed.write(f"{name}\t0\t{len(bases)}\t{name}\t0\t+\n")
    header = pysam.AlignmentHeader.from_references(
        [n for n, _ in records], [len(b) for _, b in records]
    )
    bam = str(args.folder / "reads.bam")
    with pysam.AlignmentFile(bam, "wb", header=header) as out:
        for contig, (name, bases) in enumerate(records):
            places = []
            for _ in range(PLACES):
                start = draw.choice((len(bases) // 6, len(bases) * 3 // 5)) + draw.randint(-2, 2)
                if draw.random() < 0.2:
                    start = draw.randrange(len(bases) - 17)
                places.append((start, min(start + draw.randint(18, 25), len(bases))))
            for number, (start, end) in enumerate(sorted(places)):
                for copy in range(draw.choice((1, 3, 30, 200))):
                    read = pysam.AlignedSegment(header)
                    read.query_name = f"{name}-{number}-{copy}"
                    read.query_sequence = bases[start:end]
                    read.reference_id, read.reference_start = contig, start
                    read.cigartuples = [(0, end - start)]
                    read.mapping_quality = 60
                    read.is_reverse = draw.random() < 0.02
                    out.write(read)
    pysam.index(bam)


if __name__ == "__main__":
    main()
