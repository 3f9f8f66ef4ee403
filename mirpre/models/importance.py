"""Which nucleotides of a hairpin made the network call it.

The method is occlusion (Zeiler and Fergus, ECCV 2014, doi 10.1007/978-3-319-10590-1_53): each
nucleotide in turn is hidden, and what the network's log-odds lose by that is its importance. A
hidden nucleotide is an N, which pairs with nothing; the rest of the structure is kept. It asks
the network only what it reads anyway, and so goes for each network and encoding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from mirpre.models.model import Model
from mirpre.parallel import ordered_map
from mirpre.records import Hairpin

HIDDEN = "N"


def importance(hairpin: Hairpin, model: Model) -> NDArray[np.float64]:
    """Importance of each nucleotide of a folded hairpin, in log-odds, shape (L,).

    Above zero for what speaks for a precursor. Positions that the network does not read have 0.
    Raises ValueError for a record without a structure.
    """
    if hairpin.structure is None:
        raise ValueError(f"record {hairpin.name!r} has no structure; fold it first")
    length = min(len(hairpin), model.encoding.longest or len(hairpin))
    hidden = [hidden_at(hairpin, place) for place in range(length)]
    odds = model.log_odds([hairpin, *hidden])
    found = np.zeros(len(hairpin))
    found[:length] = odds[0] - odds[1:]
    return found


def importances(
    hairpins: Iterable[Hairpin], model: Model, threads: int = 1
) -> Iterator[NDArray[np.float64]]:
    """The importance of each hairpin's nucleotides, in order."""
    for _, found in ordered_map(lambda hairpin: importance(hairpin, model), hairpins, threads):
        yield found


def hidden_at(hairpin: Hairpin, place: int) -> Hairpin:
    """The hairpin with one nucleotide hidden: an N, and neither it nor its partner paired."""
    structure = list(hairpin.structure or "")
    partner = partner_of(hairpin.structure or "", place)
    structure[place] = "."
    if partner is not None:
        structure[partner] = "."
    sequence = hairpin.sequence[:place] + HIDDEN + hairpin.sequence[place + 1 :]
    return Hairpin(hairpin.header, sequence, "".join(structure), hairpin.mfe)


def partner_of(structure: str, place: int) -> int | None:
    """Which position pairs with one; None for an unpaired one."""
    symbol = structure[place]
    if symbol == ".":
        return None
    step = 1 if symbol == "(" else -1
    depth, at = 0, place
    while True:
        depth += {"(": 1, ")": -1}.get(structure[at], 0)
        if depth == 0:
            return at
        at += step
