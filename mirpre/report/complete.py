"""What the drawings need and a file of calls may lack: sequences, structures, pairing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mirpre.folding import Folder
from mirpre.formats.entries import Entry
from mirpre.formats.regions import fetch
from mirpre.formats.records import to_rna
from mirpre.records import Hairpin

if TYPE_CHECKING:
    import pysam


def with_sequences_of(entries: Sequence[Entry], hairpins: Iterable[Hairpin]) -> list[Entry]:
    """The entries with the sequences of records of the same name.

    Where a name repeats, its second entry is its second record, and so on. What has a sequence
    keeps it; a record of another length than its entry is none of its own.
    """
    wanted = {entry.name for entry in entries if entry.sequence is None}
    found: dict[tuple[str, int], Hairpin] = {}
    seen: Counter[str] = Counter()
    for hairpin in hairpins:
        if hairpin.name in wanted:
            found[hairpin.name, seen[hairpin.name]] = hairpin
            seen[hairpin.name] += 1
    asked: Counter[str] = Counter()
    completed = []
    for entry in entries:
        hairpin = found.get((entry.name, asked[entry.name]))
        asked[entry.name] += 1
        if hairpin is not None and entry.length in (None, len(hairpin)):
            entry = replace(
                entry,
                header=hairpin.header,
                length=len(hairpin),
                sequence=hairpin.sequence,
                structure=entry.structure or hairpin.structure,
                locus=entry.locus or hairpin.place,
                mfe=hairpin.mfe if entry.mfe is None else entry.mfe,
            )
        completed.append(entry)
    return completed


def with_sequences_from(entries: Iterable[Entry], genome: pysam.FastaFile) -> Iterator[Entry]:
    """The entries with the sequences of their loci; those that lie elsewhere as they are."""
    lengths = dict(zip(genome.references, genome.lengths, strict=True))
    for entry in entries:
        locus = entry.locus
        if entry.sequence is None and locus and locus.end <= lengths.get(locus.contig, 0):
            entry = replace(entry, sequence=to_rna(fetch(genome, locus)))
        yield entry


def folded(entries: Sequence[Entry], folder: Folder) -> list[Entry]:
    """The entries with structures, where there is a sequence."""
    lacking = [entry for entry in entries if entry.sequence and entry.structure is None]
    folds = iter(folder.fold([entry.sequence or "" for entry in lacking]))
    completed = []
    for entry in entries:
        if entry.sequence and entry.structure is None:
            structure, mfe = next(folds)
            entry = replace(entry, structure=structure, mfe=mfe)
        completed.append(entry)
    return completed
