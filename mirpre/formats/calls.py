"""Calls in: what classify and scan-genome write, told by content.

JSON lines hold the sequence; a table, GFF3 and BED hold places, so that the genome is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mirpre.errors import FileError, Problem
from mirpre.formats.entries import Entry
from mirpre.formats.entry_files import EntryFile
from mirpre.formats.opening import Lines
from mirpre.formats.records import (
    InvalidHandler,
    length_problem,
    letter_problem,
    raise_invalid,
    to_rna,
)
from mirpre.formats.regions import fetch_locus
from mirpre.records import Call, Candidate, Hairpin, Locus

if TYPE_CHECKING:
    import pysam


class CallsInput:
    """The calls of an input, its kind, and its ``#`` header lines."""

    def __init__(
        self,
        lines: Lines,
        genome: pysam.FastaFile | None = None,
        on_invalid: InvalidHandler = raise_invalid,
    ) -> None:
        """Raises FileError for content that is no calls, and for places without a genome."""
        self._genome = genome
        self._lengths = dict(zip(genome.references, genome.lengths, strict=True)) if genome else {}
        self._entries = EntryFile(
            lines, on_invalid, contigs=self._lengths if genome else None, scored=True
        )
        self.kind = self._entries.kind
        self.header = self._entries.header
        if self.kind == "hairpins":
            raise FileError(
                "this is FASTA or folded text; calls of 'mirpre classify' or 'mirpre scan-genome "
                "--classify' belong here, as table, JSON lines, GFF3 or BED with scores",
                file=lines.name,
            )
        if genome is None and self.kind != "empty" and not self._entries.has_sequences:
            raise FileError(
                f"{self.kind} calls hold no sequences: name their genome with --genome, or write "
                "the calls with --format jsonl",
                file=lines.name,
            )

    def __iter__(self) -> Iterator[Call]:
        """Raises RecordError through the handler for a call that cannot be used."""
        for entry in self._entries:
            found = self._call(entry)
            if isinstance(found, Problem):
                self._entries.complain(found, entry.name)
            else:
                yield found

    def _call(self, entry: Entry) -> Call | Problem:
        """The call, or why there is none."""
        header, sequence, place = entry.header, entry.sequence, entry.locus
        problem = self._place_problem(place, needed=sequence is None)
        if problem:
            return problem
        if self._genome is not None and place is not None:
            letters = to_rna(fetch_locus(self._genome, place))
            if sequence not in (None, letters):
                return Problem("genome", "its sequence is not that of its place in the genome")
            if sequence is None:
                header, sequence = str(place), letters
        if sequence is None:
            return Problem("sequence", "no sequence")
        return (
            letter_problem(sequence)
            or length_problem(len(sequence))
            or _made(entry, Hairpin(header, sequence, entry.structure, entry.mfe, place))
        )

    def _place_problem(self, place: Locus | None, needed: bool) -> Problem | None:
        if self._genome is None:
            return None
        if place is None:
            if not needed:
                return None
            return Problem("place", "no locus such as chr1:100-180(+) that fits its length")
        if place.contig not in self._lengths:
            return Problem("contig", f"contig {place.contig!r} is not in the genome")
        if not 0 <= place.start < place.end <= self._lengths[place.contig]:
            return Problem("end", f"its place lies outside of {place.contig}")
        return None


def _made(entry: Entry, hairpin: Hairpin) -> Call | Problem:
    if entry.structure is not None and len(entry.structure) != len(hairpin):
        return Problem("structure", "its structure has another length")
    if entry.probability is None:
        return Problem("number", "no probability, which calls have")
    for name in ("score", "q_value"):
        value = getattr(entry, name)
        if value is not None and not 0 <= value <= 1:
            return Problem("number", f"{name} is {value}, not from 0 to 1")
    candidate = None
    if entry.outside_pairs is not None:
        # The score of the search networks is not known any more.
        candidate = Candidate(hairpin, 0, outside_pairs=entry.outside_pairs)
    return Call(
        hairpin,
        entry.probability,
        bool(entry.is_positive),
        entry.flags,
        entry.q_value,
        candidate=candidate,
        score=entry.score,
        copies=entry.copies,
    )
