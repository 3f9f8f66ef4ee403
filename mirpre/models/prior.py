"""From a model's own probability, at one to one, to one in a genome, where precursors are rare."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mirpre.errors import ModelError

LEAST_ODDS = 5e-7
"""A score is taken to be no nearer than this to 0 and 1: half of its last decimal."""
MOST = 1e9
"""No number of a calibration is beyond it, so that none of what is computed overflows."""


@dataclass(frozen=True)
class GenomeCalibration:
    """The genome section of a model's card: a line with bends, which rises everywhere.

    It leads from the log-odds x of a locus' score (the highest probability of its alternative
    ends, at one to one) to the log of the density of precursors over that of other loci with such
    a score, in a genome with per_mb precursors per Mb: shift + slopes[0] x, and where x is past a
    bend, the next slope holds, as in Calibration of training/networks.py.

    Raises ModelError for what is no such line.
    """

    shift: float
    bends: tuple[float, ...] = ()
    slopes: tuple[float, ...] = (1.0,)
    per_mb: float = 1.0

    def __post_init__(self) -> None:
        numbers = (self.shift, *self.bends, *self.slopes, self.per_mb)
        if not all(abs(number) <= MOST for number in numbers):  # nan is not
            raise ModelError(
                f"the card's genome calibration has a number that is not finite or beyond {MOST:g}"
            )
        if (
            len(self.slopes) != len(self.bends) + 1
            or min(self.slopes) <= 0
            or list(self.bends) != sorted(self.bends)
        ):
            raise ModelError(
                "the card's genome calibration needs a slope above 0 before, between and after "
                "its bends in their order"
            )
        if self.per_mb <= 0:
            raise ModelError("the card's genome calibration needs per_mb above 0")

    def probability(self, score: float, prior: float) -> float:
        """The probability of a locus with this score where prior precursors per Mb are expected.

        It rises with both, and its odds are in proportion to prior, which must be above 0.
        """
        score = min(max(score, LEAST_ODDS), 1 - LEAST_ODDS)
        x = math.log(score) - math.log1p(-score)
        y = self.shift + self.slopes[0] * x + math.log(prior) - math.log(self.per_mb)
        for bend, before, after in zip(self.bends, self.slopes, self.slopes[1:], strict=False):
            y += (after - before) * max(0.0, x - bend)
        if y >= 0:
            return 1 / (1 + math.exp(-y))
        return math.exp(y) / (1 + math.exp(y))


def genome_calibration(card: Mapping[str, Any]) -> GenomeCalibration | None:
    """That of a model's card, or None where it has no genome section.

    Raises ModelError for a section that cannot be used.
    """
    section = card.get("genome")
    if section is None:
        return None
    try:
        line = section["calibration"]
        shift, per_mb = _number(line["shift"]), _number(section["per_mb"])
        bends, slopes = (tuple(map(_number, line[name])) for name in ("bends", "slopes"))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"the card's genome section cannot be read ({error!r})") from error
    return GenomeCalibration(shift, bends, slopes, per_mb)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return float(value)
