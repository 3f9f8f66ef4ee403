"""The calibration of a network's probabilities, in Keras and in ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs mirpre[train]")

from mirpre.models.registry import load_model_files
from mirpre.training.export import write_model
from mirpre.training.recipe import load_tensorflow

BENT = {"shift": 0.5, "bends": (-1.0, 2.0), "slopes": (2.0, 0.5, 1.0)}


def probabilities(log_odds: list[float]) -> np.ndarray:
    p = 1 / (1 + np.exp(-np.array(log_odds)))
    return np.stack([p, 1 - p], axis=1).astype(np.float32)


def test_log_odds_go_through_the_line() -> None:
    load_tensorflow(1)
    from mirpre.training.networks import Calibration

    given = [-3.0, -1.0, 0.0, 2.0, 4.0]
    expected = [-5.5, -1.5, -1.0, 0.0, 2.0]  # 0.5 + 2 x; bent at -1 to slope 0.5, at 2 to 1
    found = np.asarray(Calibration(**BENT)(probabilities(given)))
    assert np.allclose(found, probabilities(expected), atol=1e-6)
    unchanged = np.asarray(Calibration()(probabilities(given)))
    assert np.allclose(unchanged, probabilities(given), atol=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"slopes": (1.0, -0.1), "bends": (0.0,)},
        {"slopes": (1.0, 1.0)},
        {"slopes": (1.0, 2.0, 1.0), "bends": (1.0, 0.0)},
    ],
)
def test_a_line_that_is_none_or_falls_is_refused(wrong: dict[str, tuple[float, ...]]) -> None:
    load_tensorflow(1)
    from mirpre.training.networks import Calibration

    with pytest.raises(ValueError, match="a slope above 0"):
        Calibration(**wrong)


def test_a_calibrated_network_is_written_and_read(tmp_path: Path) -> None:
    load_tensorflow(1)
    import keras

    from mirpre.models.inference import Predictor
    from mirpre.training.fit import predict
    from mirpre.training.networks import Calibration, calibrated, genome

    keras.utils.set_random_seed(2)
    network = genome()
    draw = np.random.default_rng(1)
    records = np.zeros((40, 64, 2), np.int16)
    for row, length in enumerate(draw.integers(20, 65, len(records))):
        records[row, :length, 0] = draw.integers(1, 5, length)
    plain = predict(network, records)
    bent = calibrated(network, Calibration(**BENT, name="calibration"))
    write_model(tmp_path, bent, records, {"network": "genome"}, threshold=0.5)
    files = load_model_files(str(tmp_path))
    found = Predictor(files).probabilities(records)
    x = np.log(plain) - np.log1p(-plain)
    y = 0.5 + 2 * x - 1.5 * np.maximum(x + 1, 0) + 0.5 * np.maximum(x - 2, 0)
    assert np.abs(found - 1 / (1 + np.exp(-y))).max() < 1e-5
    assert np.abs(found - plain).max() > 0.05
    again = keras.models.load_model(files.folder / "model.keras")
    assert np.abs(predict(again, records) - found).max() < 1e-5
