"""The network ``genome`` of mirpre.training.networks in JAX, many members at a time.

Records lie one behind the other, each padded to a multiple of PADDED and followed by GAP empty
positions, so that one batch is one long row of positions and no convolution reaches a neighbour.
All arrays carry the members first: (K, P, channels) for K members with P positions each. Weights
are a list in the order of Keras' ``get_weights``. ``train_members.py check`` compares the two.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

PADDED, GAP = 4, 16
LONGEST = 416
SPAN_STEP, SPANS = 4, 48
Array = Any
Weights = list[Array]


def stages_of(width: tuple[int, int, int]) -> tuple[tuple[int, int], ...]:
    return tuple(zip(width, (1, 2, 3), strict=True))


def shapes(width: tuple[int, int, int] = (40, 80, 128)) -> list[tuple[int, ...]]:
    """Of all weights, in Keras' order."""
    found: list[tuple[int, ...]] = [(14, 16), (SPANS, 16)]

    def dense(size: int, out: int) -> None:
        found.extend([(size, out), (out,)])

    def conv(reach: int, size: int, out: int) -> None:
        found.extend([(reach, size, out), (out,)])

    before = 16
    for stage, (channels, blocks) in enumerate(stages_of(width)):
        if stage:
            conv(1, before, channels)
        else:
            dense(16, 16)
            conv(5, 32, channels)
        for _ in range(blocks):
            dense(channels, channels // 3)
            conv(3, channels + channels // 3, channels)
            conv(3, channels, channels)
        before = channels
    dense(2 * before, 128)
    dense(128, 2)
    return found


def first_weights(rng: np.random.Generator, width: tuple[int, int, int]) -> list[np.ndarray]:
    """Random ones, as Keras begins: Glorot's uniform, biases, spans and second convolutions of a
    block zero."""
    found = []
    convolutions = 0
    for at, shape in enumerate(shapes(width)):
        if at == 0:
            found.append(rng.uniform(-0.05, 0.05, shape))
        elif at == 1 or len(shape) == 1:
            found.append(np.zeros(shape))
        else:
            if len(shape) == 3 and shape[0] == 3:
                convolutions += 1
                if convolutions % 2 == 0:
                    found.append(np.zeros(shape))
                    continue
            reach = np.prod(shape[:-2]) if len(shape) > 2 else 1
            bound = np.sqrt(6 / (reach * (shape[-2] + shape[-1])))
            found.append(rng.uniform(-bound, bound, shape))
    return [w.astype(np.float32) for w in found]


def _shifted(x: Array, by: int) -> Array:
    """x[:, i + by] at i, zero beyond the ends."""
    if by == 0:
        return x
    size = x.shape[1]
    if by > 0:
        return jnp.pad(x[:, by:], ((0, 0), (0, by), (0, 0)))
    return jnp.pad(x[:, : size + by], ((0, 0), (-by, 0), (0, 0)))


def _times(x: Array, w: Array) -> Array:
    return jnp.einsum("kpc,kcd->kpd", x, w.astype(x.dtype))


def _conv(x: Array, w: Array, b: Array, dilation: int = 1) -> Array:
    reach = w.shape[1]
    half = reach // 2
    wide = jnp.concatenate([_shifted(x, (i - half) * dilation) for i in range(reach)], axis=2)
    w = w.reshape(w.shape[0], -1, w.shape[-1])
    return _times(wide, w) + b[:, None].astype(x.dtype)


def _opposite(x: Array, partner: Array) -> Array:
    """Features of each position's partner (number from 1, 0 for none), zero without one."""
    # In 32 bits, since the gradient adds up in any order, which is slow in 16.
    got = _rows(x.astype(jnp.float32), jnp.maximum(partner - 1, 0))
    return jnp.where((partner > 0)[:, :, None], got, 0).astype(x.dtype)


def _embedded(table: Array, index: Array, dtype: Any) -> Array:
    """Rows of a small table, as a product, whose gradient is one, too."""
    hot = jax.nn.one_hot(index, table.shape[1], dtype=dtype)
    return jnp.einsum("kpn,knc->kpc", hot, table.astype(dtype))


@jax.custom_vjp  # type: ignore[untyped-decorator]
def _highest(x: Array, record: Array, at: Array, own: Array) -> Array:
    """Maximum over each record's positions (K, R, C); positions at (K, R, L), where own."""
    return jnp.where(own[..., None], _rows(x, at), 0).max(axis=2)


def _highest_there(x: Array, record: Array, at: Array, own: Array) -> tuple[Array, Any]:
    found = _highest(x, record, at, own)
    return found, (x, record, found)


def _highest_back(kept: Any, gradient: Array) -> tuple[Array, None, None, None]:
    x, record, found = kept
    mine = jnp.maximum(record, 0)
    here = (x == _rows(found, mine)) & (record >= 0)[..., None]
    return jnp.where(here, _rows(gradient, mine), 0).astype(x.dtype), None, None, None


_highest.defvjp(_highest_there, _highest_back)


def _rows(table: Array, index: Array) -> Array:
    """Of each member's table (K, N, ...) the rows with these numbers (K, ...)."""
    return jax.vmap(lambda t, i: t[i])(table, index)


def _halved_max(x: Array) -> Array:
    k, p = x.shape[:2]
    return jnp.max(x.reshape(k, p // 2, 2, *x.shape[2:]), axis=2)


@functools.partial(jax.jit, static_argnames=("width", "dtype"))
def log_odds(
    weights: Weights,
    codes: Array,
    distances: Array,
    record: Array,
    starts: Array,
    width: tuple[int, int, int] = (40, 80, 128),
    key: Array = None,
    dropout: Array = None,
    dtype: Any = jnp.bfloat16,
) -> Array:
    """(K, R) log-odds.

    codes, distances (K, P): as mirpre.encoding.partners gives them, 0 where there is no letter.
    record (K, P): number of each position's record. starts (K, R): first position of each record,
    a multiple of PADDED. With a key, dropout (K,) is the share of channels left out.
    """
    rest = iter(weights)

    def take() -> Array:
        return next(rest)

    used = codes > 0
    here = jnp.arange(1, codes.shape[1] + 1, dtype=jnp.int32)
    partner = jnp.where(distances == 0, 0, here + distances.astype(jnp.int32))
    records = starts.shape[1]

    def told(x: Array) -> Array:
        w, b = take(), take()
        thin = _times(x, w) + b[:, None].astype(x.dtype)
        return jnp.concatenate([x, _opposite(thin, partner)], axis=2)

    def kept(x: Array) -> Array:
        return jnp.where(used[:, :, None], x, 0)

    span = jnp.minimum(jnp.abs(distances.astype(jnp.int32)) // SPAN_STEP, SPANS - 1)
    x = _embedded(take(), codes.astype(jnp.int32), dtype) + _embedded(take(), span, dtype)
    x = kept(x)
    keys = None if key is None else jax.random.split(key, 8)
    for stage, (channels, blocks) in enumerate(stages_of(width)):
        if stage:
            x = _halved_max(x)
            partner, used = (_halved_max(partner) + 1) // 2, _halved_max(used)
            record = record[:, ::2]
            x = kept(_conv(x, take(), take()))
        else:
            x = kept(jax.nn.relu(_conv(told(x), take(), take())))
        if keys is not None:
            share = (dropout / 2)[:, None, None]
            left = jax.random.uniform(keys[stage], (x.shape[0], records, channels)) >= share
            factor = (left / (1 - share)).astype(x.dtype)
            x = x * _rows(factor, jnp.maximum(record, 0))
        for block in range(blocks):
            y = jax.nn.relu(_conv(told(x), take(), take(), 2**block))
            y = _conv(kept(y), take(), take())
            x = kept(jax.nn.relu(x + y))
    # Each record's positions side by side, for its mean and its maximum.
    column = jnp.arange(LONGEST // 4)
    at = jnp.minimum(starts[:, :, None] // 4 + column, x.shape[1] - 1)
    own = (_rows(record, at) == jnp.arange(records)[None, :, None]) & _rows(used, at)
    count = jnp.maximum(own.sum(axis=2), 1)[..., None]
    member = (record[:, None, :] == jnp.arange(records)[None, :, None]).astype(x.dtype)
    whole = jnp.einsum("krp,kpc->krc", member, x, preferred_element_type=jnp.float32)
    highest = _highest(x, record, at, own).astype(jnp.float32)
    x = jnp.concatenate([whole / count, highest], axis=2)

    def dropped(x: Array, which: int) -> Array:
        if keys is None:
            return x
        left = jax.random.uniform(keys[which], x.shape) >= dropout[:, None, None]
        return x * left / (1 - dropout[:, None, None])

    def dense(x: Array) -> Array:
        w, b = take(), take()
        return jnp.einsum("krc,kcd->krd", x, w) + b[:, None]

    x = jax.nn.relu(dense(dropped(x, 4)))
    x = dense(dropped(x, 5))
    return x[..., 0] - x[..., 1]
