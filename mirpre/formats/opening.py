"""The only place that opens files to read; output.py opens those that are written.

A path or ``-``; plain, gzip, bgzip, bzip2, xz and zstd are told by content; LF and CRLF line ends.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO, cast

from mirpre.errors import FileError
from mirpre.formats.compression import DAMAGED, decompressed, kind_by_content, kind_of

# Bytes that are not UTF-8 (headers in an old 8-bit encoding) come out as they went in.
ENCODING = "utf-8"
ERRORS = "surrogateescape"
_BLOCK = 1 << 18
LONGEST_LINE = 1 << 24
"""Letters; what is longer is no line of a hairpin, and would fill the memory."""


class Lines(Iterator[str]):
    """The lines of one input without their line ends, with a count and a look ahead."""

    def __init__(self, stream: TextIO, name: str, raw: BinaryIO | None = None) -> None:
        self.name = name
        self._raw = raw
        self.number = 0
        """Number of the line that was returned last; the first is 1."""
        self.text = ""
        """That line."""
        self._stream = stream
        self._ahead: deque[str] = deque()

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else self._read()
        if line is None:
            raise StopIteration
        self.number += 1
        self.text = line
        return line

    @property
    def read_share(self) -> float | None:
        """How much of the input has been read, 0 to 1; None where its size is unknown."""
        return _read_share(self._raw) if self._raw is not None else None

    def peek(self, n: int) -> list[str]:
        """Up to n coming lines, which stay to be read."""
        while len(self._ahead) < n:
            line = self._read()
            if line is None:
                break
            self._ahead.append(line)
        return [self._ahead[i] for i in range(min(n, len(self._ahead)))]

    def _read(self) -> str | None:
        try:
            line = self._stream.readline(LONGEST_LINE + 1)
        except tuple(DAMAGED) as error:
            raise FileError(
                f"damaged or incomplete {kind_of(self._stream)} data ({error}); fetch or "
                "compress it again",
                file=self.name,
                line=self.number + len(self._ahead) + 1,
            ) from error
        except OSError as error:
            raise FileError(f"cannot read: {error.strerror or error}", file=self.name) from error
        if len(line) > LONGEST_LINE:
            raise FileError(
                f"a line of more than {LONGEST_LINE:,} letters, and hairpins are read here; a "
                "genome goes to scan-genome, regions of it to --bed and --genome",
                file=self.name,
                line=self.number + len(self._ahead) + 1,
            )
        return line.rstrip("\n") if line else None


def file_size(path: str) -> int | None:
    """Bytes of a file; None where that cannot be told beforehand."""
    try:
        return os.path.getsize(path) if os.path.isfile(path) else None
    except OSError:
        return None


def _read_share(raw: BinaryIO) -> float | None:
    try:
        size = os.fstat(raw.fileno()).st_size
        return min(1.0, raw.tell() / size) if size else None
    except (OSError, ValueError):
        return None


@contextmanager
def _open_input(path: str) -> Iterator[tuple[BinaryIO, BinaryIO, str]]:
    """An input's content, decompressed; the stream below it; and the name for messages."""
    name = "<stdin>" if path == "-" else path
    if path == "-" and sys.stdin is None:
        raise FileError("standard input is closed", file=name)
    try:
        raw = sys.stdin.buffer if path == "-" else open(path, "rb")  # noqa: SIM115
        buffered = cast(io.BufferedReader, raw)
        start = buffered.peek(18)[:18]
    except OSError as error:
        raise FileError(f"cannot read: {error.strerror}", file=name) from error
    try:
        yield decompressed(buffered, kind_by_content(start), name), raw, name
    finally:
        if path != "-":
            raw.close()


@contextmanager
def open_lines(path: str) -> Iterator[Lines]:
    """Open a text input; ``-`` is standard input.

    Raises FileError where it cannot be opened or read, or its compression is damaged.
    """
    with _open_input(path) as (binary, raw, name):
        # utf-8-sig drops the byte order mark that some editors write; newline=None takes CRLF.
        text = io.TextIOWrapper(binary, "utf-8-sig", errors=ERRORS, newline=None)
        try:
            yield Lines(text, name, raw)
        finally:
            text.detach()


class Blocks(Iterator[bytes]):
    """The bytes of one input in blocks of bounded size, decompressed."""

    def __init__(self, stream: BinaryIO, raw: BinaryIO, name: str) -> None:
        self.name = name
        self._stream = stream
        self._raw = raw
        self._first = True

    @property
    def read_share(self) -> float | None:
        """How much of the input has been read, 0 to 1; None where its size is unknown."""
        return _read_share(self._raw)

    def __next__(self) -> bytes:
        try:
            block = self._stream.read(_BLOCK)
        except tuple(DAMAGED) as error:
            raise FileError(
                f"damaged or incomplete {kind_of(self._stream)} data ({error}); fetch or "
                "compress it again",
                file=self.name,
            ) from error
        except OSError as error:
            raise FileError(f"cannot read: {error.strerror or error}", file=self.name) from error
        if not block:
            raise StopIteration
        if self._first:
            self._first = False
            return block.removeprefix(b"\xef\xbb\xbf")
        return block


@contextmanager
def open_blocks(path: str) -> Iterator[Blocks]:
    """Open an input too large for lines; ``-`` is standard input. Raises as open_lines does."""
    with _open_input(path) as (binary, raw, name):
        yield Blocks(binary, raw, name)


@contextmanager
def open_plain(path: str) -> Iterator[BinaryIO]:
    """A file's own bytes, for random access; raises FileError where it cannot be read."""
    try:
        stream = open(path, "rb")  # noqa: SIM115
    except OSError as error:
        raise FileError(f"cannot read: {error.strerror}", file=path) from error
    with stream:
        yield stream


def sha256_of(path: str) -> str:
    """The SHA-256 of a file as it lies there, 64 hexadecimal digits.

    Raises FileError where it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise FileError(f"cannot read: {error.strerror}", file=path) from error
    return digest.hexdigest()
