"""Training, export and metrics. These need the ``train`` extra."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import Run, rows

pytest.importorskip("tensorflow", reason="needs mirpre[train]")

from mirpre.evaluation.metrics import binary_metrics, cross_entropy
from mirpre.evaluation.splits import published_split
from mirpre.models.registry import bundled_models, load_model_files

COMPARE = """
import sys
import numpy as np
from mirpre.training.recipe import load_tensorflow
load_tensorflow(1)
import keras
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files
from mirpre.training.fit import predict
from mirpre.training.keras_files import keras_file
from mirpre.training.networks import NETWORKS, channels_of
from mirpre.records import Hairpin
files = load_model_files(sys.argv[1])
draw = np.random.default_rng(3)
hairpins = []
for length in draw.integers(1, 260, 200):
    letters = "".join(draw.choice(list("ACGUN"), length))  # N is a zero position
    stem = int(draw.integers(0, length // 2 + 1))
    hairpins.append(Hairpin("", letters, "(" * stem + "." * (length - 2 * stem) + ")" * stem))
hairpins.append(Hairpin("", "NNNN", "...."))
encoded = files.encoding.encode(hairpins)
model = keras.models.load_model(keras_file(sys.argv[1], sys.argv[2]))
members = files.card["training"].get("members", 1)
of_one = model.get_weights()[: len(model.weights) // members]
width = {"channels_at": channels_of(of_one)} if files.card["network"] == "genome" else {}
fresh = NETWORKS[files.card["network"]](**width)
shapes = [w.shape for w in fresh.weights] * members
assert shapes == [w.shape for w in model.weights]
print(np.abs(predict(model, encoded) - Predictor(files).probabilities(encoded)).max())
"""


@pytest.mark.parametrize("name", bundled_models())
def test_keras_and_onnx_weights_give_the_same_probabilities(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", COMPARE, name, str(Path(__file__).parent.parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) < 1e-5


def train(run: Run, data: Path, folder: str, *args: object) -> subprocess.CompletedProcess[str]:
    return run(
        *("train", "--positive", data / "expected" / "hairpins.dimers"),
        *("--negative", data / "expected" / "regions.folded", "--epochs", 3, "-t", 1),
        *("--batch-size", 4, "--test-records", 4, "--data", "test records", "-o", folder, *args),
        warnings="ignore",  # those inside TensorFlow are not ours to mend
    )


@pytest.mark.parametrize("model", ["cnn", "rnn", "genome"])
def test_a_trained_folder_is_a_model(run: Run, data: Path, tmp_path: Path, model: str) -> None:
    done = train(run, data, "mine", "--model", model)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    files = sorted(f.name for f in (tmp_path / "mine").iterdir())
    assert files == [
        "card.json",
        "learning_curves.png",
        "model.keras",
        "model.onnx",
        "training.csv",
    ]
    with open(tmp_path / "mine" / "training.csv", newline="") as log:
        assert [row["epoch"] for row in csv.DictReader(log)] == ["1", "2", "3"]
    card = json.loads((tmp_path / "mine" / "card.json").read_text())
    assert card["training"]["split"]["test"] == 4
    assert card["training"]["data"] == "test records"
    calls = run("classify", data / "hairpins.fa", "--model", "mine")
    assert len(rows(calls.stdout)) == 13
    assert f"# model-sha256: {card['files']['model.onnx']['sha256']}\n" in calls.stdout


def test_the_same_seed_gives_the_same_weights(run: Run, data: Path, tmp_path: Path) -> None:
    for folder, seed in (("a", 5), ("b", 5), ("c", 6)):
        assert train(run, data, folder, "--seed", seed).returncode == 0
    logs = [(tmp_path / folder / "training.csv").read_text() for folder in "abc"]
    assert logs[0] == logs[1] != logs[2]
    weights = [keras_weights(tmp_path / folder / "model.keras") for folder in "abc"]
    assert weights[0] == weights[1] != weights[2]


def keras_weights(file: Path) -> dict[str, bytes]:
    """The arrays in a Keras file by name."""
    import h5py

    found: dict[str, bytes] = {}

    def take(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()].tobytes()

    with (
        zipfile.ZipFile(file) as archive,
        h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as arrays,
    ):
        arrays.visititems(take)
    return found


def test_a_folder_that_holds_something_is_not_overwritten(
    run: Run, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").touch()
    done = train(run, data, "mine")
    assert done.returncode == 2
    assert "is not empty" in done.stderr


def test_too_few_records_are_a_usage_error(run: Run, data: Path) -> None:
    done = train(run, data, "mine", "--test-records", 19)
    assert done.returncode == 2
    assert "cannot take 19 test records from 19" in done.stderr


def test_the_published_split_is_scikit_learns_shuffle() -> None:
    from sklearn.utils import shuffle

    split = published_split(3762, 752, 0.2, 2)
    order = shuffle(np.arange(3762), random_state=2)
    assert split.test.tolist() == order[:752].tolist()
    assert split.train.tolist() == order[752 : 752 + 2408].tolist()
    assert split.validation.tolist() == order[752 + 2408 :].tolist()
    assert (split.test < 1881).sum() == 385  # the precursors of the published test set


def test_metrics_by_hand() -> None:
    truth = np.array([True, True, True, False, False])
    probability = np.array([0.9, 0.8, 0.3, 0.6, 0.1])
    found = binary_metrics(truth, probability)
    assert found["sensitivity"] == pytest.approx(2 / 3)
    assert found["specificity"] == pytest.approx(1 / 2)
    assert found["accuracy"] == pytest.approx(3 / 5)
    assert found["f1"] == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert found["mcc"] == pytest.approx((2 * 1 - 1 * 1) / np.sqrt(3 * 3 * 2 * 2))
    assert found["auc"] == pytest.approx(5 / 6)
    half = np.full(5, 0.5)
    assert cross_entropy(truth, half) == pytest.approx(np.log(2))


def test_bundled_cards_name_the_command_that_made_them() -> None:
    for name in bundled_models():
        card = load_model_files(name).card
        begin = "python -m bench." if name == "genome" else "mirpre train --positive "
        assert card["training"]["command"].startswith(begin)
        assert card["network"] == name
