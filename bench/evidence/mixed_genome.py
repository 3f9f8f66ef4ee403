"""A genome without precursors, with known ones set into it: a mixed test with known truth.

python -m bench.evidence.mixed_genome GENOME.fa FOLDER --supported supported.tsv \\
    --windows {cel,cfa,dme,hsa,mmu,rno}_real.fa -o MIXED

Takes precursors of test families that MirGeneDB supports, drawn from the records of model_data.py
in FOLDER: one of each family, then a second one of each that has one, and so on, those with a
window first; none that is a copy of another, since q-values count copies once. Sets each into
GENOME at a random place and on a random strand: with the window of 200 nt around it where one is at
hand, else as published. Writes MIXED.fa and MIXED.bed, whose rows are the precursors without their
windows.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from Bio.Seq import reverse_complement

from bench.shared.scan_data import read_fasta
from bench.weights.model_data import read_records
from bench.weights.model_records import Record
from mirpre.scanning.duplicates import is_copy

APART = 1000
"""Letters between two of them, and from the ends of a contig, at least."""


def precursors(
    folder: Path, supported: str, windows: list[str], number: int, draw: random.Random
) -> list[Record]:
    """So many, or all there are: in turns one of each family, in an order by chance."""
    with open(supported, encoding="utf-8") as lines:
        good = {line.split("\t")[1] for line in lines}
    families: dict[str, list[Record]] = {}
    for record in read_records(folder / "records.tsv"):
        if record.split == "test" and record.source == "published" and record.name in good:
            families.setdefault(record.group, []).append(record)
    turns: list[tuple[int, float, Record]] = []
    for _, family in sorted(families.items()):
        draw.shuffle(family)
        family.sort(key=lambda record: in_window(record.sequence, windows)[0] == record.sequence)
        turns += [(turn, draw.random(), record) for turn, record in enumerate(family)]
    turns.sort(key=lambda one: one[:2])
    records = [record for _, _, record in turns]
    copies = is_copy([record.sequence for record in records]).tolist()
    return [r for r, copy in zip(records, copies, strict=True) if not copy][:number]


def in_window(hairpin: str, windows: list[str]) -> tuple[str, int]:
    """The first window that holds a hairpin, and where; the hairpin itself where none does."""
    whole = next((window for window in windows if hairpin in window), hairpin)
    return whole, whole.index(hairpin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genome")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--supported", required=True)
    parser.add_argument("--windows", nargs="+", default=[], metavar="FASTA")
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    draw = random.Random(args.seed)
    windows = [sequence for file in args.windows for _, sequence in read_fasta(file)]
    records = precursors(args.folder, args.supported, windows, args.number, draw)
    draw.shuffle(records)
    genome = [(header.split()[0], sequence) for header, sequence in read_fasta(args.genome)]
    slots = [
        (contig, at)
        for contig, (_, sequence) in enumerate(genome)
        for at in range(APART, len(sequence) - APART, APART)
    ]
    places = sorted(draw.sample(slots, len(records)))
    with_window = 0
    with open(f"{args.output}.fa", "w") as fasta, open(f"{args.output}.bed", "w") as bed:
        for contig, (name, sequence) in enumerate(genome):
            parts: list[str] = []
            before = size = 0
            for record, (where, at) in zip(records, places, strict=True):
                if where != contig:
                    continue
                strand = draw.choice("+-")
                whole, inside = in_window(record.sequence, windows)
                with_window += whole != record.sequence
                if strand == "-":
                    inside = len(whole) - inside - len(record.sequence)
                    whole = reverse_complement(whole.replace("U", "T"))
                parts += [sequence[before:at].replace("U", "T"), whole.replace("U", "T")]
                start = size + at - before + inside
                size += at - before + len(whole)
                before = at
                end = start + len(record.sequence)
                bed.write(f"{name}\t{start}\t{end}\t{record.name}\t0\t{strand}\n")
            parts.append(sequence[before:].replace("U", "T"))
            fasta.write(f">{name}\n{''.join(parts)}\n")
    families = len({record.group for record in records})
    print(f"{len(records)} precursors of {families} families, {with_window} in their windows")


if __name__ == "__main__":
    main()
