"""The formats that candidates of a genome scan are written in."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TextIO

from mirpre.candidates import Candidate
from mirpre.formats.dotbracket import write_folded
from mirpre.formats.fasta import write_fasta
from mirpre.formats.intervals import escape_attribute, escape_column

COLUMNS = ("id", "contig", "start", "end", "strand", "length", "score", "sequence")

CandidateWriter = Callable[[Candidate], None]


def log_odds(score: int) -> str:
    """The network's score as a log-odds with two decimals."""
    return f"{score / 256:.2f}"


def fasta_writer(out: TextIO, header: list[str]) -> CandidateWriter:
    """FASTA with loci for names; it has no header lines."""
    return lambda candidate: write_fasta(out, candidate.hairpin)


def folded_writer(out: TextIO, header: list[str]) -> CandidateWriter:
    """RNAfold's text; it has no header lines."""
    return lambda candidate: write_folded(out, candidate.hairpin)


def bed_writer(out: TextIO, header: list[str]) -> CandidateWriter:
    """BED6, 0-based half-open; the score is 1000 times the network's probability."""
    out.writelines(f"# {line}\n" for line in header)

    def write(candidate: Candidate) -> None:
        place = candidate.locus
        fields = (place.contig, place.start, place.end, candidate.hairpin.name)
        out.write("\t".join(map(str, (*fields, bed_score(candidate.score), place.strand))) + "\n")

    return write


def bed_score(score: int) -> int:
    """0 to 1000: 1000 times the probability, which is where a score of 0 gives 500."""
    # At most 20 either way, where exp neither overflows nor matters.
    return round(1000 / (1 + math.exp(-max(-20.0, min(20.0, score / 256)))))


def gff3_writer(out: TextIO, header: list[str]) -> CandidateWriter:
    """GFF3, 1-based inclusive; the score column is the network's log-odds."""
    out.write("##gff-version 3\n")
    out.writelines(f"# {line}\n" for line in header)
    rows = 0

    def write(candidate: Candidate) -> None:
        nonlocal rows
        rows += 1
        place = candidate.locus
        name = escape_attribute(candidate.hairpin.name)
        fields = (
            escape_column(place.contig),
            "mirpre",
            "stem_loop",
            place.start + 1,
            place.end,
            log_odds(candidate.score),
            place.strand,
            ".",
            f"ID=hairpin{rows};Name={name};length={len(candidate.hairpin)}",
        )
        out.write("\t".join(map(str, fields)) + "\n")

    return write


def table_writer(out: TextIO, header: list[str]) -> CandidateWriter:
    """``#`` header lines, a line of column names, and a row for each; start is 1-based."""
    out.writelines(f"# {line}\n" for line in header)
    out.write("\t".join(COLUMNS) + "\n")

    def write(candidate: Candidate) -> None:
        place, hairpin = candidate.locus, candidate.hairpin
        fields = (
            hairpin.name,
            place.contig,
            place.start + 1,
            place.end,
            place.strand,
            len(hairpin),
            log_odds(candidate.score),
            hairpin.sequence,
        )
        out.write("\t".join(map(str, fields)) + "\n")

    return write


CANDIDATE_WRITERS: dict[str, Callable[[TextIO, list[str]], CandidateWriter]] = {
    "fasta": fasta_writer,
    "folded": folded_writer,
    "bed": bed_writer,
    "gff3": gff3_writer,
    "tsv": table_writer,
}
