"""The importance of nucleotides as text: a table, or bedGraph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TextIO

from mirpre.formats.writer import format_probability, place_of
from mirpre.records import Explained

COLUMNS = ("id", "position", "base", "structure", "importance")


class ImportanceWriter(Protocol):
    """Writes records one by one; what stands at the head of the file is written when it is made."""

    def write(self, record: Explained) -> None: ...


class ImportanceTable:
    """``#`` lines, column names, and a row for each nucleotide, positions from 1."""

    def __init__(self, out: TextIO, head: Sequence[str]) -> None:
        self._out = out
        out.writelines(f"# {line}\n" for line in head)
        out.write("\t".join(COLUMNS) + "\n")

    def write(self, record: Explained) -> None:
        hairpin = record.hairpin
        letters = zip(hairpin.sequence, hairpin.structure or "", record.importance, strict=True)
        for position, (base, symbol, value) in enumerate(letters, 1):
            fields = (hairpin.name or ".", str(position), base, symbol, f"{value:.4g}")
            self._out.write("\t".join(fields) + "\n")


class ImportanceBedGraph:
    """bedGraph: contig, 0-based start, end, importance; a ``#`` line before each hairpin.

    Genome browsers want no position twice: of hairpins that overlap, classify one.
    """

    def __init__(self, out: TextIO, head: Sequence[str]) -> None:
        self._out = out
        out.writelines(f"# {line}\n" for line in head)
        out.write(
            'track type=bedGraph name="importance" description="importance for the call, '
            'log-odds" visibility=full color=0,114,178 altColor=213,94,0 autoScale=on\n'
        )

    def write(self, record: Explained) -> None:
        place = place_of(record.hairpin, "bedGraph")
        values = list(record.importance)
        if place.strand == "-":
            values.reverse()
        self._out.write(
            f"# {record.hairpin.name}, probability {format_probability(record.probability)}\n"
        )
        for start, value in enumerate(values, place.start):
            self._out.write(f"{place.contig}\t{start}\t{start + 1}\t{value:.4g}\n")


IMPORTANCE_FORMATS: dict[str, Callable[[TextIO, Sequence[str]], ImportanceWriter]] = {
    "tsv": ImportanceTable,
    "bedgraph": ImportanceBedGraph,
}
