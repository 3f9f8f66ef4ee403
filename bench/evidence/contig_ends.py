"""What a scan finds of precursors that lie at the ends of their contigs, or beside N.

python -m bench.evidence.contig_ends mmu_mirgenedb.fa --flanks human_transcripts.fa --number 150

Each precursor, as it is in the file, is a contig of its own, with so many random letters of the
flanks' transcripts on either side; and once more with N beyond them. Prints how many have a locus,
and of those that have one with the longest flanks the share that has one with fewer.
"""

from __future__ import annotations

import argparse
import random

from bench.shared.markdown import table
from bench.shared.scan_data import read_fasta
from mirpre.scanning.batches import CHUNK_LETTERS
from mirpre.scanning.chunks import chunks_of
from mirpre.scanning.pipeline import Scan
from mirpre.scanning.settings import settings_of

FLANKS = (0, 4, 8, 16, 30)


def found(contigs: list[tuple[str, str]], preset: str) -> set[str]:
    """Names of contigs with a locus on the plus strand."""
    settings = settings_of(preset)
    chunks = chunks_of(contigs, CHUNK_LETTERS, settings.margin)
    places = [candidate.locus for candidate in Scan(settings).candidates(chunks)]
    return {place.contig for place in places if place.strand == "+"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("precursors")
    parser.add_argument("--flanks", required=True)
    parser.add_argument("--number", type=int, default=150)
    parser.add_argument("--preset", default="default")
    args = parser.parse_args()
    rng = random.Random(1)
    texts = [s for _, s in read_fasta(args.flanks) if len(s) > 400]
    records = []
    for header, sequence in read_fasta(args.precursors)[: args.number]:
        text = rng.choice(texts)
        at = rng.randrange(len(text) - 2 * max(FLANKS))
        records.append((header.split()[0], text[at : at + max(FLANKS)], sequence, text[-30:]))
    names = {}
    for n in FLANKS:
        for kind, beyond in (("contig's end", ""), ("N", "N" * 300)):
            contigs = [
                (name, beyond + before[len(before) - n :] + sequence + after[:n] + beyond)
                for name, before, sequence, after in records
            ]
            names[n, kind] = found(contigs, args.preset)
    rows = []
    for kind in ("contig's end", "N"):
        most = names[max(FLANKS), kind]
        shares = [
            f"{len(names[n, kind])} ({len(names[n, kind] & most) / len(most):.3f})" for n in FLANKS
        ]
        rows.append([kind, *shares])
    print(f"{len(records)} precursors")
    print(table(["beyond the flanks", *(f"{n} nt" for n in FLANKS)], rows))


if __name__ == "__main__":
    main()
