"""Seconds per stage of a run."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class StageSeconds:
    """Seconds of work per stage, summed over workers and threads."""

    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
