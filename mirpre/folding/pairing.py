"""How probable it is that a nucleotide is paired, by ViennaRNA's partition function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mirpre.folding.viennarna import to_acgun
from mirpre.processes import WorkerProcesses

RAREST = 1e-4
"""Pairs that are less probable are left out."""

Pairing = Callable[[tuple[str, "float | None"]], list[float]]
"""Sequence and MFE (kcal/mol, None where unknown) to a probability for each nucleotide."""


def pairing_probabilities(task: tuple[str, float | None]) -> list[float]:
    """Of each nucleotide of a sequence, the probability that it is paired.

    At ViennaRNA's defaults. The MFE spares the time to find it again.
    """
    import RNA

    sequence, mfe = task
    compound = RNA.fold_compound(to_acgun(sequence))
    if mfe is None:
        _, mfe = compound.mfe()
    # Without a scale near the energy of the structure, long sequences overflow.
    compound.exp_params_rescale(mfe)
    compound.pf()
    found = [0.0] * len(sequence)
    for pair in compound.plist_from_probs(RAREST):
        found[pair.i - 1] += pair.p
        found[pair.j - 1] += pair.p
    return [min(probability, 1.0) for probability in found]


@contextmanager
def open_pairing(processes: int) -> Iterator[Pairing]:
    """The function, in so many worker processes where they are 2 or more.

    ViennaRNA lets only one thread of a process work. Start them before any library has started
    threads.
    """
    if processes < 2:
        yield pairing_probabilities
        return
    with WorkerProcesses(pairing_probabilities, processes) as workers:
        yield workers.call
