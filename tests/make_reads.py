"""Write test-data/reads.bam: made reads of the two human precursors in test-data/genome.fa."""

from pathlib import Path

import pysam

DATA = Path(__file__).parent.parent / "test-data"
READS = (
    # contig, 0-based start, length, whether on the minus strand, how many
    *(("chrA", 205, 22, False, 40), ("chrA", 255, 21, False, 12), ("chrA", 205, 23, False, 9)),
    *(("chrA", 473, 22, True, 60), ("chrA", 435, 22, True, 8), ("chrB", 20, 24, False, 3)),
)


def main() -> None:
    with pysam.FastaFile(str(DATA / "genome.fa")) as genome:
        header = {
            "HD": {"VN": "1.6", "SO": "coordinate"},
            "SQ": [
                {"SN": name, "LN": length}
                for name, length in zip(genome.references, genome.lengths, strict=True)
            ],
        }
        with pysam.AlignmentFile(str(DATA / "reads.bam"), "wb", header=header) as out:
            ordered = sorted(READS, key=lambda read: read[:2])
            for number, (contig, start, length, is_reverse, count) in enumerate(ordered):
                read = pysam.AlignedSegment(out.header)
                read.query_name = f"seq_{number}_x{count}"
                read.query_sequence = genome.fetch(contig, start, start + length).upper()
                read.flag = 16 if is_reverse else 0
                read.reference_id = genome.references.index(contig)
                read.reference_start, read.cigarstring = start, f"{length}M"
                read.mapping_quality = 255
                read.set_tag("NH", 1)
                out.write(read)
    pysam.index(str(DATA / "reads.bam"))


if __name__ == "__main__":
    main()
