"""An ordered, bounded map over worker processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Generic, TypeVar

from mirpre.errors import MirpreError, WorkerError

Task = TypeVar("Task")
Result = TypeVar("Result")

_TASKS_PER_WORKER = 2  # one at work and one waiting, so that a worker never idles
_WINDOW_PER_WORKER = 6  # tasks between the oldest unfinished one and the newest


def available_cpus() -> int:
    """CPUs that this process may run on, by its affinity where the system tells it."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


class WorkerPool(Generic[Task, Result]):
    """Worker processes that apply one function; with 1 worker this process does the work.

    Make the pool before any library has started threads, since workers are forked on Linux.
    ``function`` must be importable by name. A worker that dies raises WorkerError in ``map``;
    workers end with the pool, also when this process is killed.
    """

    def __init__(self, function: Callable[[Task], Result], workers: int) -> None:
        self._function = function
        self._connections: list[Connection] = []
        self._processes: list[Any] = []
        if workers < 2:
            return
        context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        for number in range(workers):
            ours, theirs = context.Pipe()
            self._connections.append(ours)
            # A forked worker holds copies of our ends of the pipes; it must close them, or it
            # would not see them end with this process.
            inherited = self._connections if sys.platform == "linux" else []
            process = context.Process(
                target=_work,
                args=(function, theirs, inherited),
                name=f"mirpre-worker-{number}",
                daemon=True,
            )
            process.start()
            theirs.close()
            self._processes.append(process)

    def __enter__(self) -> WorkerPool[Task, Result]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for connection in self._connections:
            connection.close()
        for process in self._processes:
            if error is not None:
                process.terminate()
            process.join()

    def map(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """Results in the order of the tasks; only a bounded number of tasks is ever held."""
        if not self._processes:
            yield from map(self._function, tasks)
            return
        coming = iter(tasks)
        more = True
        failure: MirpreError | None = None
        load = [0] * len(self._connections)
        results: dict[int, Result] = {}
        given = returned = 0
        while True:
            while more and given - returned < _WINDOW_PER_WORKER * len(load):
                worker = min(range(len(load)), key=load.__getitem__)
                if load[worker] == _TASKS_PER_WORKER:
                    break
                try:
                    task = next(coming)
                except StopIteration:
                    more = False
                    break
                except MirpreError as error:
                    # The results of the tasks before it come first, as with 1 worker.
                    more, failure = False, error
                    break
                self._send(worker, (given, task))
                load[worker] += 1
                given += 1
            if returned in results:
                yield results.pop(returned)
                returned += 1
            elif given == returned:
                if failure is not None:
                    raise failure
                return
            else:
                for connection in wait(self._connections):
                    worker = self._connections.index(connection)  # type: ignore[arg-type]
                    number, result = self._receive(worker)
                    results[number] = result
                    load[worker] -= 1

    def _send(self, worker: int, message: object) -> None:
        try:
            self._connections[worker].send(message)
        except OSError as error:
            raise self._death(worker) from error

    def _receive(self, worker: int) -> tuple[int, Result]:
        try:
            number, result, trouble = self._connections[worker].recv()
        except (EOFError, OSError) as error:
            raise self._death(worker) from error
        if trouble is not None:
            raise WorkerError(f"a worker process failed: {trouble}")
        return number, result

    def _death(self, worker: int) -> WorkerError:
        process = self._processes[worker]
        process.join(5)
        code = process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        return WorkerError(
            f"a worker process ended unexpectedly ({how}); where memory ran out, "
            "use fewer --threads"
        )


def _work(
    function: Callable[[Any], Any], connection: Connection, inherited: list[Connection]
) -> None:
    """A worker's life: tasks in, results out, until the pipe closes."""
    # Ctrl-C reaches the whole process group; the main process decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in inherited:
        other.close()
    tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def receive() -> None:
        # In a thread of its own, so that the main process can always hand over a task, even
        # while this worker waits to hand over a large result.
        with contextlib.suppress(EOFError, OSError):
            while True:
                tasks.put(connection.recv())
        tasks.put(None)

    threading.Thread(target=receive, daemon=True).start()
    while (message := tasks.get()) is not None:
        number, task = message
        answer: tuple[int, Any, str | None]
        try:
            answer = (number, function(task), None)
        except Exception:
            answer = (number, None, traceback.format_exc(limit=-3).strip())
        try:
            connection.send(answer)
        except OSError:
            return
