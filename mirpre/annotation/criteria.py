"""When reads support a hairpin, contradict it, or are no evidence: criteria and their sources.

docs/reads.md says the same in words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, fsum, lgamma, log

from mirpre.annotation.pattern import ReadPattern
from mirpre.annotation.records import Arms

SUPPORTS, CONTRADICTS, NO_EVIDENCE = "supports", "contradicts", "no evidence"

FRIEDLANDER_2012 = "Friedländer et al. 2012, doi 10.1093/nar/gkr688"
FROMM_2015 = "Fromm et al. 2015, doi 10.1146/annurev-genet-120213-092023"
AXTELL_2018 = "Axtell and Meyers 2018, doi 10.1105/tpc.17.00851"
KOZOMARA_2014 = "Kozomara and Griffiths-Jones 2014, doi 10.1093/nar/gkt1181"
OURS = "mirpre"

LEAST_READS = 10
"""Fewer reads, of both strands, are no pattern (Kozomara and Griffiths-Jones 2014 ask for as many
of each arm, where they are confident)."""

LEAST_RPM = 1.0
"""Reads per million that the weakest locus worth a call would have; see `judge`."""

UNLIKELY = 0.01
"""Probability from which too few reads are taken for none to come."""

TOO_FEW = "reads"
"""Name of the criterion of LEAST_READS."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One demand on the pattern of a hairpin's reads."""

    name: str
    """One word, as outputs name the criterion that failed."""
    asks: str
    source: str
    holds: Callable[[ReadPattern], bool]
    contradicts: bool = True
    """Whether failing it speaks against the hairpin; the star of a rare precursor is just not
    seen."""
    is_basic: bool = False
    """Whether the criteria after it make no sense where it fails."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Criteria of a clade, in the order in which the first failed one is named."""

    name: str
    criteria: tuple[Criterion, ...]

    def failures(self, reads: ReadPattern) -> tuple[str, ...]:
        """Names of the criteria that do not hold, up to a basic one that does not."""
        if reads.total < LEAST_READS:
            return (TOO_FEW,)
        failed = []
        for criterion in self.criteria:
            if not criterion.holds(reads):
                failed.append(criterion.name)
                if criterion.is_basic:
                    break
        return tuple(failed)


@dataclass(frozen=True, slots=True)
class ReadEvidence:
    """What reads say of one hairpin under a profile."""

    pattern: ReadPattern
    profile: str
    failures: tuple[str, ...]
    """Names of the criteria that failed, in the profile's order."""
    outcome: str
    """SUPPORTS, CONTRADICTS or NO_EVIDENCE."""
    expected: float
    """Reads that a locus of the weakest expression worth a call would have in these files."""
    left_out: float = 0
    """Reads that were not counted because they have other places, too."""

    @property
    def passes(self) -> bool:
        return not self.failures

    @property
    def failed(self) -> str | None:
        """The first criterion that failed."""
        return self.failures[0] if self.failures else None

    @property
    def strand(self) -> str:
        """The genome's strand with more reads; ``.`` without."""
        return self.pattern.strand

    @property
    def arms(self) -> Arms:
        """The mature sequences as reads show them."""
        return self.pattern.arms


def judge(
    reads: ReadPattern, profile: Profile, expected: float, left_out: float = 0
) -> ReadEvidence:
    """Hold a pattern against a profile.

    The outcome is SUPPORTS where nothing failed, CONTRADICTS where a criterion failed that
    contradicts, otherwise NO_EVIDENCE. With fewer than LEAST_READS it depends on how deep the
    files are. A locus at LEAST_RPM has `expected` reads in them; where so few as here have a
    probability below UNLIKELY (Poisson), the files are deep enough to contradict: without any
    read from 4.6 expected ones on, which are 4.6 million reads of the length of small RNAs.
    Reads of the locus that were left out of the pattern, because they have other places too,
    count here.
    """
    failures = profile.failures(reads)
    speaking = {criterion.name for criterion in profile.criteria if criterion.contradicts}
    if not failures:
        outcome = SUPPORTS
    elif failures == (TOO_FEW,):
        is_deep = at_most(reads.total + left_out, expected) < UNLIKELY
        outcome = CONTRADICTS if is_deep else NO_EVIDENCE
    else:
        outcome = CONTRADICTS if speaking.intersection(failures) else NO_EVIDENCE
    return ReadEvidence(reads, profile.name, failures, outcome, expected, left_out)


def at_most(count: float, expected: float) -> float:
    """Poisson probability of so many reads or fewer."""
    if expected <= 0:
        return 1.0
    return fsum(exp(k * log(expected) - expected - lgamma(k + 1)) for k in range(int(count) + 1))


def _least(value: float | None, least: float) -> bool:
    return value is not None and value >= least


def _fit(reads: ReadPattern) -> bool:
    return 10 * reads.fitting >= 9 * reads.total


def _mature_length(reads: ReadPattern, least: int, most: int) -> bool:
    return reads.mature is not None and least <= reads.mature[1] - reads.mature[0] <= most


def _lengths(reads: ReadPattern, least: int, most: int) -> bool:
    """Of the mature sequence and, where it is seen, of its star."""
    places = [place for place in (reads.mature, reads.star_seen) if place is not None]
    return bool(places) and all(least <= end - start <= most for start, end in places)


def _similar_lengths(reads: ReadPattern) -> bool:
    if reads.mature is None or reads.star is None:
        return False
    mature, star = (end - start for start, end in (reads.mature, reads.star))
    return abs(mature - star) < 6


_STRAND = Criterion(
    "strand",
    "the hairpin's strand has more reads than the opposite one",
    OURS,
    lambda reads: reads.on_strand > reads.opposite,
    is_basic=True,
)
_ARM = Criterion(
    "arm",
    "the most frequent read lies on one arm, and a star with 2-nt 3' overhangs on the other",
    f"{FRIEDLANDER_2012}; {FROMM_2015}; {AXTELL_2018}",
    lambda reads: reads.mature_arm is not None and reads.star is not None,
    is_basic=True,
)
_BRANCH = Criterion(
    "branch",
    "one stem without branches from mature sequence to star",
    FRIEDLANDER_2012,
    lambda reads: bool(reads.unbranched),
)
_LENGTH_25 = Criterion(
    "length",
    "mature sequence of at most 25 nt",
    FRIEDLANDER_2012,
    lambda reads: _mature_length(reads, 0, 25),
)
_PAIRED = Criterion(
    "paired",
    "at least 60 % of the mature sequence's nt paired",
    FRIEDLANDER_2012,
    lambda reads: _least(reads.paired_share, 0.6),
)
_SIMILAR = Criterion(
    "lengths",
    "lengths of mature sequence and star differ by less than 6 nt",
    FRIEDLANDER_2012,
    _similar_lengths,
)
_FIT = Criterion(
    "fit",
    "at least 90 % of all reads fit mature sequence, star or loop",
    FRIEDLANDER_2012,
    _fit,
)
_LENGTH_26 = Criterion(
    "arm-lengths",
    "reads of both arms of 20 to 26 nt",
    FROMM_2015,
    lambda reads: _lengths(reads, 20, 26),
)
_PAIRS = Criterion(
    "pairs",
    "at least 16 pairs between mature sequence and star",
    FROMM_2015,
    lambda reads: reads.duplex is not None and reads.duplex.pairs >= 16,
)
_LOOP = Criterion(
    "loop",
    "a loop of at least 8 nt between them",
    FROMM_2015,
    lambda reads: _least(reads.loop_length, 8),
)
_HOMOGENEOUS = Criterion(
    "homogeneity",
    "at least half of the mature sequence's reads begin where it begins",
    f"{FROMM_2015}; the share: {KOZOMARA_2014}",
    lambda reads: _least(reads.homogeneity, 0.5),
)
_STAR = Criterion(
    "star",
    "at least 2 reads that fit the star",
    FROMM_2015,
    lambda reads: reads.star_reads >= 2,
    contradicts=False,
)
_OVERHANG = Criterion(
    "overhang",
    "more than half of the star's reads, if there are any, begin within 1 nt of where a 2-nt 3' "
    "overhang has it",
    f"{FRIEDLANDER_2012}; {FROMM_2015}",
    lambda reads: reads.star_reads == 0 or reads.overhang_reads > reads.star_reads / 2,
)
_PLANT_LENGTHS = Criterion(
    "length",
    "mature sequence, and its star where it is seen, of 20 to 24 nt",
    AXTELL_2018,
    lambda reads: _lengths(reads, 20, 24),
)
_MISMATCHES = Criterion(
    "mismatches",
    "at most 5 mismatches between mature sequence and star",
    AXTELL_2018,
    lambda reads: reads.duplex is not None and reads.duplex.mismatches <= 5,
)
_BULGES = Criterion(
    "bulges",
    "of which at most 3 nt in asymmetric bulges",
    AXTELL_2018,
    lambda reads: reads.duplex is not None and reads.duplex.bulged <= 3,
)
_SHORT = Criterion(
    "precursor",
    "at most 300 nt from mature sequence to star, both included",
    AXTELL_2018,
    lambda reads: reads.precursor_length is not None and reads.precursor_length <= 300,
)
_PRECISION = Criterion(
    "precision",
    "at least 75 % of all reads, of both strands, within 1 nt of mature sequence or star",
    AXTELL_2018,
    lambda reads: _least(reads.precision, 0.75),
)
_PLANT_STAR = Criterion(
    "star",
    "the star is seen, beginning within 1 nt of where a 2-nt 3' overhang has it",
    AXTELL_2018,
    lambda reads: reads.overhang_reads > 0,
    contradicts=False,
)

MIRDEEP2 = Profile("mirdeep2", (_STRAND, _ARM, _BRANCH, _LENGTH_25, _PAIRED, _SIMILAR, _FIT))
"""The filter of miRDeep2's core algorithm alone, before it scores."""

ANIMAL = Profile(
    "animal",
    (*MIRDEEP2.criteria, _LENGTH_26, _PAIRS, _LOOP, _HOMOGENEOUS, _OVERHANG, _STAR),
)
PLANT = Profile(
    "plant",
    (_STRAND, _ARM, _PLANT_LENGTHS, _MISMATCHES, _BULGES, _SHORT, _PRECISION, _PLANT_STAR),
)

PROFILES = {profile.name: profile for profile in (ANIMAL, PLANT, MIRDEEP2)}
"""By the name that a user gives."""
