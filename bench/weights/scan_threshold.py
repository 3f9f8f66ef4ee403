"""Thresholds of the scan's presets, and how many versions of a locus: by validation families alone.

    python -m bench.weights.scan_threshold --hairpins hairpin.fa --mature mature.fa \\
        --supported supported.tsv --windows hsa_real.fa ... --flanks human_transcripts.fa

The rule. Of the supported precursors of the validation families with a known mature sequence on
either arm, those count that the full model calls (at 0.5, at 0.9) in some hairpin of a search with
stems from 16 on.

The threshold of a preset's last network is the highest quarter of a log-odds at which the cascade,
with that preset's search, merging and all versions, still hands the full model a hairpin that it
calls at 0.5, for the share of them that the preset is to keep. Where that lets more than the
preset's budget of loci per Mb pass in shuffled sequence (the flanks, with the same dinucleotides,
both strands), the threshold is the lowest quarter within the budget.

Versions then are as few as keep, of what all of them keep, a share at 0.5 and one at 0.9: of all
ways to give loci more versions the higher they score, by bounds in half log-odds, the one with the
fewest versions per Mb of shuffled sequence. A preset that the full model is not to judge
(`--covered`) counts precursors that a candidate covers, and has no such choice.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.evidence.scan_recall import settings_of, without_bound
from bench.evidence.scan_shortcut import Spans, overlapping, probabilities, searched
from bench.shared.scan_data import (
    Truth,
    by_species,
    has_both_arms,
    judge,
    precursor_of,
    read_fasta,
    set_into,
)
from bench.shared.shuffling import shuffled
from bench.weights.scan_examples import is_plant, split_of
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files
from mirpre.scan.alternatives import with_versions
from mirpre.scan.letters import opposite_strand, to_letters
from mirpre.scan.scanning import best_of, score_hairpins
from mirpre.scan.search import stem_peaks
from mirpre.scan.settings import PRESETS, Preset
from mirpre.timing import StageSeconds

BUDGET = {"strict": 10, "fast": 100, "default": 500, "sensitive": 2000, "plant": 1000}
"""Loci per Mb."""
KEPT = {"strict": 0.85, "fast": 0.95, "default": 0.98, "sensitive": 0.995, "plant": 0.9}
"""Of what the full model calls at 0.5."""
KEPT_OF_SURE = {"strict": 0.98, "fast": 0.98, "default": 0.98, "sensitive": 0.995}
"""Of what it calls at 0.9 in the loci that pass."""
STEPS = [step / 4 for step in range(24, -33, -1)]
KEPT_OF_ALL = {"strict": 1.0, "fast": 1.0, "default": 1.0, "sensitive": 0.995}
"""Of what all versions would keep at 0.5; `sensitive` has too many loci for a fourth version."""
LEVELS = (1, 2, 3, 4, 6, 8, 12)
"""Numbers of versions to choose from."""
BOUNDS = (-256, -128, 0, 128, 256, 384, 512, 768)
"""Scores from which a locus may have more."""


def validation_set(args: argparse.Namespace, plants: bool) -> tuple[str, list[Truth]]:
    """Text and truths of the validation families' supported precursors."""
    supported = None
    if args.supported and not plants:
        with open(args.supported, encoding="utf-8") as lines:
            supported = {line.split("\t")[0] for line in lines}
    groups = by_species(read_fasta(args.mature))
    records: list[tuple[str, Truth]] = []
    for header, sequence in read_fasta(args.hairpins):
        name, accession = header.split()[:2]
        if is_plant(name) != plants or split_of(name) != "validation":
            continue
        if supported is not None and accession not in supported:
            continue
        truth = precursor_of(name, sequence, groups)
        if truth and has_both_arms(name, sequence, groups) and not set(sequence) - set("ACGU"):
            records.append((sequence, truth))
    windows = [s for path in args.windows for _, s in read_fasta(path)]
    flanks = [s for path in args.flanks for _, s in read_fasta(path) if len(s) > 400]
    text, truths, _ = set_into(records, windows, flanks)
    return text, truths


class Sequence:
    """A strand, searched once as a preset does, but for the last network's threshold."""

    def __init__(self, letters: bytes, preset: Preset) -> None:
        self.letters = letters
        self.settings = dataclasses.replace(without_bound(settings_of(preset)), versions=LEVELS[-1])
        self.peaks = stem_peaks(letters, self.settings.search)
        self.hairpins, self.scores = score_hairpins(letters, self.settings, StageSeconds())

    def loci(self, least: float) -> NDArray[np.int64]:
        """Rows of start, end, score and number of the loci from this score on."""
        passing = self.scores >= least
        return best_of(self.hairpins[passing], self.scores[passing])

    def versions(self, loci: NDArray[np.int64]) -> Versions:
        """All versions, the best of each locus first."""
        rows = with_versions(self.letters, self.peaks, loci, self.settings, StageSeconds())
        group = rows[:, 3]
        place = np.arange(len(group)) - np.searchsorted(group, group)
        return Versions(rows[:, :2], loci[group, 2], place)


class Versions(NamedTuple):
    """Versions of loci: their ends, the locus' score, and how many better versions there are."""

    ends: Spans
    scores: NDArray[np.int64]
    place: NDArray[np.int64]


def threshold(
    name: str,
    text: Sequence,
    false: list[Sequence],
    found: Callable[[Spans], NDArray[np.bool_]],
    counts: NDArray[np.bool_],
) -> int:
    """A preset's threshold, in 1/256, by the rule."""
    size = sum(len(strand.letters) for strand in false) / 2e6
    by_recall: float | None = None
    by_budget: float = STEPS[0]
    for step in STEPS:
        share = (found(text.versions(text.loci(256 * step)).ends) & counts).sum() / counts.sum()
        rate = sum(len(strand.loci(256 * step)) for strand in false) / size
        if step == STEPS[0] or rate <= BUDGET[name]:
            by_budget = step
        if by_recall is None and share >= KEPT[name]:
            by_recall = step
        print(f"  {step:g} keeps {share:.4f}, passes {rate:.0f} loci per Mb", flush=True)
        if rate > BUDGET[name]:
            break
    chosen = by_budget if by_recall is None else max(by_budget, by_recall)
    print(f"{name}: by recall {by_recall}, by budget {by_budget}: {round(256 * chosen)} in 1/256")
    return round(256 * chosen)


def tiers(
    name: str,
    text: Versions,
    false: list[Versions],
    size: float,
    found: dict[float, Callable[[Spans], NDArray[np.bool_]]],
    counts: dict[float, NDArray[np.bool_]],
    least: int,
) -> None:
    """The numbers of versions that the rule takes."""
    bounds = [least, *(bound for bound in BOUNDS if bound > least)]
    made = [
        np.bincount(
            np.searchsorted(
                bounds, np.concatenate([v.scores[v.place < level] for v in false]), "right"
            )
            - 1,
            minlength=len(bounds),
        )
        for level in LEVELS
    ]
    tier = np.searchsorted(bounds, text.scores, "right") - 1
    # Which precursors are found in the loci of a tier, with so many versions.
    by_tier = {
        call_from: np.array(
            [
                [find(text.ends[(tier == t) & (text.place < level)]) for level in LEVELS]
                for t in range(len(bounds))
            ]
        )
        for call_from, find in found.items()
    }
    rows = np.arange(len(bounds))
    every = {p: (by_tier[p][:, -1].any(0) & counts[p]).sum() for p in found}
    best: tuple[float, tuple[int, ...]] | None = None
    for levels in itertools.combinations_with_replacement(range(len(LEVELS)), len(bounds)):
        records = sum(made[level][t] for t, level in enumerate(levels)) / size
        if best and records >= best[0]:
            continue
        kept = {p: (by_tier[p][rows, list(levels)].any(0) & counts[p]).sum() for p in found}
        if (
            kept[0.5] >= KEPT_OF_ALL[name] * every[0.5]
            and kept[0.9] >= KEPT_OF_SURE[name] * every[0.9]
        ):
            best = records, levels
    assert best
    chosen = [(bound, LEVELS[level]) for bound, level in zip(bounds, best[1], strict=True)]
    shown = [chosen[0], *(b for a, b in itertools.pairwise(chosen) if b[1] > a[1])]
    kept = {p: (by_tier[p][rows, list(best[1])].any(0) & counts[p]).sum() for p in found}
    shares = ", ".join(f"{kept[p] / counts[p].sum():.4f} at {p}" for p in found)
    print(f"{name}: versions {shown}: keeps {shares}; {best[0]:.0f} versions per Mb", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hairpins", required=True)
    parser.add_argument("--mature", required=True)
    parser.add_argument("--supported")
    for option in ("windows", "flanks"):
        parser.add_argument(f"--{option}", action="append", default=[])
    parser.add_argument("--model", default="genome")
    parser.add_argument("--shuffled", type=int, default=2_000_000, help="letters of flanks")
    parser.add_argument("--covered", action="store_true", help="count what is covered, not called")
    parser.add_argument("--preset", action="append", choices=list(PRESETS))
    args = parser.parse_args()
    names = args.preset or [name for name in PRESETS if name != "plant"]
    text, truths = validation_set(args, names == ["plant"])
    spans = np.array([(t.start, t.end) for t in truths])
    made = "".join(s for path in args.flanks for _, s in read_fasta(path))[: args.shuffled]
    mixed = to_letters(shuffled(made, 1).encode())
    predictor = Predictor(load_model_files(args.model))
    known: dict[tuple[int, ...], float] = {}

    def found_from(call_from: float | None) -> Callable[[Spans], NDArray[np.bool_]]:
        """Which precursors one of some hairpins finds that is called from there on."""

        def found(loci: Spans) -> NDArray[np.bool_]:
            loci = loci[overlapping(loci, spans)]
            if call_from is not None:
                new = [pair for pair in map(tuple, loci.tolist()) if pair not in known]
                values = probabilities(text, np.array(new).reshape(-1, 2), 1, predictor)
                known.update(zip(new, values.tolist(), strict=True))
                judged = np.array([known[pair] for pair in map(tuple, loci.tolist())])
                loci = loci[judged >= call_from]
            return judge(truths, loci[:, 0], loci[:, 1])[0]

        return found

    sure = {p: found_from(None if args.covered else p) for p in (0.5, 0.9)}
    counts = {p: np.ones(len(truths), bool) for p in sure}
    if not args.covered:
        everything = searched(text)
        counts = {p: find(everything) for p, find in sure.items()}
    totals = ", ".join(f"{count.sum()} from {p}" for p, count in counts.items())
    print(f"{len(truths)} precursors; {totals} count")
    for name in names:
        strand = Sequence(to_letters(text.encode()), PRESETS[name])
        false = [Sequence(s, PRESETS[name]) for s in (mixed, opposite_strand(mixed))]
        least = threshold(name, strand, false, sure[0.5], counts[0.5])
        if not args.covered:
            known_loci = strand.versions(strand.loci(least))
            others = [other.versions(other.loci(least)) for other in false]
            tiers(name, known_loci, others, len(mixed) / 1e6, sure, counts, least)


if __name__ == "__main__":
    main()
