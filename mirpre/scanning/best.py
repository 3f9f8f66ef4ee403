"""One call for a locus, of whose hairpins the full model sees several, with alternative ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mirpre.records import Call, Candidate


def best_calls(calls: Sequence[Call], *, opposite_strands: bool, keep_beaten: bool) -> list[Call]:
    """One call for each locus of a batch; with opposite_strands one for each place.

    The rule: the hairpin is the locus' first, which the search networks score highest: they know
    best where a precursor ends. The probability is the highest of all its hairpins (six decimals,
    as reported): the full model knows best whether it is one, and likes other ends at times. With
    opposite_strands, of two on opposite strands that share at least half of the shorter one only
    the more probable stays, of equals that on the plus strand; one gives way even to one that
    gives way itself. With keep_beaten those come,
    too, marked as beaten. Rows come in the order of their chunk, start, end and strand.
    """
    rows = _best(calls)
    beaten = _beaten(rows) if opposite_strands else set()
    found = []
    for number, call in enumerate(rows):
        # A locus that belongs to another chunk is chosen there.
        if not _of(call).is_own:
            continue
        if number not in beaten:
            found.append(call)
        elif keep_beaten:
            found.append(replace(call, beaten=True))
    return found


def _of(call: Call) -> Candidate:
    if call.candidate is None:
        raise ValueError(f"the call of {call.hairpin.name!r} comes from no scan")
    return call.candidate


def _best(calls: Sequence[Call]) -> list[Call]:
    """A call for each locus, in the order of their places."""
    best: dict[int, Call] = {}
    for call in calls:
        first = best.setdefault(_of(call).group, call)
        if call.probability > first.probability:
            best[_of(call).group] = replace(
                first, probability=call.probability, is_positive=call.is_positive
            )
    return sorted(best.values(), key=lambda call: _order(_of(call)))


def _order(candidate: Candidate) -> tuple[int, int, int, str]:
    locus = candidate.locus
    return candidate.chunk, locus.start, locus.end, locus.strand


def _beaten(rows: list[Call]) -> set[int]:
    """Numbers of the rows, ordered by start, that a better one on the other strand beats."""
    found = set()
    for i, call in enumerate(rows):
        candidate = _of(call)
        place = candidate.locus
        for j in range(i + 1, len(rows)):
            other = _of(rows[j])
            there = other.locus
            if other.chunk != candidate.chunk or there.start >= place.end:
                break
            shared = min(place.end, there.end) - there.start
            shorter = min(place.end - place.start, there.end - there.start)
            if place.strand == there.strand or 2 * shared < shorter:
                continue
            if call.probability == rows[j].probability:
                found.add(j if place.strand == "+" else i)
            else:
                found.add(i if call.probability < rows[j].probability else j)
    return found
