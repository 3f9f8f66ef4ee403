"""The map over threads: order, bounds, and every way to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from mirpre.errors import FileError, WorkerError
from mirpre.parallel import ordered_map
from mirpre.streams import chunked


def slow_square(number: int) -> int:
    time.sleep(0.02 if number % 5 == 0 else 0)
    return number * number


def squares(numbers: range) -> list[tuple[int, int]]:
    return [(n, n * n) for n in numbers]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_results_come_in_the_order_of_the_tasks(threads: int) -> None:
    assert list(ordered_map(slow_square, range(60), threads)) == squares(range(60))
    assert list(ordered_map(slow_square, [], threads)) == []
    assert list(ordered_map(slow_square, [3], threads)) == [(3, 9)]


def test_tasks_run_side_by_side() -> None:
    together = threading.Barrier(3, timeout=20)
    places = [place for _, place in ordered_map(lambda _: together.wait(), range(6), 3)]
    assert sorted(places[:3]) == sorted(places[3:]) == [0, 1, 2]


def test_one_thread_leaves_the_callers_free_for_signals() -> None:
    threads = [thread for _, thread in ordered_map(lambda _: threading.get_ident(), range(3), 1)]
    assert len(set(threads)) == 1
    assert threading.get_ident() not in threads


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_only_a_bounded_number_of_tasks_is_taken_ahead(threads: int) -> None:
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        for number in range(10_000):
            taken += 1
            yield number

    for returned, _ in enumerate(ordered_map(slow_square, tasks(), threads)):
        assert taken - returned <= threads + 3
        if returned == 300:
            break


@pytest.mark.parametrize("threads", [1, 2])
def test_results_before_an_expected_error_come_first(threads: int) -> None:
    def tasks() -> Iterator[int]:
        yield from range(20)
        raise FileError("broken")

    seen: list[tuple[int, int]] = []
    with pytest.raises(FileError):
        seen.extend(ordered_map(slow_square, tasks(), threads))
    assert seen == squares(range(20))


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("error", [WorkerError("a worker died"), ZeroDivisionError("zero")])
def test_nothing_comes_after_a_task_that_fails(threads: int, error: Exception) -> None:
    def fail_at_20(number: int) -> int:
        if number == 20:
            raise error
        return slow_square(number)

    seen: list[tuple[int, int]] = []
    with pytest.raises(type(error)) as raised:
        seen.extend(ordered_map(fail_at_20, range(40), threads))
    assert raised.value is error
    assert seen == squares(range(20))


def test_tasks_that_wait_are_dropped_where_nobody_wants_their_results() -> None:
    begun = 0

    def work(number: int) -> int:
        nonlocal begun
        begun += 1
        time.sleep(0.1)
        return number

    results = ordered_map(work, range(100), 2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    at_work = begun
    time.sleep(0.5)
    assert begun <= at_work + 2


def test_chunks_keep_what_came_before_an_error() -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise FileError("broken")

    seen: list[list[int]] = []
    with pytest.raises(FileError):
        seen.extend(chunked(items(), lambda chunk: len(chunk) == 2))
    assert seen == [[0, 1], [2, 3], [4]]
