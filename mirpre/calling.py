"""Folded hairpins in, calls out: encode, predict, compare with the threshold."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from numpy.typing import NDArray

from mirpre.calls import Call
from mirpre.hairpin import Hairpin
from mirpre.models.inference import Predictor
from mirpre.streams import chunked
from mirpre.timing import StageSeconds


def call(
    hairpins: Iterable[Hairpin],
    predictor: Predictor,
    *,
    threshold: float,
    batch_size: int,
    threads: int,
    times: StageSeconds,
) -> Iterator[Call]:
    """A call for each folded hairpin, in order.

    A record is called where its probability, rounded to the six decimals that are reported,
    reaches the threshold.
    """
    waiting: deque[list[Hairpin]] = deque()
    encoding = predictor.encoding

    def batches() -> Iterator[NDArray[Any]]:
        for batch in chunked(hairpins, lambda batch: len(batch) == batch_size):
            waiting.append(batch)
            start = time.perf_counter()
            encoded = encoding.encode(batch)
            times.add("encode", time.perf_counter() - start)
            yield encoded

    for probabilities, seconds in predictor.map(batches(), threads):
        times.add("predict", seconds)
        for hairpin, value in zip(waiting.popleft(), probabilities.tolist(), strict=True):
            probability = round(value, 6)
            yield Call(hairpin, probability, probability >= threshold, encoding.flags_of(hairpin))
