"""Labelled hairpins in, probabilities of one or several models out."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirpre.folding import Folder
from mirpre.folding.step import fold_chunk, full_chunk
from mirpre.models.inference import Predictor
from mirpre.parallel import ordered_map
from mirpre.records import Hairpin
from mirpre.streams import BATCH_SIZE, chunked


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
    hairpins: Iterable[Hairpin],
    predictors: Sequence[Predictor],
    threads: int,
    folder: Folder | None = None,
) -> list[NDArray[np.float64]]:
    """Each predictor's probabilities, rounded to the six decimals that classify reports.

    The records pass once, and with a folder are folded then; only their probabilities stay.
    """
    # Models of one encoding share an array.
    encodings = {p.encoding.name: p.encoding for p in predictors}

    def work(chunk: list[Hairpin]) -> list[NDArray[np.float32]]:
        if folder is not None:
            chunk = fold_chunk(chunk, folder)
        encoded = {name: encoding.encode(chunk) for name, encoding in encodings.items()}
        return [p.probabilities(encoded[p.encoding.name]) for p in predictors]

    found = [array("d") for _ in predictors]
    chunks = chunked(hairpins, full_chunk(folder, BATCH_SIZE))
    for _, results in ordered_map(work, chunks, threads):
        for values, result in zip(found, results, strict=True):
            values.extend(round(value, 6) for value in result.tolist())
    return [np.array(values) for values in found]
