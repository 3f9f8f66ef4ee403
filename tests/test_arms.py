"""Mature arms told from sequence and structure."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirpre.annotation.arms import (
    LONGEST,
    NOTHING,
    SHORTEST,
    ArmsPredictor,
    best_spans,
    predict_arms,
)
from mirpre.annotation.records import MODEL, Arms
from mirpre.encoding import DIMERS
from mirpre.errors import ModelError
from mirpre.folding import native
from mirpre.models.inference import Predictor
from mirpre.models.registry import ARMS, TELLS_ARMS, bundled_models, load_model_files
from mirpre.records import Hairpin


@pytest.fixture(scope="module")
def predictor() -> ArmsPredictor:
    return ArmsPredictor()


@st.composite
def hairpins(draw: st.DrawFn) -> Hairpin:
    """Stems with bulges, flanks and a loop, and some letters that are no base."""
    arm = draw(st.text("ACGU", min_size=1, max_size=60))
    pairs = draw(st.lists(st.booleans(), min_size=len(arm), max_size=len(arm)))
    loop = draw(st.text("ACGUN", max_size=30))
    flanks = [draw(st.text("ACGUN", max_size=40)) for _ in range(2)]
    opposite = arm[::-1].translate(str.maketrans("ACGU", "UGCA"))
    sequence = flanks[0] + arm + loop + opposite + flanks[1]
    stem = "".join("(" if pair else "." for pair in pairs)
    around = ["." * len(flank) for flank in flanks]
    closing = stem[::-1].replace("(", ")")
    structure = around[0] + stem + "." * len(loop) + closing + around[1]
    return Hairpin("h", sequence, structure)


PRECURSORS = {
    "hsa-mir-21 MI0000077": "UGUCGGGUAGCUUAUCAGACUGAUGUUGACUGUUGAAUCUCAUGGCAACACCAGUCGAUGGGCUG"
    "UCUGACA",
    "hsa-let-7a-1 MI0000060": "UGGGAUGAGGUAGUAGGUUGUAUAGUUUUAGGGUCACACCCACCACUGGGAGAUAACUAUACA"
    "AUCUACUGUCUUUCCUA",
    "cel-lin-4 MI0000002": "AUGCUUCCGGCCUGUUCCCUGAGACCUCAAGUGUGAGUGUACUAUUGAUGCUUCACACCUGGGCUC"
    "UCCGGGUACCAGGACGGUUUGAGCAGAU",
}


def test_what_is_told_of_known_precursors(predictor: ArmsPredictor) -> None:
    """Golden: it changes with the weights. miRBase has these 5' ends, but for lin-4's 3p arm, which
    begins one base further on."""
    records = [Hairpin(name, sequence) for name, sequence in PRECURSORS.items()]
    found = list(predict_arms(records, predictor, folder=native.load()))
    assert [described(*pair) for pair in zip(found, records, strict=True)] == [
        ("UAGCUUAUCAGACUGAUGUUGA", "CAACACCAGUCGAUGGGCUGUC", 0.98, 0.96, 0.86),
        ("UGAGGUAGUAGGUUGUAUAGUU", "CUAUACAAUCUACUGUCUUUCC", 0.78, 0.74, 0.91),
        ("UCCCUGAGACCUCAAGUGUGAG", "CACACCUGGGCUCUCCGGGUAC", 0.96, 0.82, 0.87),
    ]


def described(arms: Arms, hairpin: Hairpin) -> tuple[object, ...]:
    """Sequences of the arms and their confidences, and whether 5p dominates."""
    assert arms.five is not None
    assert arms.three is not None
    assert arms.five_dominates is not None
    assert {arms.five.source, arms.three.source} == {MODEL}
    assert arms.five.confidence is not None
    assert arms.three.confidence is not None
    five, three = (hairpin.sequence[span.start : span.end] for span in (arms.five, arms.three))
    numbers = arms.five.confidence, arms.three.confidence, arms.five_dominates
    return (five, three, *(round(number, 2) for number in numbers))


@settings(max_examples=60, deadline=None)
@given(st.lists(hairpins(), min_size=1, max_size=12))
def test_spans_lie_in_the_hairpin_and_in_order(records: list[Hairpin]) -> None:
    found = list(predict_arms(records))
    assert len(found) == len(records)
    for hairpin, arms in zip(records, found, strict=True):
        if len(hairpin) < 2 * SHORTEST:
            assert arms == NOTHING
            continue
        assert arms.five is not None
        assert arms.three is not None
        assert 0 <= arms.five.start < arms.five.end <= arms.three.start < arms.three.end
        assert arms.three.end <= len(hairpin)
        for span in (arms.five, arms.three):
            assert SHORTEST <= span.end - span.start <= LONGEST
            assert span.confidence is not None
            assert 0 <= span.confidence <= 1
        assert arms.five_dominates is not None
        assert 0 <= arms.five_dominates <= 1


@settings(max_examples=30, deadline=None)
@given(st.lists(hairpins(), min_size=2, max_size=40), st.integers(1, 50), st.integers(1, 3))
def test_neighbours_batches_and_threads_change_nothing(
    records: list[Hairpin], batch_size: int, threads: int
) -> None:
    predictor = ArmsPredictor()
    alone = [arms for record in records for arms in predict_arms([record], predictor)]
    together = predict_arms(iter(records), predictor, batch_size=batch_size, threads=threads)
    assert list(together) == alone


def test_padding_changes_nothing(predictor: ArmsPredictor) -> None:
    record = Hairpin("h", "ACGUACGUUGCA" * 6, "((((....))))" * 6)
    encoded = predictor.encoding.encode([record, record], np.int32)
    ((_, alone),) = predictor.cuts(encoded)
    padded = np.pad(encoded, ((0, 0), (0, 64), (0, 0)))
    (cuts,) = predictor._session.run(None, {"record": padded})
    assert np.abs(cuts[:, : alone.shape[1]] - alone).max() < 1e-6
    assert cuts[:, len(record) :].max() == 0
    assert cuts.sum(axis=1) == pytest.approx(1, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(32, 60), st.integers(0, 2**31))
def test_best_spans_are_the_best_of_all(length: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    cuts = draw.dirichlet(np.full(length, 0.1), 4).T[None]
    log = np.log(np.maximum(cuts[0], 1e-9))
    sizes = range(SHORTEST, LONGEST + 1)
    prior = draw.normal(0, 3, (2, LONGEST + 1))
    best = max(
        log[a, 0] + log[a + m - 1, 1] + log[c, 2] + log[c + n - 1, 3] + prior[0, m] + prior[1, n]
        for m in sizes
        for a in range(length - m + 1)
        for n in sizes
        for c in range(a + m, length - n + 1)
    )
    padded = np.pad(cuts, ((0, 0), (0, 16), (0, 0)))
    ((a, b, c, d),) = best_spans(padded, np.array([length]), prior).tolist()
    found = log[a, 0] + log[b, 1] + log[c, 2] + log[d, 3]
    assert found + prior[0, b - a + 1] + prior[1, d - c + 1] == pytest.approx(best)


def test_a_record_needs_a_structure(predictor: ArmsPredictor) -> None:
    with pytest.raises(ValueError, match="fold it first"):
        list(predict_arms([Hairpin("h", "ACGU" * 20)], predictor))


def test_the_more_abundant_arm_is_told_by_its_first_letters(predictor: ArmsPredictor) -> None:
    """U at the 5' end of one arm speaks for that arm."""
    shift, dimers = predictor._shift, predictor._dimers
    assert shift == pytest.approx(predictor.files.card["dominance"]["shift"])
    a, u, g, c = (1 + DIMERS.index(f"{base}(") for base in "AUGC")
    assert dimers[0, 0, u] > max(dimers[0, 0, [a, g, c]])
    a, u, g, c = (1 + DIMERS.index(f"{base})") for base in "AUGC")
    assert dimers[1, 0, u] < min(dimers[1, 0, [a, g, c]])


def test_nothing_in_nothing_out(predictor: ArmsPredictor) -> None:
    assert list(predict_arms([], predictor)) == []
    assert list(predict_arms([Hairpin("h", "", "")], predictor)) == [NOTHING]


def test_the_card_tells_what_a_user_must_know() -> None:
    files = load_model_files(ARMS, TELLS_ARMS)
    card = files.card
    for file, facts in card["files"].items():
        content = (files.folder / file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == facts["sha256"]
        assert len(content) == facts["bytes"]
    assert card["training"]["command"].startswith("python -m bench.weights.train_arms")
    assert {"validation", "test"} <= set(card["metrics"])
    assert card["intended_use"]
    assert card["limits"]


def test_a_model_does_one_thing() -> None:
    assert ARMS not in bundled_models()
    folder = str(load_model_files(ARMS, TELLS_ARMS).folder)
    with pytest.raises(ModelError, match="this model tells arms, and one that classifies"):
        Predictor(load_model_files(folder))
    with pytest.raises(ModelError, match="this model classifies, and one that tells arms"):
        load_model_files(str(load_model_files("cnn").folder), TELLS_ARMS)


def test_a_card_without_calibration_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "arms"
    shutil.copytree(load_model_files(ARMS, TELLS_ARMS).folder, folder)
    card = json.loads((folder / "card.json").read_text())
    del card["calibration"]["five"]
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="no calibration on the card"):
        ArmsPredictor(load_model_files(str(folder), TELLS_ARMS))
