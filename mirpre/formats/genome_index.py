"""The index (.fai, and .gzi of bgzip) of a genome: held to its FASTA, or made anew.

samtools takes an index as it is, so that one of an older file gives wrong sequence in silence.
Here one that is older than its genome, or does not fit, is not used.
"""

from __future__ import annotations

import bisect
import contextlib
import os
import re
import struct
import tempfile
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from mirpre.errors import FileError
from mirpre.formats.compression import BGZIP_END, is_bgzip
from mirpre.formats.opening import open_blocks, open_plain
from mirpre.records import first_word

_ENTRY = re.compile(
    rb"([^\t]*)\t([0-9]{1,15})\t([0-9]{1,15})\t([0-9]{1,15})\t([0-9]{1,15})(?:\t[0-9]+)?"
)
_LONGEST_GAP = 1 << 20
"""Bytes between two contigs: headers, blank lines."""
_MOST_CHECKED = 20_000
"""Contigs of a bgzip file that are looked at, since each takes some decompression."""


class Index(NamedTuple):
    """Where the files are; gzi is None for a plain genome."""

    fai: str
    gzi: str | None


class _Entry(NamedTuple):
    name: bytes
    length: int
    offset: int
    bases: int
    width: int

    @property
    def end(self) -> int:
        """Behind the last letter."""
        if not self.length:
            return self.offset
        lines = (self.length - 1) // self.bases
        return self.offset + lines * self.width + self.length - lines * self.bases


def find_index(path: str, scratch: str) -> Index:
    """An index that fits: the one beside the genome, or one that is made.

    It is made beside the genome where there is none and the folder can be written, and otherwise
    in the folder scratch. Raises FileError for a genome that cannot be indexed, saying why.
    """
    compressed = _is_compressed(path)
    beside = Index(path + ".fai", path + ".gzi" if compressed else None)
    if all(name is None or _is_newer(name, path) for name in beside) and _fits(path, beside):
        return beside
    made = Index(os.path.join(scratch, "fai"), os.path.join(scratch, "gzi") if compressed else None)
    _make(path, made)
    if not _fits(path, made):
        raise FileError(_trouble(path), file=path)
    if not any(name is not None and os.path.lexists(name) for name in beside):
        with contextlib.suppress(OSError):  # the one in the scratch folder does as well
            for ours, theirs in zip(made, beside, strict=True):
                if ours is not None and theirs is not None:
                    _copy(ours, theirs)
    return made


def _is_compressed(path: str) -> bool:
    """Whether it is bgzip; raises FileError for gzip that is not, and for a file that was cut."""
    with open_plain(path) as file:
        start = file.read(18)
        if not start.startswith(b"\x1f\x8b"):
            return False
        if not is_bgzip(start):
            raise FileError(
                "regions are read of a genome that is plain or compressed with bgzip (not gzip): "
                "gunzip it, then bgzip it",
                file=path,
            )
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(BGZIP_END)))
        if file.read() != BGZIP_END:
            raise FileError(
                "incomplete bgzip data (the end is missing); fetch or compress it again", file=path
            )
    return True


def _is_newer(index: str, path: str) -> bool:
    try:
        return os.stat(index).st_mtime_ns >= os.stat(path).st_mtime_ns
    except OSError:
        return False


def _copy(made: str, beside: str) -> None:
    """Put a copy there, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=os.path.dirname(beside) or ".", prefix=".", suffix=".tmp")
    try:
        with open(handle, "wb") as out, open(made, "rb") as file:
            while block := file.read(1 << 20):
                out.write(block)
        os.chmod(name, os.stat(made).st_mode & 0o777)
        try:
            os.link(name, beside)  # which another run may have made by now
        except FileExistsError:
            return
        except OSError:  # a file system without hard links
            os.rename(name, beside)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def _make(path: str, index: Index) -> None:
    import pysam

    pysam.set_verbosity(0)  # htslib's own messages; ours follow
    try:
        more = ["--gzi-idx", index.gzi] if index.gzi else []
        pysam.faidx("--fai-idx", index.fai, *more, path)
    except (OSError, ValueError, pysam.utils.SamtoolsError) as error:
        trouble = _trouble(path)
        try:
            with open(index.fai, "wb") as out:
                out.write(bytes(1 << 16))
        except OSError as full:
            raise FileError(
                f"cannot write a temporary index of this genome: {full.strerror}", file=index.fai
            ) from error
        raise FileError(trouble, file=path) from error


def _fits(path: str, index: Index) -> bool:
    """Whether each contig is where the index says, and there are no others."""
    try:
        with open(index.fai, "rb") as file:
            entries = [_entry(line) for line in file.read().splitlines()]
        with open_plain(path) as genome:
            read: Callable[[int, int], bytes] = _reader(genome)
            if index.gzi is not None:
                read = _bgzip_reader(genome, index.gzi)
                entries = entries if len(entries) <= _MOST_CHECKED else entries[:1]
            return _all_fit(entries, read)
    except (OSError, ValueError, struct.error, IndexError):
        return False


def _all_fit(entries: list[_Entry], read: Callable[[int, int], bytes]) -> bool:
    end = 0
    for entry in entries:
        gap = entry.offset - end
        if not 0 <= gap <= _LONGEST_GAP or not _is_header(read(end, gap), gap, entry.name):
            return False
        end = entry.end
    last = entries[-1]
    # Neither cut off nor gone on with.
    if last.length and len(read(end - 1, 1)) != 1:
        return False
    rest = [line for line in read(end, _LONGEST_GAP).split(b"\n") if line.strip()]
    return all(line.startswith(b">") for line in rest)


def _entry(line: bytes) -> _Entry:
    match = _ENTRY.fullmatch(line)
    if not match:
        raise ValueError("no index")
    entry = _Entry(match[1], *map(int, match.groups()[1:5]))
    if entry.length and not 0 < entry.bases < entry.width:
        raise ValueError("no index")
    return entry


def _is_header(gap: bytes, length: int, name: bytes) -> bool:
    """Whether this, between two contigs, ends with the header of one; headers of contigs without
    sequence may stand before it."""
    lines = [line for line in gap.split(b"\n") if line.strip()]
    if len(gap) != length or not lines or not all(line.startswith(b">") for line in lines):
        return False
    words = lines[-1][1:].split(None, 1)
    return (words[0] if words else b"") == name


def _reader(genome: BinaryIO) -> Callable[[int, int], bytes]:
    def read(start: int, size: int) -> bytes:
        genome.seek(start)
        return genome.read(size)

    return read


def _bgzip_reader(genome: BinaryIO, gzi: str) -> Callable[[int, int], bytes]:
    from Bio.bgzf import BgzfReader

    with open(gzi, "rb") as file:
        content = file.read()
    (n,) = struct.unpack_from("<Q", content)
    numbers = struct.unpack_from(f"<{2 * n}Q", content, 8)
    packed, plain = [0, *numbers[::2]], [0, *numbers[1::2]]
    blocks = BgzfReader(fileobj=genome, mode="rb")

    def read(start: int, size: int) -> bytes:
        block = bisect.bisect_right(plain, start) - 1
        blocks.seek(packed[block] << 16)
        blocks.read(start - plain[block])
        found: bytes = blocks.read(size)
        return found

    return read


def _trouble(path: str) -> str:
    """Why a genome cannot be indexed."""
    from mirpre.formats.regions import duplicate_contig

    number, widths, ended, is_empty = 0, [0, 0], False, False
    names: set[str] = set()
    pieces: list[bytes] = []
    with open_blocks(path) as blocks:
        for block in blocks:
            pieces.append(block)
            if b"\n" not in block:
                continue
            *lines, held = b"".join(pieces).split(b"\n")
            pieces = [held]
            for line in lines:
                number += 1
                is_empty = line.startswith(b">") or (is_empty and not line.strip())
                if line.startswith(b">"):
                    widths, ended = [0, 0], False
                    name = first_word(line[1:].decode("utf-8", "surrogateescape"))
                    if name in names:
                        return duplicate_contig(name)
                    names.add(name)
                elif not names:
                    return "no FASTA: it must start with '>name'"
                elif ended and line.strip():
                    return (
                        f"line {number} is no part of a contig with equally long lines, as "
                        "samtools faidx needs them; write the FASTA anew, such as with seqkit seq "
                        "-w 60"
                    )
                else:
                    widths = [widths[0] or len(line), len(line)]
                    ended = widths[1] != widths[0] or not line.strip()
    rest = b"".join(pieces)
    if not number and not rest.strip():
        return "no sequence in this genome"
    return _trouble_of_all(names, rest, rest.startswith(b">") or (is_empty and not rest.strip()))


def _trouble_of_all(names: set[str], rest: bytes, ends_empty: bool) -> str:
    """The same where no line tells it: rest is what follows the last line end."""
    if b"\r" in rest.rstrip(b"\r"):
        return "its lines end with CR alone; write them with LF: tr '\\r' '\\n'"
    if not names and not rest.startswith(b">"):
        return "no FASTA: it must start with '>name'"
    if ends_empty:
        return "its last contig has no sequence, and samtools faidx cannot index that; take it out"
    if not all(name.isprintable() and name.isascii() for name in names):
        return "samtools faidx cannot index it, perhaps since contigs have names that are not text"
    return "cannot index this genome; it must be FASTA, plain or compressed with bgzip (not gzip)"
