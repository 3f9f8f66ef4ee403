"""What a scan looks for, and the presets. docs/scan.md states what each finds and costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mirpre.scanning import _search

LONGEST: int = _search.LONGEST
"""The longest hairpin, in nt, that the search can be asked for."""

SHORTEST = 45
"""The shortest hairpin, in nt, unless the user sets another."""

FLANK: int = _search.FLANK
"""Letters beside a hairpin that its ladder shows; see c/scan.h."""

WORD, REACH = 12, 250
"""Tandem repeats are words of so many letters that come again within so many nt; see repeats.py."""
REPEAT_MARGIN = REACH + 2 * WORD
"""Letters beside a hairpin on which it can depend whether it lies in a tandem repeat."""

MOST_COPIES = 1000
"""Copies of a hairpin are counted up to here; see copies.py."""

MERGE_ROUNDS = 4
"""How far chains of overlapping hairpins are followed; see merge.py."""


class Shard(NamedTuple):
    """One of equal parts of what is searched."""

    number: int
    """From 1."""
    of: int


WHOLE = Shard(1, 1)


class StemScores(NamedTuple):
    """What the stem search gains by a pair and loses by what is unpaired."""

    gc: int = 3
    au: int = 2
    gu: int = 1
    mismatch: int = 4
    gap: int = 6


class LoopCosts(NamedTuple):
    """Prices of the hairpin model beside Turner's stacks and loops, in tenths of kcal/mol."""

    open: int = 6
    step: int = 6
    gap: int = 12
    weak: int = 4
    drift: int = 3


STEM_SCORES = StemScores()
LOOP_COSTS = LoopCosts()


@dataclass(frozen=True)
class SearchSettings:
    """Where to look, and how a hairpin is cut out."""

    span: int = 150
    """Longest hairpin, nt."""
    least: int = 22
    """Lowest stem score of a place."""
    least_inside: int = 16
    """The same within a locus, where the place gives alternative ends; never above least."""
    radius: int = 6
    """A place has the highest score within so many nt."""
    band: int = 8
    """How far, in nt, a hairpin's centre may lie from its place."""
    stems: StemScores = STEM_SCORES
    loops: LoopCosts = LOOP_COSTS
    prices: tuple[int, int, int] = (0, 20, 30)
    """A place gives several hairpins, nested in one another: the best at each price per nt, in
    hundredths of kcal/mol. Which end is right, the network tells better than an energy."""


SEARCH = SearchSettings()


class Look(NamedTuple):
    """A network of stage 3, and the lowest score, in 1/256 of a log-odds, that is let pass: the
    mean of its own and of those of the networks before it."""

    network: str
    least_score: int


class Tier(NamedTuple):
    """How many hairpins of a locus, with alternative ends, are classified from this score on."""

    least_score: int
    alternatives: int


Alternatives = int | tuple[Tier, ...]
"""One number for all loci, or more for those with a higher score."""

FIRST_LOOK = Look("animal", -640)
"""The small network, which sees every hairpin; the large one sees what it lets pass."""


@dataclass(frozen=True)
class ScanSettings:
    """What a scan looks for."""

    search: SearchSettings = SEARCH
    looks: tuple[Look, ...] = (FIRST_LOOK, Look("animal-large", -256))
    """Stage 3: each network sees what the one before let pass."""
    min_length: int = SHORTEST
    alternatives: Alternatives = 1
    """How many hairpins of a locus, with alternative ends, are folded."""
    soft_mask: bool = False
    keep_repeats: bool = False
    """Whether hairpins in tandem repeats, see repeats.py, and in longer inverted ones are kept."""
    opposite_strands: bool = False
    """Whether a locus comes with those on the other strand that overlap it, see best.py."""
    fold: bool = False
    """Whether the candidates come folded."""
    look_outside: bool = False
    """Whether folded candidates come with outside_pairs, see outside.py."""
    mirror: bool = False
    """Whether the genome is searched read backwards, too; see competition.py."""

    @property
    def margin(self) -> int:
        """Letters beside a chunk on which its hairpins can depend."""
        search = self.search
        flank = FLANK if self.keep_repeats else REPEAT_MARGIN
        return (2 * MERGE_ROUNDS + 10) * search.span + search.radius + search.band + flank


@dataclass(frozen=True)
class Preset:
    """How deep a scan looks; thresholds and alternatives by bench/weights/scan_threshold.py."""

    span: int
    """Longest hairpin, nt, unless the user sets another."""
    least_stem: int
    """Lowest stem score of a place (stage 1)."""
    looks: tuple[Look, ...]
    """The networks of stage 3."""
    alternatives: Alternatives
    """Alternatives of a locus that are classified, unless the user sets another number."""
    prior: float = 1.0
    """Precursors per Mb of genome that are expected, unless the user sets another number.
    miRBase 22 and MirGeneDB by genome size: human 1,917 precursors, of which 567 are supported,
    on 3,100 Mb (0.2 to 0.6 per Mb), C. elegans about 1.5 and D. melanogaster about 1.2 per Mb;
    A. thaliana 326 on 120 Mb (2.7); a herpesvirus such as EBV about 150 per Mb."""


PRESETS = {
    "strict": Preset(150, 22, (Look("animal", -512), Look("animal-large", 832)), 4),
    "fast": Preset(
        150,
        22,
        (Look("animal", -512), Look("animal-large", 256)),
        (Tier(256, 2), Tier(512, 3), Tier(768, 4)),
    ),
    "default": Preset(
        150,
        22,
        (FIRST_LOOK, Look("animal-large", -256)),
        (Tier(-256, 1), Tier(256, 8)),
    ),
    "sensitive": Preset(
        150,
        20,
        (Look("animal", -1280), Look("animal-large", -512)),
        (Tier(-512, 1), Tier(-128, 2), Tier(256, 8)),
    ),
    "plant": Preset(400, 22, (Look("plant", -384), Look("plant-large", -64)), 2, prior=2.0),
}
DEFAULT_PRESET = "default"


def settings_of(
    preset: str,
    *,
    classify: bool = False,
    best_strand: bool = False,
    mirror: bool = False,
    fold: bool = False,
    alternatives: Alternatives | None = None,
    min_length: int = SHORTEST,
    max_length: int | None = None,
    soft_mask: bool = False,
    keep_repeats: bool = False,
) -> ScanSettings:
    """A preset's settings, with what else is asked for.

    Raises ValueError for an unknown preset, and for a longest hairpin below the shortest.
    """
    if preset not in PRESETS:
        raise ValueError(f"no preset {preset!r}: there are {', '.join(PRESETS)}")
    chosen = PRESETS[preset]
    span = max_length or chosen.span
    if span < min_length:
        raise ValueError(f"the longest hairpin, {span} nt, is below the shortest, {min_length} nt")
    return ScanSettings(
        search=SearchSettings(span=span, least=chosen.least_stem),
        looks=chosen.looks,
        min_length=min_length,
        alternatives=(alternatives or chosen.alternatives) if classify else 1,
        soft_mask=soft_mask,
        keep_repeats=keep_repeats,
        opposite_strands=best_strand or mirror,
        fold=classify or fold,
        look_outside=classify,
        mirror=mirror,
    )
