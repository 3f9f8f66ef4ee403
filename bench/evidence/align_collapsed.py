"""Collapsed reads aligned to a small genome, as a BAM with an index.

python -m bench.evidence.align_collapsed READS.fa GENOME.fa OUT.bam [--mismatches 1]

Every read at all its places with the fewest mismatches, as `bowtie -v 1 -a --best --strata` does,
by comparing it with every place of both strands. NH is the number of places; all but the first
are secondary. Reads without a place are left out.
"""

from __future__ import annotations

import argparse

import numpy as np
import pysam
from Bio.Seq import reverse_complement
from numpy.typing import NDArray

from bench.shared.scan_data import read_fasta


def mismatches(genome: NDArray[np.uint8], read: bytes) -> NDArray[np.int64]:
    """At each start in a contig."""
    bases = np.frombuffer(read, np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(genome, len(bases))
    counts: NDArray[np.int64] = (windows != bases).sum(axis=1)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reads")
    parser.add_argument("genome")
    parser.add_argument("bam")
    parser.add_argument("--mismatches", type=int, default=1)
    args = parser.parse_args()
    contigs = [(h.split()[0], s.replace("U", "T")) for h, s in read_fasta(args.genome)]
    arrays = [np.frombuffer(bases.encode(), np.uint8) for _, bases in contigs]
    header = pysam.AlignmentHeader.from_references(
        [name for name, _ in contigs], [len(bases) for _, bases in contigs]
    )
    aligned = []
    reads = left = 0
    for name, bases in read_fasta(args.reads):
        reads += 1
        plus = bases.replace("U", "T")
        found = []
        for reverse, sequence in ((False, plus), (True, str(reverse_complement(plus)))):
            for contig, array in enumerate(arrays):
                counts = mismatches(array, sequence.encode())
                for start in np.nonzero(counts <= args.mismatches)[0].tolist():
                    found.append((int(counts[start]), contig, start, reverse, sequence))
        best = [place for place in found if place[0] == min(found)[0]]
        left += not best
        for i, (wrong, contig, start, reverse, sequence) in enumerate(best):
            read = pysam.AlignedSegment(header)
            read.query_name = name.split()[0]
            read.flag = (16 if reverse else 0) | (256 if i else 0)
            read.reference_id, read.reference_start = contig, start
            read.mapping_quality = 255
            read.query_sequence = sequence
            read.cigartuples = [(0, len(sequence))]
            read.set_tag("NH", len(best))
            read.set_tag("NM", wrong)
            aligned.append(read)
    aligned.sort(key=lambda read: (read.reference_id, read.reference_start))
    with pysam.AlignmentFile(args.bam, "wb", header=header) as out:
        for read in aligned:
            out.write(read)
    pysam.index(args.bam)
    print(f"{len(aligned)} alignments of {reads - left} names, {left} names without a place")


if __name__ == "__main__":
    main()
