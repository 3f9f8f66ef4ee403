"""Tables that say what records are: labels by ID, and the calls that a program made of them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from mirpre.formats.columns import Columns
from mirpre.formats.opening import Lines

# Without what else Python takes for numbers: 1_0, other scripts' digits, nan.
_NUMBER = re.compile(r"[ ]*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[ ]*")

POSITIVE = "positive"
NEGATIVE = "negative"


@dataclass(frozen=True)
class CallTable:
    """Probability by record ID, and the threshold that the table's header names."""

    probability: dict[str, float]
    threshold: float | None


def read_labels(lines: Lines) -> dict[str, bool]:
    """Whether each ID is a precursor: columns ``id`` and ``label`` (positive or negative).

    Other columns are left alone. Raises FileError for other labels and repeated IDs.
    """
    table = Columns(lines, ("id", "label"))
    labels: dict[str, bool] = {}
    for row in table.rows():
        if row["label"] not in (POSITIVE, NEGATIVE):
            raise table.error(f"label is {row['label']!r}; it must be {POSITIVE} or {NEGATIVE}")
        if row["id"] in labels:
            raise table.error(f"the ID {row['id']!r} stands here twice")
        labels[row["id"]] = row["label"] == POSITIVE
    return labels


def read_calls(lines: Lines) -> CallTable:
    """A table of calls: columns ``id`` and ``probability``, as classify writes them.

    Other programs' tables do as well. Raises FileError for repeated IDs and for what is no
    number from 0 to 1.
    """
    table = Columns(lines, ("id", "probability"))
    threshold = None
    for comment in table.comments:
        key, _, text = comment.partition(": ")
        if key == "threshold":
            threshold = _fraction(text)
    probability: dict[str, float] = {}
    for row in table.rows():
        value = _fraction(row["probability"])
        if value is None:
            raise table.error(f"probability is {row['probability']!r}, no number from 0 to 1")
        if row["id"] in probability:
            raise table.error(f"the ID {row['id']!r} stands here twice; IDs must be unique")
        probability[row["id"]] = value
    return CallTable(probability, threshold)


def _fraction(text: str) -> float | None:
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if 0 <= value <= 1 else None
