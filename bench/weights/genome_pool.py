"""Folded records as arrays, and batches drawn from them with random cuts and mutations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.weights.model_records import Record
from mirpre.encoding import STEP, partners
from mirpre.records import Hairpin

Rows = NDArray[np.int64]
Folds = dict[str, tuple[str, str]]
"""Structure and MFE, as written, by sequence."""
POSITIVE_SHARES = {"published": 0.22, "search": 0.38, "bare": 0.28, "flanked": 0.12}
NEGATIVE_SHARES = {
    "transcripts": 0.15,
    "shuffled text": 0.07,
    "mirrored text": 0.05,
    "made": 0.07,
    "inverted": 0.06,
    "satellites": 0.03,
    "long ncrna": 0.03,
    "pseudo": 0.05,
    "second benchmark": 0.04,
    "rfam": 0.09,
    "trna": 0.04,
    "ncrna": 0.04,
    "windows": 0.02,
    "mirror": 0.09,
    "antisense": 0.07,
    "shuffled": 0.03,
    "hard": 0.17,
}
"""How often a record of each source is drawn, among those of its class."""
POSITIVES = 1 / 3
TRIM, SHORTEST = 10, 40
MUTATED = 0.3
_PAIRS = np.array([(0, 1), (1, 0), (2, 3), (3, 2), (2, 1), (1, 2)])  # of bases A, U, G, C
_PAIR_CHANCE = np.cumsum([0.2, 0.2, 0.24, 0.24, 0.06])


@dataclass
class Pool:
    """Records of all sets: encoded positions one after the other, and what each record is."""

    codes: NDArray[np.int8]
    distances: NDArray[np.int16]
    starts: Rows
    lengths: Rows
    positive: NDArray[np.bool_]
    weight: NDArray[np.float64]
    source: NDArray[np.str_]
    split: NDArray[np.str_]
    name: NDArray[np.str_]

    def save(self, file: Path) -> None:
        np.savez(file, **self.__dict__)

    @classmethod
    def load(cls, file: Path) -> Pool:
        with np.load(file) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})

    @classmethod
    def of(cls, records: Iterable[Record], folds: Folds) -> Pool:
        """From records (model_records.Record) and structures by sequence."""
        kept = [r for r in records if r.sequence in folds]
        parts: list[NDArray[np.int16]] = []
        for at in range(0, len(kept), 4096):
            chunk = kept[at : at + 4096]
            hairpins = [Hairpin("", r.sequence, folds[r.sequence][0]) for r in chunk]
            encoded = partners(hairpins)
            parts += [row[: len(h)] for row, h in zip(encoded, hairpins, strict=True)]
        flat = np.concatenate(parts)
        lengths = np.array([len(p) for p in parts])
        return cls(
            flat[:, 0].astype(np.int8),
            flat[:, 1].astype(np.int16),
            np.cumsum(lengths) - lengths,
            lengths,
            np.array([r.positive for r in kept]),
            np.array([r.weight for r in kept]),
            np.array([r.source for r in kept]),
            np.array([r.split for r in kept]),
            np.array([r.name for r in kept]),
        )

    def arrays(
        self, rows: Rows, first: Rows | int = 0, last: Rows | None = None
    ) -> NDArray[np.int16]:
        """Encoded rows (N, L, 2), from a first to a last position each."""
        first = np.broadcast_to(first, len(rows))
        last = self.lengths[rows] if last is None else last
        size = last - first
        width = int(-(-size.max() // STEP) * STEP)
        column = np.arange(width)
        inside = column < size[:, None]
        at = np.where(inside, (self.starts[rows] + first)[:, None] + column, 0)
        codes = np.where(inside, self.codes[at], 0).astype(np.int16)
        distance = np.where(inside, self.distances[at], 0).astype(np.int16)
        # A pair that is cut leaves an unpaired base.
        mate = column + distance
        cut = (distance != 0) & ((mate < 0) | (mate >= size[:, None]))
        distance[cut] = 0
        codes[cut] = (codes[cut] - 1) % 4 + 1
        return np.stack([codes, distance], axis=2)


class Drawing:
    """Batches of training records, drawn by weight."""

    def __init__(self, pool: Pool, rows: Rows, seed: list[int]) -> None:
        self.pool, self.rows = pool, rows
        self.factor = np.ones(len(rows))
        self._rng = np.random.default_rng(seed)

    def chances(self) -> NDArray[np.float64]:
        """Chance of each row; sources and classes have their shares."""
        pool, rows = self.pool, self.rows
        weight = pool.weight[rows] * self.factor
        chance = np.zeros(len(rows))
        for positive, shares in ((True, POSITIVE_SHARES), (False, NEGATIVE_SHARES)):
            for source, share in shares.items():
                mine = (pool.positive[rows] == positive) & (pool.source[rows] == source)
                if mine.any():
                    chance[mine] = share * weight[mine] / weight[mine].sum()
            mine = pool.positive[rows] == positive
            chance[mine] *= (POSITIVES if positive else 1 - POSITIVES) / chance[mine].sum()
        return chance

    def batches(
        self, number: int, size: int, together: int = 48
    ) -> Iterator[tuple[NDArray[np.int16], NDArray[np.bool_]]]:
        """So many batches; those of one call to the generator are alike in length."""
        chance = self.chances()
        for at in range(0, number, together):
            n = min(together, number - at)
            drawn = self._rng.choice(len(self.rows), n * size, p=chance)
            rows = self.rows[drawn]
            first, last = self._cuts(rows)
            order = np.argsort(last - first, kind="stable").reshape(n, size)
            for group in self._rng.permutation(order):
                encoded = self.pool.arrays(rows[group], first[group], last[group])
                yield self._mutated(encoded), self.pool.positive[rows[group]]

    def _cuts(self, rows: Rows) -> tuple[Rows, Rows]:
        """First and last position of each row: some trimmed, some cut as Drosha would."""
        pool, rng = self.pool, self._rng
        n = len(rows)
        length = pool.lengths[rows]
        most = np.where(pool.source[rows] == "bare", 1, TRIM)
        trim = rng.integers(0, most + 1, (2, n)) * (rng.random(n) < 0.6)
        first, last = trim[0], length - trim[1]
        short = last - first < SHORTEST
        first[short], last[short] = 0, length[short]
        deep = rng.random(n) < np.where(pool.positive[rows], 0.05, 0.3)
        for k in np.flatnonzero(deep & (length < 200)):
            start = pool.starts[rows[k]]
            distance = pool.distances[start : start + length[k]]
            spots = np.flatnonzero((distance >= 48) & (distance <= 78))
            if spots.size:
                first[k] = rng.choice(spots)
                last[k] = min(length[k], first[k] + distance[first[k]] + 3)
        return first, last

    def _mutated(self, encoded: NDArray[np.int16]) -> NDArray[np.int16]:
        """New bases at some positions; pairs stay pairs."""
        rng = self._rng
        n = len(encoded)
        rate = rng.random((n,)) * MUTATED * (rng.random((n,)) < 0.7)
        return mutated(encoded, rate, rng)


def mutated(
    encoded: NDArray[np.int16], rate: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int16]:
    """The same array, with new bases at so many positions of each record; pairs stay pairs."""
    hit = (rng.random(encoded.shape[:2]) < rate[:, None]) & (encoded[:, :, 0] > 0)
    code, distance = encoded[:, :, 0], encoded[:, :, 1]
    row, at = np.nonzero(hit & (distance == 0) & (code < 13))
    code[row, at] = rng.integers(1, 5, len(row))
    row, at = np.nonzero(hit & (distance > 0))
    mate = at + distance[row, at]
    pair = _PAIRS[np.searchsorted(_PAIR_CHANCE, rng.random(len(row)))]
    code[row, at], code[row, mate] = 5 + pair[:, 0], 9 + pair[:, 1]
    return encoded
