"""One posterior of all evidence: log-likelihood ratios that were measured, added to the call's
own log-odds."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from mirpre.annotation.criteria import (
    CONTRADICTS,
    NO_EVIDENCE,
    SUPPORTS,
    ReadEvidence,
)
from mirpre.annotation.matures import DOUBTFUL
from mirpre.annotation.records import FamilyHits
from mirpre.errors import FileError
from mirpre.records import Call

KNOWN_FAMILY, NOVEL_READS, NOVEL_SEQUENCE = "known family", "novel, reads", "novel, sequence"
TIERS = (KNOWN_FAMILY, NOVEL_READS, NOVEL_SEQUENCE)
"""What stands behind a locus, the best first."""

THRESHOLD = 0.5
"""Posterior from which a locus is written, unless the user sets another."""
TABLE = "posterior.json"
LEAST = 5e-7
"""A probability is taken to be no nearer than this to 0 and 1: half of its last decimal."""


@dataclass(frozen=True)
class FamilyRow:
    """Hits from a score on, and what they say."""

    least_score: float
    llr: float
    """Natural logarithm of how much more often precursors have such a hit than other loci."""

    def fits(self, hits: FamilyHits) -> bool:
        best = hits.best
        return (
            best is not None and best.mature.support != DOUBTFUL and best.score >= self.least_score
        )


@dataclass(frozen=True)
class Posterior:
    """The tables, and what is made of them."""

    family: tuple[FamilyRow, ...]
    """The highest score first; the first that fits counts."""
    no_family: float
    """Log-likelihood ratio of no such hit where families are searched for."""
    reads: Mapping[str, float]
    """Log-likelihood ratio by the outcome of the reads."""
    searched: bool = True
    """Whether they are."""

    def of(
        self, call: Call, hits: FamilyHits, reads: ReadEvidence | None = None
    ) -> tuple[float, str]:
        """The posterior, six decimals, and the tier.

        The call's probability is that of a scan: in a genome with a prior.
        """
        x = _log_odds(call) + self.family_llr(hits)
        if reads is not None:
            x += self.reads[reads.outcome]
        posterior = _probability(x)
        tier = NOVEL_SEQUENCE
        if hits.family is not None:
            tier = KNOWN_FAMILY
        elif reads is not None and reads.outcome == SUPPORTS:
            tier = NOVEL_READS
        return round(posterior, 6), tier

    def with_score(self, call: Call, score: float) -> float:
        """The posterior of a call whose nearest mature has this score, without reads."""
        llr = next((row.llr for row in self.family if score >= row.least_score), self.no_family)
        return _probability(_log_odds(call) + llr)

    def family_llr(self, hits: FamilyHits) -> float:
        """What the nearest known mature says, or that there is none."""
        if not self.searched:
            return 0.0
        fitting = (row.llr for row in self.family if row.fits(hits))
        return next(fitting, self.no_family)


def _log_odds(call: Call) -> float:
    probability = min(max(call.probability, LEAST), 1 - LEAST)
    return math.log(probability) - math.log1p(-probability)


def _probability(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def table_path() -> str:
    """The file of the bundled tables."""
    return str(files("mirpre.annotation") / "weights" / TABLE)


def load_posterior(*, searched: bool = True) -> Posterior:
    """The bundled tables; searched says whether families are looked for.

    Raises FileError for a damaged installation.
    """
    path = Path(table_path())
    try:
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(FamilyRow(**{k: row[k] for k in _FIELDS}) for row in table["family"])
        reads = {name: float(table["reads"][name]) for name in OUTCOMES}
        return Posterior(rows, float(table["no_family"]), reads, searched)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"cannot be read ({error}); install again", file=str(path)) from error


OUTCOMES = (SUPPORTS, NO_EVIDENCE, CONTRADICTS)
_FIELDS = ("least_score", "llr")
