"""Where models are: the bundled ones by name, others as folders that training wrote.

A model folder holds ``card.json``, which tells what the model is and the SHA-256 of its weights
files, and ``model.onnx``; both kinds of model are read by the same code.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirpre.encoding import ENCODINGS, Encoding
from mirpre.errors import ModelError
from mirpre.models.onnx_check import reads_other_files
from mirpre.models.prior import GenomeCalibration, genome_calibration

CARD = "card.json"
ONNX = "model.onnx"
KERAS = "model.keras"

CLASSIFIES, TELLS_ARMS = "classifies", "tells arms"
"""What a model does; a card without the entry "does" is that of one that classifies."""
ARMS = "arms"
"""The bundled model that tells arms."""

_LONGEST_CARD = 10_000_000
_WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class ModelFiles:
    """A model on disk, its card read and its weights file checked against the card."""

    folder: Path
    card: dict[str, Any]
    onnx: bytes
    sha256: str
    genome: GenomeCalibration | None = None
    """What its probabilities mean in a genome, where its card says so."""

    @property
    def name(self) -> str:
        """Of its folder, so that a model of the user's own is not taken for the bundled one that
        its network is named after."""
        name = self.folder.resolve().name
        return name if name.isprintable() else repr(name)

    @property
    def encoding(self) -> Encoding:
        """How it reads hairpins."""
        return ENCODINGS[self.card["encoding"]]

    @property
    def threshold(self) -> float:
        """Probability from which a record is called, unless the user sets another."""
        return float(self.card["threshold"])


def bundled_models() -> list[str]:
    """Names of the models that come with the package and classify."""
    return sorted({folder.parent.name for folder in _WEIGHTS.glob(f"*/{CARD}")} - {ARMS})


def load_model_files(name: str, does: str = CLASSIFIES) -> ModelFiles:
    """Find, read and check a model by bundled name or folder.

    Raises ModelError where it is missing, damaged, or made for another encoding or purpose.
    """
    bundled = bundled_models() if does == CLASSIFIES else [ARMS]
    folder = _WEIGHTS / name if name in bundled else Path(name)
    card_file = folder / CARD
    if not card_file.is_file():
        raise ModelError(
            f"no model {name!r}: bundled are {', '.join(bundled)}; any other needs "
            f"the path of a folder with {CARD} and {ONNX}"
        )
    try:
        card = _read_card(card_file)
    except OSError as error:
        raise ModelError(f"cannot read: {error.strerror}", file=str(card_file)) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise ModelError(
            f"not a model card ({what}); make the model again", file=str(card_file)
        ) from error
    encoding, expected = card["encoding"], card["files"][ONNX]["sha256"]
    if card.get("does", CLASSIFIES) != does:
        raise ModelError(
            f"this model {card.get('does', CLASSIFIES)}, and one that {does} is needed",
            file=str(card_file),
        )
    if encoding not in ENCODINGS:
        raise ModelError(
            f"this model reads the encoding {encoding!r}, this program makes "
            f"{' and '.join(ENCODINGS)}; use the mirpre version that made the model",
            file=str(card_file),
        )
    try:
        genome = genome_calibration(card)
    except ModelError as error:
        raise ModelError(
            f"{error.message}; correct it or leave the section out", file=str(card_file)
        ) from error
    onnx_file = folder / ONNX
    try:
        onnx = onnx_file.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read: {error.strerror}", file=str(onnx_file)) from error
    found = hashlib.sha256(onnx).hexdigest()
    if found != expected:
        raise ModelError(
            f"damaged weights: SHA-256 is {found[:12]}..., its card says {str(expected)[:12]}...; "
            "install or copy the model again",
            file=str(onnx_file),
        )
    try:
        if reads_other_files(onnx):
            raise ModelError(
                "its weights lie in another file, which is not read; export the model as one file",
                file=str(onnx_file),
            )
    except ValueError as error:
        raise ModelError(
            f"not an ONNX file ({error}); make it again", file=str(onnx_file)
        ) from error
    return ModelFiles(folder, card, onnx, found, genome)


def _read_card(file: Path) -> dict[str, Any]:
    """The card, with name, encoding, threshold and hash of the kinds that they should be.

    Raises ValueError, KeyError, TypeError and RecursionError for others.
    """

    def refuse(word: str) -> float:
        raise ValueError(f"{word} is not finite")

    text = file.read_text(encoding="utf-8")
    if len(text) > _LONGEST_CARD:
        raise ValueError(f"more than {_LONGEST_CARD:,} letters")
    card = json.loads(text, parse_constant=refuse)
    if not isinstance(card, dict):
        raise TypeError("no JSON object")
    for key in ("name", "encoding"):
        if not isinstance(card[key], str):
            raise TypeError(f"{key} is no text")
    if not card["name"].strip() or not card["name"].isprintable():
        raise ValueError("name must be printable, on one line")
    if card.get("does", CLASSIFIES) == CLASSIFIES:
        _check_threshold(card["threshold"])
    files = card["files"]
    if not isinstance(files, dict) or not isinstance(files[ONNX], dict):
        raise TypeError(f"files says nothing of {ONNX}")
    if not isinstance(files[ONNX]["sha256"], str):
        raise TypeError("sha256 is no text")
    return card


def _check_threshold(threshold: object) -> None:
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        raise TypeError("threshold is no number")
    if not 0 <= threshold <= 1:
        raise ValueError("threshold must be from 0 to 1")
