"""Calls as a table: tab-separated, or one JSON object a line."""

from __future__ import annotations

import json
from typing import TextIO

from mirpre.calls import Call
from mirpre.formats.dotbracket import format_mfe
from mirpre.provenance import Provenance

COLUMNS = ("id", "length", "mfe", "probability", "call", "flags")


def format_probability(probability: float) -> str:
    """Six decimals, everywhere."""
    return f"{probability:.6f}"


def format_q_value(q_value: float | None) -> str:
    return "NA" if q_value is None else f"{q_value:.4g}"


class TableWriter:
    """``#`` header lines, a line of column names, and a row for each call."""

    def __init__(self, out: TextIO, provenance: Provenance, structure: bool) -> None:
        self._out = out
        self._structure = structure
        for line in provenance.header_lines():
            out.write(f"# {line}\n")
        self._q_values = provenance.decoys > 0
        more = (("q_value", self._q_values), ("structure", structure))
        columns = [*COLUMNS, *(name for name, wanted in more if wanted)]
        out.write("\t".join(columns) + "\n")

    def write(self, call: Call) -> None:
        hairpin = call.hairpin
        fields = [
            hairpin.name or ".",
            str(len(hairpin)),
            format_mfe(hairpin.mfe),
            format_probability(call.probability),
            call.label,
            ",".join(call.flags) or ".",
        ]
        if self._q_values:
            fields.append(format_q_value(call.q_value))
        if self._structure:
            fields.append(hairpin.structure or "")
        self._out.write("\t".join(fields) + "\n")


class JsonLinesWriter:
    """One JSON object a line; it has no header lines, so that every line is a record."""

    def __init__(self, out: TextIO, provenance: Provenance, structure: bool) -> None:
        self._out = out
        self._structure = structure

    def write(self, call: Call) -> None:
        hairpin = call.hairpin
        record: dict[str, object] = {
            "id": hairpin.name,
            "header": hairpin.header,
            "length": len(hairpin),
            "mfe": hairpin.mfe,
            "probability": call.probability,
            "call": call.label,
            "flags": list(call.flags),
            "sequence": hairpin.sequence,
        }
        if call.q_value is not None:
            record["q_value"] = float(format_q_value(call.q_value))
        if self._structure:
            record["structure"] = hairpin.structure
        self._out.write(json.dumps(record) + "\n")
