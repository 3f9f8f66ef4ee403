"""Train a network of the bundled model ``arms`` on the records of arms_data.py.

python -m bench.weights.train_arms FOLDER WORK --epochs 12 --seed 1

FOLDER holds arms.npz. WORK gets state.npz after each epoch (the same command goes on from there),
weights.npz of the best epoch by the validation families, and a log. Test records are not touched.
bench/weights/bundle_arms.py makes the model folder.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.weights.arms_data import MADE, PUBLISHED, WINDOW, ArmsPool
from bench.weights.genome_pool import Rows, mutated
from bench.weights.train_genome import restore, save
from mirpre.training.recipe import load_tensorflow

if TYPE_CHECKING:
    import keras

Floats = NDArray[np.float32]

BATCH = 64
LEAST_FLANK = 8
"""Where fewer letters of the genome's own lie beyond an arm, its outer end is not learned."""
SHARES = {PUBLISHED: 0.45, WINDOW: 0.25, MADE: 0.3}
TRIMMED = 0.7
DOUBTFUL, PLANT, ONE_ARM = 0.5, 0.5, 0.5
"""Weights beside those of supported animal precursors with both arms."""


@dataclass(frozen=True)
class Batch:
    """Records, and for each cut the target position and how much it counts."""

    encoded: NDArray[np.int32]
    cuts: Floats
    """(N, 4, 2)"""
    dominates: Floats
    """(N, 2): 1 where the 5p arm does, and how much it counts."""


def chances(pool: ArmsPool, rows: Rows, power: float) -> NDArray[np.float64]:
    """How often each row is drawn; sources have their shares."""
    weight = pool.family_size[rows] ** -power
    weight *= np.where(pool.supported[rows], 1, DOUBTFUL)
    weight *= np.where(pool.plant[rows], PLANT, 1)
    weight *= np.where(pool.cuts[rows].min(axis=1) >= 0, 1, ONE_ARM)
    source = pool.pool.source[rows]
    for name, share in SHARES.items():
        mine = source == name
        weight[mine] *= share / weight[mine].sum()
    return np.asarray(weight / weight.sum())


def training_rows(pool: ArmsPool) -> Rows:
    """Doubtful precursors with one arm teach nothing."""
    good = pool.supported | (pool.cuts.min(axis=1) >= 0)
    return np.flatnonzero((pool.pool.split == "train") & good)


def batches(
    pool: ArmsPool,
    rows: Rows,
    chance: NDArray[np.float64],
    number: int,
    rng: np.random.Generator,
    rates: tuple[float, float],
) -> Iterator[Batch]:
    """So many batches, trimmed and mutated at random; a batch's records are alike in length."""
    drawn = rows[rng.choice(len(rows), number * BATCH, p=chance)]
    known = pool.cuts[drawn]
    length = pool.pool.lengths[drawn]
    first_cut = np.where(known >= 0, known, 10_000).min(axis=1)
    last_cut = known.max(axis=1)
    # Most ends beyond a known arm are trimmed, which tells that they mean nothing.
    trim = (rng.random((2, len(drawn))) < TRIMMED) & (known[:, [0, 3]] >= 0).T
    first = np.where(trim[0], rng.integers(0, np.maximum(first_cut, 1)), 0)
    behind = length - 1 - last_cut
    last = length - np.where(trim[1], rng.integers(0, np.maximum(behind, 1)), 0)
    order = np.argsort(last - first, kind="stable").reshape(number, BATCH)
    for group in rng.permutation(order):
        encoded = pool.pool.arrays(drawn[group], first[group], last[group])
        rate = rng.uniform(*rates, len(group))
        yield Batch(
            mutated(encoded, rate, rng).astype(np.int32),
            *targets(pool, drawn[group], first[group], last[group]),
        )


def targets(pool: ArmsPool, rows: Rows, first: Rows, last: Rows) -> tuple[Floats, Floats]:
    """Cuts (N, 4, 2) and dominance (N, 2) of trimmed rows, with what each counts."""
    known = pool.cuts[rows].astype(np.int64)
    counts = (known >= 0).astype(np.float32)
    cuts = np.where(known >= 0, known - first[:, None], 0)
    left = np.minimum(known[:, 0] - first, pool.real[rows, 0])
    right = np.minimum(last - 1 - known[:, 3], pool.real[rows, 1])
    counts[left < LEAST_FLANK, 0] = 0
    counts[right < LEAST_FLANK, 3] = 0
    five = pool.five_dominates[rows]
    dominates = np.stack([five == 1, five >= 0], axis=1)
    return np.stack([cuts, counts], axis=2).astype(np.float32), dominates.astype(np.float32)


def predicted(model: keras.Model, pool: ArmsPool, rows: Rows) -> tuple[list[Floats], Floats]:
    """Probabilities (L, 4) of each row's positions, and log-odds (N,) that 5p dominates."""
    cuts: list[Floats] = [np.empty(0, np.float32)] * len(rows)
    dominates = np.empty(len(rows), np.float32)
    length = pool.pool.lengths[rows]
    order = np.argsort(length, kind="stable")
    for at in range(0, len(rows), 256):
        some = order[at : at + 256]
        logits, odds = model.predict_on_batch(pool.pool.arrays(rows[some]).astype(np.int32))
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        dominates[some] = odds[:, 0]
        for k, row in enumerate(some):
            cuts[row] = p[k, : length[row]]
    return cuts, dominates


def measured(cuts: list[Floats], dominates: Floats, pool: ArmsPool, rows: Rows) -> dict[str, Any]:
    """Shares of the most probable positions that are right, and losses."""
    from sklearn.metrics import roc_auc_score

    known = pool.cuts[rows]
    best = np.array([p.argmax(axis=0) for p in cuts])
    off = np.abs(best - known)
    of_truth = np.array([p[c, range(4)] for p, c in zip(cuts, known, strict=True)])
    found: dict[str, Any] = {
        "exact": (off == 0).mean(axis=0).round(3).tolist(),
        "within2": (off <= 2).mean(axis=0).round(3).tolist(),
        "loss": (-np.log(np.maximum(of_truth, 1e-6))).mean(axis=0).round(3).tolist(),
    }
    five = pool.five_dominates[rows]
    if len(set(five[five >= 0])) == 2:
        found["dominates"] = round(roc_auc_score(five[five >= 0], dominates[five >= 0]), 3)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--steps", type=int, default=300, help="batches of an epoch")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--power", type=float, default=0.5, help="of 1 / family size")
    parser.add_argument("--mutated", type=float, nargs=2, default=(0.12, 0.2))
    parser.add_argument("--until", type=int, help="stop after this epoch; go on another time")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    load_tensorflow(1)
    run(args)


def run(args: argparse.Namespace) -> None:
    import keras
    from keras import ops
    from keras.optimizers.schedules import CosineDecay

    from mirpre.training.arms_network import arms

    def of_cuts(true: Any, logits: Any) -> Any:
        log = ops.log_softmax(logits, axis=1)
        at = ops.cast(true[:, None, :, 0], "int32")
        own = ops.take_along_axis(log, at, axis=1)[:, 0]
        return -ops.sum(own * true[:, :, 1], axis=1)

    def of_dominance(true: Any, logit: Any) -> Any:
        own = true[:, 0] * ops.softplus(-logit[:, 0]) + (1 - true[:, 0]) * ops.softplus(logit[:, 0])
        return own * true[:, 1]

    pool = ArmsPool.load(args.folder / "arms.npz")
    rows = training_rows(pool)
    chance = chances(pool, rows, args.power)
    validation = pool.rows("validation", PUBLISHED, flank=LEAST_FLANK)
    windows = pool.rows("validation", WINDOW)
    keras.utils.set_random_seed(args.seed)
    model = arms()
    total = args.epochs * args.steps
    schedule = CosineDecay(0.0, total - 200, warmup_target=args.rate, warmup_steps=200)
    model.compile(
        keras.optimizers.AdamW(
            schedule, weight_decay=5e-3, clipnorm=1.0, use_ema=True, ema_momentum=0.995
        ),
        [of_cuts, of_dominance],
        loss_weights=[1.0, 0.2],
    )
    model.optimizer.build(model.trainable_variables)
    state, log = args.work / "state.npz", args.work / "log.jsonl"
    done = restore(model, state) if state.exists() else 0
    lines = log.read_text().splitlines()[:done] if done else []
    log.write_text("".join(f"{line}\n" for line in lines))
    best = min((json.loads(line)["score"] for line in lines), default=float("inf"))
    for epoch in range(done + 1, (args.until or args.epochs) + 1):
        start = time.time()
        losses: list[float] = []
        rng = np.random.default_rng([args.seed, epoch])
        rates = tuple(args.mutated)
        for batch in batches(pool, rows, chance, args.steps, rng, (rates[0], rates[1])):
            found = model.train_on_batch(batch.encoded, [batch.cuts, batch.dominates])
            losses.append(float(found[0]))
            model.reset_metrics()
        save(model, state, epoch)
        kept = model.get_weights()
        model.optimizer.finalize_variable_values(model.trainable_variables)
        own = measured(*predicted(model, pool, validation), pool, validation)
        row = {
            "epoch": epoch,
            "train": round(float(np.mean(losses)), 4),
            "seconds": round(time.time() - start),
            "score": round(sum(own["loss"]), 4),
            "published": own,
            "windows": measured(*predicted(model, pool, windows), pool, windows),
        }
        if row["score"] < best:
            best = row["score"]
            np.savez(args.work / "weights.npz", *model.get_weights())
        model.set_weights(kept)
        print(json.dumps(row), flush=True)
        with log.open("a") as out:
            out.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
