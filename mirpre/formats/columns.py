"""Reading tab-separated tables with a line of column names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mirpre.errors import FileError
from mirpre.formats.opening import Lines


class Columns:
    """A table's column names, its ``#`` header lines, and then its rows."""

    def __init__(self, lines: Lines, required: Sequence[str]) -> None:
        """Read as far as the column names; raises FileError where a required one is missing."""
        self.comments: list[str] = []
        self._lines = lines
        self.names: list[str] = []
        for line in lines:
            if line.startswith("#"):
                self.comments.append(line[1:].strip())
            elif line.strip():
                self.names = line.split("\t")
                break
        missing = [name for name in required if name not in self.names]
        if missing:
            raise FileError(
                f"no column {' and no '.join(map(repr, missing))} in the line of column names; "
                "the table must be tab-separated",
                file=lines.name,
                line=lines.number or None,
            )

    def rows(self) -> Iterator[dict[str, str]]:
        """Each row by column name; raises FileError for a row with another number of fields.

        A line with ``#`` is a comment only where it has no tab, since IDs may begin so.
        """
        for line in self._lines:
            if not line.strip() or (line.startswith("#") and "\t" not in line):
                continue
            fields = line.split("\t")
            if len(fields) != len(self.names):
                raise self.error(f"{len(fields)} fields, and there are {len(self.names)} columns")
            yield dict(zip(self.names, fields, strict=True))

    def error(self, message: str) -> FileError:
        """An error about the row that was read last."""
        return FileError(message, file=self._lines.name, line=self._lines.number)
