"""Probabilities from encoded hairpins, by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
LEAST = 1e-12
"""Log-odds take no output to be below it."""


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
        if step is not None:  # equal lengths only
            together = min(together, int((lengths[order] == lengths[order[-1]]).sum()))
        order, rows = order[:-together], order[-together:]
        yield rows, longest


def run_session(session: Any, reads: str, encoded: NDArray[Any], folder: str) -> NDArray[Any]:
    """The output of a network, of the model in this folder, for an array of its type.

    reads: name of its input. Raises ModelError where it fails.
    """
    batch = encoded
    if len(batch) == 1:
        # The runtime multiplies a single row in another order, with another last digit.
        batch = np.repeat(batch, 2, axis=0)
    try:
        output = np.asarray(session.run(None, {reads: batch})[0])
    except Exception as error:  # the runtime's own classes are private
        if _NO_MEMORY in str(error):
            raise MemoryError from error
        raise unfit(folder, " ".join(str(error).split())) from error
    if output.ndim == 0 or len(output) != len(batch) or output.dtype.kind != "f":
        raise unfit(folder, f"it gives {output.dtype} of shape {output.shape}")
    return output[: len(encoded)]


def unfit(folder: str, why: str) -> ModelError:
    """What to say of a network that cannot be used."""
    return ModelError(
        f"this network does not do what its card says: {why}; make the model again", file=folder
    )


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
            raise unfit(self._folder, "it has several inputs")
        (reads,) = self._session.get_inputs()
        if len(reads.shape) != len(self.encoding.encode([_TRIAL]).shape):
            raise unfit(self._folder, f"it reads arrays of {len(reads.shape)} dimensions")
        self._input = reads.name
        self.dtype: DTypeLike = np.int32 if "int32" in reads.type else np.float32
        """Of the arrays that it reads; others are converted."""
        self._any_length = not isinstance(reads.shape[1], int)
        self.probabilities(self.encoding.encode([_TRIAL]))

    def probabilities(
        self, encoded: NDArray[Any], watch: Callable[[int], None] = lambda records: None
    ) -> NDArray[np.float32]:
        """Probability of "pre-miRNA" of each record of an array of its encoding, shape (N,).

        watch is told how many more are done.
        """
        found: NDArray[np.float32] = self._outputs(encoded, watch)[:, 0]
        return found

    def log_odds(self, encoded: NDArray[Any]) -> NDArray[np.float64]:
        """Log-odds of "pre-miRNA" of each record, shape (N,), between -28 and 28.

        From both outputs of the network, so that they tell apart what rounds to 1.
        """
        both = np.maximum(self._outputs(encoded).astype(np.float64), LEAST)
        found: NDArray[np.float64] = np.log(both[:, 0]) - np.log(both[:, 1])
        return found

    def _outputs(
        self, encoded: NDArray[Any], watch: Callable[[int], None] = lambda records: None
    ) -> NDArray[np.float32]:
        """Both outputs of each record, shape (N, 2)."""
        found = np.empty((len(encoded), 2), np.float32)
        if not self._any_length:
            for start in range(0, len(encoded), RECORDS):
                part = encoded[start : start + RECORDS]
                found[start : start + RECORDS] = self._run(part)
                watch(len(part))
            return found
        for rows, length in alike(encoded, self.encoding.step):
            found[rows] = self._run(encoded[rows, :length])
            watch(len(rows))
        return found

    def _run(self, encoded: NDArray[Any]) -> NDArray[np.float32]:
        batch = encoded.astype(self.dtype, copy=False)
        found: NDArray[np.float32] = run_session(self._session, self._input, batch, self._folder)
        if found.ndim != 2 or found.shape[1] != 2:
            raise unfit(self._folder, f"it gives {found.dtype} of shape {found.shape}")
        # NaN is neither; the last digit of a sum of exponentials may go past 1.
        if not ((found >= 0) & (found <= 1 + 1e-5)).all():
            wrong = found[~((found >= 0) & (found <= 1 + 1e-5))][0]
            raise unfit(self._folder, f"it gives {wrong:g} for a probability")
        return np.minimum(found, 1)
