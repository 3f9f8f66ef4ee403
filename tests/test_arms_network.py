"""The network of mature arms in Keras and in ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs mirpre[train]")

from mirpre.models.inference import open_session
from mirpre.models.registry import ModelFiles
from mirpre.training.arms_onnx import export_arms
from mirpre.training.recipe import load_tensorflow


def test_onnx_gives_the_mean_of_what_keras_networks_give(tmp_path: Path) -> None:
    load_tensorflow(1)
    import keras

    from mirpre.training.arms_network import arms

    draw = np.random.default_rng(1)
    records = np.zeros((30, 64, 2), np.int32)
    for row, length in enumerate(draw.integers(20, 65, len(records))):
        records[row, :length, 0] = draw.integers(1, 5, length)
        for first in range(3, length // 2 - 2):
            last = length - 1 - first
            records[row, first] = draw.integers(5, 9), last - first
            records[row, last] = draw.integers(9, 13), first - last
    members = []
    for seed in range(2):
        keras.utils.set_random_seed(seed)
        member = arms()
        # A new network's blocks do nothing.
        weights = [w + draw.normal(0, 0.08, w.shape) for w in member.get_weights()]
        member.set_weights(weights)
        members.append(member)
    cuts = [member.predict_on_batch(records)[0] for member in members]
    assert np.abs(cuts[0] - cuts[1]).max() > 0.1
    mean = np.mean(cuts, axis=0)
    expected = np.exp(mean - mean.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    export_arms([member.get_weights() for member in members], tmp_path / "model.onnx")
    files = ModelFiles(tmp_path, {}, (tmp_path / "model.onnx").read_bytes(), "")
    (found,) = open_session(files).run(None, {"record": records})
    assert np.abs(found - expected).max() < 1e-4
    # Padding has no probability, and its length changes nothing.
    assert found[records[:, :, 0] == 0].max() == 0
    (longer,) = open_session(files).run(
        None, {"record": np.pad(records, ((0, 0), (0, 32), (0, 0)))}
    )
    assert np.abs(longer[:, :64] - found).max() < 1e-6


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    load_tensorflow(1)
    from mirpre.training.arms_network import arms

    with pytest.raises(ValueError, match="not the weights of a network arms"):
        export_arms([[*arms().get_weights(), np.zeros(1)]], tmp_path / "model.onnx")
