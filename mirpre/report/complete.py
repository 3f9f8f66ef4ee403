"""What the drawings need and a file of calls may lack: sequences, structures, pairing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mirpre.folding import Folder
from mirpre.formats.entries import Entry
from mirpre.formats.records import to_rna
from mirpre.formats.regions import fetch_locus
from mirpre.records import Hairpin

if TYPE_CHECKING:
    import pysam

    from mirpre.annotation.reads import Coverage, ReadFiles


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
        own = found.get((entry.name, asked[entry.name]))
        asked[entry.name] += 1
        completed.append(_with_hairpin(entry, own) if own is not None else entry)
    return completed


def _with_hairpin(entry: Entry, hairpin: Hairpin) -> Entry:
    if entry.length not in (None, len(hairpin)):
        return entry
    return replace(
        entry,
        header=hairpin.header,
        length=len(hairpin),
        sequence=hairpin.sequence,
        structure=entry.structure or hairpin.structure,
        locus=entry.locus or hairpin.place,
        mfe=hairpin.mfe if entry.mfe is None else entry.mfe,
    )


def with_sequences_from(entries: Iterable[Entry], genome: pysam.FastaFile) -> Iterator[Entry]:
    """The entries with the sequences of their loci; those that lie elsewhere as they are."""
    lengths = dict(zip(genome.references, genome.lengths, strict=True))
    for entry in entries:
        locus = entry.locus
        lacks = entry.sequence is None
        if lacks and locus is not None and locus.end <= lengths.get(locus.contig, 0):
            yield replace(entry, sequence=to_rna(fetch_locus(genome, locus)))
        else:
            yield entry


def folded(entries: Sequence[Entry], folder: Folder) -> list[Entry]:
    """The entries with structures, where there is a sequence."""
    lacking = [entry for entry in entries if entry.sequence and entry.structure is None]
    folds = iter(folder.fold([entry.sequence or "" for entry in lacking]))
    completed = []
    for entry in entries:
        if entry.sequence and entry.structure is None:
            structure, mfe = next(folds)
            completed.append(replace(entry, structure=structure, mfe=mfe))
        else:
            completed.append(entry)
    return completed


def with_reads(
    entries: Sequence[Entry], reads: ReadFiles
) -> tuple[list[Entry], dict[int, Coverage]]:
    """The entries with the depth of reads, where they have a place, and by their numbers all that
    is known of their reads.

    Raises FileError for places that are not in the genome of the reads.
    """
    placed = [
        (entry.locus.contig, entry.locus.start, number, entry.hairpin)
        for number, entry in enumerate(entries)
        if entry.locus is not None and entry.hairpin is not None
    ]
    # In the order of the files, which are read in bins.
    placed.sort(key=lambda one: one[:3])
    found = {number: reads.coverage(hairpin) for _, _, number, hairpin in placed}
    completed = [
        replace(entry, reads=found[number].depth) if number in found else entry
        for number, entry in enumerate(entries)
    ]
    return completed, found
