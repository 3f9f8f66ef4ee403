"""Seconds and memory of the evidence from a BAM, and of three ways to read it.

python -m bench.speed.reads READS.bam CANDIDATES.fold [--threads 2] [--ways]

CANDIDATES.fold is from scan-genome --format folded. First the evidence of all candidates, as the
package gives it: opening (which counts the reads), then the hairpins one by one. With --ways then
only the reading of the places of reads, without the counting: in bins, as the package does; a
fetch for each hairpin; from end to end.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter
from collections.abc import Iterator

import pysam

from bench.evidence.reads_table import read_folded
from mirpre.annotation.criteria import PROFILES
from mirpre.annotation.reads import BIN, ReadFiles
from mirpre.formats.alignments import open_alignments
from mirpre.records import Locus


class Clock:
    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def tell(self, what: str) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{what}: {wall - self.wall:.1f} s, CPU {cpu - self.cpu:.1f} s, peak {peak:.0f} MB")
        self.wall, self.cpu = wall, cpu


def loci(file: str) -> Iterator[Locus]:
    for hairpin in read_folded(file):
        assert hairpin.place is not None
        yield hairpin.place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bam")
    parser.add_argument("folded")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--ways", action="store_true")
    args = parser.parse_args()
    clock = Clock()
    outcomes: Counter[str] = Counter()
    with ReadFiles([args.bam], threads=args.threads) as reads:
        clock.tell(f"opened, {reads.library.reads} reads")
        for hairpin in read_folded(args.folded):
            outcomes[reads.evidence(hairpin, PROFILES["animal"]).outcome] += 1
    clock.tell(f"evidence of {outcomes.total()} hairpins ({dict(outcomes)})")
    if not args.ways:
        return
    with open_alignments([args.bam], threads=args.threads) as (file,):
        bins = {
            (place.contig, number)
            for place in loci(args.folded)
            for number in range(max(0, place.start - 50) // BIN, (place.end - 1) // BIN + 1)
        }
        for contig, number in sorted(bins):
            file.places(contig, number * BIN, (number + 1) * BIN)
        clock.tell(f"{len(bins)} bins")
        for place in loci(args.folded):
            file.places(place.contig, max(0, place.start - 50), place.end)
        clock.tell("a fetch for each hairpin")
    with pysam.AlignmentFile(args.bam, threads=args.threads) as opened:
        names = list(zip(opened.references, opened.lengths, strict=True))
    with open_alignments([args.bam], threads=args.threads) as (file,):
        for name, length in names:
            file.places(name, 0, length)
        clock.tell("from end to end")


if __name__ == "__main__":
    main()
