"""Training LSTM networks without working on padding. Importing this module imports TensorFlow.

Keras runs an LSTM over all records of a batch up to the end of the longest, and multiplies by the
input's weights and sums their gradients one position at a time. Here a batch is packed: its
records are sorted by length and position t holds only those that reach it, so that padding and
other masked positions cost nothing; and what does not depend on the state before is one product
for all positions. The function is the same, dropout included; what differs is rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf
from keras import layers

sigmoid_grad, tanh_grad = tf.raw_ops.SigmoidGrad, tf.raw_ops.TanhGrad

Gates = list[tf.Tensor]
"""One tensor for each of input, forget, candidate and output gate, Keras' order of weights."""


class Packing(NamedTuple):
    """Where the positions of a batch of N records stand among its P packed ones."""

    order: tf.Tensor
    """(N,) the records, the longest first."""
    positions: tf.Tensor
    """(P, 2) the record of each packed position, and which of its positions it is."""
    count: tf.Tensor
    """(L,) how many records reach position t."""
    start: tf.Tensor
    """(L,) where position t starts among the packed ones."""
    last: tf.Tensor
    """(N,) each record's last packed position, from 1, in the order of the batch; 0 for none."""


def pack(lengths: tf.Tensor) -> Packing:
    """Packing of records of so many positions each, int32 (N,)."""
    order = tf.argsort(lengths, direction="DESCENDING", stable=True)
    reached = tf.range(tf.maximum(tf.reduce_max(lengths), 1))[:, None] < tf.gather(lengths, order)
    count = tf.reduce_sum(tf.cast(reached, tf.int32), axis=1)
    start = tf.cumsum(count, exclusive=True)
    position, place = tf.unstack(tf.cast(tf.where(reached), tf.int32), axis=1)
    positions = tf.stack([tf.gather(order, place), position], axis=1)
    last = tf.gather(start, tf.maximum(lengths - 1, 0)) + tf.argsort(order) + 1
    last = tf.where(lengths > 0, last, 0)
    return Packing(order, positions, count, start, last)


def _arrays(number: int, steps: tf.Tensor, units: int) -> list[tf.TensorArray]:
    """For each of so many steps (n, U) tensors, n from step to step another."""
    return [
        tf.TensorArray(
            tf.float32,
            steps,
            infer_shape=False,
            element_shape=(None, units),
            clear_after_read=False,
        )
        for _ in range(number)
    ]


def recurrence(inputs: Gates, recurrent: Gates, kept: Gates | None, packing: Packing) -> tf.Tensor:
    """Outputs of all packed positions, (P, U).

    inputs are (P, U) a gate, with the bias; recurrent are (U, U); kept are (N, U), the factors
    of dropout of the state before, in packed order.
    """
    count, start = packing.count, packing.start
    steps, units = tf.size(count), recurrent[0].shape[0]

    def dropped(x: tf.Tensor, gate: int) -> tf.Tensor:
        return x if kept is None else x * kept[gate][: tf.shape(x)[0]]

    def loop(condition: Any, step: Any, t: Any, state: list[tf.Tensor], arrays: list[Any]) -> Any:
        """Arrays after a loop over positions, whose state has as many rows as the position."""
        shapes = [tf.TensorShape(())] + [tf.TensorShape((None, units))] * len(state)
        shapes += [tf.TensorShape(None)] * len(arrays)
        found = tf.while_loop(
            condition,
            step,
            (t, *state, *arrays),
            shape_invariants=(*shapes,),
            parallel_iterations=1,
        )
        return found[1 + len(state) :]

    def forward(inputs: Gates, recurrent: Gates) -> tuple[Any, ...]:
        """Arrays of the gates, of dropped-out outputs before, of outputs and of cells.

        Cells are kept from the state before the first position on.
        """

        def step(t: tf.Tensor, output: tf.Tensor, cell: tf.Tensor, *arrays: Any) -> Any:
            n, here = count[t], start[t]
            now, c = output[:n], cell[:n]
            before = [dropped(now, gate) for gate in range(4)]
            i, f, g, o = (
                x[here : here + n] + tf.matmul(b, r)
                for x, b, r in zip(inputs, before, recurrent, strict=True)
            )
            i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
            c = f * c + i * g
            h = o * tf.tanh(c)
            found = (i, f, g, o, *before, h)
            written = [a.write(t, x) for a, x in zip(arrays[:-1], found, strict=True)]
            return t + 1, h, c, *written, arrays[-1].write(t + 1, c)

        zero = tf.zeros((count[0], units))
        (cells,) = _arrays(1, steps + 1, units)
        arrays = [*_arrays(9, steps, units), cells.write(0, zero)]
        arrays = loop(lambda t, *_: t < steps, step, 0, [zero, zero], arrays)
        return arrays[:4], arrays[4:8], arrays[8], arrays[9]

    def backward(gates: Any, cells: Any, recurrent: Gates, d_outputs: tf.Tensor) -> Gates:
        """Gradients of all packed positions' gates before their sigmoid or tanh."""

        def step(t: tf.Tensor, d_h: tf.Tensor, d_c: tf.Tensor, *arrays: Any) -> Any:
            n, here = count[t], start[t]
            ended = [[0, n - tf.shape(d_h)[0]], [0, 0]]  # records that have no position after t
            i, f, g, o = (gate.read(t) for gate in gates)
            squashed = tf.tanh(cells.read(t + 1))
            d_now = d_outputs[here : here + n] + tf.pad(d_h, ended)
            d_cell = tanh_grad(y=squashed, dy=d_now * o) + tf.pad(d_c, ended)
            found = [
                sigmoid_grad(y=i, dy=d_cell * g),
                sigmoid_grad(y=f, dy=d_cell * cells.read(t)[:n]),
                tanh_grad(y=g, dy=d_cell * i),
                sigmoid_grad(y=o, dy=d_now * squashed),
            ]
            d_before = [
                dropped(tf.matmul(d, r, transpose_b=True), gate)
                for gate, (d, r) in enumerate(zip(found, recurrent, strict=True))
            ]
            written = [a.write(t, x) for a, x in zip(arrays, found, strict=True)]
            return t - 1, tf.add_n(d_before), d_cell * f, *written

        zero = tf.zeros((count[-1], units))
        arrays = _arrays(4, steps, units)
        arrays = loop(lambda t, *_: t >= 0, step, steps - 1, [zero, zero], arrays)
        return [array.concat() for array in arrays]

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(*differentiable: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], Gates]]:
        inputs, recurrent = list(differentiable[:4]), list(differentiable[4:])
        gates, before, outputs, cells = forward(inputs, recurrent)

        def gradient(d_outputs: tf.Tensor) -> Gates:
            d_inputs = backward(gates, cells, recurrent, tf.convert_to_tensor(d_outputs))
            d_recurrent = [
                tf.matmul(b.concat(), d, transpose_a=True)
                for b, d in zip(before, d_inputs, strict=True)
            ]
            return [*d_inputs, *d_recurrent]

        return outputs.concat(), gradient

    return run(*inputs, *recurrent)


def packed(network: keras.Model) -> keras.Model:
    """What to train instead of a network: Packed where that can be, or else the network.

    Packed takes LSTM layers with Keras' own activations and a bias, one behind the other.
    """
    first, *rest = [layer for layer in network.layers if not isinstance(layer, layers.InputLayer)]
    lstms = [layer for layer in rest if isinstance(layer, layers.LSTM)]
    if not lstms or not isinstance(first, layers.Masking) or rest[: len(lstms)] != lstms:
        return network
    return Packed(network, first, lstms, rest[len(lstms) :])


class Packed(keras.Model):  # type: ignore[misc]
    """A network of a Masking layer, LSTM layers and layers on the last one's output, for training.

    It holds no weights of its own: training it trains the network.
    """

    def __init__(
        self,
        network: keras.Model,
        masking: layers.Masking,
        lstms: Sequence[layers.LSTM],
        last: Sequence[keras.Layer],
    ) -> None:
        super().__init__()
        self.supports_jit = False  # shapes change from position to position
        self.network, self._masking, self._lstms, self._last = network, masking, lstms, last

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        return tuple(self.network.input_shape)

    @property
    def inputs(self) -> list[Any]:
        return list(self.network.inputs)

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        unmasked = tf.ragged.boolean_mask(x, tf.reduce_any(x != self._masking.mask_value, axis=2))
        packing = pack(tf.cast(unmasked.row_lengths(), tf.int32))
        positions = tf.gather_nd(unmasked.to_tensor(), packing.positions)
        for lstm in self._lstms:
            positions = _lstm(lstm.cell, positions, packing, training)
        y = tf.gather(tf.pad(positions, [[1, 0], [0, 0]]), packing.last)
        for layer in self._last:
            y = layer(y, training=training)
        return y


def _lstm(
    cell: layers.LSTMCell, positions: tf.Tensor, packing: Packing, training: bool
) -> tf.Tensor:
    """A layer's outputs at all packed positions, (P, U)."""
    records = tf.size(packing.order)
    kept = drawn = None
    if training:
        # Drawn as Keras draws them: for the records as they come, the inputs' masks first.
        drawn = cell.get_dropout_mask(tf.ones((records, positions.shape[1])))
        again = cell.get_recurrent_dropout_mask(tf.ones((records, cell.units)))
        cell.reset_dropout_mask()
        cell.reset_recurrent_dropout_mask()
        if again is not None:
            kept = [tf.gather(mask, packing.order) for mask in again]
    if drawn is None:
        inputs = tf.split(tf.nn.bias_add(tf.matmul(positions, cell.kernel), cell.bias), 4, axis=1)
    else:
        dropped = [positions * tf.gather(mask, packing.positions[:, 0]) for mask in drawn]
        weights = zip(tf.split(cell.kernel, 4, axis=1), tf.split(cell.bias, 4), strict=True)
        inputs = [
            tf.nn.bias_add(tf.matmul(x, kernel), bias)
            for x, (kernel, bias) in zip(dropped, weights, strict=True)
        ]
    return recurrence(inputs, tf.split(cell.recurrent_kernel, 4, axis=1), kept, packing)
