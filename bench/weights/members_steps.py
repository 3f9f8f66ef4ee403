"""The steps of train_members.py in JAX: batches made, mutated and learned on the device."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bench.weights import train_members as tm
from bench.weights.jax_network import first_weights, log_odds
from bench.weights.train_members import Draws, Floats, Ints, Member, Packed, Recall

Array = Any
# Of bases A, U, G, C as genome_pool.py draws them.
PAIRS = np.array([(0, 1), (1, 0), (2, 3), (3, 2), (2, 1), (1, 2)], np.int32)
PAIR_CHANCES = np.array([0.2, 0.2, 0.24, 0.24, 0.06, 0.06])
ROOM = 100_000_000
EVAL_RECORDS, EVAL_POSITIONS = 512, 65_536


def batch_on(
    codes: Array, distances: Array, start: Array, size: Array, at: Array, positions: int
) -> tuple[Array, Array, Array]:
    """Codes, distances and record numbers (P,) of one batch.

    start, size, at (R,): where each record is read from, how much of it, and where it goes.
    """
    record = jnp.cumsum(jnp.zeros(positions, jnp.int32).at[at].add(1, mode="drop")) - 1
    mine = jnp.maximum(record, 0)
    offset = jnp.arange(positions, dtype=jnp.int32) - at[mine]
    inside = (offset < size[mine]) & (record >= 0)
    source = jnp.where(inside, start[mine] + offset, 0)
    code = jnp.where(inside, codes[source], 0).astype(jnp.int32)
    distance = jnp.where(inside, distances[source], 0).astype(jnp.int32)
    mate = offset + distance
    cut = (distance != 0) & ((mate < 0) | (mate >= size[mine]))
    return jnp.where(cut, (code - 1) % 4 + 1, code), jnp.where(cut, 0, distance), record


def mutated(
    key: Array, code: Array, distance: Array, record: Array, most: Array, records: int
) -> Array:
    """New bases at some positions of one batch; pairs stay pairs."""
    k = jax.random.split(key, 4)
    rate = jax.random.uniform(k[0], (records,)) * most
    rate *= jax.random.uniform(k[1], (records,)) < 0.7
    hit = jax.random.uniform(k[2], code.shape) < rate[jnp.maximum(record, 0)]
    draw = jax.random.uniform(k[3], code.shape)
    pair = jnp.searchsorted(jnp.cumsum(jnp.asarray(PAIR_CHANCES[:-1])), draw)
    here = jnp.arange(len(code))
    mate = jnp.clip(here + distance, 0, len(code) - 1)
    pairs = jnp.asarray(PAIRS)
    single = 1 + (draw * 4).astype(jnp.int32)
    found = jnp.where(hit & (distance == 0) & (code > 0) & (code < 13), single, code)
    found = jnp.where(hit & (distance > 0), 5 + pairs[pair, 0], found)
    return jnp.where(hit[mate] & (distance < 0), 9 + pairs[pair[mate], 1], found)


def loss_of(
    weights: list[Array],
    batch: tuple[Array, ...],
    target: Array,
    counted: Array,
    key: Array,
    dropout: Array,
    width: tuple[int, int, int],
) -> tuple[Array, Array]:
    """Cross-entropy (K,), and its sum first; labels are smoothed."""
    code, distance, record, at = batch
    x = log_odds(weights, code, distance, record, at, width, key, dropout)
    target = target * (1 - tm.LABEL_SMOOTHING) + tm.LABEL_SMOOTHING / 2
    each = jax.nn.softplus(x) - target * x
    loss = (each * counted).sum(axis=1) / jnp.maximum(counted.sum(axis=1), 1)
    return loss.sum(), loss


@partial(jax.jit, static_argnames=("width", "shared"), donate_argnums=(0,))
def steps(
    state: Any,
    codes: Array,
    distances: Array,
    drawn: dict[str, Array],
    numbers: dict[str, Array],
    teachers: list[list[Array]] | None,
    key: Array,
    total: float,
    width: tuple[int, int, int],
    shared: bool,
) -> Any:
    """So many steps of all members; drawn is (S, K, R) each, with one batch for all if shared."""
    members = len(numbers["rate"])
    positions = tm.POSITIONS

    def step(state: Any, one: Any) -> Any:
        drawn, key = one
        k = jax.random.split(key, 3)
        made = jax.vmap(partial(batch_on, codes, distances, positions=positions))(
            drawn["start"], drawn["size"], drawn["at"]
        )
        code, distance, record = made
        keys = jax.random.split(k[0], code.shape[0])
        records = drawn["at"].shape[1]
        most = numbers["mutated"][: code.shape[0]]
        code = jax.vmap(partial(mutated, records=records))(keys, code, distance, record, most)
        label = drawn["positive"].astype(jnp.float32)
        batch = (code, distance, record, drawn["at"])
        if teachers is not None:
            each = [
                log_odds(t, *(jnp.repeat(b, t[0].shape[0], axis=0) for b in batch), (40, 80, 128))
                for t in teachers
            ]
            told = jnp.concatenate(each).mean(axis=0, keepdims=True)
            taught = numbers["taught"][:, None]
            label = taught * jax.nn.sigmoid(told) + (1 - taught) * label
        if shared:
            batch = tuple(jnp.repeat(b, members, axis=0) for b in batch)
            label = jnp.broadcast_to(label, (members, label.shape[1]))
        counted = jnp.broadcast_to(drawn["counted"], label.shape)
        weights, first, second, average, number = state
        grad, loss = jax.grad(loss_of, has_aux=True)(
            weights, batch, label, counted, k[1], numbers["dropout"], width
        )
        number = number + 1
        warm = jnp.minimum(number / tm.WARM_UP, 1)
        past = jnp.clip((number - tm.WARM_UP) / (total - tm.WARM_UP), 0, 1)
        rate = numbers["rate"] * warm * 0.5 * (1 + jnp.cos(jnp.pi * past))

        def wide(v: Array, like: Array) -> Array:
            return v.reshape(-1, *([1] * (like.ndim - 1)))

        def clipped(g: Array) -> Array:
            norm = jnp.sqrt((g**2).sum(axis=tuple(range(1, g.ndim))))
            return g * wide(jnp.minimum(1, tm.CLIP / jnp.maximum(norm, 1e-9)), g)

        grad = [clipped(g.astype(jnp.float32)) for g in grad]
        first = [0.9 * m + 0.1 * g for m, g in zip(first, grad, strict=True)]
        second = [0.999 * v + 0.001 * g**2 for v, g in zip(second, grad, strict=True)]
        scale = jnp.sqrt(1 - 0.999**number) / (1 - 0.9**number)
        weights = [
            w - wide(rate, w) * (wide(numbers["decay"], w) * w + scale * m / (jnp.sqrt(v) + 1e-7))
            for w, m, v in zip(weights, first, second, strict=True)
        ]
        # The average of the first steps is of few: it must not keep the random start.
        momentum = jnp.minimum(tm.AVERAGE, (1 + number) / (10 + number))
        average = [momentum * a + (1 - momentum) * w for a, w in zip(average, weights, strict=True)]
        return (weights, first, second, average, number), loss

    count = drawn["at"].shape[0]
    return jax.lax.scan(step, state, (drawn, jax.random.split(key, count)))


class Group:
    """Networks that are trained together."""

    def __init__(
        self, part: dict[str, Any], shares: dict[str, Any], data: Packed, loci: Packed, out: Path
    ) -> None:
        self.name, self.epochs, self.out = part["name"], part["epochs"], out
        self.epoch_steps = part.get("steps", 600) // tm.TOGETHER * tm.TOGETHER
        self.members = [Member(**one) for one in part["members"]]
        self.width = tuple(part.get("width", (40, 80, 128)))
        self.data, self.loci = data, loci
        self.kept = part.get("kept", "float32")
        self.shared = bool(part.get("teachers"))
        drawn = self.members[:1] if self.shared else self.members
        self.draws = [Draws(data, member, shares) for member in drawn]
        own = [first_weights(np.random.default_rng([m.seed, 5]), self.width) for m in self.members]
        self.weights = [jnp.asarray(np.stack(parts)) for parts in zip(*own, strict=True)]
        self.teachers = None
        if self.shared:
            self.teachers = [members_of(Path(file)) for file in part["teachers"]]
        names = ("rate", "decay", "mutated", "dropout", "taught")
        self.numbers = {
            n: jnp.asarray([getattr(m, n) for m in self.members], jnp.float32) for n in names
        }

    def run(self, recall: Recall, began: float) -> None:
        whole = self.epochs * self.epoch_steps
        zero = [jnp.zeros_like(w) for w in self.weights]
        # A copy, since the state's memory is given away at each call.
        state = (self.weights, zero, [z + 0 for z in zero], [w + 0 for w in self.weights], 0.0)
        codes, distances = on_device(self.data)
        key = jax.random.key(self.members[0].seed)
        valid = np.flatnonzero(self.data.split == "validation")
        hard_at = {m.harder for m in self.members}
        parts = self.epoch_steps // tm.TOGETHER
        with ThreadPoolExecutor(1) as pool:
            nearest = pool.submit(self.drawn)
            for epoch in range(1, self.epochs + 1):
                losses = []
                for _ in range(parts):
                    drawn = nearest.result()
                    nearest = pool.submit(self.drawn)
                    key, own = jax.random.split(key)
                    state, loss = steps(
                        state,
                        codes,
                        distances,
                        drawn,
                        self.numbers,
                        self.teachers,
                        own,
                        float(whole),
                        self.width,
                        self.shared,
                    )
                    losses.append(loss)
                mean = np.asarray(jnp.concatenate(losses)).mean(axis=0)
                print(
                    f"{self.name} epoch {epoch} loss {np.round(mean, 4).tolist()} "
                    f"{time.time() - began:.0f} s",
                    flush=True,
                )
                if epoch in hard_at and epoch < self.epochs:
                    nearest.result()
                    self.harder(state[3], epoch)
                    nearest = pool.submit(self.drawn)
            nearest.result()
        average = state[3]
        loci = self.scores(average, self.loci, np.arange(len(self.loci.lengths)))
        own = self.scores(average, self.data, valid)
        for number, row in enumerate(loci):
            print(f"{self.name} {number}: {recall.row(row)}", flush=True)
        for number in range(1, len(loci), 2):
            pair = loci[number - 1 : number + 1].mean(axis=0)
            print(f"{self.name} {number - 1} and {number}: {recall.row(pair)}", flush=True)
        print(f"{self.name} mean: {recall.row(loci.mean(axis=0))}", flush=True)
        np.savez(
            self.out / f"members.{self.name}.npz",
            *[np.asarray(w).astype(self.kept) for w in average],
            loci=loci.astype(np.float16),
            validation=own.astype(np.float16),
        )
        print(f"{self.name} done {time.time() - began:.0f} s", flush=True)

    def drawn(self) -> dict[str, Any]:
        found: dict[str, list[Any]] = {
            n: [] for n in ("start", "size", "at", "positive", "counted")
        }
        for draws in self.draws:
            rows, first, last = draws.draw(tm.TOGETHER)
            size = (last - first).reshape(tm.TOGETHER, tm.BATCH)
            at, fits = tm.laid_out(size, tm.POSITIONS)
            found["start"].append((self.data.starts[rows] + first).reshape(size.shape))
            found["size"].append(np.where(fits, size, 0))
            found["at"].append(np.where(fits, at, tm.POSITIONS))
            found["positive"].append(self.data.positive[rows].reshape(size.shape))
            found["counted"].append(fits)
        whole = {n: np.stack(v, axis=1) for n, v in found.items()}
        return {
            n: v.astype(np.int32 if n in ("start", "size", "at") else np.float32)
            for n, v in whole.items()
        }

    def harder(self, weights: list[Array], epoch: int) -> None:
        """Draw negatives that a member calls up to ten times as often as those it does not."""
        rows = self.draws[0].rows
        negative = np.flatnonzero(~self.data.positive[rows])
        found = self.scores(weights, self.data, rows[negative])
        for number, draws in enumerate(self.draws):
            if draws.member.harder == epoch:
                x = found.mean(axis=0) if self.shared else found[number]
                p = 1 / (1 + np.exp(-x))
                draws.factor[negative] = 0.3 + 2.7 * np.minimum(1, 3 * p)
                draws.refresh()

    def scores(self, weights: list[Array], data: Packed, rows: Ints) -> Floats:
        return scores(weights, self.width, data, rows)


def on_device(data: Packed) -> tuple[Array, Array]:
    """Codes and distances, with room behind them: other data need not be compiled for again."""
    room = -len(data.codes) % ROOM
    return tuple(jnp.asarray(np.pad(a, (0, room))) for a in (data.codes, data.distances))


def scores(weights: Sequence[Array], width: tuple[int, ...], data: Packed, rows: Ints) -> Floats:
    """Log-odds (K, N) of rows by each member."""
    members = weights[0].shape[0]
    codes, distances = on_device(data)
    found = np.empty((members, len(rows)))
    place = np.full(len(data.lengths), -1)
    place[rows] = np.arange(len(rows))
    waiting: list[tuple[Ints, Array]] = []

    def take(some: Ints, x: Array) -> None:
        found[:, place[some]] = np.asarray(x)[:, : len(some)]

    for some in tm.batches_of_rows(data, rows, EVAL_RECORDS, EVAL_POSITIONS):
        size = np.zeros(EVAL_RECORDS, np.int64)
        size[: len(some)] = data.lengths[some]
        at, _ = tm.laid_out(size, EVAL_POSITIONS)
        at[len(some) :] = EVAL_POSITIONS
        start = np.zeros(EVAL_RECORDS, np.int64)
        start[: len(some)] = data.starts[some]
        x = _scored(
            list(weights),
            codes,
            distances,
            start.astype(np.int32),
            size.astype(np.int32),
            at.astype(np.int32),
            width,
        )
        waiting.append((some, x))
        # Some batches ahead, so that the device never waits for this loop.
        if len(waiting) > 8:
            take(*waiting.pop(0))
    for batch in waiting:
        take(*batch)
    return found


@partial(jax.jit, static_argnames=("width",))
def _scored(
    weights: list[Array],
    codes: Array,
    distances: Array,
    start: Array,
    size: Array,
    at: Array,
    width: tuple[int, int, int],
) -> Array:
    made = batch_on(codes, distances, start, size, at, EVAL_POSITIONS)
    members = weights[0].shape[0]
    batch = [jnp.broadcast_to(b, (members, *b.shape)) for b in (*made, at)]
    return log_odds(weights, *batch, width)


def members_of(file: Path) -> list[Array]:
    """Weights that a run of train_members.py has written, member first."""
    with np.load(file) as parts:
        count = sum(name.startswith("arr_") for name in parts.files)
        return [jnp.asarray(parts[f"arr_{i}"], jnp.float32) for i in range(count)]
