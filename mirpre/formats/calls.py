"""Calls in: what classify and scan-genome write, told by content.

JSON lines hold the sequence; a table, GFF3 and BED hold places, so that the genome is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mirpre.errors import FileError, Problem, RecordError
from mirpre.formats.columns import Columns
from mirpre.formats.opening import Lines
from mirpre.formats.records import (
    InvalidHandler,
    length_problem,
    letter_problem,
    raise_invalid,
    to_rna,
)
from mirpre.formats.regions import fetch_locus
from mirpre.records import CALLED, Call, Candidate, Hairpin, Locus, first_word, parse_locus

if TYPE_CHECKING:
    import pysam

PRECURSORS = ("pre_miRNA", "stem_loop", "miRNA_primary_transcript")
"""Types of GFF3 features that are calls."""


class CallsInput:
    """The calls of an input, its kind, and its ``#`` header lines."""

    def __init__(
        self,
        lines: Lines,
        genome: pysam.FastaFile | None = None,
        on_invalid: InvalidHandler = raise_invalid,
    ) -> None:
        """Raises FileError for content that is no calls, and for places without a genome."""
        self.header: list[str] = []
        self._lines = lines
        self._genome = genome
        self._invalid = on_invalid
        self._lengths = dict(zip(genome.references, genome.lengths, strict=True)) if genome else {}
        self.kind = self._kind()
        if self.kind != "jsonl" and genome is None:
            raise FileError(
                f"{self.kind} calls hold no sequences: name their genome with --genome, or write "
                "the calls with --format jsonl",
                file=lines.name,
            )

    def __iter__(self) -> Iterator[Call]:
        """Raises RecordError through the handler for a call that cannot be used."""
        read: dict[str, Callable[[], Iterator[Call]]] = {
            "jsonl": self._jsonl,
            "tsv": self._table,
            "gff3": self._gff3,
            "bed": self._bed,
        }
        return read[self.kind]()

    def _kind(self) -> str:
        kind, count = "", 0
        while len(seen := self._lines.peek(count + 1)) > count:
            line = seen[-1]
            count += 1
            if line.startswith("##gff-version"):
                kind = "gff3"
                continue
            if not line.strip() or line.startswith(("#", "track", "browser")):
                if line.startswith("# "):
                    self.header.append(line[2:])
                continue
            if kind:
                return kind
            if line.startswith("{"):
                return "jsonl"
            fields = line.split("\t")
            if fields[0] == "id":
                return "tsv"
            if len(fields) > 4 and fields[1].isdecimal() and fields[2].isdecimal():
                return "bed"
            what = "FASTA or folded text" if line.startswith(">") else "something else"
            raise FileError(
                f"this is {what}; calls of 'mirpre classify' or 'mirpre scan-genome --classify' "
                "belong here, as table, JSON lines, GFF3 or BED with scores",
                file=self._lines.name,
                line=count,
            )
        return kind or "jsonl"  # of no calls

    def _jsonl(self) -> Iterator[Call]:
        for line in self._lines:
            if not line.strip() or line.startswith("#"):
                continue
            try:
                fields = json.loads(line)
                if not isinstance(fields, dict):
                    raise TypeError("no JSON object")
                call = self._call(fields, str(fields["header"]), to_rna(str(fields["sequence"])))
            except (ValueError, KeyError, TypeError) as error:
                self._complain(Problem("json", f"no call as JSON: {_words(error)}"), None)
                continue
            if call is not None:
                yield call

    def _table(self) -> Iterator[Call]:
        columns = Columns(self._lines, ("id", "length", "probability"))
        for row in columns.rows():
            fields: dict[str, Any] = {k: text for k, text in row.items() if text not in ("NA", "")}
            try:
                place = parse_locus(row["id"], int(row["length"]))
                flags = row.get("flags", ".")
                fields["flags"] = [] if flags == "." else flags.split(",")
            except ValueError as error:
                self._complain(Problem("number", str(error)), row["id"])
                continue
            yield from self._at(place, fields, row["id"])

    def _gff3(self) -> Iterator[Call]:
        for line in self._lines:
            if not line.strip() or line.startswith("#"):
                continue
            fields = line.split("\t")
            if len(fields) != 9 or fields[2] not in PRECURSORS:
                kinds = " or ".join(PRECURSORS)
                self._complain(Problem("gff3", f"no GFF3 feature of type {kinds}"), None)
                continue
            pairs = [part.partition("=") for part in fields[8].split(";") if part]
            found: dict[str, Any] = {key.strip(): unquote(text) for key, _, text in pairs}
            found["flags"] = found.get("flags", "").split()
            found["probability"] = fields[5]
            found["call"] = CALLED if fields[2] != "stem_loop" else ""
            name = found.get("Name", "")
            try:
                contig, start = unquote(fields[0]), int(fields[3]) - 1
                # The name of a record without a name of its own is its place.
                own = "" if parse_locus(name, int(fields[4]) - start) else name
                place = Locus(contig, start, int(fields[4]), fields[6], own)
            except ValueError as error:
                self._complain(Problem("number", str(error)), name or None)
                continue
            yield from self._at(place, found, name)

    def _bed(self) -> Iterator[Call]:
        for line in self._lines:
            if not line.strip() or line.startswith(("#", "track", "browser")):
                continue
            fields = line.split("\t")
            try:
                start, end, score = int(fields[1]), int(fields[2]), int(fields[4])
                name = "_".join(fields[3].split())
                own = "" if parse_locus(name, end - start) else name
                strand = fields[5] if len(fields) > 5 else "."
                place = Locus(fields[0], start, end, strand, own)
            except (ValueError, IndexError):
                problem = Problem("bed", "no BED line with name and score, such as calls have")
                self._complain(problem, None)
                continue
            yield from self._at(place, {"probability": score / 1000}, name)

    def _at(self, place: Locus | None, fields: Mapping[str, Any], name: str) -> Iterator[Call]:
        """The call at a place of the genome."""
        problem = self._place_problem(place)
        if problem or place is None or self._genome is None:
            self._complain(problem or Problem("place", "no place"), name)
            return
        call = self._call(fields, str(place), to_rna(fetch_locus(self._genome, place)), place)
        if call is not None:
            yield call

    def _place_problem(self, place: Locus | None) -> Problem | None:
        if place is None:
            return Problem("place", "no locus such as chr1:100-180(+) that fits its length")
        if place.strand not in ("+", "-", "."):
            return Problem("place", f"strand is {place.strand!r}; it must be '+', '-' or '.'")
        if place.contig not in self._lengths:
            return Problem("contig", f"contig {place.contig!r} is not in the genome")
        if not 0 <= place.start < place.end <= self._lengths[place.contig]:
            return Problem("end", f"its place lies outside of {place.contig}")
        return None

    def _call(
        self, fields: Mapping[str, Any], header: str, sequence: str, place: Locus | None = None
    ) -> Call | None:
        """The call, or None where the handler took it."""
        name = first_word(header)
        problem = letter_problem(sequence) or length_problem(len(sequence))
        structure = fields.get("structure") or None
        if structure is not None and len(structure) != len(sequence):
            problem = problem or Problem("structure", "its structure has another length")
        if place is None and self._genome is not None and not problem:
            problem = self._other_genome(parse_locus(name, len(sequence)), sequence)
        try:
            probability = float(fields["probability"])
            mfe, score, q = (_number(fields.get(key)) for key in ("mfe", "score", "q_value"))
            copies, pairs = (fields.get(key) for key in ("copies", "outside_pairs"))
            numbers = [n for n in (probability, score, q) if n is not None]
            if not all(0 <= number <= 1 for number in numbers):
                raise ValueError("probability, score and q_value must be from 0 to 1")
            hairpin = Hairpin(header, sequence, structure, mfe, place)
            candidate = None
            if pairs is not None:
                # The score of the search networks is not known any more.
                candidate = Candidate(hairpin, 0, outside_pairs=int(pairs))
            call = Call(
                hairpin,
                probability,
                fields.get("call") == CALLED,
                tuple(map(str, fields.get("flags", ()))),
                q,
                candidate=candidate,
                score=score,
                copies=None if copies is None else int(copies),
            )
        except (ValueError, KeyError, TypeError) as error:
            problem = problem or Problem("number", _words(error))
        if problem:
            self._complain(problem, name)
            return None
        return call

    def _other_genome(self, place: Locus | None, sequence: str) -> Problem | None:
        """Why a call with a sequence is none of this genome."""
        problem = self._place_problem(place)
        if problem or place is None or self._genome is None:
            return problem
        if to_rna(fetch_locus(self._genome, place)) != sequence:
            return Problem("genome", "its sequence is not that of its place in the genome")
        return None

    def _complain(self, problem: Problem, name: str | None) -> None:
        lines = self._lines
        error = RecordError(problem, file=lines.name, line=lines.number, record=name)
        self._invalid(error, [lines.text])


def _number(text: object) -> float | None:
    return None if text in (None, "NA") else float(str(text))


def _words(error: Exception) -> str:
    return f"no field {error}" if isinstance(error, KeyError) else str(error)
