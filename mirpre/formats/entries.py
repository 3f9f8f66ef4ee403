"""What a file of calls, candidates or annotations says of each locus; told by content.

Formats carry different things: a table has no sequence, FASTA has no probability. What a file does
not carry is None in its entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mirpre.annotation.records import Arms
from mirpre.errors import FileError
from mirpre.formats.opening import Lines
from mirpre.records import Call, Candidate, Hairpin, Locus, first_word


@dataclass(frozen=True, slots=True)
class Criterion:
    """One piece of evidence for or against a precursor."""

    name: str
    passed: bool | None
    """None where there is nothing to judge by."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """All that is known of one locus; None or empty for what is not known."""

    header: str
    length: int | None = None
    locus: Locus | None = None
    sequence: str | None = None
    structure: str | None = None
    mfe: float | None = None
    """kcal/mol"""
    probability: float | None = None
    is_positive: bool | None = None
    posterior: float | None = None
    """By all evidence; of an annotation."""
    score: float | None = None
    """Of a scan: the model's own probability."""
    q_value: float | None = None
    copies: int | None = None
    outside_pairs: int | None = None
    log_odds: float | None = None
    """A candidate's, by the search networks."""
    flags: tuple[str, ...] = ()
    tier: str | None = None
    family: str | None = None
    known: str | None = None
    """The known microRNA that it is or resembles."""
    arms: Arms | None = None
    evidence: tuple[Criterion, ...] = ()
    reads: tuple[int, ...] = ()
    """Depth of reads at each nucleotide, 5' to 3'."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Whatever else the file says, by its own names."""

    @property
    def name(self) -> str:
        """The first word of the header."""
        return first_word(self.header)

    @property
    def strength(self) -> float:
        """What loci are ranked by: posterior, or else score, probability or log-odds."""
        for value in (self.posterior, self.score, self.probability, self.log_odds):
            if value is not None:
                return value
        return float("-inf")

    @property
    def belief(self) -> float | None:
        """The posterior, or else the probability."""
        return self.probability if self.posterior is None else self.posterior

    @property
    def hairpin(self) -> Hairpin | None:
        """Its hairpin where the sequence is known."""
        if self.sequence is None:
            return None
        return Hairpin(self.header, self.sequence, self.structure, self.mfe, self.locus)


@dataclass(frozen=True, slots=True)
class EntryFile:
    """A file of entries."""

    kind: str
    """table, jsonl, gff3, bed, fasta, folded or encoded"""
    entries: Iterator[Entry]
    about: dict[str, str]
    """What its ``#`` lines say, such as model and threshold, by key; complete with the first
    entry."""


def entry_of(record: Call | Candidate) -> Entry:
    """The same as an entry."""
    hairpin = record.hairpin
    common = Entry(
        hairpin.header,
        len(hairpin),
        hairpin.place,
        hairpin.sequence,
        hairpin.structure,
        hairpin.mfe,
    )
    from dataclasses import replace

    if isinstance(record, Candidate):
        return replace(common, log_odds=record.log_odds, outside_pairs=record.outside_pairs)
    return replace(
        common,
        probability=record.probability,
        is_positive=record.is_positive,
        score=record.score,
        q_value=record.q_value,
        copies=record.copies,
        outside_pairs=record.outside_pairs,
        flags=record.flags,
    )


def read_entries(lines: Lines) -> EntryFile:
    """The entries of a file, in its order; lines tells the format by content.

    Raises FileError for content that is none of these formats, and for a line that is wrong.
    """
    from mirpre.formats import entry_readers

    about: dict[str, str] = {}
    head = _head(lines)
    kind = _kind(head)
    readers: Mapping[str, Callable[[Lines, dict[str, str]], Iterator[Entry]]] = {
        "jsonl": entry_readers.read_json_lines,
        "gff3": entry_readers.read_gff3,
        "bed": entry_readers.read_bed_lines,
        "table": entry_readers.read_table,
        "hairpins": entry_readers.read_sequences,
    }
    if kind is None:
        raise FileError(
            "not understood: a table, GFF3, BED or JSON lines of calls, candidates or "
            "annotations belong here, or FASTA",
            file=lines.name,
            line=lines.number + len(head) or None,
        )
    return EntryFile(kind, readers[kind](lines, about), about)


def _head(lines: Lines) -> list[str]:
    """The first lines, up to one that is neither blank nor a comment."""
    count = 0
    while True:
        seen = lines.peek(count + 1)
        if len(seen) == count:
            return seen
        count += 1
        last = seen[-1]
        if last.startswith("##gff-version") or (
            last.strip() and not last.startswith(("#", "track", "browser"))
        ):
            return seen


def _kind(head: Sequence[str]) -> str | None:
    first = next((line for line in reversed(head) if line.strip()), "")
    if not first or first.startswith(">"):
        return "hairpins"
    if first.startswith("{"):
        return "jsonl"
    if first.startswith("##gff-version"):
        return "gff3"
    fields = first.split("\t") if "\t" in first else first.split()
    if "id" in fields:
        return "table"
    if len(fields) == 9 and fields[3].isdecimal() and fields[4].isdecimal():
        return "gff3"
    if len(fields) >= 3 and fields[1].isdecimal() and fields[2].isdecimal():
        return "bed"
    from mirpre.formats.dimers import is_encoded

    if is_encoded(first):
        return "hairpins"
    # A file of comments alone is an empty table or BED.
    return "bed" if first.startswith(("#", "track", "browser")) else None
