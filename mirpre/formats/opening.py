"""The only place that opens files.

Input: a path or ``-``; plain, gzip, bgzip, bzip2, xz and zstd are told by content; LF and CRLF
line ends.
Output: standard output, or a file that appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import re
import stat
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from mirpre.errors import FileError
from mirpre.formats.compression import DAMAGED, decompressed, kind_by_content, kind_of

# Bytes that are not UTF-8 (headers in an old 8-bit encoding) come out as they went in.
_ENCODING = "utf-8"
_ERRORS = "surrogateescape"
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
        text = io.TextIOWrapper(binary, "utf-8-sig", errors=_ERRORS, newline=None)
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


class _Named(io.FileIO):
    """An open file whose errors tell the name that the user gave it."""

    def __init__(self, handle: int, shown: str, mode: str = "wb") -> None:
        super().__init__(handle, mode)
        self._shown = shown

    def write(self, block: Any) -> int:
        try:
            return super().write(block) or 0
        except OSError as error:
            raise OSError(error.errno, f"cannot write: {error.strerror}", self._shown) from error


@contextmanager
def open_binary_output(path: str | None) -> Iterator[BinaryIO]:
    """Open standard output (``None`` or ``-``) or a file that is written whole or not at all.

    The file is written beside its final place under a temporary name, which nobody can foresee,
    with its final permissions, and moved there at the end; on any error it is removed and what
    stood there before stays. Devices, named pipes and open files (``/dev/stdout``,
    ``/dev/fd/3``) are written directly. Raises FileError where the file cannot be made.
    """
    number = 1 if path is None or path == "-" else open_file_number(path)
    if number == 1 and sys.stdout is None:
        raise FileError("standard output is closed")
    if number is not None:
        with _to_open_file(number, path) as stream:
            yield stream
        return
    assert path is not None
    target = os.path.realpath(path)
    try:
        if os.path.exists(target) and not os.path.isfile(target):
            made, handle = None, os.open(target, os.O_WRONLY)
        else:
            folder, base = os.path.split(target)
            handle, made = tempfile.mkstemp(".tmp", f".{base[:40]}.", folder)
    except OSError as error:
        raise FileError(f"cannot write: {error.strerror}", file=path) from error
    try:
        with io.BufferedWriter(_Named(handle, path)) as stream:
            if made is not None:
                os.fchmod(handle, _mode(target))
            yield cast(BinaryIO, stream)
        if made is not None:
            os.replace(made, target)
    except BaseException:
        if made is not None:
            with contextlib.suppress(OSError):
                os.unlink(made)
        raise


@contextmanager
def open_scratch() -> Iterator[BinaryIO]:
    """A temporary file without a name, to be written and read; errors tell its folder."""
    folder = "the folder of temporary files"
    try:
        folder = tempfile.gettempdir()
        handle, name = tempfile.mkstemp(prefix="mirpre-", dir=folder)
        os.unlink(name)
    except OSError as error:
        raise FileError(f"cannot write temporary files: {error.strerror}", file=folder) from error
    with io.BufferedRandom(_Named(handle, folder, "w+b")) as stream:
        yield cast(BinaryIO, stream)


_OPEN_FILE = re.compile(r"/dev/fd/([0-9]{1,9})|/proc/(?:self|thread-self)/fd/([0-9]{1,9})")
_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


def open_file_number(path: str) -> int | None:
    """The number of the open file that a path such as ``/dev/stdout`` stands for, also through
    symbolic links; None for other paths."""
    for _ in range(40):
        path = os.path.abspath(path)
        if path in _STREAMS:
            return _STREAMS[path]
        match = _OPEN_FILE.fullmatch(path)
        if match:
            return int(match[1] or match[2])
        try:
            path = os.path.join(os.path.dirname(path), os.readlink(path))
        except OSError:
            return None
    return None


@contextmanager
def _to_open_file(number: int, path: str | None) -> Iterator[BinaryIO]:
    """A file that is open already, from where it stands."""
    shown = "<stdout>" if number == 1 else path or "-"
    try:
        if number == 1:
            sys.stdout.flush()
            number = sys.stdout.fileno()
        handle = os.dup(number)
    except io.UnsupportedOperation:  # where another program has put something in its place
        yield cast(BinaryIO, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    except OSError as error:
        raise FileError(f"cannot write: {error.strerror}", file=shown) from error
    stream = io.BufferedWriter(_Named(handle, shown))
    try:
        yield cast(BinaryIO, stream)
        stream.flush()
    except BaseException:
        # Results made before an error still reach it.
        with contextlib.suppress(OSError):
            stream.flush()
        raise
    finally:
        with contextlib.suppress(OSError):
            stream.close()


def _mode(target: str) -> int:
    """Permissions of the file that is there, or those that a new one gets."""
    with contextlib.suppress(OSError):
        return os.stat(target).st_mode & 0o7777
    return _mode_of_new(0o666)


def _mode_of_new(all_allowed: int) -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return all_allowed & ~mask


def new_folder_beside(target: Path) -> Path:
    """An empty folder under a temporary name, to be renamed; missing parents are made.

    Raises FileError where it cannot be made.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made = tempfile.mkdtemp(".tmp", f".{target.name[:40]}.", target.parent)
        os.chmod(made, _mode(str(target)) if target.exists() else _mode_of_new(0o777))
    except OSError as error:
        raise FileError(f"cannot write: {error.strerror}", file=str(target)) from error
    return Path(made)


@contextmanager
def open_kept(path: str) -> Iterator[BinaryIO]:
    """A file that is read and added to, made where it is missing; it stays on any error.

    No symbolic link is followed, and no other run may have it open. Raises FileError where it
    cannot be opened so.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(path, flags, 0o666)
    except OSError as error:
        why = "it is a symbolic link" if os.path.islink(path) else error.strerror
        raise FileError(f"cannot write: {why}", file=path) from error
    with open(handle, "r+b") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise FileError("cannot write: it is no regular file", file=path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FileError("another run is using it", file=path) from error
        except OSError:
            pass  # a file system without locks
        yield cast(BinaryIO, stream)


@contextmanager
def open_log(path: str) -> Iterator[TextIO]:
    """A text file that lines are added to, made where it is missing; it stays on any error.

    Raises FileError where it cannot be opened.
    """
    try:
        stream = open(path, "a", encoding=_ENCODING, errors=_ERRORS)  # noqa: SIM115
    except OSError as error:
        raise FileError(f"cannot write: {error.strerror}", file=path) from error
    with stream:
        yield stream


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
