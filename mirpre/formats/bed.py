"""BED6: 0-based half-open, with an integer score from 0 to 1000."""

from __future__ import annotations

import math
from typing import TextIO

from mirpre.formats.writer import Head, place_of
from mirpre.records import Call, Candidate


class BedWriter:
    """The score is 1000 times the probability: the model's, or for a candidate the networks'."""

    def __init__(self, out: TextIO, head: Head) -> None:
        self._out = out
        out.writelines(f"# {line}\n" for line in head.lines)

    def write(self, record: Call | Candidate) -> None:
        locus = place_of(record.hairpin, "BED")
        name = locus.name or record.hairpin.name
        fields = (locus.contig, locus.start, locus.end, name, _score(record), locus.strand)
        self._out.write("\t".join(map(str, fields)) + "\n")


def _score(record: Call | Candidate) -> int:
    if isinstance(record, Call):
        return round(1000 * record.probability)
    # At most 20 either way, where exp neither overflows nor matters.
    return round(1000 / (1 + math.exp(-max(-20.0, min(20.0, record.log_odds)))))
