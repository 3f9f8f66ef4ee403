"""How networks of train_arms.py, alone and together, do on validation families.

python -m bench.weights.arms_check FOLDER RUN1 RUN3 [RUN ...] --together 0 0,1 0,1,2

FOLDER holds arms.npz. Prints a row for each group of runs (numbers from 0, as they are named) and
each way to choose the four cuts from their probabilities, the mean of log-odds of a group: by
lengths alone, as mirpre/annotation/arms.py does, and with what else is likely, at several weights:

- overhang: where the ends of the two arms lie opposite each other in the structure; two Drosha or
  Dicer cuts leave 2 nt at both 3' ends;
- loop: how far each cut lies from the closing pair of the loop.

Both are shares among training families, their logarithms times a weight. Test records are not
touched. Shares of 5' and of 3' ends that are exact, and within 2 nt, in per cent; and the loss: the
sum of the four cross-entropies, of which the overhang and lengths are no part.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.evidence.arms import loop_of
from bench.shared.arms_metrics import shares_right
from bench.shared.markdown import table
from bench.weights.arms_data import PUBLISHED, WINDOW, ArmsPool
from bench.weights.bundle_arms import family_weights, hairpins_of, length_shares
from bench.weights.genome_pool import Rows
from bench.weights.train_arms import LEAST_FLANK
from mirpre.annotation.arms import LEAST_SHARE, LONGEST, SHORTEST

Floats = NDArray[np.float64]

BEST = 10
"""Positions of each cut that are tried."""
FAR = 12
"""Distances beyond count as this."""
FURTHEST = 60
"""The same of the loop."""
WEIGHTS = (0.25, 0.5, 0.75, 1.0)
LENGTHS = 0.5


@dataclass(frozen=True)
class Records:
    """Known cuts, and what the structures say."""

    rows: Rows
    known: NDArray[np.int64]
    opposite: list[NDArray[np.int64]]
    """Of each record the position that lies opposite to each position."""
    loop: NDArray[np.int64]
    """(N, 4): the closing pair's side of each cut."""


def opposite_of(structure: str) -> NDArray[np.int64]:
    """The partner of each position; beside pairs counted on from the nearest one."""
    waiting: list[int] = []
    partner = np.full(len(structure), -1)
    for at, symbol in enumerate(structure):
        if symbol == "(":
            waiting.append(at)
        elif symbol == ")":
            partner[at] = waiting.pop()
            partner[partner[at]] = at
    paired = np.flatnonzero(partner >= 0)
    if not len(paired):
        return len(structure) - 1 - np.arange(len(structure))
    every = np.arange(len(structure))
    nearest = paired[np.abs(every[:, None] - paired).argmin(axis=1)]
    return np.asarray(partner[nearest] - (every - nearest), np.int64)


def records_of(pool: ArmsPool, rows: Rows) -> Records:
    structures = [hairpin.structure or "" for hairpin in hairpins_of(pool, rows)]
    loops = np.array([loop_of(structure) for structure in structures])
    return Records(
        rows,
        pool.cuts[rows].astype(np.int64),
        [opposite_of(structure) for structure in structures],
        loops[:, [0, 0, 1, 1]],
    )


def overhangs(cuts: NDArray[np.int64], opposite: NDArray[np.int64]) -> NDArray[np.int64]:
    """(..., 2): how far the 3' ends reach beyond the positions opposite to the 5' ends."""
    at = np.clip(cuts, 0, len(opposite) - 1)
    outer = cuts[..., 3] - opposite[at[..., 0]]
    inner = cuts[..., 1] - opposite[at[..., 2]]
    return np.stack([outer, inner], axis=-1)


def logs(values: NDArray[np.int64], weights: Floats, far: int) -> Floats:
    """Logarithms of the shares of values from -far to far, smoothed."""
    count = np.bincount(np.clip(values, -far, far) + far, weights, 2 * far + 1)
    share = (count + 0.5) / (count.sum() + 0.5 * len(count))
    return np.asarray(np.log(share), np.float64)


def probabilities(work: Path, pool: ArmsPool, rows: Rows) -> list[Floats]:
    """Logarithms (L, 4) of what one network gives for each record."""
    import onnxruntime

    from mirpre.training.arms_onnx import export_arms

    with np.load(work / "weights.npz") as parts, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        export_arms([[parts[name] for name in parts.files]], file)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(file), options)
    found = []
    for row in rows:
        record = pool.pool.arrays(np.array([row])).astype(np.int32)
        (cuts,) = session.run(None, {session.get_inputs()[0].name: record})
        found.append(np.log(np.maximum(cuts[0, : pool.pool.lengths[row]].astype(float), 1e-9)))
    return found


def with_loop(log: Floats, loop: NDArray[np.int64], priors: Priors) -> Floats:
    """The same, allowing for the distance from the loop."""
    apart = np.clip(np.arange(len(log))[:, None] - loop, -FURTHEST, FURTHEST) + FURTHEST
    log = log + priors.of_loop[np.arange(4), apart]
    found: Floats = log - np.logaddexp.reduce(log, axis=0)
    return found


def decoded(log: Floats, opposite: NDArray[np.int64], priors: Priors) -> NDArray[np.int64]:
    """The four cuts (4,) with the highest sum, of the best positions of each."""
    best = [np.argsort(-log[:, k])[:BEST] for k in range(4)]
    cuts = np.stack(np.meshgrid(*best, indexing="ij"), axis=-1).reshape(-1, 4)
    five, three = cuts[:, 1] - cuts[:, 0] + 1, cuts[:, 3] - cuts[:, 2] + 1
    fits = (five >= SHORTEST) & (five <= LONGEST) & (three >= SHORTEST) & (three <= LONGEST)
    fits &= cuts[:, 1] < cuts[:, 2]
    if not fits.any():
        return np.asarray(log.argmax(axis=0), np.int64)
    cuts, five, three = cuts[fits], five[fits], three[fits]
    total = log[cuts, np.arange(4)].sum(axis=1) + priors.lengths[0, five] + priors.lengths[1, three]
    beyond = np.clip(overhangs(cuts, opposite), -FAR, FAR) + FAR
    total += priors.of_overhang[[0, 1], beyond].sum(axis=1)
    return np.asarray(cuts[total.argmax()], np.int64)


@dataclass(frozen=True)
class Priors:
    """Logarithms, already times their weights."""

    lengths: Floats
    """(2, LONGEST + 1)"""
    of_overhang: Floats
    """(2, 2 * FAR + 1)"""
    of_loop: Floats
    """(4, 2 * FURTHEST + 1)"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("work", type=Path, nargs="+")
    parser.add_argument("--together", nargs="+", default=["0"])
    args = parser.parse_args()
    pool = ArmsPool.load(args.folder / "arms.npz")
    learned = pool.rows("train", PUBLISHED, flank=LEAST_FLANK)
    weights = family_weights(pool, learned)
    train = records_of(pool, learned)
    beyond = np.array([overhangs(*pair) for pair in zip(train.known, train.opposite, strict=True)])
    of_overhang = np.array([logs(beyond[:, k], weights, FAR) for k in range(2)])
    off = train.known - train.loop
    of_loop = np.array([logs(off[:, k], weights, FURTHEST) for k in range(4)])
    shares = length_shares(pool)
    lengths = np.array(
        [[shares[arm].get(str(n), 0) for n in range(LONGEST + 1)] for arm in ("five", "three")]
    )
    lengths = LENGTHS * np.log(np.maximum(lengths.astype(float), LEAST_SHARE))
    ways = {"lengths": (0.0, 0.0)}
    ways |= {f"and overhang at {weight:g}": (weight, 0.0) for weight in WEIGHTS}
    ways |= {f"and loop at {weight:g}": (0.0, weight) for weight in WEIGHTS}
    sets = {
        what: records_of(pool, pool.rows("validation", source, flank=LEAST_FLANK))
        for what, source in (("as published", PUBLISHED), ("windows", WINDOW))
    }
    rows = []
    every = {
        what: [probabilities(work, pool, one.rows) for work in args.work]
        for what, one in sets.items()
    }
    for group in args.together:
        members = [int(number) for number in group.split(",")]
        for way, (overhang, loop) in ways.items():
            priors = Priors(lengths, overhang * of_overhang, loop * of_loop)
            cells: list[object] = ["+".join(args.work[k].name for k in members), way]
            for what, one in sets.items():
                logs_of = [every[what][k] for k in members]
                told = [
                    with_loop(np.mean(logs, axis=0), loop, priors)
                    for *logs, loop in zip(*logs_of, one.loop, strict=True)
                ]
                found = np.array(
                    [decoded(*pair, priors) for pair in zip(told, one.opposite, strict=True)]
                )
                loss = -np.mean([t[k, range(4)] for t, k in zip(told, one.known, strict=True)])
                cells += [f"{100 * v:.1f}" for v in shares_right(found, one.known).values()]
                cells.append(f"{4 * loss:.2f}")
            rows.append(cells)
    heads = [f"{what}, {end}" for what in sets for end in ("5'", "2 nt", "3'", "2 nt", "loss")]
    print(table(("runs", "chosen by", *heads), rows))


if __name__ == "__main__":
    main()
