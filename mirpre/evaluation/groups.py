"""Which records belong together, so that they must not stand on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

K = 8
"""Length of the words that near-duplicates share."""

_ROWS = 2000  # records compared with all others at once

Pairs = NDArray[np.int64]


def near_duplicates(
    sequences: Sequence[str], identity: float, others: Sequence[str] | None = None
) -> Pairs:
    """Pairs (i, j) of records that are alike, shape (M, 2).

    The measure is the share of the shorter record's distinct 8-mers that the other one has too.
    Independent substitutions that leave a share ``identity`` of the letters leave about
    ``identity ** 8`` of the 8-mers, and from that share on two records are near-duplicates: 0.43
    for an identity of 0.9. A record that lies within another one counts as its duplicate.
    With ``others`` the pairs are (i in sequences, j in others), otherwise i < j in sequences.
    """
    from scipy.sparse import csr_array

    word_numbers: dict[str, int] = {}
    left = [_words(sequence, word_numbers) for sequence in sequences]
    right = left if others is None else [_words(other, word_numbers) for other in others]

    def matrix(words: list[list[int]]) -> csr_array:
        ends = np.cumsum([0, *map(len, words)])
        columns = np.array([number for numbers in words for number in numbers], np.int64)
        ones = np.ones(len(columns), np.int32)
        return csr_array((ones, columns, ends), shape=(len(words), len(word_numbers)))

    sizes_left, sizes_right = (np.array([*map(len, words)]) for words in (left, right))
    table, transposed = matrix(left), matrix(right).T.tocsr()
    found = []
    for start in range(0, len(left), _ROWS):
        shared = (table[start : start + _ROWS] @ transposed).tocoo()
        i, j = shared.coords[0].astype(np.int64) + start, shared.coords[1].astype(np.int64)
        alike = shared.data >= identity**K * np.minimum(sizes_left[i], sizes_right[j])
        if others is None:
            alike &= i < j
        found.append(np.stack([i[alike], j[alike]], axis=1))
    return np.concatenate([np.empty((0, 2), np.int64), *found])


def _words(sequence: str, numbers: dict[str, int]) -> list[int]:
    """Numbers of a sequence's distinct 8-mers; a shorter sequence is one word."""
    words = {sequence[i : i + K] for i in range(max(1, len(sequence) - K + 1))}
    return [numbers.setdefault(word, len(numbers)) for word in sorted(words)]


def same_family(names: Sequence[str], family: Mapping[str, str]) -> Pairs:
    """Pairs that link the records of each family; a name without a family has no pairs."""
    first: dict[str, int] = {}
    pairs = [
        (first.setdefault(family[name], i), i) for i, name in enumerate(names) if name in family
    ]
    return np.array([pair for pair in pairs if pair[0] != pair[1]], np.int64).reshape(-1, 2)


def linked(n: int, links: Iterable[Pairs]) -> NDArray[np.int64]:
    """The group of each of n records, numbered from 0 as they come.

    Records that a chain of pairs connects are one group (single linkage).
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = np.concatenate([np.empty((0, 2), np.int64), *links])
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, labels = connected_components(graph, directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    found: NDArray[np.int64] = rank[inverse]
    return found
