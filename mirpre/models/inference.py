"""Probabilities from encoded hairpins, by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mirpre.encoding import padded_lengths
from mirpre.errors import ModelError
from mirpre.models.registry import ModelFiles
from mirpre.records import Hairpin

POSITIONS = 2048
"""A network without a longest length runs on so many at a time: they fit a core's cache."""
RECORDS = 64
"""The same for networks of one length."""


_NO_MEMORY = "bad_alloc"
_TRIAL = Hairpin("trial", "GGGAAAUCCC", "(((....)))")
"""Read when a network is loaded, so that a network that cannot is told at once."""


def open_session(files: ModelFiles) -> Any:
    """ONNX Runtime's session of a network, each of whose runs takes one thread."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The arena would keep the memory of the largest batch for good.
    options.enable_cpu_mem_arena = False
    try:
        return onnxruntime.InferenceSession(files.onnx, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's own classes are private
        if _NO_MEMORY in str(error):
            raise MemoryError from error
        raise ModelError(
            f"ONNX Runtime cannot load it: {' '.join(str(error).split())}",
            file=str(files.folder),
        ) from error


def alike(encoded: NDArray[Any], step: int | None) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Rows of records of like length, with a step of equal length, and how long they are.

    Padding costs time: each part is to be run without the rest of it.
    """
    lengths = padded_lengths(encoded, step or 1)
    order = np.argsort(lengths, kind="stable")
    while len(order):
        longest = max(int(lengths[order[-1]]), step or 1)
        together = max(1, POSITIONS // longest)
        if step is not None:
            together = min(together, int((lengths[order] == lengths[order[-1]]).sum()))
        order, rows = order[:-together], order[-together:]
        yield rows, longest


def run_session(
    session: Any, encoded: NDArray[Any], reads: str | None = None
) -> list[NDArray[np.float32]]:
    """A network's outputs for an array of its type; reads: its input's name, if that is known."""
    batch = encoded
    if len(batch) == 1:
        # The runtime multiplies a single row in another order, with another last digit.
        batch = np.repeat(batch, 2, axis=0)
    outputs = session.run(None, {reads or session.get_inputs()[0].name: batch})
    return [np.asarray(output)[: len(encoded)] for output in outputs]


class Predictor:
    """A loaded network.

    Each batch runs on one thread, and several threads may call at once; a record's probability
    depends neither on the number of threads nor on its neighbours.
    """

    def __init__(self, files: ModelFiles) -> None:
        self._session = open_session(files)
        self.encoding = files.encoding
        self._folder = str(files.folder)
        if len(self._session.get_inputs()) != 1:
            raise self._unfit("it has several inputs")
        (reads,) = self._session.get_inputs()
        if len(reads.shape) != len(self.encoding.encode([_TRIAL]).shape):
            raise self._unfit(f"it reads arrays of {len(reads.shape)} dimensions")
        self._input = reads.name
        self.dtype: DTypeLike = np.int32 if "int32" in reads.type else np.float32
        """Of the arrays that it reads; others are converted."""
        self._any_length = not isinstance(reads.shape[1], int)
        self.probabilities(self.encoding.encode([_TRIAL]))

    def probabilities(self, encoded: NDArray[Any]) -> NDArray[np.float32]:
        """Probability of "pre-miRNA" of each record of an array of its encoding, shape (N,)."""
        if not self._any_length:
            parts = [self._run(encoded[i : i + RECORDS]) for i in range(0, len(encoded), RECORDS)]
            return np.concatenate(parts) if parts else np.empty(0, np.float32)
        found = np.empty(len(encoded), np.float32)
        for rows, length in alike(encoded, self.encoding.step):
            found[rows] = self._run(encoded[rows, :length])
        return found

    def _run(self, encoded: NDArray[Any]) -> NDArray[np.float32]:
        batch = encoded.astype(self.dtype, copy=False)
        try:
            output = run_session(self._session, batch, self._input)[0]
        except Exception as error:  # the runtime's own classes are private
            if _NO_MEMORY in str(error):
                raise MemoryError from error
            raise self._unfit(" ".join(str(error).split())) from error
        if output.ndim != 2 or len(output) != len(batch) or output.dtype.kind != "f":
            raise self._unfit(f"it gives {output.dtype} of shape {output.shape}")
        found: NDArray[np.float32] = output[:, 0]
        # NaN is neither; the last digit of a sum of exponentials may go past 1.
        if not ((found >= 0) & (found <= 1 + 1e-5)).all():
            wrong = found[~((found >= 0) & (found <= 1 + 1e-5))][0]
            raise self._unfit(f"it gives {wrong:g} for a probability")
        return np.minimum(found, 1)

    def _unfit(self, why: str) -> ModelError:
        return ModelError(
            f"this network does not do what its card says: {why}; make the model again",
            file=self._folder,
        )
