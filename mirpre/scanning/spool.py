"""Items that come by the million: in memory or, if they are many, in a temporary file."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from typing import Generic, TypeVar

from mirpre.errors import FileError

Item = TypeVar("Item")


class Spool(Generic[Item]):
    """Lists of items, to be gone through any number of times when all are there.

    The file has no name, and is gone with the last that holds this; it lies where TMPDIR says.
    """

    def __init__(self, held: int) -> None:
        """held: bytes that are held in memory before it becomes a file."""
        self._file = tempfile.SpooledTemporaryFile(max_size=held)  # noqa: SIM115

    def add(self, part: list[Item]) -> None:
        """Raises FileError where there is no space."""
        try:
            pickle.dump(part, self._file, pickle.HIGHEST_PROTOCOL)
        except OSError as error:
            raise FileError(
                f"cannot write a temporary file: {error.strerror}; name another folder by TMPDIR",
                file=tempfile.gettempdir(),
            ) from error

    def __iter__(self) -> Iterator[list[Item]]:
        """The lists that were added, in their order; nothing may be added meanwhile."""
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            yield pickle.load(self._file)

    def __del__(self) -> None:
        self._file.close()
