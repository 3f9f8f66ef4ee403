"""What the toolkit says of a hairpin."""

from __future__ import annotations

from dataclasses import dataclass

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
    q_value: float | None = None
    """Estimated share of false places among those with a call at least as probable; see fdr.py."""
    beaten: bool = False
    """Whether the call for the opposite strand of the same place is more probable."""

    @property
    def label(self) -> str:
        return POSITIVE if self.is_positive else NEGATIVE
