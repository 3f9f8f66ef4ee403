"""From collected entries to a page: sequences, folds, colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mirpre.folding import Folder
from mirpre.folding.pairing import Pairing
from mirpre.formats.entries import Entry
from mirpre.parallel import ordered_map
from mirpre.records import Hairpin
from mirpre.report.collect import Collector
from mirpre.report.complete import folded, with_reads, with_sequences_from, with_sequences_of
from mirpre.report.page import Drawn, Page

if TYPE_CHECKING:
    import pysam

    from mirpre.annotation.completeness import Expected
    from mirpre.annotation.reads import Coverage, ReadFiles
    from mirpre.models.model import Model

MOST_LOCI = 20_000
MOST_DRAWINGS = 1_000
MOST_EXPLAINED = 100
LONGEST_PAIRING = 200
"""nt; the time for the pairing probabilities grows with the cube of the length."""


@dataclass(frozen=True)
class Wishes:
    """How much goes on a page."""

    loci: int = MOST_LOCI
    """Rows of the table, the best ones."""
    drawings: int = MOST_DRAWINGS
    """Loci with a drawing."""
    explained: int = MOST_EXPLAINED
    """Drawings with the importance of each nucleotide."""
    layout: str = "puzzler"
    title: str = "Precursors"
    assembly: str | None = None


def build(
    collector: Collector,
    wishes: Wishes,
    *,
    about: Sequence[tuple[str, str]] = (),
    threshold: float | None = None,
    folder: Folder | None = None,
    pairing: Pairing | None = None,
    model: Model | None = None,
    genome: pysam.FastaFile | None = None,
    hairpins: Iterable[Hairpin] = (),
    reads: ReadFiles | None = None,
    expected: Expected | None = None,
    threads: int = 1,
) -> Page:
    """The page of these entries.

    Sequences come from the entries, else from hairpins of the same names, else from the genome;
    the folder folds what has none, pairing tells how probable pairs are, the model what is
    important, reads how deep they lie along the hairpins, and expected which families a clade
    should have. Raises FileError for loci that are not in the genome of the reads.
    """
    entries = with_sequences_of(collector.entries, hairpins)
    if genome is not None:
        entries = list(with_sequences_from(entries, genome))
    best = entries[: wishes.drawings]
    if folder is not None:
        best = folded(best, folder)
    profiles: dict[int, Coverage] = {}
    if reads is not None:
        best, profiles = with_reads(best, reads)
    entries[: len(best)] = best
    drawn = _drawn(best, wishes, pairing, model, threads)
    for number, profile in profiles.items():
        if number in drawn:
            drawn[number] = replace(drawn[number], starts=profile.starts, opposite=profile.opposite)
    lengths = {}
    if genome is not None:
        lengths = dict(zip(genome.references, genome.lengths, strict=True))
    return Page(
        title=wishes.title,
        entries=entries,
        totals=collector.totals,
        drawn=drawn,
        about=about,
        notes=_notes(collector, entries, wishes, drawn),
        threshold=threshold,
        assembly=wishes.assembly,
        contig_lengths=lengths,
        explained_by=model.name if model else None,
        completeness=expected.compare(collector.totals.family_names) if expected else None,
    )


def _drawn(
    entries: Sequence[Entry],
    wishes: Wishes,
    pairing: Pairing | None,
    model: Model | None,
    threads: int,
) -> dict[int, Drawn]:
    """What is drawn, by number."""
    drawable = [(n, entry) for n, entry in enumerate(entries) if entry.structure]
    drawn = {number: Drawn(wishes.layout) for number, _ in drawable}
    if pairing is not None:
        tasks = [
            (number, entry.sequence, entry.mfe)
            for number, entry in drawable
            if entry.sequence and len(entry.sequence) <= LONGEST_PAIRING
        ]
        results = ordered_map(lambda task: pairing((task[1], task[2])), tasks, threads)
        for (number, _, _), found in results:
            drawn[number] = replace(drawn[number], pairing=found)
    if model is None:
        return drawn
    explained = [(n, entry.hairpin) for n, entry in drawable if entry.sequence]
    explained = explained[: wishes.explained]
    # Here, since the module loads NumPy.
    from mirpre.models.importance import importance

    def work(one: tuple[int, Hairpin | None]) -> list[float]:
        assert one[1] is not None
        found: list[float] = importance(one[1], model).tolist()
        return found

    for (number, _), values in ordered_map(work, explained, threads):
        drawn[number] = replace(drawn[number], importance=values)
    return drawn


def _notes(
    collector: Collector, entries: Sequence[Entry], wishes: Wishes, drawn: Mapping[int, Drawn]
) -> list[str]:
    """What is not on the page, for its reader."""
    notes = []
    if collector.left_out:
        notes.append(
            f"The table has the best {len(entries):,} of {collector.totals.entries:,} loci: the "
            "called ones first, then by score. Numbers, probabilities and families above count "
            "all of them."
        )
    if len(entries) > wishes.drawings:
        notes.append(f"The best {wishes.drawings:,} loci have drawings.")
    bare = sum(1 for n, entry in enumerate(entries[: wishes.drawings]) if n not in drawn)
    if bare:
        notes.append(
            f"{bare:,} of them have no drawing, since the input has neither their sequence nor "
            "their structure."
            if len(entries) > wishes.drawings
            else f"{bare:,} loci have no drawing, since the input has neither their sequence nor "
            "their structure."
        )
    explained = sum(1 for one in drawn.values() if one.importance)
    if explained and explained < len(drawn):
        notes.append(
            f"The best {explained:,} loci have the importance of each nucleotide as a colour."
        )
    return notes
