"""The pattern that reads make on a hairpin: what Drosha and Dicer leave, measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import fsum

from mirpre.annotation.duplex import FIVE, THREE, Duplex, Fold, Place
from mirpre.annotation.records import READS, Arms, Span

BEFORE, BEHIND = 2, 5
"""A read fits a product that begins at most so many nt before and ends at most so many behind it:
miRDeep2 (Friedländer et al. 2012, doi 10.1093/nar/gkr688), in its core algorithm."""

VARIANT = 1
"""Positional variants of a mature sequence differ by so many nt at either end (Axtell and Meyers
2018, doi 10.1105/tpc.17.00851); of a star's 5' end in miRDeep2, too."""

LEAST_SEEN = 2
"""Reads of an arm from which its span is told: Fromm et al. 2015, doi
10.1146/annurev-genet-120213-092023."""

UNSEEN = Arms(None, None)

USUAL_LENGTH = 22
"""nt; of two places with as many reads the one nearer to it is the mature sequence."""


@dataclass(frozen=True, slots=True)
class Tag:
    """All reads at one place of a hairpin."""

    place: Place
    opposite: bool
    """Whether they lie on the opposite strand; the place is in the hairpin's coordinates."""
    count: float
    files: int = 1
    """In how many files of reads there are some."""


@dataclass(frozen=True, slots=True)
class ReadPattern:
    """What was measured of the reads of one hairpin. Shares are None where there are no reads."""

    five: float
    """Reads that fit the 5' product; likewise `three` and `loop`, what lies between them."""
    three: float
    loop: float
    elsewhere: float
    """All other reads on the hairpin's strand."""
    opposite: float
    """Reads on the opposite strand. The five numbers add up to all reads."""
    strand: str
    """The strand of the genome with more reads, ``+`` or ``-``; ``.`` without reads or equal."""
    mature: Place | None = None
    """Place of the most frequent read on the hairpin's strand; may hang over the hairpin's ends."""
    mature_arm: str | None = None
    """``5p`` or ``3p``; None where it lies on no arm."""
    star: Place | None = None
    """Where its star is expected from structure and 2-nt 3' overhangs."""
    star_seen: Place | None = None
    """Place of the most frequent read that fits the star."""
    star_reads: float = 0
    """Reads that fit the star; `overhang_reads`: those that begin within 1 nt of its start."""
    overhang_reads: float = 0
    precision: float | None = None
    """Share of all reads, of both strands, within 1 nt of both ends of the mature sequence or of
    those of the star."""
    homogeneity: float | None = None
    """Share of the reads that fit the mature sequence and begin where it begins."""
    star_homogeneity: float | None = None
    """The same of the star that is seen."""
    paired_share: float | None = None
    """Share of the mature sequence's nt that are paired."""
    duplex: Duplex | None = None
    """Of mature sequence and expected star."""
    loop_length: int | None = None
    """nt between them."""
    precursor_length: int | None = None
    """nt from the start of the one to the end of the other."""
    unbranched: bool | None = None
    """Whether the precursor is one stem with one loop."""
    files: int = 0
    """Files in which the mature sequence is seen."""
    arms: Arms = UNSEEN
    """The mature sequences of both arms as far as reads show them, cut at the hairpin's ends."""

    @property
    def total(self) -> float:
        """All reads, of both strands."""
        return fsum((self.five, self.three, self.loop, self.elsewhere, self.opposite))

    @property
    def on_strand(self) -> float:
        """All reads on the hairpin's strand."""
        return fsum((self.five, self.three, self.loop, self.elsewhere))

    @property
    def fitting(self) -> float:
        """Reads that fit one of the three products."""
        return fsum((self.five, self.three, self.loop))


def fits(read: Place, product: Place) -> bool:
    """Whether a read may be a product of Dicer, as miRDeep2 has it."""
    return product[0] - BEFORE <= read[0] and read[1] <= product[1] + BEHIND


def is_variant(read: Place, product: Place) -> bool:
    """Whether both ends are within 1 nt."""
    return abs(read[0] - product[0]) <= VARIANT and abs(read[1] - product[1]) <= VARIANT


def pattern(structure: str, tags: Sequence[Tag], strand: str = "+") -> ReadPattern:
    """Measure the reads of a hairpin with this structure, which lies on this strand.

    The mature sequence is the most frequent read's, its star follows from the structure. A read
    that fits several products counts for the mature sequence, then the star, then the loop.
    """
    own = [tag for tag in tags if not tag.opposite]
    opposite = _count(tag for tag in tags if tag.opposite)
    if not own:
        return ReadPattern(0, 0, 0, 0, opposite, _strand(0, opposite, strand))
    fold = Fold(structure)
    mature = _most_frequent(own)
    arm = fold.arm(mature.place)
    star = fold.star(mature.place)
    products = [mature.place]
    if star is not None:
        first, second = sorted((mature.place, star))
        products += [star, (first[1], second[0])]
    sorted_reads: list[list[Tag]] = [[], [], [], []]
    for tag in own:
        fitting = (i for i, product in enumerate(products) if fits(tag.place, product))
        sorted_reads[next(fitting, 3)].append(tag)
    mature_tags, star_tags, loop_tags, other_tags = sorted_reads
    five, three = (star_tags, mature_tags) if arm == THREE else (mature_tags, star_tags)
    if arm is None:
        # No product can be told, so that no read fits one.
        five, three, other_tags = [], [], own
    seen = _most_frequent(star_tags) if star_tags else None
    all_reads = _count(tags)
    variants = [
        tag
        for tag in own
        if is_variant(tag.place, mature.place)
        or (seen is not None and is_variant(tag.place, seen.place))
    ]
    measured = ReadPattern(
        five=_count(five),
        three=_count(three),
        loop=_count(loop_tags),
        elsewhere=_count(other_tags),
        opposite=opposite,
        strand=_strand(_count(own), opposite, strand),
        mature=mature.place,
        mature_arm=arm,
        star=star,
        star_seen=seen.place if seen else None,
        star_reads=_count(star_tags),
        overhang_reads=_count(
            tag for tag in star_tags if star and abs(tag.place[0] - star[0]) <= VARIANT
        ),
        precision=_count(variants) / all_reads if all_reads else None,
        homogeneity=_homogeneity(mature_tags, mature.place),
        star_homogeneity=_homogeneity(star_tags, seen.place) if seen else None,
        paired_share=fold.paired_share(mature.place),
        files=mature.files,
        arms=_arms(arm, mature_tags, star_tags, len(structure)),
    )
    return measured if star is None else _with_duplex(measured, fold, mature.place, star)


def _with_duplex(measured: ReadPattern, fold: Fold, mature: Place, star: Place) -> ReadPattern:
    five, three = sorted((mature, star))
    return replace(
        measured,
        duplex=fold.duplex(five, three),
        loop_length=three[0] - five[1],
        precursor_length=three[1] - five[0],
        unbranched=fold.unbranched((five[0], three[1])),
    )


def _count(tags: Iterable[Tag]) -> float:
    # The same sum in any order.
    return fsum(tag.count for tag in tags)


def _most_frequent(tags: Sequence[Tag]) -> Tag:
    def rank(tag: Tag) -> tuple[float, int, int]:
        start, end = tag.place
        return tag.count, -abs(end - start - USUAL_LENGTH), -start

    return max(tags, key=rank)


def _homogeneity(tags: Sequence[Tag], product: Place) -> float | None:
    total = _count(tags)
    same = _count(tag for tag in tags if tag.place[0] == product[0])
    return same / total if total else None


def _strand(own: float, opposite: float, strand: str) -> str:
    if own == opposite:
        return "."
    plus = (own > opposite) == (strand != "-")
    return "+" if plus else "-"


def _arms(arm: str | None, mature: Sequence[Tag], star: Sequence[Tag], length: int) -> Arms:
    """Spans of the products that are seen often enough."""
    if arm is None:
        return UNSEEN
    mature_span, star_span = (_span(tags, length) for tags in (mature, star))
    five, three = (mature_span, star_span) if arm == FIVE else (star_span, mature_span)
    return Arms(five, three)


def _span(tags: Sequence[Tag], length: int) -> Span | None:
    if not tags or _count(tags) < LEAST_SEEN:
        return None
    start, end = _most_frequent(tags).place
    return Span(max(0, start), min(end, length), READS)
