"""What is known of a locus, whether a run found it or a file says it.

Formats carry different things: a table has no sequence, FASTA has no probability. What is not
known is None. Files are read by entry_files.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mirpre.annotation.records import Arms
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
    reads: tuple[float, ...] = ()
    """Depth of reads at each nucleotide, 5' to 3'."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Whatever else the file says, by its own names."""

    @property
    def name(self) -> str:
        """The first word of the header."""
        return first_word(self.header)

    @property
    def families(self) -> set[str]:
        """The names of its family: miRBase's, MirGeneDB's, or both."""
        return {name for name in (self.family, self.more.get("mirgenedb_family")) if name}

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
