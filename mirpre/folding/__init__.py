"""Minimum free energy structures by ViennaRNA at its defaults."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from mirpre.hairpin import Hairpin
from mirpre.parallel import WorkerPool
from mirpre.streams import chunked

_CHUNK_RECORDS = 16
_CHUNK_LENGTH = 2000  # nt, about 50 ms of folding

# ViennaRNA itself would let X, K and I pair.
_TO_ACGUN = str.maketrans(dict.fromkeys("RYSWKMBDHV", "N"))


class FoldedChunk(NamedTuple):
    """What a worker hands back: (structure, MFE) of each sequence, and its seconds of work."""

    folds: list[tuple[str, float]]
    seconds: float


def fold_sequence(sequence: str) -> tuple[str, float]:
    """Dot-bracket and MFE (kcal/mol, two decimals) of an RNA sequence.

    Letters other than A, C, G and U never pair.
    """
    import RNA

    structure, mfe = RNA.fold(sequence.translate(_TO_ACGUN))
    return structure, round(mfe, 2)


def fold_sequences(sequences: list[str]) -> FoldedChunk:
    """Fold a chunk; the function that worker processes run."""
    start = time.perf_counter()
    folds = [fold_sequence(sequence) for sequence in sequences]
    return FoldedChunk(folds, time.perf_counter() - start)


def viennarna_version() -> str:
    """Version of the installed ViennaRNA, without loading the library itself."""
    from importlib.metadata import version

    return version("ViennaRNA")


def fold(
    hairpins: Iterable[Hairpin],
    pool: WorkerPool[list[str], FoldedChunk],
    on_seconds: Callable[[float], None] = lambda seconds: None,
) -> Iterator[Hairpin]:
    """The hairpins with structure and MFE, in their order.

    pool must apply fold_sequences; on_seconds is told the seconds of work of each chunk.
    """
    waiting: deque[list[Hairpin]] = deque()

    def sequences() -> Iterator[list[str]]:
        for chunk in chunked(hairpins, _is_full):
            waiting.append(chunk)
            yield [hairpin.sequence for hairpin in chunk]

    for folded in pool.map(sequences()):
        on_seconds(folded.seconds)
        for hairpin, (structure, mfe) in zip(waiting.popleft(), folded.folds, strict=True):
            yield dataclasses.replace(hairpin, structure=structure, mfe=mfe)


def _is_full(chunk: list[Hairpin]) -> bool:
    return len(chunk) == _CHUNK_RECORDS or sum(map(len, chunk)) >= _CHUNK_LENGTH
