"""The duplex of two mature sequences in a hairpin: arms, the 2-nt 3' overhang, pairs and bulges.

A place is (start, end) in the hairpin, 0-based, end not included; reads may hang over its ends,
and so may places.
"""

from __future__ import annotations

from dataclasses import dataclass

FIVE, THREE = "5p", "3p"

Place = tuple[int, int]

OVERHANG = 2
"""Unpaired nt at both 3' ends of a duplex that Drosha and Dicer, or Dicer-like 1, have cut."""


@dataclass(frozen=True, slots=True)
class Duplex:
    """How two places of a hairpin pair with each other, their 3' overhangs left out."""

    pairs: int
    mismatches: int
    """Unpaired positions; of an internal loop with a nt on one side and b on the other the larger
    number."""
    bulged: int
    """Those of them without a nt opposite: the sum of abs(a - b)."""


class Fold:
    """A hairpin's structure, asked about places in it."""

    def __init__(self, structure: str) -> None:
        self.structure = structure
        self._partner: list[int | None] = [None] * len(structure)
        opened: list[int] = []
        for position, symbol in enumerate(structure):
            if symbol == "(":
                opened.append(position)
            elif symbol == ")":
                self._partner[position] = other = opened.pop()
                self._partner[other] = position

    def partner(self, position: int) -> int | None:
        """The position that one is paired with; None for unpaired ones and those outside."""
        return self._partner[position] if 0 <= position < len(self._partner) else None

    def arm(self, place: Place) -> str | None:
        """FIVE or THREE, where all of a place's pairs lead to the other side; otherwise None."""
        symbols = set(self.structure[max(0, place[0]) : max(0, place[1])]) & {"(", ")"}
        if len(symbols) != 1:
            return None
        return FIVE if symbols == {"("} else THREE

    def star(self, mature: Place) -> Place | None:
        """The place that makes a duplex with OVERHANG nt at both 3' ends with a mature one.

        Where the end of a mature sequence is unpaired, its nearest paired position tells, counted
        back. None where there is no such place, or it overlaps the mature one.
        """
        start, end = mature
        if self.arm(mature) is None:
            return None
        last = end - 1 - OVERHANG
        begin = self._opposite(last, range(last, start - 1, -1))
        stop = self._opposite(start, range(start, last + 1))
        if begin is None or stop is None:
            return None
        star = (begin, stop + OVERHANG + 1)
        apart = star[0] >= end or star[1] <= start
        return star if star[0] < star[1] and apart else None

    def _opposite(self, position: int, near: range) -> int | None:
        for other in near:
            partner = self.partner(other)
            if partner is not None:
                return partner + (other - position)
        return None

    def paired_share(self, place: Place) -> float:
        """Share of a place's nt that are paired."""
        paired = sum(self.partner(position) is not None for position in range(*place))
        return paired / (place[1] - place[0])

    def unbranched(self, place: Place) -> bool:
        """Whether all pairs within a place are of one stem: no bifurcation."""
        return ")" not in self.structure[max(0, place[0]) : max(0, place[1])].rstrip(".)")

    def duplex(self, five: Place, three: Place) -> Duplex:
        """How a place of the 5' arm pairs with one of the 3' arm."""
        core_end, core_stop = five[1] - OVERHANG, three[1] - OVERHANG
        paired = [
            (position, partner)
            for position in range(five[0], core_end)
            if (partner := self.partner(position)) is not None and three[0] <= partner < core_stop
        ]
        mismatches = bulged = 0
        before = five[0] - 1, core_stop
        for position, partner in [*paired, (core_end, three[0] - 1)]:
            one, other = position - before[0] - 1, before[1] - partner - 1
            mismatches += max(one, other)
            bulged += abs(one - other)
            before = position, partner
        return Duplex(len(paired), mismatches, bulged)
