"""GFF3: 1-based inclusive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from mirpre.formats.dotbracket import format_mfe
from mirpre.formats.writer import Head, format_probability, format_q_value, place_of
from mirpre.records import Call, Candidate, Locus

_IN_COLUMN = {n: f"%{n:02X}" for n in (*range(32), 37, 127)}  # control characters and %
_IN_ATTRIBUTE = {**_IN_COLUMN, **{ord(c): f"%{ord(c):02X}" for c in ";=&,"}}


def _contig(name: str) -> str:
    text = name.translate(_IN_COLUMN)
    # The line would be a comment, or the beginning of a FASTA section.
    return f"%{ord(text[0]):02X}{text[1:]}" if text.startswith(("#", ">")) else text


class Gff3Writer:
    """``pre_miRNA`` for what is called, ``stem_loop`` for the rest and for candidates.

    The score column is the probability, or a candidate's log-odds. IDs count the rows, since
    names may repeat.
    """

    def __init__(self, out: TextIO, head: Head) -> None:
        self._out = out
        self._structure = head.structure
        self._rows = 0
        out.write("##gff-version 3\n")
        out.writelines(f"# {line}\n" for line in head.lines)

    def write(self, record: Call | Candidate) -> None:
        hairpin = record.hairpin
        locus = place_of(hairpin, "GFF3")
        self._rows += 1
        attributes = {"ID": f"hairpin{self._rows}", "Name": locus.name or hairpin.name}
        if isinstance(record, Call):
            kind = "pre_miRNA" if record.is_positive else "stem_loop"
            score = format_probability(record.probability)
            attributes |= self._call_attributes(record)
        else:
            kind, score = "stem_loop", f"{record.log_odds:.2f}"
            attributes["length"] = str(len(hairpin))
        self._out.write(feature(locus, kind, score, attributes))

    def _call_attributes(self, call: Call) -> dict[str, str]:
        attributes = {"mfe": format_mfe(call.hairpin.mfe), "length": str(len(call.hairpin))}
        if call.score is not None:
            attributes["score"] = format_probability(call.score)
        if call.copies is not None:
            attributes["copies"] = str(call.copies)
        if call.outside_pairs is not None:
            attributes["outside_pairs"] = str(call.outside_pairs)
        if call.flags:
            attributes["flags"] = " ".join(call.flags)
        if call.q_value is not None:
            attributes["q_value"] = format_q_value(call.q_value)
        if self._structure:
            attributes["structure"] = call.hairpin.structure or ""
        return attributes


def feature(locus: Locus, kind: str, score: str, attributes: Mapping[str, str]) -> str:
    """The line of a feature, its text escaped."""
    fields = (
        _contig(locus.contig),
        "mirpre",
        kind,
        str(locus.start + 1),
        str(locus.end),
        score,
        locus.strand,
        ".",
        ";".join(f"{key}={text.translate(_IN_ATTRIBUTE)}" for key, text in attributes.items()),
    )
    return "\t".join(fields) + "\n"
