"""Ways to divide labelled records into training, validation and test sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Positions of the records in each set; every record is in exactly one."""

    train: Indices
    validation: Indices
    test: Indices


def published_split(n: int, test: int, validation_fraction: float, shuffle_seed: int) -> Split:
    """Shuffle n records; the first ``test`` are the test set, the last part is for validation.

    This is how Zheng et al. 2020 divided their 3762 records (test 752, validation fraction 0.2,
    shuffle seed 2): scikit-learn's shuffle, then Keras' validation split of the remainder.
    Raises ValueError where a set for training or validation would be empty.
    """
    if not 0 <= test < n:
        raise ValueError(f"cannot take {test} test records from {n}")
    # sklearn.utils.shuffle(array, random_state=seed) draws exactly this permutation.
    order = np.arange(n)
    np.random.RandomState(shuffle_seed).shuffle(order)
    rest = order[test:]
    cut = int(len(rest) * (1 - validation_fraction))
    if cut == 0 or cut == len(rest):
        raise ValueError(
            f"{len(rest)} records and a validation fraction of {validation_fraction:g} leave "
            "an empty training or validation set"
        )
    return Split(train=rest[:cut], validation=rest[cut:], test=order[:test])
