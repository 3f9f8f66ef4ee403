"""One bounded, ordered map over threads, which serves wherever the work is outside of Python."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from mirpre.errors import MirpreError

Task = TypeVar("Task")
Result = TypeVar("Result")

_AHEAD = 2  # tasks that wait beside those at work, so that a thread never idles


def available_cpus() -> int:
    """CPUs that this process may run on, by its affinity where the system tells it."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def ordered_map(
    function: Callable[[Task], Result], tasks: Iterable[Task], threads: int
) -> Iterator[tuple[Task, Result]]:
    """Each task with what function makes of it, in the order of the tasks.

    At most threads + 3 tasks are held, with 1 thread one. The work is never done by the calling
    thread, so that this is there for signals. Where the tasks end with an expected error, the
    results of those before it come first; after a task that fails comes nothing.
    """
    ahead = threads + _AHEAD if threads > 1 else 0
    running: deque[tuple[Task, Future[Result]]] = deque()
    executor = ThreadPoolExecutor(max(1, threads), thread_name_prefix="mirpre")
    source = iter(tasks)
    failure: MirpreError | None = None
    try:
        while True:
            try:
                task = next(source)
            except StopIteration:
                break
            except MirpreError as error:
                failure = error
                break
            running.append((task, executor.submit(function, task)))
            if len(running) > ahead:
                done, future = running.popleft()
                yield done, future.result()
        while running:
            done, future = running.popleft()
            yield done, future.result()
    finally:
        # Not waiting: what is at work ends by itself, or when its worker process does.
        executor.shutdown(wait=False, cancel_futures=True)
    if failure is not None:
        raise failure
