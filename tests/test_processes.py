"""Worker processes: who gets which result, and every way to end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mirpre.errors import WorkerError
from mirpre.processes import WorkerProcesses

ALONE = """
import os, time
from mirpre.processes import WorkerProcesses

with WorkerProcesses(abs, 3) as workers:
    assert workers.call(-2) == 2
    print("ready", flush=True)
    time.sleep(60)
"""


def slow_square(number: int) -> int:
    time.sleep(0.02 if number % 5 == 0 else 0)
    return number * number


def blow_up(number: int) -> float:
    return 1 / number


def die(number: int) -> int:
    if number:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def pid_of(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def big(size: int) -> bytes:
    return b"x" * size


@pytest.mark.parametrize("processes", [1, 3])
def test_each_thread_gets_the_result_of_its_task(processes: int) -> None:
    with WorkerProcesses(slow_square, processes) as workers, ThreadPoolExecutor(4) as threads:
        assert list(threads.map(workers.call, range(200))) == [n * n for n in range(200)]


def test_work_is_done_by_all_processes_and_not_by_this_one() -> None:
    with WorkerProcesses(pid_of, 2) as workers, ThreadPoolExecutor(2) as threads:
        pids = set(threads.map(workers.call, [0.2] * 6))
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_large_tasks_and_results_do_not_block_each_other() -> None:
    with ThreadPoolExecutor(4) as threads:
        with WorkerProcesses(big, 2) as workers:
            results = threads.map(workers.call, [3_000_000] * 20)
            assert [len(result) for result in results] == [3_000_000] * 20
        with WorkerProcesses(len, 2) as workers:
            sizes = threads.map(workers.call, [b"x" * 3_000_000] * 20)
            assert list(sizes) == [3_000_000] * 20


def test_a_failing_task_is_an_error_with_its_cause_and_the_worker_goes_on() -> None:
    with WorkerProcesses(blow_up, 1) as workers:
        with pytest.raises(WorkerError, match="ZeroDivisionError"):
            workers.call(0)
        assert workers.call(4) == 0.25


def test_a_worker_that_dies_is_an_error_and_no_hang() -> None:
    with WorkerProcesses(die, 1) as workers:
        assert workers.call(0) == 0
        for number in (1, 0):  # the second finds nobody there
            with pytest.raises(WorkerError, match="signal 9"):
                workers.call(number)


def test_workers_end_with_the_context() -> None:
    with WorkerProcesses(slow_square, 2) as workers:
        processes = [process for process, _ in workers._workers]
        assert all(process.is_alive() for process in processes)
    assert not any(process.is_alive() for process in processes)


def test_workers_end_with_an_error_though_they_are_at_work() -> None:
    start = time.monotonic()
    with ThreadPoolExecutor(1) as threads:
        with contextlib.suppress(KeyError), WorkerProcesses(time.sleep, 1) as workers:
            call = threads.submit(workers.call, 60)
            time.sleep(0.2)
            raise KeyError
        assert isinstance(call.exception(), WorkerError)
    assert time.monotonic() - start < 30


def test_workers_end_where_the_process_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-I", "-c", ALONE], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.kill()
        # The workers hold its output; it ends when the last of them does.
        assert process.communicate(timeout=30) == (b"", None)


def test_a_worker_that_ends_before_it_begins_says_nothing() -> None:
    program = """
import signal, sys
from mirpre.processes import WorkerProcesses

def end(number, frame):
    raise SystemExit("the handler of the main process")

signal.signal(signal.SIGTERM, end)
for _ in range(20):
    try:
        with WorkerProcesses(len, 3):
            raise ValueError
    except ValueError:
        pass
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
