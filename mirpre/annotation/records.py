"""What is said of a call beyond its probability."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mirpre.records import Call, Hairpin, Locus

if TYPE_CHECKING:
    from mirpre.annotation.criteria import ReadEvidence

MODEL, READS, KNOWN = "model", "reads", "known"
"""Where the span of a mature sequence comes from."""

FIVE, THREE = "5p", "3p"
"""The arms of a hairpin, as miRBase names them."""


@dataclass(frozen=True, slots=True)
class Span:
    """A mature sequence within its hairpin: 0-based start, end not included, 5' to 3'."""

    start: int
    end: int
    source: str
    """MODEL, READS or KNOWN."""
    confidence: float | None = None
    """Probability that both ends are right within 2 nt; None where the source gives none."""

    def shifted(self, by: int) -> Span:
        return replace(self, start=self.start + by, end=self.end + by)


@dataclass(frozen=True, slots=True)
class Arms:
    """The mature sequences of a hairpin; None for one that is not known."""

    five: Span | None
    three: Span | None
    five_dominates: float | None = None
    """Probability that the 5p arm gives the more abundant one."""

    @property
    def spans(self) -> list[tuple[str, Span]]:
        """Those that are known with the names of their arms, 5p first."""
        both = ((FIVE, self.five), (THREE, self.three))
        return [(arm, span) for arm, span in both if span is not None]

    def shifted(self, by: int) -> Arms:
        five, three = (
            None if span is None else span.shifted(by) for span in (self.five, self.three)
        )
        return Arms(five, three, self.five_dominates)


NO_ARMS = Arms(None, None)


@dataclass(frozen=True, slots=True)
class KnownMature:
    """A published mature sequence, RNA."""

    name: str
    sequence: str
    family: str
    """miRBase's, by its name: ``mir-10`` of ``hsa-miR-10b-5p``."""
    arm: str | None = None
    """FIVE or THREE where its name says so."""
    accession: str = ""
    mirgenedb_family: str = ""
    """MirGeneDB's name of the family; empty where the flag table has none."""
    support: str = ""
    """One of SUPPORTS of matures.py."""
    entries: int = 1
    """How many published matures have this sequence."""


@dataclass(frozen=True, slots=True)
class FamilyHit:
    """The nearest known mature of a hairpin."""

    mature: KnownMature
    start: int
    """Where it begins in the hairpin, 0-based; before 0 where it begins in the flank."""
    mismatches: int
    """Within the first 22 letters of the mature."""
    score: float
    """Of its letters, its place, and the mature: see scores.py."""
    arm: str
    """FIVE or THREE: by its name, or else the arm of the hairpin in which it lies."""
    is_member: bool
    """Whether it is near enough that the hairpin is of the family."""

    @property
    def end(self) -> int:
        """Not included; it may lie in the flank."""
        return self.start + len(self.mature.sequence)

    @property
    def seed(self) -> str:
        """Letters 2 to 8, which are those of the hairpin, too."""
        return self.mature.sequence[1:8]


@dataclass(frozen=True, slots=True)
class FamilyHits:
    """What the search for known families says of a hairpin."""

    best: FamilyHit | None
    """The nearest known mature; None where none is near."""
    other: FamilyHit | None
    """The nearest one of the same family on the other arm, where there is one, too."""

    @property
    def family(self) -> KnownMature | None:
        """The mature of whose family the hairpin is."""
        return self.best.mature if self.best and self.best.is_member else None


NO_HITS = FamilyHits(None, None)


@dataclass(frozen=True, slots=True)
class Annotation:
    """A call with all that is known of it.

    hairpin and place are the call's, lengthened where a mature sequence reaches beyond them; what
    was added is unpaired in the structure, since it was not folded.
    """

    call: Call
    id: str
    """Stable: of the sequence and the place, see annotate.py."""
    hairpin: Hairpin
    place: Locus | None
    """None where the call has none."""
    posterior: float
    """Of being a precursor, by all evidence; six decimals."""
    tier: str
    hits: FamilyHits = NO_HITS
    reads: ReadEvidence | None = None
    """Of the call's hairpin; None where no reads are given."""
    arms: Arms = NO_ARMS

    def mature(self, span: Span) -> str:
        """The RNA of a span of its arms."""
        return self.hairpin.sequence[span.start : span.end]

    def locus_of(self, span: Span) -> Locus | None:
        """Where a span of its arms lies; None where the call has no place."""
        place = self.place
        if place is None:
            return None
        if place.strand == "-":
            start, end = place.end - span.end, place.end - span.start
        else:
            start, end = place.start + span.start, place.start + span.end
        return Locus(place.contig, start, end, place.strand)
