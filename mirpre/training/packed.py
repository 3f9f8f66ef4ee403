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


def pack(lengths: tf.Tensor) -> Packing:
    """Packing of records of so many positions each, int32 (N,)."""
    order = tf.argsort(lengths, direction="DESCENDING", stable=True)
    reached = tf.range(tf.reduce_max(lengths))[:, None] < tf.gather(lengths, order)
    count = tf.reduce_sum(tf.cast(reached, tf.int32), axis=1)
    position, place = tf.unstack(tf.cast(tf.where(reached), tf.int32), axis=1)
    positions = tf.stack([tf.gather(order, place), position], axis=1)
    return Packing(order, positions, count, tf.cumsum(count, exclusive=True))


def _joined(first: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Rows, the first ones replaced."""
    return tf.ensure_shape(tf.concat([first, rows[tf.shape(first)[0] :]], 0), rows.shape)


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


def recurrence(
    inputs: Gates, recurrent: Gates, kept: Gates, packing: Packing
) -> tuple[tf.Tensor, tf.Tensor]:
    """Outputs (P, U) of all packed positions and each record's last (N, U), in packed order.

    inputs are (P, U) a gate, with the bias; recurrent are (U, U); kept are (N, U), the factors
    of dropout of the state before, in packed order.
    """
    count, start = packing.count, packing.start
    steps, units = tf.size(count), kept[0].shape[1]
    zero = tf.zeros_like(kept[0])

    def forward(inputs: Gates, recurrent: Gates) -> tuple[Any, ...]:
        """Arrays of the gates, of dropped-out outputs before, of outputs and cells; last output.

        Cells are kept from the state before the first position on.
        """

        def step(t: tf.Tensor, output: tf.Tensor, cell: tf.Tensor, *arrays: Any) -> Any:
            n, here = count[t], start[t]
            now, c = output[:n], cell[:n]
            before = [now * k[:n] for k in kept]
            i, f, g, o = (
                x[here : here + n] + tf.matmul(b, r)
                for x, b, r in zip(inputs, before, recurrent, strict=True)
            )
            i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
            c = f * c + i * g
            h = o * tf.tanh(c)
            found = (i, f, g, o, *before, h)
            written = [a.write(t, x) for a, x in zip(arrays[:-1], found, strict=True)]
            written.append(arrays[-1].write(t + 1, c))
            return t + 1, _joined(h, output), _joined(c, cell), *written

        (cells,) = _arrays(1, steps + 1, units)
        start_state = (0, zero, zero, *_arrays(9, steps, units), cells.write(0, zero))
        _, last, _, *arrays = tf.while_loop(
            lambda t, *_: t < steps, step, start_state, parallel_iterations=1
        )
        return arrays[:4], arrays[4:8], arrays[8], arrays[9], last

    def backward(gates: Any, cells: Any, recurrent: Gates, d_out: Any, d_last: Any) -> Gates:
        """Gradients of all packed positions' gates before their sigmoid or tanh."""

        def step(t: tf.Tensor, d_h: tf.Tensor, d_c: tf.Tensor, *arrays: Any) -> Any:
            n, here = count[t], start[t]
            i, f, g, o = (gate.read(t) for gate in gates)
            squashed = tf.tanh(cells.read(t + 1))
            d_now = d_h[:n] + d_out[here : here + n]
            d_cell = d_c[:n] + tanh_grad(y=squashed, dy=d_now * o)
            found = [
                sigmoid_grad(y=i, dy=d_cell * g),
                sigmoid_grad(y=f, dy=d_cell * cells.read(t)[:n]),
                tanh_grad(y=g, dy=d_cell * i),
                sigmoid_grad(y=o, dy=d_now * squashed),
            ]
            d_before = tf.add_n(
                [
                    k[:n] * tf.matmul(d, r, transpose_b=True)
                    for k, d, r in zip(kept, found, recurrent, strict=True)
                ]
            )
            written = [a.write(t, x) for a, x in zip(arrays, found, strict=True)]
            return t - 1, _joined(d_before, d_h), _joined(d_cell * f, d_c), *written

        start_state = (steps - 1, d_last, zero, *_arrays(4, steps, units))
        _, _, _, *arrays = tf.while_loop(
            lambda t, *_: t >= 0, step, start_state, parallel_iterations=1
        )
        return [array.concat() for array in arrays]

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(*differentiable: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], Callable[..., Any]]:
        inputs, recurrent = list(differentiable[:4]), list(differentiable[4:])
        gates, before, outputs, cells, last = forward(inputs, recurrent)

        def gradient(d_outputs: tf.Tensor, d_last: tf.Tensor) -> list[tf.Tensor]:
            d_outputs, d_last = tf.convert_to_tensor(d_outputs), tf.convert_to_tensor(d_last)
            d_inputs = backward(gates, cells, recurrent, d_outputs, d_last)
            d_recurrent = [
                tf.matmul(b.concat(), d, transpose_a=True)
                for b, d in zip(before, d_inputs, strict=True)
            ]
            return [*d_inputs, *d_recurrent]

        return (outputs.concat(), last), gradient

    outputs, last = run(*inputs, *recurrent)
    return outputs, last


def packed(network: keras.Model) -> keras.Model:
    """What to train instead of a network: Packed where that can be, or else the network."""
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
            positions, last = _lstm(lstm.cell, positions, packing, training)
        y = tf.gather(last, tf.argsort(packing.order))
        for layer in self._last:
            y = layer(y, training=training)
        return y


def _lstm(
    cell: layers.LSTMCell, positions: tf.Tensor, packing: Packing, training: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """A layer's outputs at all packed positions (P, U), and the last ones (N, U)."""
    records = tf.size(packing.order)
    kept: Gates = [tf.ones((records, cell.units))] * 4
    drawn = None
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
