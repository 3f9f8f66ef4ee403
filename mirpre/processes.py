"""Worker processes, for libraries that let only one thread of a process work."""

from __future__ import annotations

import contextlib
import multiprocessing
import queue
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Generic, TypeVar

from mirpre.errors import WorkerError

Task = TypeVar("Task")
Result = TypeVar("Result")


_ENDINGS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
    if hasattr(signal, name)
)


@contextlib.contextmanager
def _endings_held() -> Iterator[None]:
    """Signals that end a run wait, so that none meets a new worker that still has our handlers."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class WorkerProcesses(Generic[Task, Result]):
    """Processes that apply one function; any thread may call, and waits for a free one.

    Make them before any library has started threads, since they are forked on Linux. ``function``
    must be importable by name. They end with the context, also when this process is killed.
    """

    def __init__(self, function: Callable[[Task], Result], processes: int) -> None:
        self._workers: list[tuple[Any, Connection]] = []
        self._free: queue.SimpleQueue[tuple[Any, Connection]] = queue.SimpleQueue()
        context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        for number in range(processes):
            ours, theirs = context.Pipe()
            # A forked worker holds copies of our ends of the pipes; it must close them, or it
            # would not see them end with this process.
            inherited = [connection for _, connection in self._workers]
            process = context.Process(
                target=_work,
                args=(function, theirs, [*inherited, ours] if sys.platform == "linux" else []),
                name=f"mirpre-worker-{number}",
                daemon=True,
            )
            with _endings_held():
                process.start()
            theirs.close()
            self._workers.append((process, ours))
            self._free.put((process, ours))

    def __enter__(self) -> WorkerProcesses[Task, Result]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process, connection in self._workers:
            if error is not None:
                process.terminate()
            connection.close()
        for process, _ in self._workers:
            process.join()

    def call(self, task: Task) -> Result:
        """The function's result; raises WorkerError where the worker fails or dies."""
        process, connection = self._free.get()
        try:
            connection.send(task)
            result, trouble = connection.recv()
        except (EOFError, OSError) as error:
            raise _death(process) from error
        finally:
            self._free.put((process, connection))
        if trouble is not None:
            raise WorkerError(f"a worker process failed: {trouble}")
        found: Result = result
        return found


def _death(process: Any) -> WorkerError:
    process.join(5)
    code = process.exitcode
    how = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
    return WorkerError(
        f"a worker process ended unexpectedly ({how}); where memory ran out, use fewer --threads"
    )


def _work(
    function: Callable[[Any], Any], connection: Connection, inherited: list[Connection]
) -> None:
    """A worker's life: a task in, its result out, until the pipe closes."""
    # Ctrl-C reaches the whole process group; the main process decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in _ENDINGS[1:]:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDINGS)
    for other in inherited:
        other.close()
    # The pipe closes with the main process, whatever ended it.
    with contextlib.suppress(EOFError, OSError):
        while True:
            task = connection.recv()
            answer: tuple[Any, str | None]
            try:
                answer = (function(task), None)
            except MemoryError:
                answer = (None, "memory ran out; use fewer --threads")
            except Exception:
                answer = (None, traceback.format_exc(limit=-3).strip())
            connection.send(answer)
