"""What is said of a call beyond its probability."""

from __future__ import annotations

from dataclasses import dataclass

MODEL, READS, KNOWN = "model", "reads", "known"
"""Where the span of a mature sequence comes from."""


@dataclass(frozen=True, slots=True)
class Span:
    """A mature sequence within its hairpin: 0-based start, end not included, 5' to 3'."""

    start: int
    end: int
    source: str
    """MODEL, READS or KNOWN."""
    confidence: float | None = None
    """Probability that both ends are right within 2 nt; None where the source gives none."""


@dataclass(frozen=True, slots=True)
class Arms:
    """The mature sequences of a hairpin; None for one that is not known."""

    five: Span | None
    three: Span | None
    five_dominates: float | None = None
    """Probability that the 5p arm gives the more abundant one."""
