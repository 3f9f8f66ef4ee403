"""Calls and candidates as a tab-separated table."""

from __future__ import annotations

from typing import TextIO

from mirpre.formats.dotbracket import format_mfe
from mirpre.formats.writer import Head, format_count, format_probability, format_q_value
from mirpre.records import Call, Candidate

CALL_COLUMNS = ("id", "length", "mfe", "probability", "call", "flags")
SCAN_COLUMNS = (
    *("id", "length", "mfe", "probability", "score", "call"),
    *("copies", "outside_pairs", "flags"),
)
"""Of the calls of a scan."""
CANDIDATE_COLUMNS = ("id", "contig", "start", "end", "strand", "length", "score", "sequence")


class TableWriter:
    """``#`` header lines, a line of column names, and a row for each record.

    A candidate's start is 1-based, its score the search networks' log-odds.
    """

    def __init__(self, out: TextIO, head: Head) -> None:
        self._out = out
        self._head = head
        out.writelines(f"# {line}\n" for line in head.lines)
        more = (("q_value", head.q_values), ("structure", head.structure))
        columns = [
            *(SCAN_COLUMNS if head.scan else CALL_COLUMNS),
            *(name for name, wanted in more if wanted),
        ]
        out.write("\t".join(columns if head.calls else CANDIDATE_COLUMNS) + "\n")

    def write(self, record: Call | Candidate) -> None:
        fields = self._call(record) if isinstance(record, Call) else _candidate(record)
        self._out.write("\t".join(fields) + "\n")

    def _call(self, call: Call) -> list[str]:
        hairpin = call.hairpin
        fields = [
            hairpin.name or ".",
            str(len(hairpin)),
            format_mfe(hairpin.mfe),
            format_probability(call.probability),
        ]
        if self._head.scan:
            fields.append("NA" if call.score is None else format_probability(call.score))
        fields.append(call.label)
        if self._head.scan:
            fields += [format_count(call.copies), format_count(call.outside_pairs)]
        fields.append(",".join(call.flags) or ".")
        if self._head.q_values:
            fields.append(format_q_value(call.q_value))
        if self._head.structure:
            fields.append(hairpin.structure or "")
        return fields


def _candidate(candidate: Candidate) -> list[str]:
    hairpin, locus = candidate.hairpin, candidate.locus
    return [
        hairpin.name,
        locus.contig,
        str(locus.start + 1),
        str(locus.end),
        locus.strand,
        str(len(hairpin)),
        f"{candidate.log_odds:.2f}",
        hairpin.sequence,
    ]
