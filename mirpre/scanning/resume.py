"""Finished parts of a scan, kept beside its output, so that a run that was cut off can go on."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from mirpre.errors import FileError
from mirpre.records import Candidate, Hairpin, Locus
from mirpre.scanning.batches import ScannedBatch
from mirpre.scanning.chunks import Chunk

_MAGIC = b"mirpre scan-genome --resume "
_LONGEST_LINE = 1 << 30


class ScanCheckpoint:
    """Batches that are done: a line that tells how the run was made, then a line for each.

    Each line begins with its checksum. From a line on that is not whole or was changed, as a kill
    or a bad disk may leave it, nothing counts.
    """

    def __init__(self, stream: BinaryIO, name: str, made_by: dict[str, Any]) -> None:
        """Raises FileError for a file that is not of such a run, which stays as it is."""
        self._stream = stream
        self._name = name
        made_by = json.loads(json.dumps(made_by))
        head = _MAGIC + _line(json.dumps(made_by, sort_keys=True))
        stream.seek(0)
        found = stream.readline(_LONGEST_LINE)
        if found == head:
            return
        if found.endswith(b"\n") or not _MAGIC.startswith(found[: len(_MAGIC)]):
            raise FileError(_difference(found, made_by), file=name)
        # Nothing, or what a kill has left of the first line.
        stream.seek(0)
        stream.truncate()
        stream.write(head)
        stream.flush()

    def run(
        self,
        batches: Iterator[list[Chunk]],
        scan: Callable[[Iterator[list[Chunk]]], Iterator[tuple[list[Chunk], ScannedBatch]]],
    ) -> Iterator[ScannedBatch]:
        """Results of all batches in order: those kept here, then those of scan, which are added.

        Raises FileError where the genome is not the one that the kept batches come from.
        """
        end = self._stream.tell()
        while (kept := _kept(line := self._stream.readline(_LONGEST_LINE))) is not None:
            checksum, result = kept
            batch = next(batches, None)
            if batch is None or _checksum(batch) != checksum:
                raise FileError(
                    "the genome has changed since the run that is to be resumed; remove this "
                    "file to start anew",
                    file=self._name,
                )
            end += len(line)
            yield result
        self._stream.seek(end)
        self._stream.truncate()
        for batch, result in scan(batches):
            mirror = result.mirror and _part(result.mirror)
            counts = [result.letters, result.repeats, result.inverted_repeats]
            text = json.dumps([_checksum(batch), *counts, _part(result), mirror])
            self._stream.write(_line(text))
            self._stream.flush()
            yield result


def _line(text: str) -> bytes:
    content = text.encode()
    return b"%08x %s\n" % (zlib.crc32(content), content)


def _content(line: bytes) -> Any:
    """What a line of _line holds; None where it is not one."""
    content = line[9:-1]
    if not line.endswith(b"\n") or line[:9] != b"%08x " % zlib.crc32(content):
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _kept(line: bytes) -> tuple[int, ScannedBatch] | None:
    """A batch's checksum and its result; None where the line does not hold them."""
    try:
        checksum, letters, repeats, inverted, found, mirror = _content(line)
        result = _batch(found, letters)
        result.repeats, result.inverted_repeats = repeats, inverted
        result.mirror = None if mirror is None else _batch(mirror, letters)
    except (TypeError, ValueError, LookupError):  # the last of a dict's slice, from Python 3.12 on
        return None
    return checksum, result


def _difference(found: bytes, made_by: dict[str, Any]) -> str:
    is_ours = found.startswith(_MAGIC)
    before = _content(found.removeprefix(_MAGIC)) if is_ours else None
    if not isinstance(before, dict):
        return "this is no record of a run that can be resumed; remove it or name another output"
    names = sorted(k for k in made_by if before.get(k) != made_by[k])
    return (
        f"the run to be resumed had another {', '.join(names)}; give the same command, or remove "
        "this file to start anew"
    )


def _checksum(batch: list[Chunk]) -> int:
    total = 0
    for chunk in batch:
        place = f"{chunk.contig}:{chunk.start}:{chunk.own_start}-{chunk.own_end}"
        total = zlib.crc32(place.encode("utf-8", "surrogateescape"), total)
        total = zlib.crc32(chunk.sequence, total)
    return total


def _part(batch: ScannedBatch) -> list[Any]:
    return [[_row(candidate) for candidate in batch.candidates], batch.probabilities]


def _batch(part: list[Any], letters: int) -> ScannedBatch:
    rows, probabilities = part
    return ScannedBatch([_candidate(row) for row in rows], letters, probabilities=probabilities)


def _row(candidate: Candidate) -> list[Any]:
    hairpin, place = candidate.hairpin, candidate.locus
    return [
        *(place.contig, place.start, place.end, place.strand),
        *(candidate.score, candidate.group, candidate.chunk, candidate.is_own),
        *(hairpin.sequence, hairpin.structure, hairpin.mfe, candidate.outside_pairs),
    ]


def _candidate(row: list[Any]) -> Candidate:
    contig, start, end, strand, score, group, chunk, is_own = row[:8]
    sequence, structure, mfe, outside_pairs = row[8:]
    place = Locus(contig, start, end, strand)
    hairpin = Hairpin(str(place), sequence, structure, mfe, place)
    return Candidate(hairpin, score, group, chunk, is_own, outside_pairs)
