"""Stage 3: small networks tell which hairpins deserve to be folded.

They were trained on hairpins that stages 1 and 2 cut out, and run in C (``c/network.c``) with
integers only, so that scores are the same on every machine and in every batch.
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirpre.errors import ModelError
from mirpre.scanning import _search

CARD = "card.json"
WEIGHTS = "weights.bin"
BIASES = "biases.bin"
LADDER_ENCODING = "ladder-160"

_FOLDER = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class LadderNetwork:
    """The integers of a network, its card read and its files checked against the card."""

    card: dict[str, Any]
    weights: bytes
    biases: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.weights + self.biases).hexdigest()

    def scores(self, ladders: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Log-odds of each of (N, COLUMNS) ladders, in 1/256."""
        found = _search.scores(ladders.tobytes(), self.weights, self.biases)
        return np.frombuffer(found, np.int32)


def load_network(name: str, folder: Path = _FOLDER) -> LadderNetwork:
    """Read and check a network; raises ModelError where it is missing or damaged."""
    card_file = folder / name / CARD
    try:
        card = json.loads(card_file.read_text(encoding="utf-8"))
        if card["encoding"] != LADDER_ENCODING:
            raise ModelError(f"reads the encoding {card['encoding']!r}", file=str(card_file))
        content = []
        for part in (WEIGHTS, BIASES):
            content.append((folder / name / part).read_bytes())
            if hashlib.sha256(content[-1]).hexdigest() != card["files"][part]["sha256"]:
                raise ModelError(
                    "damaged weights; install the program again", file=str(folder / name / part)
                )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"cannot read this network ({error})", file=str(card_file)) from error
    return LadderNetwork(card, content[0], content[1])


@functools.cache
def network(name: str) -> LadderNetwork:
    """A bundled network, read once."""
    return load_network(name)
