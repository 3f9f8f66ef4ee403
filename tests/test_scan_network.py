"""The scan's network: its files, and its integers against Keras."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scan_helpers import random_letters

from mirpre.errors import ModelError
from mirpre.scanning import _search, shortlist
from mirpre.scanning.letters import to_letters
from mirpre.scanning.search import search
from mirpre.scanning.settings import PRESETS, Look, ScanSettings, SearchSettings
from mirpre.scanning.shortlist import load_network
from mirpre.scanning.stages import score_hairpins
from mirpre.timing import StageSeconds
from mirpre.training.scan_network import (
    LARGE,
    SMALL,
    integer_weights,
    ladder_network,
    write_network,
)


def test_every_preset_has_its_networks() -> None:
    for preset in PRESETS.values():
        for look in preset.looks:
            assert load_network(look.network).card["encoding"] == shortlist.LADDER_ENCODING


def test_a_look_sees_what_the_one_before_let_pass_and_the_mean_counts() -> None:
    first, second = Look("animal", -800), Look("animal-large", -700)
    letters = to_letters(random_letters(5, 60_000).encode())

    def seen(*looks: Look) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        settings = ScanSettings(looks=looks)
        return score_hairpins(letters, settings, StageSeconds())

    hairpins, by_first = seen(first._replace(least_score=-(2**31)))
    _, by_second = seen(second._replace(least_score=-(2**31)))
    passing, mean = by_first >= first.least_score, (by_first + by_second) // 2
    kept = passing & (mean >= second.least_score)
    assert 0 < kept.sum() < passing.sum() < len(hairpins)
    found, scores = seen(first, second)
    assert np.array_equal(found, hairpins[kept])
    assert np.array_equal(scores, mean[kept])


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


@pytest.mark.parametrize("sizes", [SMALL, LARGE])
@pytest.mark.parametrize("widest", [0, 32, 64])
def test_integers_say_what_keras_says(
    tmp_path: Path, sizes: tuple[int, int, int, int], widest: int
) -> None:
    keras = pytest.importorskip("keras")
    from mirpre.training.recipe import load_tensorflow

    load_tensorflow(1)

    keras.utils.set_random_seed(3)
    model = ladder_network(sizes=sizes)
    for layer in model.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            noise = np.random.default_rng(1).normal(0, 0.1, bias.shape)
            layer.set_weights([kernel, bias + noise])
    write_network(model, tmp_path / "made", {"name": "made"})
    letters = to_letters(random_letters(9, 40_000).encode())
    ladders = search(letters, SearchSettings(least=16)).ladders
    _search.vectors(widest)
    try:
        scores = load_network("made", tmp_path).scores(ladders) / 256
    finally:
        _search.vectors(64)
    expected = np.asarray(model.predict_on_batch(ladders.astype(np.int32)))[:, 0]
    assert len(ladders) > 300
    assert np.ptp(expected) > 0.2
    assert np.abs(scores - expected).max() < 0.02


@pytest.mark.parametrize("name", ["animal", "animal-large", "plant", "plant-large"])
@pytest.mark.parametrize("scale", [1, 25])
def test_vectors_give_any_ladder_the_plain_score(name: str, scale: int) -> None:
    # With the greater weights the first layer does not fit into 16 bits.
    rng = np.random.default_rng(4)
    ladders = rng.integers(0, 256, (200, 160)).astype(np.uint8)
    for length, ladder in enumerate(ladders):
        ladder[length:] = 0
    network = load_network(name)
    weights = np.frombuffer(network.weights, np.int16).copy()
    weights[: 5 * 48 * 32] = np.clip(weights[: 5 * 48 * 32].astype(int) * scale, -32768, 32767)
    found = []
    for widest in (0, 32, 64):
        _search.vectors(widest)
        try:
            found.append(_search.scores(ladders.tobytes(), weights.tobytes(), network.biases))
        finally:
            _search.vectors(64)
    assert len(set(np.frombuffer(found[0], np.int32).tolist())) > 20
    assert found[0] == found[1] == found[2]


def test_weights_of_no_known_size_are_refused() -> None:
    with pytest.raises(ValueError, match="weights of another network"):
        _search.scores(bytes(160), bytes(200), bytes(40))


def test_weights_that_could_overflow_are_refused() -> None:
    pytest.importorskip("keras")
    from mirpre.training.recipe import load_tensorflow

    load_tensorflow(1)
    model = ladder_network()
    kernel, bias = model.get_layer("dense").get_weights()
    model.get_layer("dense").set_weights([kernel * 0 + 2, bias])
    with pytest.raises(ValueError, match="dense are too large"):
        integer_weights(model)
