"""Hairpins in, calls out: fold where needed, encode, predict, compare with the threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mirpre.folding import Folder
from mirpre.folding.step import fold_chunk, full_chunk
from mirpre.models.inference import Predictor
from mirpre.parallel import ordered_map
from mirpre.records import Call, Hairpin
from mirpre.streams import BATCH_SIZE, chunked
from mirpre.timing import StageSeconds


def call(
    hairpins: Iterable[Hairpin],
    predictor: Predictor,
    *,
    threshold: float,
    threads: int,
    times: StageSeconds,
    folder: Folder | None = None,
    batch_size: int = BATCH_SIZE,
    watch: Callable[[int], None] = lambda records: None,
) -> Iterator[Call]:
    """A call for each hairpin, in order; with a folder they are folded first.

    A record is called where its probability, rounded to the six decimals that are reported,
    reaches the threshold. watch is told of records that have been predicted, by any thread.
    """

    def work(chunk: list[Hairpin]) -> tuple[list[Call], StageSeconds]:
        spent = StageSeconds()
        if folder is not None:
            with spent.of("fold"):
                chunk = fold_chunk(chunk, folder)
        return call_chunk(chunk, predictor, threshold, spent, watch), spent

    chunks = chunked(hairpins, full_chunk(folder, batch_size))
    for _, (calls, spent) in ordered_map(work, chunks, threads):
        times.add_all(spent)
        yield from calls


def call_chunk(
    chunk: list[Hairpin],
    predictor: Predictor,
    threshold: float,
    times: StageSeconds,
    watch: Callable[[int], None] = lambda records: None,
) -> list[Call]:
    """A call for each folded hairpin, by the calling thread."""
    found = probabilities_of(chunk, predictor, times, watch)
    return calls_of(chunk, found, predictor, threshold)


def probabilities_of(
    chunk: list[Hairpin],
    predictor: Predictor,
    times: StageSeconds,
    watch: Callable[[int], None] = lambda records: None,
) -> list[float]:
    """The probability of each folded hairpin, six decimals, by the calling thread."""
    with times.of("encode"):
        encoded = predictor.encoding.encode(chunk, predictor.dtype)
    with times.of("predict"):
        return [round(value, 6) for value in predictor.probabilities(encoded, watch).tolist()]


def calls_of(
    chunk: Iterable[Hairpin], probabilities: Iterable[float], predictor: Predictor, threshold: float
) -> list[Call]:
    """The calls that these probabilities give."""
    flags_of = predictor.encoding.flags_of
    return [
        Call(hairpin, probability, probability >= threshold, flags_of(hairpin))
        for hairpin, probability in zip(chunk, probabilities, strict=True)
    ]
