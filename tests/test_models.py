"""Bundled models: their files, their cards, and what a damaged one says."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mirpre.calling import call
from mirpre.errors import ModelError
from mirpre.models.inference import Predictor
from mirpre.models.registry import KERAS, bundled_models, load_model_files
from mirpre.records import Hairpin
from mirpre.timing import StageSeconds

SOURCE = Path(__file__).parent.parent / "mirpre/models/weights"


def test_both_published_networks_are_bundled() -> None:
    assert {"cnn", "rnn"} <= set(bundled_models())


@pytest.mark.parametrize("name", bundled_models())
def test_cards_tell_what_a_user_must_know(name: str) -> None:
    files = load_model_files(name)
    card = files.card
    for file, facts in card["files"].items():
        # The wheel leaves out what Keras alone reads.
        folder = SOURCE / name if file == KERAS else files.folder
        content = (folder / file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == facts["sha256"]
    assert {"model.onnx", "model.keras"} == set(card["files"])
    assert card["metrics"]["test"]["records"] >= 752
    assert {"data", "split", "epochs", "seed", "command"} <= set(card["training"])
    assert card["intended_use"]
    assert card["limits"]
    assert card["versions"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "model"
    shutil.copytree(load_model_files("cnn").folder, copy)
    return copy


def test_a_folder_is_a_model_too(folder: Path) -> None:
    assert load_model_files(str(folder)).sha256 == load_model_files("cnn").sha256


def test_damaged_weights_are_told(folder: Path) -> None:
    weights = folder / "model.onnx"
    content = bytearray(weights.read_bytes())
    content[1000] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match="damaged weights"):
        load_model_files(str(folder))


def test_weights_that_are_no_network_are_told(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"nothing")
    edit_card(folder, files={"model.onnx": {"sha256": hashlib.sha256(b"nothing").hexdigest()}})
    with pytest.raises(ModelError, match="ONNX Runtime cannot load it"):
        Predictor(load_model_files(str(folder)))


def test_another_encoding_is_told(folder: Path) -> None:
    edit_card(folder, encoding="kmer-7")
    with pytest.raises(ModelError, match="encoding 'kmer-7'"):
        load_model_files(str(folder))


def test_a_missing_or_broken_card_is_told(folder: Path) -> None:
    with pytest.raises(ModelError, match="no model 'nosuch': bundled are cnn, genome, rnn"):
        load_model_files("nosuch")
    (folder / "card.json").write_text("{}")
    with pytest.raises(ModelError, match="not a model card"):
        load_model_files(str(folder))


def edit_card(folder: Path, **changes: object) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | changes))


def random_hairpins(n: int) -> list[Hairpin]:
    draw = np.random.default_rng(7)
    found = []
    for i in range(n):
        size = int(draw.integers(1, 250))
        sequence = "".join(draw.choice(list("ACGUN"), size))
        found.append(Hairpin(f"r{i}", sequence, "".join(draw.choice(list(".()"), size))))
    return found


@pytest.mark.parametrize("name", bundled_models())
def test_probabilities_do_not_depend_on_threads_or_batches(name: str) -> None:
    predictor = Predictor(load_model_files(name))
    hairpins = random_hairpins(150)

    def probabilities(threads: int, batch_size: int) -> list[float]:
        calls = call(
            hairpins,
            predictor,
            threshold=0.5,
            batch_size=batch_size,
            threads=threads,
            times=StageSeconds(),
        )
        return [c.probability for c in calls]

    expected = probabilities(1, 64)
    assert len(expected) == 150
    for threads, batch_size in ((2, 64), (3, 64), (1, 1), (2, 512)):
        assert probabilities(threads, batch_size) == expected


def test_a_record_is_called_from_the_threshold_on() -> None:
    predictor = Predictor(load_model_files("cnn"))
    (hairpin,) = random_hairpins(1)

    def is_positive(threshold: float) -> bool:
        (result,) = call(
            [hairpin], predictor, threshold=threshold, batch_size=1, threads=1, times=StageSeconds()
        )
        return result.is_positive

    (found,) = call(
        [hairpin], predictor, threshold=0.5, batch_size=1, threads=1, times=StageSeconds()
    )
    assert is_positive(found.probability)
    assert not is_positive(found.probability + 1e-6)
