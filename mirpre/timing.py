"""Seconds per stage of a run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class StageSeconds:
    """Seconds of work per stage, summed over threads; each thread fills one of its own."""

    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    def add_all(self, other: StageSeconds) -> None:
        """What another one has measured."""
        for stage, seconds in other.seconds.items():
            self.add(stage, seconds)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Measures what is done within the context."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - start)
