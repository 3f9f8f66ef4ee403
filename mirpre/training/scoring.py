"""Labelled hairpins in, probabilities of one or several models out."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirpre.hairpin import Hairpin
from mirpre.models.inference import Predictor
from mirpre.streams import chunked

_BATCH = 512


@dataclass(frozen=True)
class Scored:
    """What one model, or one table of calls, says of labelled records.

    is_precursor and probability have shape (N,); a record is called from threshold on.
    """

    name: str
    threshold: float
    is_precursor: NDArray[np.bool_]
    probability: NDArray[np.float64]
    sha256: str | None = None
    """Of the weights; None for a table of calls."""


def probabilities(
    hairpins: Iterable[Hairpin], predictors: Sequence[Predictor], threads: int
) -> list[NDArray[np.float64]]:
    """Each predictor's probabilities, rounded to the six decimals that classify reports.

    The records pass once; only their probabilities stay.
    """
    running: deque[list[Future[NDArray[np.float32]]]] = deque()
    found = [array("d") for _ in predictors]

    def collect() -> None:
        for values, future in zip(found, running.popleft(), strict=True):
            values.extend(round(value, 6) for value in future.result().tolist())

    with ThreadPoolExecutor(threads, thread_name_prefix="mirpre-inference") as executor:
        for batch in chunked(hairpins, lambda batch: len(batch) == _BATCH):
            # Models of one encoding share an array.
            encodings = {p.encoding.name: p.encoding for p in predictors}
            encoded = {name: encoding.encode(batch) for name, encoding in encodings.items()}
            running.append(
                [executor.submit(p.probabilities, encoded[p.encoding.name]) for p in predictors]
            )
            if len(running) > threads:
                collect()
        while running:
            collect()
    return [np.array(values) for values in found]
