"""Hairpins in, folded hairpins out, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from mirpre.folding import Folder
from mirpre.parallel import ordered_map
from mirpre.records import Hairpin
from mirpre.streams import BATCH_SIZE, chunked
from mirpre.timing import StageSeconds


def fold(
    hairpins: Iterable[Hairpin], folder: Folder, threads: int, times: StageSeconds
) -> Iterator[Hairpin]:
    """The hairpins with structure and MFE."""

    def work(chunk: list[Hairpin]) -> tuple[list[Hairpin], StageSeconds]:
        spent = StageSeconds()
        with spent.of("fold"):
            return fold_chunk(chunk, folder), spent

    chunks = chunked(hairpins, full_chunk(folder, BATCH_SIZE))
    for _, (folded, spent) in ordered_map(work, chunks, threads):
        times.add_all(spent)
        yield from folded


def fold_chunk(chunk: Sequence[Hairpin], folder: Folder) -> list[Hairpin]:
    """The hairpins with structure and MFE; those without one are folded by the calling thread."""
    folds = iter(folder.fold([h.sequence for h in chunk if h.structure is None]))
    return [
        hairpin if hairpin.structure is not None else hairpin.folded(*next(folds))
        for hairpin in chunk
    ]


def full_chunk(folder: Folder | None, records: int) -> Callable[[list[Hairpin]], bool]:
    """Whether a chunk, looked at after each record, is as much as should be worked on at once:
    so many records, or with a folder so much folding."""
    if folder is None:
        return lambda chunk: len(chunk) >= records
    most = folder.square_letters
    squares = 0

    def is_full(chunk: list[Hairpin]) -> bool:
        nonlocal squares
        squares += len(chunk[-1].sequence) ** 2
        if squares < most and len(chunk) < records:
            return False
        squares = 0
        return True

    return is_full
