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
from mirpre.records import Explained, Hairpin, partners
from mirpre.timing import StageSeconds

HIDDEN = "N"


def importance(hairpin: Hairpin, model: Model) -> NDArray[np.float64]:
    """Importance of each nucleotide of a folded hairpin, in log-odds, shape (L,).

    Above zero for what speaks for a precursor. Positions that the network does not read have 0.
    Raises ValueError for a record without a structure.
    """
    return _explained(hairpin, model)[1]


def explain(
    hairpins: Iterable[Hairpin], model: Model, threads: int, times: StageSeconds
) -> Iterator[Explained]:
    """Folded hairpins with the importance of their nucleotides, in order."""

    def work(hairpin: Hairpin) -> tuple[Explained, StageSeconds]:
        spent = StageSeconds()
        with spent.of("predict"):
            odds, found = _explained(hairpin, model)
        # Rounded as calls are.
        probability = round(float(1 / (1 + np.exp(-odds))), 6)
        return Explained(hairpin, probability, found.tolist()), spent

    for _, (explained, spent) in ordered_map(work, hairpins, threads):
        times.add_all(spent)
        yield explained


def _explained(hairpin: Hairpin, model: Model) -> tuple[float, NDArray[np.float64]]:
    """The hairpin's log-odds, and the importance of its nucleotides."""
    if hairpin.structure is None:
        raise ValueError(f"record {hairpin.name!r} has no structure; fold it first")
    length = min(len(hairpin), model.encoding.longest or len(hairpin))
    partner = partners(hairpin.structure)
    hidden = [hidden_at(hairpin, place, partner[place]) for place in range(length)]
    odds = model.log_odds([hairpin, *hidden])
    found = np.zeros(len(hairpin))
    found[:length] = odds[0] - odds[1:]
    return float(odds[0]), found


def hidden_at(hairpin: Hairpin, place: int, partner: int) -> Hairpin:
    """The hairpin with one nucleotide hidden: an N, and neither it nor its partner paired.

    partner is -1 for an unpaired nucleotide.
    """
    structure = list(hairpin.structure or "")
    structure[place] = "."
    if partner >= 0:
        structure[partner] = "."
    sequence = hairpin.sequence[:place] + HIDDEN + hairpin.sequence[place + 1 :]
    return Hairpin(hairpin.header, sequence, "".join(structure), hairpin.mfe)
