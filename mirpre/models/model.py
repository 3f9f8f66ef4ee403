"""A model that is loaded: its card, its network, and what it says of hairpins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirpre.encoding import Encoding
from mirpre.models.inference import Predictor
from mirpre.models.registry import ModelFiles, load_model_files
from mirpre.records import Hairpin


class Model:
    """Made by load_model; may be used from several threads at once."""

    def __init__(self, files: ModelFiles) -> None:
        self.name = files.name
        self.sha256 = files.sha256
        """Of the weights."""
        self.card: dict[str, Any] = files.card
        """Data, split, recipe and metrics of the training."""
        self.threshold = files.threshold
        """Probability from which a record is called, unless another is named."""
        self.genome = files.genome
        """What its probabilities mean in a genome, where its card says so."""
        self.encoding: Encoding = files.encoding
        self.predictor = Predictor(files)

    def probabilities(self, hairpins: Sequence[Hairpin]) -> NDArray[np.float32]:
        """Probability of each folded hairpin of being a precursor, shape (N,).

        Raises ValueError for a record without a structure.
        """
        return self.predictor.probabilities(self.encoding.encode(hairpins, self.predictor.dtype))

    def log_odds(self, hairpins: Sequence[Hairpin]) -> NDArray[np.float64]:
        """Log-odds of each folded hairpin of being a precursor, shape (N,). Raises the same."""
        return self.predictor.log_odds(self.encoding.encode(hairpins, self.predictor.dtype))

    def __repr__(self) -> str:
        return f"<mirpre.Model {self.name!r}, sha256 {self.sha256[:12]}>"


def load_model(name: str | Path) -> Model:
    """A bundled model by its name (cnn, rnn, genome), or one's own by its folder.

    Raises ModelError where it is missing or damaged.
    """
    return Model(load_model_files(str(name)))
