"""Calls as JSON, one object a line."""

from __future__ import annotations

from typing import TextIO

from mirpre.formats.json_text import to_json
from mirpre.formats.writer import Head, format_q_value
from mirpre.records import Call, Candidate


class JsonLinesWriter:
    """It has no header lines, so that every line is a record."""

    def __init__(self, out: TextIO, head: Head) -> None:
        self._out = out
        self._structure = head.structure
        self._scan = head.scan

    def write(self, record: Call | Candidate) -> None:
        if not isinstance(record, Call):
            raise TypeError("JSON lines are written of calls only")
        hairpin = record.hairpin
        fields: dict[str, object] = {
            "id": hairpin.name,
            "header": hairpin.header,
            "length": len(hairpin),
            "mfe": hairpin.mfe,
            "probability": record.probability,
            **({"score": record.score} if self._scan else {}),
            "call": record.label,
            **(_of_scan(record) if self._scan else {}),
            "flags": list(record.flags),
            "sequence": hairpin.sequence,
        }
        if record.q_value is not None:
            fields["q_value"] = float(format_q_value(record.q_value))
        if self._structure:
            fields["structure"] = hairpin.structure
        self._out.write(to_json(fields) + "\n")


def _of_scan(call: Call) -> dict[str, object]:
    return {"copies": call.copies, "outside_pairs": call.outside_pairs}
