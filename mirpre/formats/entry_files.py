"""Files of calls, candidates or annotations in, told by content: what they say of each locus."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from mirpre.annotation.records import KNOWN, Arms, Span
from mirpre.errors import FileError, Problem, RecordError
from mirpre.formats.columns import Columns
from mirpre.formats.detect import read_hairpins
from mirpre.formats.dimers import is_encoded
from mirpre.formats.entries import Entry
from mirpre.formats.entry_fields import UNKNOWN, entry_from, number_in, span_at, strand_in
from mirpre.formats.opening import Lines
from mirpre.formats.records import InvalidHandler, raise_invalid
from mirpre.formats.regions import is_bed_comment
from mirpre.records import CALLED, NOT_CALLED, Locus, parse_locus

CALL_LINES = ("model", "threshold")
"""Keys of ``#`` lines that only calls have."""
ANNOTATION_LINE = "posterior-sha256"
"""Of those that only annotations have."""

PRECURSORS = ("pre_miRNA", "stem_loop", "miRNA_primary_transcript")
"""Types of GFF3 features that are precursors, or candidates of them."""

IN_BED = "BED"
"""Source of mature arms that BED tells."""
LONGEST_ARM = 40
"""nt; a thick part of BED that is longer is no single arm."""

KINDS = ("tsv", "jsonl", "gff3", "bed", "hairpins", "empty")


class EntryFile:
    """The entries of a file, in its order.

    kind: one of KINDS; hairpins are FASTA, RNAfold's text or dimer text.
    header: its ``#`` lines before the first entry, without the mark; about has those of the form
    ``key: value``, such as model and threshold, the first of each key.
    has_sequences: whether its entries should have a sequence.
    """

    def __init__(
        self,
        lines: Lines,
        on_invalid: InvalidHandler = raise_invalid,
        *,
        contigs: Container[str] | None = None,
        scored: bool = False,
    ) -> None:
        """contigs: those of the genome, where it is known; scored: scores of BED are
        probabilities, although no ``#`` line says so.

        Raises FileError for content that is none of KINDS.
        """
        self.header: list[str] = []
        self._lines = lines
        self._invalid = on_invalid
        self._contigs = contigs
        self._at: tuple[int, list[str]] = (0, [])
        first = self._look()
        self.has_sequences = self.kind in ("jsonl", "hairpins") or (
            self.kind == "tsv" and "sequence" in first.split("\t")
        )
        self.about = about(self.header)
        self._threshold = number_in(self.about.get("threshold"))
        self._is_annotation = ANNOTATION_LINE in self.about
        self._scored = scored or all(key in self.about for key in CALL_LINES)

    def __iter__(self) -> Iterator[Entry]:
        """Raises RecordError through the handler for a line that is wrong."""
        read: dict[str, Callable[[], Iterator[Entry]]] = {
            "jsonl": self._json_lines,
            "tsv": self._table,
            "gff3": self._gff3,
            "bed": self._bed,
            "hairpins": self._hairpins,
            "empty": lambda: iter(()),
        }
        return read[self.kind]()

    def complain(self, problem: Problem, record: str | None) -> None:
        """Tell the handler what is wrong with the entry that was given last."""
        number, text = self._at
        error = RecordError(problem, file=self._lines.name, line=number, record=record or None)
        self._invalid(error, text)

    def _look(self) -> str:
        """Tell the kind, and gather the header; the first line that is neither."""
        is_gff3, count = False, 0
        while len(seen := self._lines.peek(count + 1)) > count:
            line = seen[-1]
            count += 1
            if line.startswith("##gff-version"):
                is_gff3 = True
                continue
            fields = line.split("\t") if "\t" in line else line.split()
            if not line.strip() or is_bed_comment(line, fields, self._contigs):
                if line.startswith("#"):
                    self.header.append(line.lstrip("#").strip())
                continue
            self.kind = "gff3" if is_gff3 else _kind(line, fields)
            if not self.kind:
                raise FileError(
                    "not understood: a table, GFF3, BED or JSON lines of calls, candidates or "
                    "annotations belong here, or FASTA",
                    file=self._lines.name,
                    line=count,
                )
            return line
        self.kind = "empty"
        return ""

    def _made(self, make: Callable[..., Entry], *arguments: Any) -> Entry | None:
        """The entry of the line that was read last, or None where the handler took it."""
        self._at = self._lines.number, [self._lines.text]
        try:
            return make(*arguments)
        except RecordError as error:
            problem, record = Problem(error.kind, error.message), error.record
        self.complain(problem, record)
        return None

    def _hairpins(self) -> Iterator[Entry]:
        for hairpin in read_hairpins(self._lines, self._invalid)[1]:
            yield Entry(
                hairpin.header,
                len(hairpin),
                hairpin.place,
                hairpin.sequence,
                hairpin.structure,
                hairpin.mfe,
            )

    def _table(self) -> Iterator[Entry]:
        """Of a table with the column id, whatever other columns it has."""
        for row in Columns(self._lines, ("id",)).rows():
            entry = self._made(entry_from, row, self._threshold)
            if entry is not None:
                yield entry

    def _json_lines(self) -> Iterator[Entry]:
        for line in self._lines:
            if line.strip() and not line.startswith("#"):
                entry = self._made(_of_json, line)
                if entry is not None:
                    yield entry

    def _bed(self) -> Iterator[Entry]:
        for line in self._lines:
            fields = line.split("\t") if "\t" in line else line.split()
            if line.strip() and not is_bed_comment(line, fields, self._contigs):
                entry = self._made(self._of_bed, fields)
                if entry is not None:
                    yield entry

    def _of_bed(self, fields: list[str]) -> Entry:
        if len(fields) < 3 or not (fields[1].isdecimal() and fields[2].isdecimal()):
            raise _wrong("bed", "not BED: contig, start and end belong here, separated by tabs")
        fields += ["."] * (6 - len(fields))
        name = "" if fields[3] == "." else "_".join(fields[3].split())
        start, end = int(fields[1]), int(fields[2])
        if end <= start:
            raise _wrong("bed", f"start {start} is not before end {end}", name)
        # A name may be a locus itself, which says what the columns do.
        named = parse_locus(name, end - start)
        locus = Locus(fields[0], start, end, strand_in(fields[5]), named.name if named else name)
        entry = Entry(str(locus), end - start, locus, arms=_arms_of_bed(fields, locus))
        score = number_in(fields[4])
        if fields[4] in UNKNOWN:
            return entry
        if score is None or not 0 <= score <= 1000 or not (self._is_annotation or self._scored):
            return replace(entry, more={"BED score": fields[4]})
        believed = score / 1000
        called = None if self._threshold is None else believed >= self._threshold
        if self._is_annotation:
            family = None if name == "novel" else name or None
            return replace(entry, posterior=believed, is_positive=called, family=family)
        return replace(entry, probability=believed, is_positive=called)

    def _gff3(self) -> Iterator[Entry]:
        """A feature each, but for miRNA, which is a mature arm of the feature before it."""
        entry: Entry | None = None
        at = self._at
        is_first = True
        for line in self._lines:
            if line.startswith("##FASTA"):
                break
            if not line.strip() or line.startswith("#"):
                continue
            fields = line.split("\t")
            if not is_first and len(fields) == 9 and fields[2] == "miRNA":
                # Of a feature that was wrong they are left out, too.
                entry = entry and _with_arm(entry, fields)
                continue
            is_first = False
            if entry is not None:
                self._at = at
                yield entry
            entry = self._made(self._of_gff3, fields)
            at = self._at
        if entry is not None:
            self._at = at
            yield entry

    def _of_gff3(self, fields: list[str]) -> Entry:
        if len(fields) != 9 or not (fields[3].isdecimal() and fields[4].isdecimal()):
            raise _wrong("gff3", "not GFF3: nine fields belong here, separated by tabs")
        place, attributes = _place_in(fields), _attributes_in(fields)
        name = "_".join(attributes.pop("Name", attributes.get("ID", "")).split())
        if not 0 <= place.start < place.end:
            raise _wrong("gff3", "start must be at least 1 and not beyond the end", name)
        for other in ("ID", "Alias"):
            attributes.pop(other, None)
        named = parse_locus(name, place.end - place.start)
        locus = replace(place, name=named.name if named else name)
        row: dict[str, Any] = {"flags": attributes.pop("flags", "").replace(" ", ","), **attributes}
        # Of this program's features only calls have an energy.
        if fields[2] == "miRNA_primary_transcript" and fields[1] == "mirpre":
            row["posterior"] = fields[5]
        elif fields[1] == "mirpre" and "mfe" in attributes:
            row["probability"] = fields[5]
            row["call"] = CALLED if fields[2] == "pre_miRNA" else NOT_CALLED
        elif fields[5] not in UNKNOWN:
            row["score of the file"] = fields[5]
        if fields[2] not in PRECURSORS:
            row["type"] = fields[2]
        row["length"] = str(place.end - place.start)
        return replace(entry_from({"id": str(locus), **row}, self._threshold), locus=locus)


def about(header: Iterable[str]) -> dict[str, str]:
    """What header lines of the form ``key: value`` say, the first of each key.

    An annotation has those of its calls behind ``calls: ``.
    """
    found: dict[str, str] = {}
    for line in header:
        key, colon, text = line.removeprefix("calls: ").partition(": ")
        if colon:
            found.setdefault(key, text)
    return found


def _kind(line: str, fields: list[str]) -> str:
    """By the first line that is no comment; empty for what is not understood."""
    if line.startswith(">") or is_encoded(line):
        return "hairpins"
    if line.startswith("{"):
        return "jsonl"
    if "id" in fields:
        return "tsv"
    if len(fields) == 9 and fields[3].isdecimal() and fields[4].isdecimal():
        return "gff3"
    if len(fields) >= 3 and fields[1].isdecimal() and fields[2].isdecimal():
        return "bed"
    return ""


def _wrong(kind: str, message: str, record: str = "") -> RecordError:
    return RecordError(Problem(kind, message), record=record or None)


def _of_json(line: str) -> Entry:
    """Of a JSON object with the key id or header."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _wrong("json", f"not JSON ({error}); one object a line belongs here") from error
    if not isinstance(found, dict) or not ("id" in found or "header" in found):
        raise _wrong("json", "a JSON object with the key 'id' or 'header' belongs here")
    return entry_from(found)


def _place_in(fields: list[str]) -> Locus:
    return Locus(unquote(fields[0]), int(fields[3]) - 1, int(fields[4]), strand_in(fields[6]))


def _attributes_in(fields: list[str]) -> dict[str, str]:
    pairs = (part.partition("=") for part in fields[8].split(";") if part.strip())
    return {key.strip(): unquote(value.strip()) for key, _, value in pairs}


def _with_arm(entry: Entry, fields: list[str]) -> Entry:
    """The entry with the mature arm of this line of GFF3."""
    locus = entry.locus
    if not (fields[3].isdecimal() and fields[4].isdecimal()):
        return entry
    place, attributes = _place_in(fields), _attributes_in(fields)
    if locus is None or not locus.start <= place.start < place.end <= locus.end:
        return entry
    span = span_at(
        locus,
        place.start,
        place.end,
        attributes.get("source", KNOWN),
        number_in(attributes.get("confidence")),
    )
    return replace(entry, arms=_armed(entry.arms, span, locus, attributes))


def _armed(arms: Arms | None, span: Span, locus: Locus, attributes: Mapping[str, str]) -> Arms:
    """The arms with another one: by its name, or else by the half in which it lies."""
    arms = arms or Arms(None, None)
    named = attributes.get("Name", "").rpartition("-")[2]
    is_five = named == "5p" or (named != "3p" and span.start + span.end < locus.end - locus.start)
    return replace(arms, five=span) if is_five else replace(arms, three=span)


def _arms_of_bed(fields: list[str], locus: Locus) -> Arms | None:
    """Of BED12, as annotate and tracks write it: thick from arm to arm, with the loop as the gap
    between two blocks."""
    if len(fields) < 12:
        return None
    numbers = [
        [int(part) for part in field.rstrip(",").split(",") if part.isdecimal()]
        for field in (*fields[6:8], fields[10], fields[11])
    ]
    if len(numbers[0]) != 1 or len(numbers[1]) != 1:
        return None
    (low,), (high,), sizes, starts = numbers
    arms = None
    spans = [(low, high)]
    if len(sizes) == len(starts) == 2:
        spans = [(low, locus.start + starts[0] + sizes[0]), (locus.start + starts[1], high)]
    for start, end in spans:
        if locus.start <= start < end <= locus.end and end - start <= LONGEST_ARM:
            arms = _armed(arms, span_at(locus, start, end, IN_BED, None), locus, {})
    return arms
