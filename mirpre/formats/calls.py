"""The formats that calls are written in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TextIO

from mirpre.calls import Call
from mirpre.formats.fasta import FastaCallWriter
from mirpre.formats.intervals import BedWriter, Gff3Writer
from mirpre.formats.table import JsonLinesWriter, TableWriter
from mirpre.provenance import Provenance


class CallWriter(Protocol):
    """Writes calls one by one; what stands at the head of the file is written when it is made."""

    def write(self, call: Call) -> None: ...


CALL_WRITERS: dict[str, Callable[[TextIO, Provenance, bool], CallWriter]] = {
    "tsv": TableWriter,
    "bed": BedWriter,
    "gff3": Gff3Writer,
    "fasta": FastaCallWriter,
    "jsonl": JsonLinesWriter,
}
