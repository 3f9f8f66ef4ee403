"""What fuzzing does with bytes: the readers of other people's files, one function each.

Whatever the bytes are, a reader raises an expected error (MirpreError) or gives records that,
written and read again, are the same.
"""

from __future__ import annotations

import io
import json
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from mirpre.errors import MirpreError
from mirpre.formats.detect import read_hairpins
from mirpre.formats.dimers import write_encoded
from mirpre.formats.dotbracket import write_folded
from mirpre.formats.fasta import write_fasta
from mirpre.formats.genome_index import _entry
from mirpre.formats.labels import read_calls, read_labels
from mirpre.formats.opening import Blocks, Lines
from mirpre.formats.regions import parse_region, read_bed
from mirpre.formats.shards import ShardReader, ShardWriter
from mirpre.formats.splits import read_families, read_split
from mirpre.models.onnx_check import reads_other_files
from mirpre.models.registry import load_model_files
from mirpre.records import Hairpin, Locus, parse_locus
from mirpre.scanning.chunks import read_chunks
from mirpre.scanning.resume import _MAGIC, ScanCheckpoint, _line
from mirpre.scanning.whole import WholeGenome

LENGTHS = {"chr1": 1000, "gi::x": 500, "#x": 50, "track": 60, "a:1-5(+)": 70}
ONNX = load_model_files("cnn").onnx
MADE_BY = {"version": "1"}
"""A scan whose journal is read."""


def lines(data: bytes) -> Lines:
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", errors="surrogateescape", newline=None)
    return Lines(text, "x")


def hairpins(data: bytes) -> None:
    aside: list[object] = []
    _, records = read_hairpins(lines(data), lambda error, raw: aside.append(str(error)))
    found = list(records)
    for record in found:
        place = record.place
        assert place is None or place.end - place.start == len(record)
    write: Callable[[io.StringIO, Hairpin], None] = write_fasta
    if found and found[0].structure is not None:
        write = write_folded if "\t" in found[0].header else write_encoded
    if any(record.structure is None for record in found) and write is not write_fasta:
        raise AssertionError("some have structures and some have not")
    out = io.StringIO()
    for record in found:
        write(out, record)
    again = list(read_hairpins(lines(out.getvalue().encode("utf-8", "surrogateescape")))[1])
    assert [(r.header, r.sequence) for r in again] == [(r.header, r.sequence) for r in found]


def regions(data: bytes) -> None:
    for locus in read_bed(lines(data), LENGTHS, lambda error, raw: None):
        assert 0 <= locus.start < locus.end <= LENGTHS[locus.contig]
        assert parse_locus(str(locus), locus.end - locus.start) == locus


def places(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for length in (1, 80):
        found = parse_locus(text, length)
        if found is not None:
            assert found.end - found.start == length
            assert (
                parse_locus(str(found), length)
                in (
                    found,
                    Locus(found.contig, found.start, found.end, found.strand, ""),
                )
                or ":" in found.name
            )
    region = parse_region(text, LENGTHS)
    assert 0 <= region.start < region.end <= LENGTHS[region.contig]


def tables(data: bytes) -> None:
    for read in (read_labels, read_calls, read_split):
        try:
            read(lines(data))
        except MirpreError:
            continue
    read_families(lines(data), "id", "family")


def genomes(data: bytes) -> None:
    stream = io.BytesIO(data[1:])
    stream.read1 = stream.read  # type: ignore[method-assign]
    blocks = Blocks(stream, stream, "x")
    size = data[0] % 50 + 1 if data else 1
    pieces = (data[1:][at : at + size] for at in range(0, len(data), size))
    for source in (blocks, pieces):
        letters: dict[str, bytearray] = {}
        cut = source if isinstance(source, Blocks) else _Pieces(list(source))
        for chunk in read_chunks(cut, 7, 3):  # type: ignore[arg-type]
            own = chunk.sequence[chunk.own_start - chunk.start : chunk.own_end - chunk.start]
            letters.setdefault(chunk.contig, bytearray()).extend(own)
        if isinstance(source, Blocks):
            whole = letters
    # However it is cut into blocks, the contigs are the same.
    assert letters == whole


class _Pieces:
    name = "x"

    def __init__(self, pieces: list[bytes]) -> None:
        if pieces:
            pieces[0] = pieces[0].removeprefix(b"\xef\xbb\xbf")
        self._pieces = pieces

    def __iter__(self) -> object:
        return iter(self._pieces)


def cards(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "card.json").write_bytes(data)
        (folder / "model.onnx").write_bytes(ONNX)
        files = load_model_files(str(folder))
        assert 0 <= files.threshold <= 1
        assert files.name.isprintable()


def networks(data: bytes) -> None:
    """What is looked for in an ONNX file; damaged ones are ValueErrors."""
    try:
        reads_other_files(data)
    except ValueError:
        return


def journals(data: bytes) -> None:
    """As it is, and with a head and the checksums that its lines should have."""
    whole = b"".join(map(_line, data.decode("latin-1").split("\n")))
    for content in (data, _MAGIC + _line(json.dumps(MADE_BY)) + whole):
        assert "\n" not in _said(_journal, content)


def _journal(data: bytes) -> None:
    kept = ScanCheckpoint(io.BytesIO(data), "x", MADE_BY)
    list(kept.run(iter([]), lambda batches: iter([])))


def _said(read: Callable[[bytes], None], data: bytes) -> str:
    """The expected error of a reader, or nothing."""
    try:
        read(data)
    except MirpreError as error:
        return str(error)
    return ""


def indexes(data: bytes) -> None:
    try:
        _entry(data)
    except ValueError:
        return


def shards(data: bytes) -> None:
    """As it is, and with the last line that it should have."""
    *text, _ = ["", *lines(data)]
    body = "".join(f"{line}\n" for line in text[1:])
    checksum = zlib.crc32(body.encode("utf-8", "surrogateescape"))
    end = json.dumps({"lines": len(text) - 1, "crc32": checksum})
    for content in (data, f"{body}{end}\n".encode("utf-8", "surrogateescape")):
        assert "\n" not in _said(_shard, content)


def _shard(data: bytes) -> None:
    shard = ShardReader(lines(data))
    parts = list(shard)
    whole = WholeGenome()
    try:
        whole.add(shard.counts)
    except (KeyError, TypeError, ValueError, AttributeError):
        return  # a damaged one, as merge says
    assert len(list(whole.joined(parts, q_values=True))) == sum(len(calls) for calls, _ in parts)
    out = io.StringIO()
    writer = ShardWriter(out, shard.head)
    for calls, mirrored in parts:
        writer.write(calls, mirrored)
    writer.finish(shard.counts)
    again = ShardReader(lines(out.getvalue().encode()))
    assert (again.head, list(again), again.counts) == (shard.head, parts, shard.counts)


TARGETS = {
    one.__name__: one
    for one in (
        hairpins,
        regions,
        places,
        tables,
        genomes,
        cards,
        networks,
        journals,
        indexes,
        shards,
    )
}


def run(target: str, data: bytes) -> None:
    """One input of a target; raises what should not be raised."""
    said = ""
    try:
        TARGETS[target](data)
    except MirpreError as error:
        said = str(error)
    assert "\n" not in said
