"""Calls at their genomic loci: BED and GFF3."""

from __future__ import annotations

from typing import TextIO

from mirpre.calls import Call
from mirpre.errors import LocusError
from mirpre.formats.dotbracket import format_mfe
from mirpre.formats.table import format_probability, format_q_value
from mirpre.hairpin import Hairpin
from mirpre.locus import Locus, parse_locus
from mirpre.provenance import Provenance

_GFF3_COLUMN = {ord(c): f"%{ord(c):02X}" for c in "%\t\n\r"}
_GFF3_ATTRIBUTE = {**_GFF3_COLUMN, **{ord(c): f"%{ord(c):02X}" for c in ";=&,"}}


def escape_column(text: str) -> str:
    """Text that may stand in a column of GFF3."""
    return text.translate(_GFF3_COLUMN)


def escape_attribute(text: str) -> str:
    """Text that may stand in an attribute of GFF3."""
    return text.translate(_GFF3_ATTRIBUTE)


def locus_of(hairpin: Hairpin, output: str) -> Locus:
    """The locus in a record's name; raises LocusError where it has none that fits its length."""
    locus = parse_locus(hairpin.name, len(hairpin))
    if locus is None:
        raise LocusError(
            f"no locus such as chr1:100-180(+) that fits its {len(hairpin)} nt stands in the "
            f"name, and {output} needs one; take regions with --bed and --genome, or another "
            "--format",
            record=hairpin.name,
        )
    return locus


class BedWriter:
    """BED6, 0-based half-open; the score is 1000 times the probability, rounded."""

    def __init__(self, out: TextIO, provenance: Provenance, structure: bool) -> None:
        self._out = out
        for line in provenance.header_lines():
            out.write(f"# {line}\n")

    def write(self, call: Call) -> None:
        locus = locus_of(call.hairpin, "BED")
        score = round(1000 * call.probability)
        name = locus.name or call.hairpin.name
        fields = (locus.contig, locus.start, locus.end, name, score, locus.strand)
        self._out.write("\t".join(map(str, fields)) + "\n")


class Gff3Writer:
    """GFF3, 1-based inclusive: ``pre_miRNA`` for what is called, ``stem_loop`` for the rest.

    The score column is the probability. IDs count the rows, since names may repeat.
    """

    def __init__(self, out: TextIO, provenance: Provenance, structure: bool) -> None:
        self._out = out
        self._structure = structure
        self._rows = 0
        out.write("##gff-version 3\n")
        for line in provenance.header_lines():
            out.write(f"# {line}\n")

    def write(self, call: Call) -> None:
        hairpin = call.hairpin
        locus = locus_of(hairpin, "GFF3")
        self._rows += 1
        attributes = {
            "ID": f"hairpin{self._rows}",
            "Name": locus.name or hairpin.name,
            "mfe": format_mfe(hairpin.mfe),
            "length": str(len(hairpin)),
        }
        if call.flags:
            attributes["flags"] = " ".join(call.flags)
        if call.q_value is not None:
            attributes["q_value"] = format_q_value(call.q_value)
        if self._structure:
            attributes["structure"] = hairpin.structure or ""
        fields = (
            escape_column(locus.contig),
            "mirpre",
            "pre_miRNA" if call.is_positive else "stem_loop",
            str(locus.start + 1),
            str(locus.end),
            format_probability(call.probability),
            locus.strand,
            ".",
            ";".join(f"{key}={escape_attribute(value)}" for key, value in attributes.items()),
        )
        self._out.write("\t".join(fields) + "\n")
