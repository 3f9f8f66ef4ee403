"""What a genome scan finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from mirpre.hairpin import Hairpin
from mirpre.locus import Locus
from mirpre.timing import StageSeconds


class Candidate(NamedTuple):
    """A hairpin at its locus; its header is that locus, its score that of the search networks."""

    hairpin: Hairpin
    locus: Locus
    score: int
    """Log-odds, in 1/256."""


class Mark(NamedTuple):
    """What a candidate is among the versions of its locus."""

    part: int
    """Number of its stretch within the batch."""
    group: int
    """The same for all versions of a locus."""
    is_own: bool
    """Whether it belongs to this batch; another batch has the same locus where it does not."""


@dataclass
class ScannedBatch:
    """The candidates of a part of a genome."""

    candidates: list[Candidate]
    """The versions of a locus come one after the other, the networks' best one first."""
    marks: list[Mark]
    """One for each candidate."""
    letters: int
    """Letters of the genome that the batch covers, its margins not counted."""
    repeats: int = 0
    """Loci that were left out since they lie in tandem repeats."""
    times: StageSeconds = field(default_factory=StageSeconds)
    decoys: list[ScannedBatch] = field(default_factory=list)
    """What the same search finds in the shuffled sequence, where that is wanted."""
