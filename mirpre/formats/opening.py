"""The only place that opens files.

Input: a path or ``-``; plain, gzip and bgzip are told by content; LF and CRLF line ends.
Output: standard output, or a file that appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import sys
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO, cast

from mirpre.errors import FileError

# Bytes that are not UTF-8 (headers in an old 8-bit encoding) come out as they went in.
_ENCODING = "utf-8"
_ERRORS = "surrogateescape"
_BLOCK = 1 << 18


class Lines(Iterator[str]):
    """The lines of one input without their line ends, with a count and a look ahead."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self.name = name
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
            line = self._stream.readline()
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileError(
                f"damaged or incomplete gzip data ({error}); fetch or compress it again",
                file=self.name,
                line=self.number + len(self._ahead) + 1,
            ) from error
        except OSError as error:
            raise FileError(f"cannot read: {error.strerror}", file=self.name) from error
        return line.rstrip("\n") if line else None


@contextmanager
def _open_input(path: str) -> Iterator[tuple[BinaryIO, BinaryIO, str]]:
    """An input's content, decompressed; the stream below it; and the name for messages."""
    name = "<stdin>" if path == "-" else path
    if path == "-" and sys.stdin is None:
        raise FileError("standard input is closed", file=name)
    try:
        raw = sys.stdin.buffer if path == "-" else open(path, "rb")  # noqa: SIM115
        compressed = cast(io.BufferedReader, raw).peek(2)[:2] == b"\x1f\x8b"
    except OSError as error:
        raise FileError(f"cannot read: {error.strerror}", file=name) from error
    try:
        yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if compressed else raw, raw, name
    finally:
        if path != "-":
            raw.close()


@contextmanager
def open_lines(path: str) -> Iterator[Lines]:
    """Open a text input; ``-`` is standard input.

    Raises FileError where it cannot be opened or read, or its compression is damaged.
    """
    with _open_input(path) as (binary, _, name):
        # utf-8-sig drops the byte order mark that some editors write; newline=None takes CRLF.
        text = io.TextIOWrapper(binary, "utf-8-sig", errors=_ERRORS, newline=None)
        try:
            yield Lines(text, name)
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
        try:
            size = os.fstat(self._raw.fileno()).st_size
            return min(1.0, self._raw.tell() / size) if size else None
        except (OSError, ValueError):
            return None

    def __next__(self) -> bytes:
        try:
            block = self._stream.read(_BLOCK)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileError(
                f"damaged or incomplete gzip data ({error}); fetch or compress it again",
                file=self.name,
            ) from error
        except OSError as error:
            raise FileError(f"cannot read: {error.strerror}", file=self.name) from error
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
def open_binary_output(path: str | None) -> Iterator[BinaryIO]:
    """Open standard output (``None`` or ``-``) or a file that is written whole or not at all.

    The file is written beside its final place under a temporary name and moved there at the
    end; on any error it is removed and what stood there before stays. Devices and named pipes
    are written directly. Raises FileError where the file cannot be made.
    """
    if path is None or path == "-":
        if sys.stdout is None:
            raise FileError("standard output is closed")
        yield cast(BinaryIO, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    target = os.path.realpath(path)
    special = os.path.exists(target) and not os.path.isfile(target)
    folder, base = os.path.split(target)
    opened = target if special else os.path.join(folder, f".{base}.{os.getpid()}.tmp")
    try:
        stream = open(opened, "wb")  # noqa: SIM115
    except OSError as error:
        raise FileError(f"cannot write: {error.strerror}", file=path) from error
    try:
        with stream:
            yield stream
        if not special:
            if os.path.exists(target):
                os.chmod(opened, os.stat(target).st_mode & 0o7777)
            os.replace(opened, target)
    except BaseException:
        if not special:
            os.unlink(opened)
        raise


@contextmanager
def open_kept(path: str) -> Iterator[BinaryIO]:
    """A file that is read and added to, made where it is missing; it stays on any error.

    Raises FileError where it cannot be opened.
    """
    try:
        stream = open(path, "r+b" if os.path.exists(path) else "w+b")  # noqa: SIM115
    except OSError as error:
        raise FileError(f"cannot write: {error.strerror}", file=path) from error
    with stream:
        yield cast(BinaryIO, stream)


def remove(path: str) -> None:
    """Remove a file that is no longer needed."""
    os.unlink(path)


@contextmanager
def open_output(path: str | None) -> Iterator[TextIO]:
    """Text output as in open_binary_output; a name that ends in ``.gz`` is written as bgzip."""
    with open_binary_output(path) as binary:
        if path is not None and path.endswith(".gz"):
            from Bio.bgzf import BgzfWriter

            writer = BgzfWriter(fileobj=binary)
            yield cast(TextIO, _BgzipText(writer))
            writer.close()
            return
        text = io.TextIOWrapper(binary, _ENCODING, errors=_ERRORS, newline="\n")
        try:
            yield text
        except BaseException:
            # Results made before an error still reach a pipe; a file is dropped as a whole.
            with contextlib.suppress(OSError, ValueError):
                text.detach()
            raise
        text.detach()


class _BgzipText:
    """The text side of a bgzip writer, which takes bytes."""

    def __init__(self, writer: object) -> None:
        self._writer = writer

    def write(self, text: str) -> int:
        self._writer.write(text.encode(_ENCODING, _ERRORS))  # type: ignore[attr-defined]
        return len(text)

    def flush(self) -> None:
        """Nothing to do: blocks are written when they are full."""


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
