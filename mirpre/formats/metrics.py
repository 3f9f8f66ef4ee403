"""Metrics with their intervals, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from mirpre.formats.json_text import to_json

COLUMNS = ("model", "metric", "value", "low", "high")


@dataclass(frozen=True)
class Measured:
    """One model's metrics by name (None where a class has no records) and their intervals."""

    model: str
    threshold: float
    sha256: str | None
    values: Mapping[str, float | None]
    intervals: Mapping[str, tuple[float, float] | None]


def write_metrics(out: TextIO, header: Sequence[str], measured: Sequence[Measured]) -> None:
    """``#`` header lines, a line of column names, and a row for each model and metric.

    Counts are whole numbers, metrics have four decimals; NA stands where there is no value.
    """
    for line in header:
        out.write(f"# {line}\n")
    out.write("\t".join(COLUMNS) + "\n")
    for one in measured:
        for name, value in one.values.items():
            low, high = one.intervals.get(name) or (None, None)
            fields = (one.model, name, _text(value), _text(low), _text(high))
            out.write("\t".join(fields) + "\n")


def _text(value: float | None) -> str:
    if value is None:
        return "NA"
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def write_metrics_json(out: TextIO, about: Mapping[str, Any], measured: Sequence[Measured]) -> None:
    """The same, unrounded: what ``about`` says of the run, and a list of models."""
    models = [
        {
            "model": one.model,
            "sha256": one.sha256,
            "threshold": one.threshold,
            "metrics": {
                name: {"value": value, **_bounds(one.intervals.get(name))}
                for name, value in one.values.items()
            },
        }
        for one in measured
    ]
    out.write(to_json({**about, "models": models}, indent=2) + "\n")


def _bounds(interval: tuple[float, float] | None) -> dict[str, float]:
    return {} if interval is None else {"low": interval[0], "high": interval[1]}
