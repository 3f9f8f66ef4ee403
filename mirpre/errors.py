"""Expected errors: each is one clear line for the user and an exit status.

They carry where the trouble is (file, line, record), so that every message says it the same way.
"""

from __future__ import annotations

from typing import NamedTuple


def shortened(text: str) -> str:
    """As much of a text of any length as a message has room for."""
    return text if len(text) <= 200 else f"{text[:200]}..."


class MirpreError(Exception):
    """Base of all expected errors."""

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        record: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.record = record

    def __str__(self) -> str:
        place = self.file or ""
        if self.line is not None:
            place += f":{self.line}" if place else f"line {self.line}"
        parts = [place] if place else []
        if self.record is not None:
            parts.append(f"record {shortened(self.record)!r}")
        return ": ".join([*parts, self.message])


class FileError(MirpreError):
    """A file that cannot be read or written as a whole."""


class Problem(NamedTuple):
    """Why a record cannot be used: a short kind to count by, and the words for the user."""

    kind: str
    message: str


class RecordError(MirpreError):
    """One record that cannot be used; the rest of the input may be fine."""

    def __init__(
        self,
        problem: Problem,
        *,
        record: str | None,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(problem.message, file=file, line=line, record=record)
        self.kind = problem.kind


class LocusError(MirpreError):
    """A record without the genomic position that an output format needs."""


class ModelError(MirpreError):
    """A model folder, card or weights file that cannot be used."""


class MissingExtraError(MirpreError):
    """A command whose optional packages are not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs optional packages: pip install 'mirpre[{extra}]'")


class FolderError(MirpreError):
    """The native folding cannot stand in for the installed ViennaRNA."""


class WorkerError(MirpreError):
    """A worker process that ended or failed unexpectedly."""
