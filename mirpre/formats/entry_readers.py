"""Readers of entries, one a format; ``entries.read_entries`` chooses among them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from mirpre.annotation.records import KNOWN, Arms
from mirpre.errors import FileError
from mirpre.formats.columns import Columns
from mirpre.formats.detect import read_hairpins
from mirpre.formats.entries import Entry
from mirpre.formats.entry_fields import UNKNOWN, entry_from, number_in, span_at, strand_in
from mirpre.formats.opening import Lines
from mirpre.records import CALLED, NOT_CALLED, Locus, parse_locus

CALL_LINES = ("model", "threshold")
"""Keys of ``#`` lines that only calls have."""


def read_sequences(lines: Lines, about: dict[str, str]) -> Iterator[Entry]:
    """Of FASTA, RNAfold's text or dimer text."""
    _, hairpins = read_hairpins(lines)
    for hairpin in hairpins:
        yield Entry(
            hairpin.header,
            len(hairpin),
            hairpin.place,
            hairpin.sequence,
            hairpin.structure,
            hairpin.mfe,
        )


def read_table(lines: Lines, about: dict[str, str]) -> Iterator[Entry]:
    """Of a table with the column id, whatever other columns it has."""
    table = Columns(lines, ("id",))
    for comment in table.comments:
        _note(about, comment)
    for row in table.rows():
        yield entry_from(row, table.error, number_in(about.get("threshold")))


def read_json_lines(lines: Lines, about: dict[str, str]) -> Iterator[Entry]:
    """Of JSON lines with the key id or header."""

    def error(message: str) -> FileError:
        return FileError(message, file=lines.name, line=lines.number)

    for line in lines:
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as trouble:
            raise error(f"not JSON ({trouble}); one object a line belongs here") from trouble
        if not isinstance(found, dict) or not ("id" in found or "header" in found):
            raise error("a JSON object with the key 'id' or 'header' belongs here")
        yield entry_from(found, error)


def read_bed_lines(lines: Lines, about: dict[str, str]) -> Iterator[Entry]:
    """Of BED; the score is a probability only where ``#`` lines name a model."""
    for line in lines:
        if line.startswith("#"):
            _note(about, line.lstrip("#").strip())
            continue
        if not line.strip() or line.startswith(("track", "browser")):
            continue
        fields = line.split("\t") if "\t" in line else line.split()
        if len(fields) < 3 or not (fields[1].isdecimal() and fields[2].isdecimal()):
            raise FileError(
                "not BED: contig, start and end belong here, separated by tabs",
                file=lines.name,
                line=lines.number,
            )
        fields += ["."] * (6 - len(fields))
        strand = fields[5] if fields[5] in "+-" else "."
        name = "" if fields[3] == "." else "_".join(fields[3].split())
        start, end = int(fields[1]), int(fields[2])
        if end <= start:
            raise FileError(
                f"start {start} is not before end {end}", file=lines.name, line=lines.number
            )
        # A name may be a locus itself, which says what the columns do.
        named = parse_locus(name, end - start)
        locus = Locus(fields[0], start, end, strand, named.name if named else name)
        entry = Entry(str(locus), end - start, locus)
        if fields[4] not in UNKNOWN:
            score = number_in(fields[4])
            is_call = all(key in about for key in CALL_LINES)
            if score is not None and is_call and 0 <= score <= 1000:
                entry = replace(
                    entry,
                    probability=score / 1000,
                    is_positive=_called(score / 1000, about),
                )
            else:
                entry = replace(entry, more={"BED score": fields[4]})
        yield entry


def read_gff3(lines: Lines, about: dict[str, str]) -> Iterator[Entry]:
    """Of GFF3: a feature each, but for miRNA, which is a mature arm of the feature before it."""
    entry: Entry | None = None
    for line in lines:
        if line.startswith("#"):
            if line.startswith("##FASTA"):
                break
            _note(about, line.lstrip("#").strip())
            continue
        if not line.strip():
            continue
        fields = line.split("\t")
        if len(fields) != 9 or not (fields[3].isdecimal() and fields[4].isdecimal()):
            raise FileError(
                "not GFF3: nine fields belong here, separated by tabs",
                file=lines.name,
                line=lines.number,
            )
        pairs = (part.partition("=") for part in fields[8].split(";") if part.strip())
        attributes = {key.strip(): unquote(value.strip()) for key, _, value in pairs}
        place = Locus(unquote(fields[0]), int(fields[3]) - 1, int(fields[4]), strand_in(fields[6]))
        if entry is not None and fields[2] == "miRNA":
            entry = _with_arm(entry, place, attributes)
            continue
        if entry is not None:
            yield entry
        entry = _gff3_entry(place, fields, attributes, lines, about)
    if entry is not None:
        yield entry


def _gff3_entry(
    place: Locus,
    fields: list[str],
    attributes: dict[str, str],
    lines: Lines,
    about: Mapping[str, str],
) -> Entry:
    name = "_".join(attributes.pop("Name", attributes.get("ID", "")).split())
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
    row["length"] = str(place.end - place.start)
    entry = entry_from(
        {"id": str(locus), **row},
        lambda message: FileError(message, file=lines.name, line=lines.number),
        number_in(about.get("threshold")),
    )
    return replace(entry, locus=locus)


def _with_arm(entry: Entry, place: Locus, attributes: Mapping[str, str]) -> Entry:
    """The entry with a mature arm at this place."""
    locus = entry.locus
    if locus is None or not locus.start <= place.start < place.end <= locus.end:
        return entry
    span = span_at(
        locus,
        place.start,
        place.end,
        attributes.get("source", KNOWN),
        number_in(attributes.get("confidence")),
    )
    arms = entry.arms or Arms(None, None)
    named = attributes.get("Name", "").rpartition("-")[2]
    is_five = named == "5p" or (named != "3p" and span.start + span.end < locus.end - locus.start)
    return replace(entry, arms=replace(arms, five=span) if is_five else replace(arms, three=span))


def _note(about: dict[str, str], comment: str) -> None:
    key, colon, text = comment.partition(": ")
    if colon:
        about.setdefault(key, text)


def _called(probability: float, about: Mapping[str, str]) -> bool | None:
    threshold = number_in(about.get("threshold"))
    return None if threshold is None else probability >= threshold
