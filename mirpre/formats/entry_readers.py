"""Readers of entries, one a format; ``entries.read_entries`` chooses among them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import unquote

from mirpre.annotation.records import KNOWN, Arms, Span
from mirpre.errors import FileError
from mirpre.formats.columns import Columns
from mirpre.formats.detect import read_hairpins
from mirpre.formats.dotbracket import folded_problem
from mirpre.formats.entries import Criterion, Entry
from mirpre.formats.opening import Lines
from mirpre.formats.records import letter_problem, to_rna
from mirpre.records import CALLED, NOT_CALLED, Locus, parse_locus

Value = TypeVar("Value")

_UNKNOWN = ("", ".", "NA", None)
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
        yield _entry(row, table.error)


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
        yield _entry(found, error)


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
        if fields[4] not in _UNKNOWN:
            score = _number(fields[4])
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
        place = Locus(unquote(fields[0]), int(fields[3]) - 1, int(fields[4]), _strand(fields[6]))
        if entry is not None and fields[2] == "miRNA":
            entry = _with_arm(entry, place)
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
    attributes.pop("ID", None)
    named = parse_locus(name, place.end - place.start)
    locus = replace(place, name=named.name if named else name)
    row: dict[str, Any] = {"flags": attributes.pop("flags", "").replace(" ", ","), **attributes}
    # Of this program's features only calls have an energy.
    if fields[1] == "mirpre" and "mfe" in attributes:
        row["probability"] = fields[5]
        row["call"] = CALLED if fields[2] == "pre_miRNA" else NOT_CALLED
    elif fields[5] not in _UNKNOWN:
        row["score of the file"] = fields[5]
    row["length"] = str(place.end - place.start)
    entry = _entry(
        {"id": str(locus), **row},
        lambda message: FileError(message, file=lines.name, line=lines.number),
    )
    return replace(entry, locus=locus)


def _with_arm(entry: Entry, place: Locus) -> Entry:
    """The entry with a mature arm at this place."""
    locus = entry.locus
    if locus is None or not locus.start <= place.start < place.end <= locus.end:
        return entry
    start, end = place.start - locus.start, place.end - locus.start
    if locus.strand == "-":
        start, end = locus.end - place.end, locus.end - place.start
    span = Span(start, end, KNOWN)
    arms = entry.arms or Arms(None, None)
    is_five = start + end < locus.end - locus.start
    return replace(entry, arms=replace(arms, five=span) if is_five else replace(arms, three=span))


def _note(about: dict[str, str], comment: str) -> None:
    key, colon, text = comment.partition(": ")
    if colon:
        about.setdefault(key, text)


def _strand(text: str) -> str:
    return text if text in ("+", "-") else "."


def _called(probability: float, about: Mapping[str, str]) -> bool | None:
    threshold = _number(about.get("threshold"))
    return None if threshold is None else probability >= threshold


def _number(value: object) -> float | None:
    """A finite number, or None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _entry(row: Mapping[str, Any], error: Callable[[str], FileError]) -> Entry:
    """An entry from names and values, text or JSON's own; raises error(message)."""
    left = dict(row)

    def take(name: str, convert: Callable[[Any], Value | None], what: str) -> Value | None:
        value = left.pop(name, None)
        if value is None or (isinstance(value, str) and value in _UNKNOWN):
            return None
        found = convert(value)
        if found is None:
            raise error(f"{name} is {value!r}; {what} belongs here")
        return found

    def number(name: str) -> float | None:
        return take(name, _number, "a number")

    def count(name: str) -> int | None:
        found = number(name)
        if found is not None and found != int(found):
            raise error(f"{name} is {found}; a whole number belongs here")
        return None if found is None else int(found)

    def text(name: str) -> str | None:
        return take(name, _text, "text")

    identity = text("id") or ""
    header = text("header") or identity
    sequence = text("sequence")
    if sequence is not None:
        sequence = to_rna(sequence)
        problem = letter_problem(sequence)
        if problem:
            raise error(f"sequence: {problem.message}")
    structure = text("structure")
    length = count("length")
    if length is None and (sequence or structure):
        length = len(sequence or structure or "")
    if sequence is not None and structure is not None:
        problem = folded_problem(sequence, structure)
        if problem:
            raise error(problem.message)
    probability = number("probability")
    if probability is not None and not 0 <= probability <= 1:
        raise error(f"probability is {probability}, not from 0 to 1")
    call = text("call")
    locus = parse_locus(identity, length or 0) or _place(left)
    is_candidate = probability is None and "score" in left and sequence is not None
    log_odds = number("score") if is_candidate else None
    return Entry(
        header=header,
        length=length if length is not None else (locus.end - locus.start if locus else None),
        locus=locus,
        sequence=sequence,
        structure=structure,
        mfe=number("mfe"),
        probability=probability,
        is_positive=None if call is None else call == CALLED,
        score=number("score"),
        q_value=number("q_value"),
        copies=count("copies"),
        outside_pairs=count("outside_pairs"),
        log_odds=log_odds,
        flags=_flags(left.pop("flags", None)),
        tier=text("tier"),
        family=text("family"),
        known=text("known"),
        evidence=_evidence(left.pop("evidence", None)),
        more={str(key): shown for key, value in left.items() if (shown := _text(value))},
    )


def _place(row: dict[str, Any]) -> Locus | None:
    """The locus in columns of its own, start from 1, as candidates have it."""
    if not {"contig", "start", "end"} <= set(row):
        return None
    start, end = _number(row["start"]), _number(row["end"])
    if start is None or end is None or not 1 <= start <= end:
        return None
    locus = Locus(
        str(row["contig"]), int(start) - 1, int(end), _strand(str(row.get("strand", ".")))
    )
    for name in ("contig", "start", "end", "strand"):
        row.pop(name, None)
    return locus


def _text(value: Any) -> str | None:
    if value is None or value in ("NA", "."):
        return None
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(value)


def _flags(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(str, value))
    return tuple(flag for flag in str(value or "").split(",") if flag not in _UNKNOWN)


def _evidence(value: Any) -> tuple[Criterion, ...]:
    """Of JSON: a list of objects with name, passed and detail."""
    if not isinstance(value, list):
        return ()
    return tuple(
        Criterion(str(one.get("name", "")), bool(one.get("passed")), str(one.get("detail", "")))
        for one in value
        if isinstance(one, dict)
    )
