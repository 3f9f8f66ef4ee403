"""Probabilities from one-hot arrays, by ONNX Runtime."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from mirpre.errors import MirpreError, ModelError
from mirpre.models.registry import ModelFiles


class Predictor:
    """A loaded network.

    Each batch runs on one thread and several batches run side by side, so that a record's
    probability depends neither on the number of threads nor on its neighbours.
    """

    def __init__(self, files: ModelFiles) -> None:
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # The arena would keep the memory of the largest batch for good.
        options.enable_cpu_mem_arena = False
        try:
            self._session = onnxruntime.InferenceSession(
                files.onnx, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime's own classes are private
            raise ModelError(
                f"ONNX Runtime cannot load it: {error}", file=str(files.folder)
            ) from error
        self._input = self._session.get_inputs()[0].name
        self._any_length = not isinstance(self._session.get_inputs()[0].shape[1], int)

    def probabilities(self, onehot: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probability of "pre-miRNA" of each record of a (N, 180, 12) array, shape (N,)."""
        if self._any_length:
            # A recurrent network skips padding, but takes time for every step of it.
            used = np.flatnonzero(onehot.any(axis=(0, 2)))
            onehot = onehot[:, : int(used[-1]) + 1 if used.size else 1]
        batch = onehot.astype(np.float32)
        if len(batch) == 1:
            # The runtime multiplies a single row in another order, with another last digit.
            batch = np.repeat(batch, 2, axis=0)
        output = self._session.run(None, {self._input: batch})[0]
        return np.asarray(output)[: len(onehot), 0]

    def map(
        self, batches: Iterable[NDArray[np.uint8]], threads: int
    ) -> Iterator[tuple[NDArray[np.float32], float]]:
        """Probabilities of each batch and the seconds they took, in order.

        At most threads + 1 batches are held.
        """

        def timed(batch: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
            start = time.perf_counter()
            return self.probabilities(batch), time.perf_counter() - start

        running: deque[Future[tuple[NDArray[np.float32], float]]] = deque()
        failure: MirpreError | None = None
        with ThreadPoolExecutor(threads, thread_name_prefix="mirpre-inference") as executor:
            try:
                for batch in batches:
                    running.append(executor.submit(timed, batch))
                    if len(running) > threads:
                        yield running.popleft().result()
            except MirpreError as error:
                failure = error
            while running:
                yield running.popleft().result()
        if failure is not None:
            raise failure
