"""The only place that opens files to write: standard output, or a file that appears whole or not
at all."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from mirpre.errors import FileError
from mirpre.formats.opening import ENCODING, ERRORS


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
        stream = open(path, "a", encoding=ENCODING, errors=ERRORS)  # noqa: SIM115
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
        text = io.TextIOWrapper(binary, ENCODING, errors=ERRORS, newline="\n")
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
        self._writer.write(text.encode(ENCODING, ERRORS))  # type: ignore[attr-defined]
        return len(text)

    def flush(self) -> None:
        """Nothing to do: blocks are written when they are full."""
