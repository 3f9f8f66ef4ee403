"""An entry from the names and values of a row or a JSON object."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mirpre.annotation.criteria import LEAST_READS, PROFILES, TOO_FEW
from mirpre.annotation.records import Arms, Span
from mirpre.errors import Problem, RecordError
from mirpre.formats.dotbracket import balance_problem, folded_problem
from mirpre.formats.entries import Criterion, Entry
from mirpre.formats.records import length_problem, letter_problem, to_rna
from mirpre.records import CALLED, Locus, parse_locus

Value = TypeVar("Value")

ASKS = {one.name: one.asks for profile in PROFILES.values() for one in profile.criteria}
ASKS[TOO_FEW] = f"at least {LEAST_READS} reads"
"""What criteria of reads ask, by their names."""

READS_SAY = {"supports": True, "contradicts": False, "no evidence": None}
"""Outcomes that an annotation's column reads has."""

UNKNOWN = ("", ".", "NA", None)


def strand_in(text: str) -> str:
    return text if text in ("+", "-") else "."


def number_in(value: object) -> float | None:
    """A finite number, or None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def entry_from(row: Mapping[str, Any], threshold: float | None = None) -> Entry:
    """An entry from names and values, text or JSON's own; raises RecordError, without a place.

    An annotation, which has a posterior and no call, is judged by the threshold, where there is
    one.
    """
    left = dict(row)

    def error(problem: Problem) -> RecordError:
        return RecordError(problem, record=_text(row.get("id") or row.get("header")))

    def take(name: str, convert: Callable[[Any], Value | None], what: str) -> Value | None:
        value = left.pop(name, None)
        if value is None or (isinstance(value, str) and value in UNKNOWN):
            return None
        found = convert(value)
        if found is None:
            raise error(Problem("number", f"{name} is {value!r}; {what} belongs here"))
        return found

    def number(name: str) -> float | None:
        return take(name, number_in, "a number")

    def count(name: str) -> int | None:
        found = number(name)
        if found is not None and found != int(found):
            raise error(Problem("number", f"{name} is {found}; a whole number belongs here"))
        return None if found is None else int(found)

    def text(name: str) -> str | None:
        return take(name, _text, "text")

    identity = text("id") or ""
    header = text("header") or identity
    sequence, structure, length = text("sequence"), text("structure"), count("length")
    if sequence is not None:
        sequence = to_rna(sequence)
    problem = _problem(sequence, structure, length)
    if problem:
        raise error(problem)
    if length is None and (sequence or structure):
        length = len(sequence or structure or "")
    probability, posterior = number("probability"), number("posterior")
    for name, value in (("probability", probability), ("posterior", posterior)):
        if value is not None and not 0 <= value <= 1:
            raise error(Problem("number", f"{name} is {value}, not from 0 to 1"))
    call = text("call")
    is_positive = None if call is None else call == CALLED
    if call is None and posterior is not None and threshold is not None:
        is_positive = posterior >= threshold
    locus = parse_locus(identity, length or 0) or _place(left, identity)
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
        is_positive=is_positive,
        posterior=posterior,
        score=number("score"),
        q_value=number("q_value"),
        copies=count("copies"),
        outside_pairs=count("outside_pairs"),
        log_odds=log_odds,
        flags=_flags(left.pop("flags", None)),
        tier=text("tier"),
        family=text("family"),
        known=text("known_mature") or text("known"),
        arms=_arms(left, locus, sequence),
        reads=_depths(left.pop("reads", None)),
        evidence=(*_evidence(left.pop("evidence", None)), *_of_annotation(row)),
        more={str(key): shown for key, value in left.items() if (shown := _text(value))},
    )


def _place(row: dict[str, Any], name: str) -> Locus | None:
    """The locus in columns of its own, start from 1, as candidates and annotations have it."""
    if not {"contig", "start", "end"} <= set(row):
        return None
    start, end = number_in(row["start"]), number_in(row["end"])
    if start is None or end is None or not 1 <= start <= end:
        return None
    locus = Locus(
        str(row["contig"]),
        int(start) - 1,
        int(end),
        strand_in(str(row.get("strand", "."))),
        name,
    )
    for column in ("contig", "start", "end", "strand"):
        row.pop(column, None)
    return locus


def _text(value: Any) -> str | None:
    if value is None or value in ("NA", "."):
        return None
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


def _flags(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(str, value))
    return tuple(flag for flag in str(value or "").split(",") if flag not in UNKNOWN)


def _problem(sequence: str | None, structure: str | None, length: int | None) -> Problem | None:
    """Why they cannot be of one hairpin."""
    for text, what in ((sequence, "sequence"), (structure, "structure")):
        if text is not None and length not in (None, len(text)):
            return Problem("length", f"length is {length}, and the {what} has {len(text)}")
    if sequence is not None and structure is not None:
        return folded_problem(sequence, structure)
    if sequence is not None:
        return letter_problem(sequence) or length_problem(len(sequence))
    return None if structure is None else balance_problem(structure)


def span_at(locus: Locus, start: int, end: int, source: str, confidence: float | None) -> Span:
    """The span within a hairpin of a place (0-based, on plus) within its locus."""
    if locus.strand == "-":
        return Span(locus.end - end, locus.end - start, source, confidence)
    return Span(start - locus.start, end - locus.start, source, confidence)


def _arms(row: dict[str, Any], locus: Locus | None, sequence: str | None) -> Arms | None:
    """The mature arms of an annotation: by their place, or else where their letters stand."""
    found: list[Span | None] = []
    for arm in ("5p", "3p"):
        names = ("mature_{}", "mature_{}_start", "mature_{}_end", "source_{}", "confidence_{}")
        mature, start, end, source, sure = (row.pop(name.format(arm), None) for name in names)
        first, last, confidence = map(number_in, (start, end, sure))
        span = None
        if locus is not None and first is not None and last is not None:
            span = span_at(locus, int(first) - 1, int(last), str(source), confidence)
        elif sequence and _text(mature) and (at := sequence.find(to_rna(str(mature)))) >= 0:
            span = Span(at, at + len(str(mature)), str(source), confidence)
        length = len(sequence) if sequence else locus.end - locus.start if locus else 0
        found.append(span if span and 0 <= span.start < span.end <= length else None)
    five, three = found
    if five is None and three is None:
        return None
    return Arms(five, three, number_in(row.pop("five_dominates", None)))


def _depths(value: Any) -> tuple[float, ...]:
    """Depths of reads: JSON's list of numbers, or text with commas."""
    parts = value if isinstance(value, list) else str(value or "").split(",")
    numbers = [number_in(part) for part in parts]
    return tuple(n for n in numbers if n is not None) if None not in numbers else ()


def _of_annotation(row: Mapping[str, Any]) -> list[Criterion]:
    """The evidence that an annotation tells in columns of its own."""
    found = []
    if _text(row.get("known_mature")):
        is_member = _text(row.get("family")) is not None
        detail = f"{row['known_mature']}, {_text(row.get('mismatches')) or '?'} mismatches"
        found.append(Criterion("family", is_member, detail))
    outcome = _text(row.get("reads"))
    if outcome in READS_SAY:
        arms = "reads_5p", "reads_3p", "reads_loop"
        counts = [f"{name[6:]} {text}" for name in arms if (text := _text(row.get(name)))]
        detail = "; ".join(filter(None, (outcome, ", ".join(counts))))
        found.append(Criterion("reads", READS_SAY[outcome], detail))
        # A table and JSON have commas, GFF3 has blanks.
        failed = (_text(row.get("reads_failed")) or "").replace(",", " ").split()
        found += [Criterion(f"reads, {name}", False, ASKS.get(name, "")) for name in failed]
    return found


def _evidence(value: Any) -> tuple[Criterion, ...]:
    """Of JSON: a list of objects with name, passed and detail."""
    if not isinstance(value, list):
        return ()
    return tuple(
        Criterion(str(one.get("name", "")), one.get("passed"), str(one.get("detail", "")))
        for one in value
        if isinstance(one, dict)
    )
