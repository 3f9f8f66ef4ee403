"""A BAM of made reads over a genome and its candidates, to measure reading on.

python -m bench.speed.reads_bam GENOME.fa CANDIDATES.fold OUT.bam --reads 10000000

CANDIDATES.fold is from scan-genome --format folded. Three of five reads begin within 1 nt of
what a cut 10 nt below the end of a candidate's arms gives, candidates being expressed
log-normally; the others lie anywhere on either strand. Reads are 20 to 24 nt, without errors,
NH is 1. OUT.bam is sorted and has a .bai.
"""

from __future__ import annotations

import argparse

import numpy as np
import pysam

from bench.shared.scan_data import read_fasta
from mirpre.records import parse_locus

SHARE_ON_ARMS = 0.6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genome")
    parser.add_argument("candidates")
    parser.add_argument("bam")
    parser.add_argument("--reads", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    random = np.random.default_rng(args.seed)
    contigs = [(h.split()[0], s.replace("U", "T")) for h, s in read_fasta(args.genome)]
    arms: dict[str, list[tuple[int, bool]]] = {name: [] for name, _ in contigs}
    with open(args.candidates, encoding="utf-8") as lines:
        while header := lines.readline().rstrip("\n"):
            locus = parse_locus(header[1:].split()[0], len(lines.readline().rstrip("\n")))
            lines.readline()
            assert locus is not None
            arms[locus.contig] += [
                (locus.start + 10, locus.strand == "-"),
                (locus.end - 32, locus.strand == "-"),
            ]
    size = sum(len(sequence) for _, sequence in contigs)
    all_arms = sum(map(len, arms.values()))
    expressed = random.lognormal(0, 3, all_arms)
    expressed *= SHARE_ON_ARMS * args.reads / expressed.sum()
    bam_header = pysam.AlignmentHeader.from_references(
        [name for name, _ in contigs], [len(sequence) for _, sequence in contigs]
    )
    written, arm = 0, 0
    with pysam.AlignmentFile(args.bam, "wb", header=bam_header) as out:
        for contig, (name, sequence) in enumerate(contigs):
            counts = random.poisson(expressed[arm : arm + len(arms[name])])
            arm += len(arms[name])
            own = np.array(arms[name], dtype=np.int64).reshape(-1, 2).repeat(counts, axis=0)
            other = int((1 - SHARE_ON_ARMS) * args.reads * len(sequence) / size)
            starts = np.concatenate(
                [
                    own[:, 0] + random.integers(-1, 2, len(own)),
                    random.integers(0, max(1, len(sequence) - 24), other),
                ]
            ).clip(0, len(sequence) - 24)
            reverse = np.concatenate([own[:, 1], random.integers(0, 2, other)])
            lengths = random.integers(20, 25, len(starts))
            order = np.argsort(starts, kind="stable")
            read = pysam.AlignedSegment(bam_header)
            read.reference_id, read.mapping_quality = contig, 255
            for i in order:
                start, length = int(starts[i]), int(lengths[i])
                read.query_name = f"made.{written}"
                read.flag = 16 if reverse[i] else 0
                read.reference_start = start
                read.query_sequence = sequence[start : start + length]
                read.cigartuples = [(0, length)]
                read.set_tag("NH", 1)
                out.write(read)
                written += 1
    pysam.index(args.bam)
    print(f"{written} reads, {all_arms // 2} candidates")


if __name__ == "__main__":
    main()
