"""How complete an annotation is: which conserved families of its clade are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mirpre.formats.columns import Columns
from mirpre.formats.opening import open_lines

COLUMNS = ("clade", "species", "family", "share")
TABLE = "clades.tsv"


@dataclass(frozen=True)
class Completeness:
    """The families that were expected, and the loci of each."""

    clade: str
    species: int
    """From which the expectation comes."""
    loci: Mapping[str, int]
    """Number of loci by family, 0 where it is missing."""

    @property
    def found(self) -> int:
        return sum(number > 0 for number in self.loci.values())

    @property
    def share(self) -> float:
        return self.found / len(self.loci) if self.loci else 0.0

    def sentence(self) -> str:
        """For the user, with the denominator."""
        return (
            f"{self.found} of {len(self.loci)} families expected in {self.clade} found "
            f"({100 * self.share:.1f} %)"
        )

    def summary(self) -> dict[str, Any]:
        missing = [family for family, number in self.loci.items() if not number]
        return {
            "clade": self.clade,
            "species": self.species,
            "expected": len(self.loci),
            "found": self.found,
            "missing": missing,
        }


@dataclass(frozen=True)
class Expected:
    """The conserved families of a clade: in at least four fifths of its species that are known
    well; see ``bench.weights.expected_families``."""

    clade: str
    species: int
    families: Sequence[str]

    def compare(self, found: Counter[str]) -> Completeness:
        """With loci by family, of miRBase's names or MirGeneDB's as the clade has them."""
        loci = {family: found[family] for family in self.families}
        return Completeness(self.clade, self.species, loci)


def clades() -> list[str]:
    """Names of the clades whose families are known, widest first."""
    return list(_table())


def expected_families(clade: str) -> Expected | None:
    """The expectation for a clade, whatever its letters' case; None for an unknown one."""
    names = {name.lower(): name for name in _table()}
    name = names.get(clade.lower())
    return None if name is None else _table()[name]


@cache
def _table() -> dict[str, Expected]:
    path = str(files("mirpre.annotation") / "known" / TABLE)
    families: dict[tuple[str, int], list[str]] = {}
    with open_lines(path) as lines:
        for row in Columns(lines, COLUMNS).rows():
            families.setdefault((row["clade"], int(row["species"])), []).append(row["family"])
    return {clade: Expected(clade, n, names) for (clade, n), names in families.items()}
