"""From a score to a probability in a genome: by hand, what holds for all, and bad cards."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirpre.errors import ModelError
from mirpre.models.prior import GenomeCalibration, genome_calibration
from mirpre.models.registry import bundled_models, load_model_files

SECTION = {"calibration": {"shift": -9.0, "bends": [0.0, 2.0], "slopes": [1, 2, 0.5]}, "per_mb": 2}


def log_odds(probability: float) -> float:
    return math.log(probability) - math.log1p(-probability)


def test_by_hand() -> None:
    line = genome_calibration({"genome": SECTION})
    assert line == GenomeCalibration(-9.0, (0.0, 2.0), (1.0, 2.0, 0.5), 2.0)
    assert line is not None
    for x, expected in ((-1.0, -10.0), (0.0, -9.0), (1.0, -7.0), (4.0, -9.0 + 4 + 1)):
        score = 1 / (1 + math.exp(-x))
        assert log_odds(line.probability(score, 2)) == pytest.approx(expected)
        assert log_odds(line.probability(score, 6)) == pytest.approx(expected + math.log(3))
    assert genome_calibration({}) is None


numbers = st.floats(-20, 20)


@st.composite
def lines(draw: st.DrawFn) -> GenomeCalibration:
    bends = sorted(draw(st.lists(st.floats(-10, 10), max_size=4)))
    slopes = draw(st.lists(st.floats(0.01, 4), min_size=len(bends) + 1, max_size=len(bends) + 1))
    return GenomeCalibration(draw(numbers), tuple(bends), tuple(slopes), draw(st.floats(0.1, 10)))


scores = st.integers(0, 10**6).map(lambda n: n / 10**6)
priors = st.floats(1e-3, 1e3)


@given(lines(), scores, scores, priors, priors)
def test_rises_with_score_and_prior(
    line: GenomeCalibration, one: float, other: float, few: float, many: float
) -> None:
    (low, high), (few, many) = sorted((one, other)), sorted((few, many))
    assert 0 <= line.probability(low, few) <= line.probability(high, few) + 1e-12
    assert line.probability(low, few) <= line.probability(low, many) + 1e-12 <= 1 + 1e-12
    p, q = line.probability(low, few), line.probability(low, many)
    # Odds are in proportion to the prior; written so that nothing is divided by 0.
    assert q * (1 - p) * few == pytest.approx(p * (1 - q) * many, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shift": math.nan}, "not finite"),
        ({"slopes": [1, 2, math.inf]}, "not finite"),
        ({"slopes": [1, 2]}, "a slope above 0 before, between and after"),
        ({"slopes": [1, 0, 2]}, "a slope above 0"),
        ({"bends": [2.0, 0.0]}, "a slope above 0"),
        ({"bends": 3}, "cannot be read"),
        ({"shift": "much"}, "cannot be read"),
    ],
)
def test_a_card_that_cannot_be_used_is_said(
    change: dict[str, object], words: str, tmp_path: Path
) -> None:
    section = {**SECTION, "calibration": {**SECTION["calibration"], **change}}  # type: ignore[dict-item]
    with pytest.raises(ModelError, match=words):
        genome_calibration({"genome": section})
    folder = tmp_path / "model"
    shutil.copytree(load_model_files("cnn").folder, folder)
    card = folder / "card.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "genome": section}))
    with pytest.raises(ModelError, match=words) as raised:
        load_model_files(str(folder))
    assert raised.value.file == str(card)


@pytest.mark.parametrize(
    "section", [{}, [], 1, {**SECTION, "per_mb": 0}, {**SECTION, "per_mb": -1}]
)
def test_a_section_that_is_none_is_said(section: object) -> None:
    with pytest.raises(ModelError):
        genome_calibration({"genome": section})


def test_which_bundled_models_are_calibrated_for_genomes() -> None:
    found = {name for name in bundled_models() if load_model_files(name).genome is not None}
    assert found == {"genome"}
