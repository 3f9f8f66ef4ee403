"""Worker processes: order, bounds, and every way to end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from mirpre.errors import FileError, WorkerError
from mirpre.parallel import WorkerPool
from mirpre.streams import chunked


def slow_square(number: int) -> int:
    time.sleep(0.02 if number % 5 == 0 else 0)
    return number * number


def blow_up(number: int) -> int:
    return 1 // number


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def big(size: int) -> bytes:
    return b"x" * size


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_come_in_the_order_of_the_tasks(workers: int) -> None:
    with WorkerPool(slow_square, workers) as pool:
        assert list(pool.map(range(60))) == [n * n for n in range(60)]
        assert list(pool.map([])) == []
        assert list(pool.map([3])) == [9]


@pytest.mark.parametrize("workers", [1, 2])
def test_only_a_bounded_number_of_tasks_is_taken_ahead(workers: int) -> None:
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        for number in range(10_000):
            taken += 1
            yield number

    with WorkerPool(slow_square, workers) as pool:
        for returned, _ in enumerate(pool.map(tasks())):
            assert taken - returned <= 6 * workers + 1
            if returned == 300:
                break


@pytest.mark.parametrize("workers", [1, 2])
def test_results_before_an_expected_error_come_first(workers: int) -> None:
    def tasks() -> Iterator[int]:
        yield from range(20)
        raise FileError("broken")

    seen: list[int] = []
    with WorkerPool(slow_square, workers) as pool, pytest.raises(FileError):
        seen.extend(pool.map(tasks()))
    assert seen == [n * n for n in range(20)]


def test_large_tasks_and_results_do_not_block_each_other() -> None:
    with WorkerPool(big, 2) as pool:
        assert [len(r) for r in pool.map([3_000_000] * 20)] == [3_000_000] * 20
    with WorkerPool(len, 2) as pool:
        assert list(pool.map([b"x" * 3_000_000] * 20)) == [3_000_000] * 20


def test_a_failing_task_is_an_error_with_its_cause() -> None:
    with WorkerPool(blow_up, 2) as pool, pytest.raises(WorkerError, match="ZeroDivisionError"):
        list(pool.map([1, 2, 0, 3]))


def test_a_worker_that_dies_is_an_error_and_no_hang() -> None:
    with WorkerPool(die, 2) as pool, pytest.raises(WorkerError, match="signal 9"):
        list(pool.map(range(5)))


def test_workers_end_with_the_pool() -> None:
    with WorkerPool(slow_square, 2) as pool:
        processes = list(pool._processes)
        assert all(process.is_alive() for process in processes)
    assert not any(process.is_alive() for process in processes)


def test_chunks_keep_what_came_before_an_error() -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise FileError("broken")

    seen: list[list[int]] = []
    with pytest.raises(FileError):
        seen.extend(chunked(items(), lambda chunk: len(chunk) == 2))
    assert seen == [[0, 1], [2, 3], [4]]
