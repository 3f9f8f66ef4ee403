"""A genome without precursors, with known ones set into it: a mixed test with known truth.

python -m bench.evidence.mixed_genome GENOME.fa FOLDER --supported supported.tsv -o MIXED

Takes precursors of test families that MirGeneDB supports, as published, one of a family, drawn
from the records of model_data.py in FOLDER; sets each into GENOME at a random place and on a
random strand, and writes MIXED.fa and MIXED.bed.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from Bio.Seq import reverse_complement

from bench.shared.scan_data import read_fasta
from bench.weights.model_data import read_records
from bench.weights.model_records import Record

APART = 2000
"""Letters between two of them, and from the ends of a contig, at least."""


def precursors(folder: Path, supported: str, number: int, draw: random.Random) -> list[Record]:
    with open(supported, encoding="utf-8") as lines:
        good = {line.split("\t")[1] for line in lines}
    families: dict[str, list[Record]] = {}
    for record in read_records(folder / "records.tsv"):
        if record.split == "test" and record.source == "published" and record.name in good:
            families.setdefault(record.group, []).append(record)
    chosen = draw.sample(sorted(families), min(number, len(families)))
    return [draw.choice(families[family]) for family in chosen]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genome")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--supported", required=True)
    parser.add_argument("--number", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    draw = random.Random(args.seed)
    records = precursors(args.folder, args.supported, args.number, draw)
    genome = [(header.split()[0], sequence) for header, sequence in read_fasta(args.genome)]
    slots = [
        (contig, at)
        for contig, (_, sequence) in enumerate(genome)
        for at in range(APART, len(sequence) - APART, APART)
    ]
    places = sorted(draw.sample(slots, len(records)))
    with open(f"{args.output}.fa", "w") as fasta, open(f"{args.output}.bed", "w") as bed:
        for contig, (name, sequence) in enumerate(genome):
            parts: list[str] = []
            before = size = 0
            for record, (where, at) in zip(records, places, strict=True):
                if where != contig:
                    continue
                strand = draw.choice("+-")
                hairpin = record.sequence.replace("U", "T")
                hairpin = hairpin if strand == "+" else reverse_complement(hairpin)
                parts += [sequence[before:at].replace("U", "T"), hairpin]
                start = size + at - before
                size = start + len(hairpin)
                before = at
                bed.write(f"{name}\t{start}\t{size}\t{record.name}\t0\t{strand}\n")
            parts.append(sequence[before:].replace("U", "T"))
            fasta.write(f">{name}\n{''.join(parts)}\n")


if __name__ == "__main__":
    main()
