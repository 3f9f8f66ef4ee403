"""The records that flow through every step: a hairpin, its place, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

CALLED = "pre-miRNA"
NOT_CALLED = "other"

TRUNCATED = "truncated"
"""Flag of a record that is longer than the networks read; they saw its first 180 nt."""
AMBIGUOUS = "ambiguous"
"""Flag of a record with letters other than A, C, G and U; these were zero positions."""

SCORE_STEPS = 256
"""Scores of search networks are integers, so many to one of log-odds."""

BLANKS = " \t\r\n\v\f"
"""What ends a word: ASCII's, as samtools has it. Others, such as U+00A0, are letters of a name."""

_FIRST_WORD = re.compile(f"[{BLANKS}]*([^{BLANKS}]*)")
# More digits than any genome has letters are no position.
_LOCUS = re.compile(
    r"(?:(?P<name>.*)::)?(?P<contig>.+):"
    r"(?P<start>[0-9]{1,15})-(?P<end>[0-9]{1,15})(?:\((?P<strand>[-+.])\))?",
    re.DOTALL,
)
_MARK = "::::"
"""Stands before the contig where ``::`` would not tell where the contig begins."""


def first_word(header: str) -> str:
    """The ID in a FASTA header; empty for a header without words."""
    word = _FIRST_WORD.match(header)
    return word[1] if word else ""


@dataclass(frozen=True, slots=True)
class Locus:
    """A part of a contig: 0-based start, end not included; strand is ``+``, ``-`` or ``.``.

    Its text is bedtools' convention, ``name::contig:start-end(strand)``. Where a colon in the
    contig would hide where that begins, it is ``name::::contig:start-end(strand)``.
    """

    contig: str
    start: int
    end: int
    strand: str = "."
    name: str = ""

    def __str__(self) -> str:
        place = f"{self.contig}:{self.start}-{self.end}({self.strand})"
        if "::" in place or place.startswith(":"):
            return f"{self.name}{_MARK}{place}"
        return f"{self.name}::{place}" if self.name else place


def parse_locus(name: str, length: int) -> Locus | None:
    """The locus that a record's name carries, or None where it carries none.

    Understood are ``chr1:100-180(+)`` and ``name::chr1:100-180(+)`` as bedtools writes them
    (0-based start) and ``chr1:101-180`` as samtools faidx does (1-based); the record's length
    tells the last two apart. A name whose numbers fit the length in neither way is no locus.
    The contig begins after the first ``::::``, or else after the last ``::``.
    """
    match = _LOCUS.fullmatch(name)
    if not match:
        return None
    start, end = int(match["start"]), int(match["end"])
    if end - start != length:
        if match["strand"] or end - start + 1 != length or start == 0:
            return None
        start -= 1
    called, contig = match["name"] or "", match["contig"]
    before, mark, after = name[: match.end("contig")].partition(_MARK)
    if mark and after:
        called, contig = before, after
    return Locus(contig, start, end, match["strand"] or ".", called)


@dataclass(frozen=True, slots=True)
class Hairpin:
    """A sequence that may fold into a precursor hairpin.

    header: the FASTA header without ``>``, whole.
    sequence: RNA, upper case (``T`` read as ``U``); IUPAC ambiguity letters stay as they are.
    structure: dot-bracket, as long as the sequence; None before folding.
    mfe: minimum free energy in kcal/mol, two decimals; None where it is unknown.
    locus: where it was cut out, if this program did that.
    """

    header: str
    sequence: str
    structure: str | None = None
    mfe: float | None = None
    locus: Locus | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The first word of the header."""
        return first_word(self.header)

    @property
    def place(self) -> Locus | None:
        """Its locus, or else the one in its name."""
        return self.locus or parse_locus(self.name, len(self.sequence))

    def folded(self, structure: str, mfe: float) -> Hairpin:
        """The same with a structure."""
        return Hairpin(self.header, self.sequence, structure, mfe, self.locus)

    def __len__(self) -> int:
        return len(self.sequence)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hairpin that a genome scan has cut out, at its locus, which is its header, too."""

    hairpin: Hairpin
    score: int
    """Of the search networks: log-odds, in 1 / SCORE_STEPS."""
    group: int = field(default=0, compare=False)
    """Within its chunks of the genome: the same for all hairpins of one locus, which have
    alternative ends."""
    chunk: int = field(default=0, compare=False)
    """Number of its chunk among those that were searched together."""
    is_own: bool = field(default=True, compare=False)
    """Whether it belongs to its chunk; another chunk has the same locus where it does not."""
    outside_pairs: int | None = None
    """Pairs between the flanks of its locus, see scanning/outside.py; None where they were not
    counted."""

    @property
    def log_odds(self) -> float:
        """Of the search networks."""
        return self.score / SCORE_STEPS

    @property
    def locus(self) -> Locus:
        if self.hairpin.locus is None:
            raise ValueError(f"candidate {self.hairpin.name!r} has no locus")
        return self.hairpin.locus


@dataclass(frozen=True, slots=True)
class Call:
    """A hairpin, its probability of being a precursor (six decimals), and the verdict.

    In a scan with a prior the probability is that in such a genome, otherwise the model's own.
    """

    hairpin: Hairpin
    probability: float
    is_positive: bool
    flags: tuple[str, ...] = ()
    q_value: float | None = None
    """Estimated share of false places among those with a call at least as probable; see
    scanning/qvalues.py."""
    beaten: bool = False
    """Whether the call for the opposite strand of the same place is more probable."""
    candidate: Candidate | None = None
    """What the scan said of it, where it comes from one."""
    score: float | None = None
    """In a scan the model's own probability, as of one precursor to one other hairpin (six
    decimals); the highest of the locus' alternative ends."""
    copies: int | None = None
    """In a scan how many of its places have such a hairpin, this one included; see
    scanning/copies.py."""

    @property
    def strength(self) -> float:
        """What calls are ranked by: the score, or without one the probability."""
        return self.probability if self.score is None else self.score

    @property
    def label(self) -> str:
        return CALLED if self.is_positive else NOT_CALLED

    @property
    def outside_pairs(self) -> int | None:
        """Those of its candidate."""
        return self.candidate.outside_pairs if self.candidate else None


@dataclass(frozen=True, slots=True)
class Explained:
    """A folded hairpin, its probability, and what each nucleotide adds to its log-odds."""

    hairpin: Hairpin
    probability: float
    importance: Sequence[float]


def partners(structure: str) -> list[int]:
    """What each position pairs with, -1 for nothing."""
    found = [-1] * len(structure)
    opened: list[int] = []
    for place, symbol in enumerate(structure):
        if symbol == "(":
            opened.append(place)
        elif symbol == ")":
            found[place] = opened.pop()
            found[found[place]] = place
    return found
