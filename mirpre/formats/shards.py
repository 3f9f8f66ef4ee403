"""Shards of a scan: all that the whole must know of a part of a genome, to be merged.

Text, one JSON value a line: an object on the run; an array for each call, the mirror's shorter; an
object with counts; and the number of lines before this one with their CRC-32, so that a shard that
was cut off or changed is noticed.
"""

from __future__ import annotations

import json
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, NoReturn, TextIO

from mirpre.errors import FileError
from mirpre.formats.opening import Lines
from mirpre.records import Call, Candidate, Hairpin, Locus

VERSION = 1
"""Of the format."""
_MARK = "mirpre_shard"
_TOGETHER = 1000
_GENOME, _MIRROR = "call", "mirror"
_RNA = re.compile("[A-Z]+")
_MOST_LETTERS = 1 << 40
"""Of a contig; the competition for q-values reckons with fewer."""

_NUMBER = (int, float)
_ROW = (str, str, int, int, str, str, float, float, bool)
"""Kind, contig, start, end, strand, sequence, probability, score, beaten."""
_MORE = (str, _NUMBER, bool, list, int, int)
"""What follows of the genome's: structure, MFE, positive, flags, search score, outside pairs."""


@dataclass(frozen=True)
class ShardHead:
    """What is on the run: the same in all shards but for the number."""

    number: int
    """Of the shard, from 1."""
    of: int
    letters: int
    """Of all that the shards search."""
    regions_sha256: str
    """Of contigs, starts and ends of all that the shards search."""
    head: list[str]
    """The ``#`` lines of the calls, without the ``#``."""
    q_values: bool
    called_only: bool
    structure: bool
    max_copies: int | None
    prior: float | None
    preset: str
    folder: str
    viennarna: str
    model: dict[str, Any]
    """What a run's summary says of the model."""
    search_networks: list[Any]

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> ShardHead:
        """Raises ValueError, TypeError or KeyError for what is none."""
        head = cls(**value)
        kinds: tuple[tuple[object, Any], ...] = (
            *((number, int) for number in (head.number, head.of, head.letters)),
            *((flag, bool) for flag in (head.q_values, head.called_only, head.structure)),
            *((text, str) for text in (head.regions_sha256, head.preset, *head.head)),
            *((text, str) for text in (head.folder, head.viennarna)),
            (head.max_copies, int | None),
            (head.prior, float | None),
            (head.model, dict),
            (head.search_networks, list),
        )
        if not all(isinstance(part, kind) for part, kind in kinds):
            raise TypeError("a value of another type")
        if not 1 <= head.number <= head.of:
            raise ValueError("no such shard")
        return head

    def difference(self, other: ShardHead) -> str:
        """Why the two are no shards of one run; empty where they are."""
        for ours, theirs in zip(self.head, other.head, strict=False):
            if ours != theirs:
                return f"{ours!r} here, and {theirs!r} there"
        if self.of != other.of:
            return f"one of {self.of} shards here, and of {other.of} there"
        if (self.letters, self.regions_sha256) != (other.letters, other.regions_sha256):
            return f"a genome or regions of {self.letters:,} nt here, and others there"
        return "" if replace(self, number=other.number) == other else "other settings"


class ShardWriter:
    """Writes what is on the run at once, and the rest as it comes."""

    def __init__(self, out: TextIO, head: ShardHead) -> None:
        self._out = out
        self._lines = 0
        self._checksum = 0
        self._write({_MARK: VERSION, **asdict(head)})

    def write(self, calls: Iterable[Call], mirrored: Iterable[Call]) -> None:
        """Add calls of the genome, in its order, and of its mirror."""
        for call in calls:
            hairpin, candidate = call.hairpin, _candidate_of(call)
            self._write(
                [
                    *(_GENOME, *_place(candidate.locus), hairpin.sequence, call.probability),
                    *(call.score, call.beaten, hairpin.structure, hairpin.mfe, call.is_positive),
                    *(list(call.flags), candidate.score, candidate.outside_pairs),
                ]
            )
        for call in mirrored:
            place, sequence = _place(_candidate_of(call).locus), call.hairpin.sequence
            self._write([_MIRROR, *place, sequence, call.probability, call.score, call.beaten])

    def finish(self, counts: dict[str, Any]) -> None:
        """Write the last lines; without them a shard is none."""
        self._write({"counts": counts})
        self._write({"lines": self._lines, "crc32": self._checksum})

    def _write(self, value: Any) -> None:
        # Not through to_json: a contig's bytes that are no UTF-8 must come back as they were.
        line = json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n"
        self._checksum = zlib.crc32(line.encode(), self._checksum)
        self._lines += 1
        self._out.write(line)


class ShardReader:
    """A shard: what is on the run, then its calls; counts are there when these have been read.

    Raises FileError for what is no shard, or not a whole one.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._checksum = 0
        self.counts: dict[str, Any] = {}
        try:
            head = _parsed(self._next())
        except (ValueError, RecursionError):
            head = None
        if not isinstance(head, dict) or _MARK not in head:
            raise FileError(
                "this is no shard of a scan; 'mirpre scan-genome --classify --shard 1/2' writes "
                "such",
                file=lines.name,
            )
        if head.pop(_MARK) != VERSION:
            raise FileError("a shard of another version of mirpre", file=lines.name, line=1)
        try:
            self.head = ShardHead.of_json(head)
        except (ValueError, TypeError):
            self._damaged()

    def __iter__(self) -> Iterator[tuple[list[Call], list[Call]]]:
        """Some calls of the genome, in its order, and of its mirror."""
        calls: list[Call] = []
        mirrored: list[Call] = []
        while True:
            before, number = self._checksum, self._lines.number
            try:
                row = _parsed(self._next())
                if isinstance(row, dict):
                    if not self.counts:
                        self.counts = row["counts"]
                        continue
                    if (row["lines"], row["crc32"]) != (number, before) or self._lines.peek(1):
                        self._damaged()
                    break
                (calls if row[0] == _GENOME else mirrored).append(_call(row))
            except (ValueError, TypeError, KeyError, IndexError, RecursionError):
                self._damaged()
            if len(calls) + len(mirrored) >= _TOGETHER:
                yield calls, mirrored
                calls, mirrored = [], []
        yield calls, mirrored

    def _next(self) -> str:
        line = next(self._lines, None)
        if line is None:
            if self._lines.number:
                raise FileError(
                    "an incomplete shard (its last line is missing); copy or make it again",
                    file=self._lines.name,
                )
            return ""
        self._checksum = zlib.crc32(f"{line}\n".encode("utf-8", "surrogateescape"), self._checksum)
        return line

    def _damaged(self) -> NoReturn:
        raise FileError(
            "a damaged shard; copy or make it again",
            file=self._lines.name,
            line=self._lines.number,
        )


def _parsed(line: str) -> Any:
    return json.loads(line, parse_constant=_no_number)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _candidate_of(call: Call) -> Candidate:
    if call.candidate is None:
        raise ValueError(f"the call of {call.hairpin.name!r} comes from no scan")
    return call.candidate


def _place(locus: Locus) -> tuple[str, int, int, str]:
    return locus.contig, locus.start, locus.end, locus.strand


def _call(row: list[Any]) -> Call:
    """Raises ValueError or TypeError for what is none."""
    types: tuple[Any, ...] = _ROW if row[0] == _MIRROR else (*_ROW, *_MORE)
    if not all(isinstance(part, kind) for part, kind in zip(row, types, strict=True)):
        raise TypeError("a value of another type")
    kind, contig, start, end, strand, sequence, probability, score, beaten, *more = row
    if not (
        kind in {_GENOME, _MIRROR}
        and (0 <= start < end < _MOST_LETTERS and end - start == len(sequence))
        and (_RNA.fullmatch(sequence) and contig and strand in {"+", "-"})
        and (0 <= probability <= 1 and 0 <= score <= 1)
    ):
        raise ValueError("no call of a scan")
    # One text for all calls of a contig.
    place = Locus(sys.intern(contig), start, end, strand)
    if not more:
        candidate = Candidate(Hairpin(str(place), sequence, locus=place), 0)
        return Call(
            candidate.hairpin,
            probability,
            is_positive=False,
            beaten=beaten,
            candidate=candidate,
            score=score,
        )
    structure, mfe, is_positive, flags, search_score, outside_pairs = more
    hairpin = Hairpin(str(place), sequence, structure, mfe, place)
    return Call(
        hairpin,
        probability,
        is_positive,
        tuple(flags),
        beaten=beaten,
        candidate=Candidate(hairpin, search_score, outside_pairs=outside_pairs),
        score=score,
    )
