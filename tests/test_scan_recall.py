"""What each stage of the scan keeps of published precursors, and how much else it lets pass.

The precursors of test-data lie in random sequence, which has none. Everything here is integers, so
the numbers are the same on every machine; the bounds leave room for other weights. The figures
for whole sets and genomes are in docs/evidence/scan.md.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scan_helpers import precursors, random_letters

from mirpre.scanning.letters import to_letters
from mirpre.scanning.search import cut_out, stem_centres
from mirpre.scanning.settings import PRESETS, Look, ScanSettings, SearchSettings
from mirpre.scanning.stages import best_of, score_hairpins
from mirpre.timing import StageSeconds

FLANK, OTHER = 300, 200_000
PRESET = PRESETS["default"]
SEARCH = SearchSettings(span=PRESET.span, least=PRESET.least_stem)


def text_and_places() -> tuple[bytes, NDArray[np.int64]]:
    """Animal precursors between random letters, then random letters; and where each one lies."""
    text, found = "", []
    known = {
        name: s for name, s in precursors().items() if name[:3].islower() and "MIR" not in name
    }
    for number, sequence in enumerate(known.values()):
        text += random_letters(number, FLANK)
        found.append((len(text), len(text) + len(sequence)))
        text += sequence
    text += random_letters(100, OTHER)
    return to_letters(text.encode()), np.array(found, np.int64)


def kept_and_rate(hairpins: NDArray[np.integer], known: NDArray[np.int64]) -> tuple[float, float]:
    """Share of precursors that some hairpin shares 70 % of its letters with, and others per Mb."""
    shared = np.minimum(hairpins[:, None, 1], known[:, 1]) - np.maximum(
        hairpins[:, None, 0], known[:, 0]
    )
    covered = (shared >= 0.7 * (known[:, 1] - known[:, 0])).any(0)
    others = (hairpins[:, 0] >= known[-1, 1]).sum()
    return float(covered.mean()), float(others / OTHER * 1e6)


def looked_at(letters: bytes, *looks: Look) -> NDArray[np.integer]:
    hairpins, scores = score_hairpins(letters, ScanSettings(SEARCH, looks), StageSeconds())
    return best_of(hairpins, scores)


@pytest.mark.parametrize(
    ("stage", "least_kept", "most_per_mb"),
    [("stems", 1.0, 12_000), ("hairpins", 1.0, 35_000), ("small", 1.0, 3_000), ("both", 1.0, 400)],
)
def test_a_stage_keeps_precursors_and_few_others(
    stage: str, least_kept: float, most_per_mb: float
) -> None:
    letters, known = text_and_places()
    if stage == "stems":
        centres = stem_centres(letters, SEARCH)
        hairpins = cut_out(letters, centres, SEARCH).hairpins
        kept, _ = kept_and_rate(hairpins, known)
        at = np.frombuffer(centres, np.int32)
        rate = float((at >= known[-1, 1]).sum() / OTHER * 1e6)
    elif stage == "hairpins":
        hairpins = cut_out(letters, stem_centres(letters, SEARCH), SEARCH).hairpins
        kept, rate = kept_and_rate(hairpins, known)
    else:
        looks = PRESET.looks[:1] if stage == "small" else PRESET.looks
        kept, rate = kept_and_rate(looked_at(letters, *looks), known)
    assert kept >= least_kept
    assert 0 < rate <= most_per_mb


def test_each_stage_lets_fewer_pass_than_the_one_before() -> None:
    letters, known = text_and_places()
    everything = cut_out(letters, stem_centres(letters, SEARCH), SEARCH).hairpins
    left = [everything, *(looked_at(letters, *PRESET.looks[:n]) for n in (1, 2))]
    rates = [kept_and_rate(hairpins, known)[1] for hairpins in left]
    assert rates[0] > 3 * rates[1] > 9 * rates[2]
