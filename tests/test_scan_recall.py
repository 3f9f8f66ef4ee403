"""What each stage of the scan keeps of published precursors, and how much else it lets pass.

The precursors of test-data lie in random sequence, which has none. Everything here is integers, so
the numbers are the same on every machine; the bounds leave room for other weights. The figures
for whole sets and genomes are in docs/evidence/scan.md.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scan_helpers import precursors, random_letters

from mirpre.scanning.chunks import Chunk
from mirpre.scanning.letters import to_letters
from mirpre.scanning.search import cut_out, stem_centres
from mirpre.scanning.settings import PRESETS, Look, ScanSettings, SearchSettings, settings_of
from mirpre.scanning.stages import best_of, scan_batch, score_hairpins
from mirpre.timing import StageSeconds

FLANK, OTHER = 300, 200_000
PLANTS = {
    "ath-MIR172a MI0000215": (
        "UGCUGUGGCAUCAUCAAGAUUCACAUCUGUUGAUGGACGGUGGUGAUUCACUCUCCACAAAGUUCUCUAUGAAAAUGAGA"
        "AUCUUGAUGAUGCUGCAUCGGC"
    ),
    "ath-MIR319a MI0000544": (
        "AGAGAGAGCUUCCUUGAGUCCAUUCACAGGUCGUGAUAUGAUUCAAUUAGCUUCCGACUCAUUCAUCCAAAUACCGAGUC"
        "GCCAAAAUUCAAACUAGACUCGUUAAAUGAAUGAAUGAUGCGGUAGACAAAUUGGAUCAUUGAUUCUCUUUGAUUGGACU"
        "GAAGGGAGCUCCCUCU"
    ),
    "ath-MIR396a MI0001013": (
        "CUCUGUAUUCUUCCACAGCUUUCUUGAACUGCAAAACUUCUUCAGAUUUUUUUUUUUUUCUUUUGAUAUCUCUUACGCAU"
        "AAAAUAGUGAUUUUCUUCAUAUCUCUGCUCGAUUGAUUUGCGGUUCAAUAAAGCUGUGGGAAGAUACAGAC"
    ),
    "zma-MIR166a MI0001480": (
        "UGAGGGGAAUGUUGUCUGGCUCGGGGCCGCCGCCGCCGCUCCUUCCUUCUCUAGUCUCUCUUCUCUCCUAGCAGCUACUC"
        "UUCGCUUCCUACUCCUAUCUCGAUCCCUCUCUUCUUCUUCUUCUUCUUCUUCCUCUUCCCCCCUCUCUUGGAUCGAGACC"
        "GAGCGGACGGAGACGAGUGGUGUAGAUCUCGGACCAGGCUUCAUUCCCCCCAA"
    ),
}
"""Precursors of plants, by their miRBase name and accession; 102 to 213 nt."""
PRESET = PRESETS["default"]
SEARCH = SearchSettings(span=PRESET.span, least=PRESET.least_stem)


def animals() -> dict[str, str]:
    return {name: s for name, s in precursors().items() if name[:3].islower() and "MIR" not in name}


def text_and_places(known: dict[str, str]) -> tuple[bytes, NDArray[np.int64]]:
    """Precursors between random letters, then random letters; and where each one lies."""
    text, found = "", []
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
    letters, known = text_and_places(animals())
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
    letters, known = text_and_places(animals())
    everything = cut_out(letters, stem_centres(letters, SEARCH), SEARCH).hairpins
    left = [everything, *(looked_at(letters, *PRESET.looks[:n]) for n in (1, 2))]
    rates = [kept_and_rate(hairpins, known)[1] for hairpins in left]
    assert rates[0] > 3 * rates[1] > 9 * rates[2]


def test_the_plant_preset_keeps_plant_precursors_and_few_others() -> None:
    letters, known = text_and_places(PLANTS)
    preset = PRESETS["plant"]
    settings = settings_of("plant")
    by_look = []
    for number in (1, 2):
        looks = replace(settings, looks=preset.looks[:number])
        by_look.append(best_of(*score_hairpins(letters, looks, StageSeconds())))
    (kept_first, first), (kept, rate) = (kept_and_rate(found, known) for found in by_look)
    assert kept_first == kept == 1
    assert first > 3 * rate
    assert rate <= 400


@pytest.mark.parametrize("flank", [0, 4, 30])
def test_the_plant_preset_finds_precursors_at_the_end_of_a_contig(flank: int) -> None:
    settings = settings_of("plant")
    for name, sequence in PLANTS.items():
        contig = random_letters(1, flank) + sequence.replace("U", "T") + random_letters(2, flank)
        chunk = Chunk(name, 0, contig.encode(), 0, len(contig))
        places = [candidate.locus for candidate in scan_batch(settings, [chunk]).candidates]
        assert any(place.strand == "+" and place.end - place.start > 80 for place in places), name
