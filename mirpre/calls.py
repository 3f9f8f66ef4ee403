"""What the toolkit says of a hairpin."""

from __future__ import annotations

from dataclasses import dataclass

from mirpre.encoding import is_ambiguous, is_truncated
from mirpre.hairpin import Hairpin

POSITIVE = "pre-miRNA"
NEGATIVE = "other"

TRUNCATED = "truncated"
"""Flag of a record that is longer than the networks read; they saw its first 180 nt."""
AMBIGUOUS = "ambiguous"
"""Flag of a record with letters other than A, C, G and U; these were zero positions."""


@dataclass(frozen=True, slots=True)
class Call:
    """A hairpin, its probability of being a precursor (six decimals), and the verdict."""

    hairpin: Hairpin
    probability: float
    is_positive: bool
    flags: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return POSITIVE if self.is_positive else NEGATIVE


def flags_of(hairpin: Hairpin) -> tuple[str, ...]:
    """What a reader of the call should know about the record."""
    flags = ((TRUNCATED, is_truncated(hairpin)), (AMBIGUOUS, is_ambiguous(hairpin)))
    return tuple(flag for flag, applies in flags if applies)
