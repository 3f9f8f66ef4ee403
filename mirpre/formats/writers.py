"""The list of formats that calls and candidates are written in.

A new format is a module with a writer (see writer.py) and a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TextIO

from mirpre.formats.bed import BedWriter
from mirpre.formats.dotbracket import FoldedWriter
from mirpre.formats.fasta import FastaWriter
from mirpre.formats.gff3 import Gff3Writer
from mirpre.formats.jsonl import JsonLinesWriter
from mirpre.formats.table import TableWriter
from mirpre.formats.writer import Head, Writer


class Format(NamedTuple):
    """A format, and what can be written in it."""

    make: Callable[[TextIO, Head], Writer]
    calls: bool
    candidates: bool
    structure: bool = False
    """Whether calls have room for a dot-bracket."""


FORMATS = {
    "tsv": Format(TableWriter, calls=True, candidates=True, structure=True),
    "bed": Format(BedWriter, calls=True, candidates=True),
    "gff3": Format(Gff3Writer, calls=True, candidates=True, structure=True),
    "fasta": Format(FastaWriter, calls=True, candidates=True),
    "folded": Format(FoldedWriter, calls=False, candidates=True),
    "jsonl": Format(JsonLinesWriter, calls=True, candidates=False, structure=True),
}
CALL_FORMATS = tuple(name for name, kind in FORMATS.items() if kind.calls)
CANDIDATE_FORMATS = tuple(name for name, kind in FORMATS.items() if kind.candidates)
WITH_STRUCTURE = frozenset(name for name, kind in FORMATS.items() if kind.structure)
