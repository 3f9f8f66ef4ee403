"""Compressed content: how it is told, and modules that read what is no gzip."""

from __future__ import annotations

import gzip
import importlib
import zlib
from typing import Any, BinaryIO, cast

from mirpre.errors import FileError

DAMAGED: list[type[Exception]] = [EOFError, gzip.BadGzipFile, zlib.error]
"""What decompression raises; the modules of other kinds add theirs when they are first used."""

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


def decompressed(stream: BinaryIO, kind: str, name: str) -> BinaryIO:
    """The content of bzip2, xz or zstd; raises FileError where Python has no module for it."""
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
