"""What all writers of calls and candidates share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mirpre.errors import LocusError
from mirpre.records import Call, Candidate, Hairpin, Locus


@dataclass(frozen=True)
class Head:
    """What a writer is told before the first record."""

    lines: Sequence[str] = ()
    """Where the results come from, for formats with ``#`` lines."""
    calls: bool = True
    """Whether calls are written, or candidates."""
    structure: bool = False
    """Whether the dot-bracket is wanted, where the format has room for it."""
    scan: bool = False
    """Whether the calls are a scan's, with what it says of them."""
    q_values: bool = False
    """Whether the calls have q-values."""


class Writer(Protocol):
    """Writes records one by one; what stands at the head of the file is written when it is made."""

    def write(self, record: Call | Candidate) -> None: ...


def place_of(hairpin: Hairpin, output: str) -> Locus:
    """The record's locus; raises LocusError where it has none that fits its length."""
    locus = hairpin.place
    if locus is None:
        raise LocusError(
            f"no locus such as chr1:100-180(+) that fits its {len(hairpin)} nt stands in the "
            f"name, and {output} needs one; take regions with --bed and --genome, or another "
            "--format",
            record=hairpin.name,
        )
    return locus


def format_probability(probability: float) -> str:
    """Six decimals, everywhere."""
    return f"{probability:.6f}"


def format_count(count: int | None) -> str:
    """``NA`` where nothing was counted."""
    return "NA" if count is None else str(count)


def format_q_value(q_value: float | None) -> str:
    return "NA" if q_value is None else f"{q_value:.4g}"
