"""Split tables: which set, or which fold, each labelled record belongs to.

Tab-separated, with ``#`` header lines and a line of column names; a row for each record of the
positives' file and then of the negatives' file, in the order of the files:

    label   positive or negative
    number  of the record within its file, from 1
    id      first word of the record's header
    group   number of its group; records of one group are in the same set
    set     train, validation or test -- or instead of it:
    fold    from 1
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from mirpre.errors import FileError
from mirpre.formats.columns import Columns
from mirpre.formats.labels import NEGATIVE, POSITIVE
from mirpre.formats.opening import Lines
from mirpre.records import Hairpin

_FOLD = re.compile("[1-9][0-9]{0,8}")
SETS = ("train", "validation", "test")


@dataclass(frozen=True)
class SplitTable:
    """The IDs of positives and negatives, and the part of each: a set's name or a fold's number."""

    file: str
    positives: list[str]
    negatives: list[str]
    parts: list[str]
    """Of the positives, then of the negatives."""
    has_folds: bool

    @property
    def folds(self) -> int:
        """How many folds there are."""
        return max(map(int, self.parts))

    def digest(self) -> str:
        """SHA-256 of the division, which does not depend on how the table is written."""
        text = json.dumps([self.positives, self.negatives, self.parts])
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def matched(self, records: Iterable[Hairpin], label: str) -> Iterator[tuple[Hairpin, str]]:
        """A file's records, each with its part.

        Raises FileError where they are not the records that the table is about.
        """
        names = self.positives if label == POSITIVE else self.negatives
        parts = self.parts[: len(names)] if label == POSITIVE else self.parts[-len(names) :]
        number = 0
        for number, record in enumerate(records, 1):
            if number > len(names) or names[number - 1] != record.name:
                here = repr(names[number - 1]) if number <= len(names) else "missing"
                raise FileError(
                    f"made for other records: {label} {number} is {here} here and "
                    f"{record.name!r} in its file",
                    file=self.file,
                )
            yield record, parts[number - 1]
        if number < len(names):
            raise FileError(
                f"made for other records: {len(names)} {label} ones here, {number} in their file",
                file=self.file,
            )


def write_split(
    out: TextIO,
    header: Iterable[str],
    names: tuple[Sequence[str], Sequence[str]],
    groups: Sequence[int],
    column: str,
    parts: Sequence[str],
) -> None:
    """Write a table; names are (positives', negatives'), groups and parts cover both in turn."""
    for line in header:
        out.write(f"# {line}\n")
    out.write("\t".join(("label", "number", "id", "group", column)) + "\n")
    positives, negatives = names
    rows = [(POSITIVE, n, name) for n, name in enumerate(positives, 1)]
    rows += [(NEGATIVE, n, name) for n, name in enumerate(negatives, 1)]
    for row, group, part in zip(rows, groups, parts, strict=True):
        out.write("\t".join(map(str, (*row, group, part))) + "\n")


def read_split(lines: Lines) -> SplitTable:
    """Read a table; raises FileError for rows out of order and unknown labels, sets and folds."""
    table = Columns(lines, ("label", "number", "id"))
    column = next((name for name in ("set", "fold") if name in table.names), None)
    if column is None:
        raise table.error("no column 'set' or 'fold' in the line of column names")
    names: dict[str, list[str]] = {POSITIVE: [], NEGATIVE: []}
    parts: list[str] = []
    for row in table.rows():
        label, part = row["label"], row[column]
        if label not in names or (label == POSITIVE and names[NEGATIVE]):
            raise table.error(f"label is {label!r}; all positive rows come first, then negative")
        if row["number"] != str(len(names[label]) + 1):
            raise table.error(f"number is {row['number']!r}; rows must count their file's records")
        if column == "set" and part not in SETS:
            raise table.error(f"set is {part!r}; it must be one of {', '.join(SETS)}")
        if column == "fold" and not _FOLD.fullmatch(part):
            raise table.error(f"fold is {part!r}; folds are numbers from 1")
        names[label].append(row["id"])
        parts.append(part)
    return SplitTable(lines.name, names[POSITIVE], names[NEGATIVE], parts, column == "fold")


def read_families(lines: Lines, id_column: str, family_column: str) -> dict[str, str]:
    """Family by record ID, of two columns of a table; rows without a family are left out.

    Raises FileError for an ID with two families.
    """
    table = Columns(lines, (id_column, family_column))
    families: dict[str, str] = {}
    for row in table.rows():
        name, family = row[id_column], row[family_column]
        if family and families.setdefault(name, family) != family:
            raise table.error(f"{name!r} is of two families, {families[name]!r} and {family!r}")
    return families
