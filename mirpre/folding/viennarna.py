"""The folder that is ViennaRNA itself, in this process or in worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mirpre.folding import Fold
from mirpre.processes import WorkerProcesses

# ViennaRNA itself would let X, K and I pair.
_TO_ACGUN = str.maketrans(dict.fromkeys("RYSWKMBDHV", "N"))


def to_acgun(sequence: str) -> str:
    """The sequence with N for every ambiguity letter, as it is folded."""
    return sequence.translate(_TO_ACGUN)


def fold_sequences(sequences: Sequence[str]) -> list[Fold]:
    """Dot-bracket and MFE of each sequence; the function that worker processes run."""
    import RNA

    folds = (RNA.fold(to_acgun(sequence)) for sequence in sequences)
    return [(structure, round(mfe, 2)) for structure, mfe in folds]


class ViennaFolder:
    """ViennaRNA in this process, or behind worker processes."""

    name = "viennarna"
    square_letters = 250_000
    """About 100 ms of work."""

    def __init__(self, workers: WorkerProcesses[Sequence[str], list[Fold]] | None) -> None:
        self._workers = workers

    def fold(self, sequences: Sequence[str]) -> list[Fold]:
        if self._workers is None:
            return fold_sequences(sequences)
        return self._workers.call(sequences)


@contextmanager
def start(processes: int) -> Iterator[ViennaFolder]:
    """The folder, whose worker processes end with the context."""
    if processes == 0:
        yield ViennaFolder(None)
        return
    with WorkerProcesses(fold_sequences, processes) as workers:
        yield ViennaFolder(workers)
