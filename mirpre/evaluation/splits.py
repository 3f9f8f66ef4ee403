"""Ways to divide labelled records into training, validation and test sets, or into folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirpre.formats.splits import SETS, SplitTable

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Positions of the records in each set; no record is in two."""

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
    order = _shuffled(n, shuffle_seed)
    rest = order[test:]
    cut = int(len(rest) * (1 - validation_fraction))
    if cut == 0 or cut == len(rest):
        raise ValueError(
            f"{len(rest)} records and a validation fraction of {validation_fraction:g} leave "
            "an empty training or validation set"
        )
    return Split(train=rest[:cut], validation=rest[cut:], test=order[:test])


def published_folds(n: int, folds: int, shuffle_seed: int) -> Indices:
    """The fold of each of n records, from 0: blocks of equal size after a shuffle.

    The last fold takes what is left over. So did Zheng et al. 2020 (10 folds, shuffle seed 2).
    """
    fold = np.empty(n, np.int64)
    fold[_shuffled(n, shuffle_seed)] = np.minimum(np.arange(n) // max(1, n // folds), folds - 1)
    return fold


def _shuffled(n: int, seed: int) -> Indices:
    # sklearn.utils.shuffle(array, random_state=seed) draws exactly this permutation.
    order = np.arange(n)
    np.random.RandomState(seed).shuffle(order)
    return order


def stratified(
    is_precursor: NDArray[np.bool_], group: Indices, shares: Sequence[float], seed: int
) -> Indices:
    """The part (0, 1, ...) of each record: parts have these shares of both classes.

    is_precursor and group (a number from 0 per record) have shape (N,). The records of one
    group always land in the same part. Groups are dealt in random order, the large ones first,
    each to the part that then comes closest to its share; where every record is a group of its
    own, all parts are exact to one record of each class.
    """
    sizes = np.stack([np.bincount(group, is_precursor), np.bincount(group, ~is_precursor)], axis=1)
    total = sizes.sum(axis=0)
    missing = np.outer(shares, total)
    weight = 1 / np.maximum(total, 1) ** 2
    deal = np.random.default_rng(seed).permutation(len(sizes))
    deal = deal[np.argsort(-sizes.sum(axis=1)[deal], kind="stable")]
    part = np.empty(len(sizes), np.int64)
    for one in deal:
        # What the squared distance to the shares grows by, in each part.
        growth = ((sizes[one] - 2 * missing) * sizes[one] * weight).sum(axis=1)
        part[one] = int(np.argmin(growth))
        missing[part[one]] -= sizes[one]
    found: Indices = part[group]
    return found


def split_of_table(table: SplitTable, fold: int | None) -> Split:
    """The sets of a table, or those of one of its folds (from 1).

    A fold's records are for testing, the next fold's (after the last comes the first) for
    validation, all others for training. Raises ValueError where a fold is wanted of a table of
    sets, or none of a table of folds.
    """
    if not table.has_folds:
        if fold is not None:
            raise ValueError(f"{table.file} has sets and no folds: leave out --fold")
        names = np.array(table.parts)
        return Split(*(np.flatnonzero(names == name) for name in SETS))
    if fold is None or fold > table.folds:
        raise ValueError(f"{table.file} has {table.folds} folds: name one with --fold")
    of_record = np.array(table.parts, np.int64)
    validation = fold % table.folds + 1
    return Split(
        train=np.flatnonzero((of_record != fold) & (of_record != validation)),
        validation=np.flatnonzero(of_record == validation),
        test=np.flatnonzero(of_record == fold),
    )
