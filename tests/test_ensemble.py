"""Several genome networks as one, in Keras and in ONNX."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs mirpre[train]")

from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files
from mirpre.training.export import write_model
from mirpre.training.recipe import load_tensorflow


def test_an_ensemble_has_the_mean_of_its_members_log_odds(tmp_path: Path) -> None:
    load_tensorflow(1)
    import keras

    from mirpre.training.fit import predict
    from mirpre.training.networks import Calibration, calibrated, ensemble, genome

    draw = np.random.default_rng(1)
    records = np.zeros((30, 64, 2), np.int16)
    for row, length in enumerate(draw.integers(20, 65, len(records))):
        records[row, :length, 0] = draw.integers(1, 5, length)
    members = []
    for seed, channels in enumerate([(40, 80, 128), (24, 48, 72), (24, 48, 72)]):
        keras.utils.set_random_seed(seed)
        member = genome(channels_at=channels)
        # A new network calls everything alike.
        *others, kernel, bias = member.get_weights()
        member.set_weights([*others, 50 * kernel, bias])
        members.append(member)
    each = [predict(member, records) for member in members]
    mean = np.mean([np.log(p) - np.log1p(-p) for p in each], axis=0)
    expected = 1 / (1 + np.exp(-(0.5 + 2 * mean)))
    assert min(np.abs(one - other).max() for one, other in itertools.pairwise(each)) > 0.01
    together = ensemble([member.get_weights() for member in members])
    network = calibrated(together, Calibration(0.5, (), (2.0,), name="calibration"))
    assert np.abs(predict(network, records) - expected).max() < 1e-5
    write_model(tmp_path, network, records, {"network": "genome"}, threshold=0.5)
    predictor = Predictor(load_model_files(str(tmp_path)))
    assert np.abs(predictor.probabilities(records) - expected).max() < 1e-5
    alone = [predictor.probabilities(records[k : k + 1])[0] for k in range(5)]
    assert np.abs(alone - expected[:5]).max() < 1e-5
    again = keras.models.load_model(tmp_path / "model.keras")
    assert np.abs(predict(again, records) - expected).max() < 1e-5
