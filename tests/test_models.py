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
from mirpre.models.onnx_check import reads_other_files
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
    with pytest.raises(ModelError, match="not an ONNX file"):
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


def message(folder: Path) -> str:
    """What is said of a model that cannot be used."""
    with pytest.raises(ModelError) as caught:
        Predictor(load_model_files(str(folder)))
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"threshold": 5}, "threshold must be from 0 to 1"),
        ({"threshold": -0.1}, "threshold must be from 0 to 1"),
        ({"threshold": 10**400}, "threshold must be from 0 to 1"),
        ({"threshold": "0.5"}, "threshold is no number"),
        ({"threshold": True}, "threshold is no number"),
        ({"threshold": None}, "threshold is no number"),
        ({"name": "x\n# threshold: 0.9"}, "name must be printable"),
        ({"name": "x\ty"}, "name must be printable"),
        ({"name": " "}, "name must be printable"),
        ({"name": ["x"]}, "name is no text"),
        ({"encoding": ["x"]}, "encoding is no text"),
        ({"encoding": {}}, "encoding is no text"),
        ({"files": 3}, "files says nothing of model.onnx"),
        ({"files": {}}, "no 'model.onnx'"),
        ({"files": {"model.onnx": 3}}, "files says nothing of model.onnx"),
        ({"files": {"model.onnx": {"sha256": 3}}}, "sha256 is no text"),
        ({"genome": 3}, "genome section cannot be read"),
        (
            {"genome": {"per_mb": 1, "calibration": {"shift": "1", "bends": [], "slopes": [1]}}},
            "'1' is no number",
        ),
        (
            {"genome": {"per_mb": 1, "calibration": {"shift": 1e308, "bends": [], "slopes": [1]}}},
            "beyond 1e+09",
        ),
        ({"encoding": "dimer-partner"}, "does not do what its card says: it reads arrays of 3"),
    ],
)
def test_a_card_that_says_nonsense_is_told(
    folder: Path, changes: dict[str, object], said: str
) -> None:
    edit_card(folder, **changes)
    if "encoding" in changes and said.startswith("does not"):
        assert "this network does not do what its card says" in message(folder)
    else:
        assert said in message(folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 100_000,
        "[1]",
        "1" * 10_000,
        '{"threshold": NaN}',
        '{"a": Infinity}',
        "\udcff",
        "{}",
    ],
)
def test_a_card_that_is_none_is_told(folder: Path, text: str) -> None:
    (folder / "card.json").write_text(text, "utf-8", "surrogateescape")
    assert "not a model card" in message(folder)


def with_weights(folder: Path, onnx: bytes) -> Path:
    """The model with other weights, and a card that agrees."""
    (folder / "model.onnx").write_bytes(onnx)
    edit_card(folder, files={"model.onnx": {"sha256": hashlib.sha256(onnx).hexdigest()}})
    return folder


def test_any_byte_of_the_weights_may_be_wrong(folder: Path) -> None:
    """What is loaded gives probabilities, and all else is told in one line."""
    good = (folder / "model.onnx").read_bytes()
    told = 0
    for at in [*range(0, 400, 7), *range(400, len(good), len(good) // 40)]:
        bad = bytearray(good)
        bad[at] ^= 0x81
        with_weights(folder, bytes(bad))
        said = ""
        try:
            predictor = Predictor(load_model_files(str(folder)))
            encoded = predictor.encoding.encode([Hairpin("a", "GGGAAAUCCC", "(((....)))")])
            found = predictor.probabilities(encoded)
            assert ((found >= 0) & (found <= 1)).all()
        except ModelError as error:
            said = str(error)
        told += said != ""
        assert "\n" not in said
    assert told > 10


def protobuf(number: int, content: bytes | int) -> bytes:
    """A field of a protocol buffer."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    size = len(content)
    return bytes([number << 3 | 2, size & 127 | 128, size >> 7]) + content


@pytest.mark.parametrize("wrap", ["initializer", "attribute", "subgraph", "sparse"])
def test_weights_in_other_files_are_not_read(folder: Path, wrap: str) -> None:
    location = protobuf(1, b"location") + protobuf(2, b"../../etc/passwd")
    tensor = protobuf(8, b"w") + protobuf(13, location) + protobuf(14, 1)
    graph = {
        "initializer": protobuf(5, tensor),
        "attribute": protobuf(1, protobuf(5, protobuf(5, tensor))),
        "subgraph": protobuf(1, protobuf(5, protobuf(6, protobuf(5, tensor)))),
        "sparse": protobuf(15, protobuf(1, tensor)),
    }[wrap]
    good = (folder / "model.onnx").read_bytes()
    assert not reads_other_files(good)
    assert "its weights lie in another file" in message(
        with_weights(folder, good + protobuf(7, graph))
    )


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (np.array([[np.nan, 0.5]]), "it gives nan for a probability"),
        (np.array([[81.0, 0.5]]), "it gives 81 for a probability"),
        (np.array([[-0.5, 0.5]]), "it gives -0.5 for a probability"),
        (np.array([0.5]), "it gives float64 of shape"),
        (np.array([["a"]]), "of shape"),
    ],
)
def test_a_network_that_gives_no_probabilities_is_told(
    monkeypatch: pytest.MonkeyPatch, output: np.ndarray, said: str
) -> None:
    class Session:
        def run(self, names: object, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
            return [np.repeat(output, len(*inputs.values()), axis=0)]

    predictor = Predictor(load_model_files("cnn"))
    monkeypatch.setattr(predictor, "_session", Session())
    with pytest.raises(ModelError, match=said):
        predictor.probabilities(predictor.encoding.encode(random_hairpins(3)))
