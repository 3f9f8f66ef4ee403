"""The scan's network: its files, and its integers against Keras."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from scan_helpers import random_letters

from mirpre.errors import ModelError
from mirpre.scan import shortlist
from mirpre.scan.letters import to_letters
from mirpre.scan.search import search
from mirpre.scan.settings import PRESETS, SearchSettings
from mirpre.scan.shortlist import load_network


def test_every_preset_has_its_network() -> None:
    for preset in PRESETS.values():
        assert load_network(preset.network).card["encoding"] == shortlist.LADDER_ENCODING


def test_damaged_and_missing_files_are_said(tmp_path: Path) -> None:
    folder = tmp_path / "animal"
    shutil.copytree(Path(shortlist.__file__).parent / "weights" / "animal", folder)
    weights = bytearray((folder / "weights.bin").read_bytes())
    weights[1000] ^= 1
    (folder / "weights.bin").write_bytes(weights)
    with pytest.raises(ModelError, match="damaged"):
        load_network("animal", tmp_path)
    (folder / "card.json").write_text('{"encoding": "other"}')
    with pytest.raises(ModelError, match="reads the encoding 'other'"):
        load_network("animal", tmp_path)
    with pytest.raises(ModelError, match="cannot read"):
        load_network("nothing", tmp_path)


def test_integers_say_what_keras_says(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    from mirpre.training.recipe import load_tensorflow
    from mirpre.training.scan_network import ladder_network, write_network

    load_tensorflow(1)

    keras.utils.set_random_seed(3)
    model = ladder_network()
    for layer in model.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            noise = np.random.default_rng(1).normal(0, 0.1, bias.shape)
            layer.set_weights([kernel, bias + noise])
    write_network(model, tmp_path / "made", {"name": "made"})
    letters = to_letters(random_letters(9, 40_000).encode())
    ladders = search(letters, SearchSettings(least=16)).ladders
    scores = load_network("made", tmp_path).scores(ladders) / 256
    expected = np.asarray(model.predict_on_batch(ladders.astype(np.int32)))[:, 0]
    assert len(ladders) > 300
    assert np.ptp(expected) > 0.2
    assert np.abs(scores - expected).max() < 0.02


def test_weights_that_could_overflow_are_refused() -> None:
    pytest.importorskip("keras")
    from mirpre.training.recipe import load_tensorflow
    from mirpre.training.scan_network import integer_weights, ladder_network

    load_tensorflow(1)
    model = ladder_network()
    kernel, bias = model.get_layer("dense").get_weights()
    model.get_layer("dense").set_weights([kernel * 0 + 2, bias])
    with pytest.raises(ValueError, match="dense are too large"):
        integer_weights(model)
