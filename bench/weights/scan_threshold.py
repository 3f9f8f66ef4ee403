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
fewest versions per Mb of shuffled sequence. Here every fifth precursor of the training families
counts, too: what a version more finds is a matter of ends, and needs many precursors to be seen. A
preset that the full model is not to judge (`--covered`) counts precursors that a candidate covers,
with one known arm or none, too, and has no such choice; where its budget decided, its threshold is
the highest that keeps 99 % of what the budget's would.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterable
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
from mirpre.scanning.alternatives import with_alternatives
from mirpre.scanning.letters import opposite_strand, to_letters
from mirpre.scanning.search import stem_peaks
from mirpre.scanning.settings import PRESETS, Preset
from mirpre.scanning.stages import best_of, score_hairpins
from mirpre.timing import StageSeconds

BUDGET = {"strict": 10, "fast": 100, "default": 500, "sensitive": 2000, "plant": 200}
"""Loci per Mb."""
KEPT = {"strict": 0.85, "fast": 0.95, "default": 0.98, "sensitive": 0.995, "plant": 0.98}
"""Of what the full model calls at 0.5."""
KEPT_OF_ALL = {0.5: 0.998, 0.9: 0.98}
"""Of what all versions of the loci that pass would keep."""
KEPT_OF_BUDGET = 0.99
"""Of what is covered at the threshold of the budget."""
STEPS = [step / 4 for step in range(24, -33, -1)]
LEVELS = (1, 2, 3, 4, 6, 8, 12)
"""Numbers of versions to choose from."""
BOUNDS = (-256, -128, 0, 128, 256, 384, 512, 768)
"""Scores from which a locus may have more."""


def precursors(
    args: argparse.Namespace, plants: bool, every: dict[str, int]
) -> tuple[str, list[Truth]]:
    """Text and truths of supported precursors, of each set of families every so manieth."""
    supported = None
    unseen: set[str] = set()
    if args.without:
        with open(args.without, encoding="utf-8") as lines:
            unseen = set(lines.read().split())
    if args.supported:
        with open(args.supported, encoding="utf-8") as lines:
            supported = {line.split("\t")[0] for line in lines}
    groups = by_species(read_fasta(args.mature))
    records: list[tuple[str, Truth]] = []
    seen: Counter[str] = Counter()
    for header, sequence in read_fasta(args.hairpins):
        name, accession = header.split()[:2]
        if is_plant(name) != plants or split_of(name) not in every or name in unseen:
            continue
        if supported is not None and accession not in supported:
            continue
        seen[split_of(name)] += 1
        if seen[split_of(name)] % every[split_of(name)]:
            continue
        truth = precursor_of(name, sequence, groups)
        known = args.covered or has_both_arms(name, sequence, groups)
        if truth and known and not set(sequence) - set("ACGU"):
            records.append((sequence, truth))
    windows = [s for path in args.windows for _, s in read_fasta(path)]
    flanks = [s for path in args.flanks for _, s in read_fasta(path) if len(s) > 400]
    text, truths, _ = set_into(records, windows, flanks)
    return text, truths


class Strand:
    """A strand, searched once as a preset does, but for the last network's threshold."""

    def __init__(self, letters: bytes, preset: Preset) -> None:
        self.letters = letters
        self.settings = dataclasses.replace(
            without_bound(settings_of(preset)), alternatives=LEVELS[-1]
        )
        self.peaks = stem_peaks(letters, self.settings.search)
        self.hairpins, self.scores = score_hairpins(letters, self.settings, StageSeconds())

    def loci(self, least: float) -> NDArray[np.int64]:
        """Rows of start, end, score and number of the loci from this score on."""
        passing = self.scores >= least
        return best_of(self.hairpins[passing], self.scores[passing])

    def versions(self, loci: NDArray[np.int64]) -> Versions:
        """All versions, the best of each locus first."""
        rows = with_alternatives(self.letters, self.peaks, loci, self.settings, StageSeconds())
        group = rows[:, 3]
        place = np.arange(len(group)) - np.searchsorted(group, group)
        return Versions(rows[:, :2], loci[group, 2], place)


class Versions(NamedTuple):
    """Versions of loci: their ends, the locus' score, and how many better versions there are."""

    ends: Spans
    scores: NDArray[np.int64]
    place: NDArray[np.int64]


class Known:
    """Precursors set into a text, and which of them the full model finds among hairpins."""

    def __init__(self, text: str, truths: list[Truth], predictor: Predictor | None) -> None:
        self.text, self.truths, self._predictor = text, truths, predictor
        self._spans = np.array([(t.start, t.end) for t in truths])
        self._probabilities: dict[tuple[int, ...], float] = {}
        everything = searched(text)
        self._counts = {
            p: self._found(p, everything) if predictor else np.ones(len(truths), bool)
            for p in KEPT_OF_ALL
        }

    def total(self, call_from: float) -> int:
        """How many count: those that the full model calls in some hairpin."""
        return int(self._counts[call_from].sum())

    def kept(self, call_from: float, hairpins: Spans) -> NDArray[np.bool_]:
        """Which of those that count one of the hairpins finds."""
        return self._found(call_from, hairpins) & self._counts[call_from]

    def _found(self, call_from: float, hairpins: Spans) -> NDArray[np.bool_]:
        hairpins = hairpins[overlapping(hairpins, self._spans)]
        if self._predictor:
            known = self._probabilities
            new = [pair for pair in map(tuple, hairpins.tolist()) if pair not in known]
            ends = np.array(new, np.int64).reshape(-1, 2)
            values = probabilities(self.text, ends, 1, self._predictor)
            known.update(zip(new, values.tolist(), strict=True))
            judged = np.array([known[pair] for pair in map(tuple, hairpins.tolist())])
            hairpins = hairpins[judged >= call_from] if len(hairpins) else hairpins
        return judge(self.truths, hairpins[:, 0], hairpins[:, 1])[0]


def threshold(
    name: str,
    known: Known,
    text: Strand,
    false: list[Strand],
    covered: bool,
) -> int:
    """A preset's threshold, in 1/256, by the rule."""
    size = sum(len(strand.letters) for strand in false) / 2e6
    by_recall: float | None = None
    by_budget: float = STEPS[0]
    shares: dict[float, float] = {}
    for step in STEPS:
        share = known.kept(0.5, text.versions(text.loci(256 * step)).ends).sum() / known.total(0.5)
        shares[step] = share
        rate = sum(len(strand.loci(256 * step)) for strand in false) / size
        if step == STEPS[0] or rate <= BUDGET[name]:
            by_budget = step
        if by_recall is None and share >= KEPT[name]:
            by_recall = step
        print(f"  {step:g} keeps {share:.4f}, passes {rate:.0f} loci per Mb", flush=True)
        if rate > BUDGET[name]:
            break
    chosen = by_budget if by_recall is None else max(by_budget, by_recall)
    if covered and chosen == by_budget:
        chosen = max(s for s in shares if shares[s] >= KEPT_OF_BUDGET * shares[by_budget])
    print(f"{name}: by recall {by_recall}, by budget {by_budget}: {round(256 * chosen)} in 1/256")
    return round(256 * chosen)


def tiers(
    name: str, known: Known, text: Versions, false: list[Versions], size: float, least: int
) -> None:
    """The numbers of versions that the rule takes."""
    bounds = [least, *(bound for bound in BOUNDS if bound > least)]

    def tier_of(scores: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(bounds, scores, "right") - 1

    made = [
        np.bincount(
            np.concatenate([tier_of(v.scores[v.place < most]) for v in false]),
            minlength=len(bounds),
        )
        for most in LEVELS
    ]
    tier = tier_of(text.scores)
    # Which precursors are found in the loci of a tier, with so many versions.
    by_tier = {
        call_from: np.array(
            [
                [known.kept(call_from, text.ends[(tier == t) & (text.place < n)]) for n in LEVELS]
                for t in range(len(bounds))
            ]
        )
        for call_from in KEPT_OF_ALL
    }
    rows = np.arange(len(bounds))

    def kept(call_from: float, levels: Iterable[int]) -> int:
        return int(by_tier[call_from][rows, list(levels)].any(0).sum())

    every = {p: kept(p, [len(LEVELS) - 1] * len(bounds)) for p in KEPT_OF_ALL}
    best: tuple[float, tuple[int, ...]] | None = None
    for levels in itertools.combinations_with_replacement(range(len(LEVELS)), len(bounds)):
        records = float(sum(made[level][t] for t, level in enumerate(levels))) / size
        if best and records >= best[0]:
            continue
        if all(kept(p, levels) >= share * every[p] for p, share in KEPT_OF_ALL.items()):
            best = records, levels
    assert best
    chosen = [(bound, LEVELS[level]) for bound, level in zip(bounds, best[1], strict=True)]
    shown = [chosen[0], *(b for a, b in itertools.pairwise(chosen) if b[1] > a[1])]
    shares = ", ".join(
        f"{kept(p, best[1]) / known.total(p):.4f} at {p} (all: {every[p] / known.total(p):.4f})"
        for p in KEPT_OF_ALL
    )
    print(f"{name}: versions {shown}: keeps {shares}; {best[0]:.0f} versions per Mb", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hairpins", required=True)
    parser.add_argument("--mature", required=True)
    parser.add_argument("--supported")
    parser.add_argument("--without", help="file with names of precursors that are measured")
    for option in ("windows", "flanks"):
        parser.add_argument(f"--{option}", action="append", default=[])
    parser.add_argument("--model", default="genome")
    parser.add_argument("--shuffled", type=int, default=2_000_000, help="letters of flanks")
    parser.add_argument("--covered", action="store_true", help="count what is covered, not called")
    parser.add_argument("--preset", action="append", choices=list(PRESETS))
    args = parser.parse_args()
    names = args.preset or [name for name in PRESETS if name != "plant"]
    plants = names == ["plant"]
    made = "".join(s for path in args.flanks for _, s in read_fasta(path))[: args.shuffled]
    mixed = to_letters(shuffled(made, 1).encode())
    predictor = None if args.covered else Predictor(load_model_files(args.model))
    unseen = Known(*precursors(args, plants, {"validation": 1}), predictor)
    shown = [unseen]
    if not args.covered:
        many = Known(*precursors(args, plants, {"validation": 1, "train": 5}), predictor)
        shown.append(many)
    for known in shown:
        totals = ", ".join(f"{known.total(p)} at {p}" for p in KEPT_OF_ALL)
        print(f"of {len(known.truths)} precursors count {totals}")
    for name in names:
        text = Strand(to_letters(unseen.text.encode()), PRESETS[name])
        false = [Strand(s, PRESETS[name]) for s in (mixed, opposite_strand(mixed))]
        least = threshold(name, unseen, text, false, args.covered)
        if not args.covered:
            others = [strand.versions(strand.loci(least)) for strand in false]
            text = Strand(to_letters(many.text.encode()), PRESETS[name])
            known_loci = text.versions(text.loci(least))
            tiers(name, many, known_loci, others, len(mixed) / 1e6, least)


if __name__ == "__main__":
    main()
