"""Compressed content: how it is told, and read."""

from __future__ import annotations

import gzip
import importlib
import io
import zlib
from typing import Any, BinaryIO, cast

from mirpre.errors import FileError

DAMAGED: list[type[Exception]] = [EOFError, gzip.BadGzipFile, zlib.error]
"""What decompression raises; the modules of other kinds add theirs when they are first used."""

BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that every bgzip file ends with (SAM specification, 4.1.2)."""

_BEGINNINGS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_READERS = {
    "bzip2": [("bz2", "BZ2File", "")],
    "xz": [("lzma", "LZMAFile", "LZMAError")],
    "zstd": [
        ("compression.zstd", "ZstdFile", "ZstdError"),
        ("backports.zstd", "ZstdFile", "ZstdError"),
    ],
}
"""Modules, of which the first one that is there is taken, with the class that reads and an error
that it raises."""


def kind_by_content(start: bytes) -> str:
    """gzip, bzip2, xz or zstd by its first bytes; empty for anything else."""
    return next((kind for mark, kind in _BEGINNINGS.items() if start.startswith(mark)), "")


def kind_of(stream: Any) -> str:
    """What a stream is decompressed from, in a word."""
    names = {"BZ2File": "bzip2", "LZMAFile": "xz", "ZstdFile": "zstd"}
    return names.get(type(getattr(stream, "buffer", stream)).__name__, "gzip")


def is_bgzip(start: bytes) -> bool:
    """Whether these first 18 bytes are those of bgzip."""
    return start[:4] == b"\x1f\x8b\x08\x04" and start[12:16] == b"BC\x02\x00"


class _Compressed(io.RawIOBase):
    """Compressed bytes on their way to be decompressed; the last ones are remembered."""

    def __init__(self, stream: io.BufferedReader) -> None:
        super().__init__()
        self._stream = stream
        self._is_bgzip = is_bgzip(stream.peek(18)[:18])
        self._last = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = self._stream.readinto1(buffer)
        # Copied only as far as it may be the end.
        end = bytes(memoryview(buffer)[max(0, read - len(BGZIP_END)) : read])
        self._last = (self._last + end)[-len(BGZIP_END) :]
        return read

    def check_end(self) -> None:
        """Raises EOFError where bgzip, which has been read, was cut at the end of a block."""
        if self._is_bgzip and self._last != BGZIP_END:
            raise EOFError("the block that ends a bgzip file is missing")


class _Checked(gzip.GzipFile):
    """Decompressed bytes; raises EOFError where the end is missing."""

    def __init__(self, compressed: _Compressed) -> None:
        super().__init__(fileobj=cast(BinaryIO, compressed))
        self._compressed = compressed

    def read(self, size: int | None = -1) -> bytes:
        return self._ended(super().read(size), size)

    def read1(self, size: int = -1) -> bytes:
        return self._ended(super().read1(size), size)

    def _ended(self, block: bytes, size: int | None) -> bytes:
        if not block and size != 0:
            self._compressed.check_end()
        return block


def decompressed(stream: io.BufferedReader, kind: str, name: str) -> BinaryIO:
    """The content of a stream of this kind, or of none (the empty word).

    Raises FileError where Python has no module for the kind.
    """
    if not kind:
        return cast(BinaryIO, stream)
    if kind == "gzip":
        return cast(BinaryIO, _Checked(_Compressed(stream)))
    for module, reader, trouble in _READERS[kind]:
        try:
            found = importlib.import_module(module)
        except ImportError:
            continue
        if trouble and getattr(found, trouble) not in DAMAGED:
            DAMAGED.append(getattr(found, trouble))
        return cast(BinaryIO, getattr(found, reader)(stream))
    package = "pip install 'mirpre[zstd]', or " if kind == "zstd" else ""
    raise FileError(
        f"this is {kind} data, which this Python cannot read: {package}decompress it first, such "
        f"as with {kind} -dc FILE | mirpre ...",
        file=name,
    )
