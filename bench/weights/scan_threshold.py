"""Thresholds of the scan's last network, one for each preset, by the validation families alone.

    python -m bench.weights.scan_threshold --hairpins hairpin.fa --mature mature.fa \\
        --supported supported.tsv --windows hsa_real.fa ... --flanks human_transcripts.fa

The rule. Of the supported precursors of the validation families with a known mature sequence on
either arm, those count that the full model calls in some hairpin of the `sensitive` search. A
preset's threshold is the highest quarter of a log-odds at which the cascade, with that preset's
search, merging and versions, still hands the full model a hairpin that it calls, for the share of
them that the preset is to keep. Where that lets more than the preset's budget of candidates per Mb
pass in shuffled sequence (the flanks, with the same dinucleotides, both strands), the threshold is
the lowest quarter within the budget. A preset that the full model is not to judge (`--covered`)
counts precursors that a candidate covers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from bench.evidence.scan_recall import settings_of, without_bound
from bench.evidence.scan_shortcut import Spans, overlapping, probabilities, searched
from bench.shared.metrics import Scores
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
from mirpre.scan.letters import opposite_strand, to_letters
from mirpre.scan.scanning import best_of, score_hairpins
from mirpre.scan.settings import PRESETS
from mirpre.timing import StageSeconds

BUDGET = {"strict": 10, "fast": 100, "default": 200, "sensitive": 2000, "plant": 1000}
"""Candidates per Mb."""
KEPT = {"strict": 0.85, "fast": 0.95, "default": 0.98, "sensitive": 0.995, "plant": 0.9}
STEPS = [step / 4 for step in range(24, -33, -1)]


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


def thresholds(
    text: str,
    truths: list[Truth],
    names: list[str],
    call_from: float,
    judged: Callable[[Spans], Scores] | None,
    versions: int | None,
    made: tuple[bytes, bytes],
) -> None:
    """Lines with the share kept at each step, and the threshold that follows."""
    spans = np.array([(t.start, t.end) for t in truths])
    for name in names:
        preset = PRESETS[name]
        settings, most = without_bound(settings_of(preset)), versions or preset.versions
        letters = to_letters(text.encode())
        hairpins, scores = score_hairpins(letters, settings, StageSeconds())
        if judged is None:
            counts = np.ones(len(truths), bool)
        else:
            everything = searched(text, PRESETS["sensitive"])
            everything = everything[overlapping(everything, spans)]
            called = everything[judged(everything) >= call_from]
            counts, _ = judge(truths, called[:, 0], called[:, 1])
        print(f"{name}: {len(truths)} precursors, {counts.sum()} count; to keep {KEPT[name]}")
        false = [score_hairpins(s, settings, StageSeconds()) for s in made]
        size = sum(map(len, made)) / 2e6
        by_recall: float | None = None
        by_budget: float = STEPS[0]
        for step in STEPS:
            passing = scores >= 256 * step
            loci = best_of(hairpins[passing], scores[passing], most)[:, :2]
            if judged is not None:
                loci = loci[overlapping(loci, spans)]
                loci = loci[judged(loci) >= call_from]
            kept, _ = judge(truths, loci[:, 0], loci[:, 1])
            share = (kept & counts).sum() / counts.sum()
            found = (best_of(h[s >= 256 * step], s[s >= 256 * step]) for h, s in false)
            rate = sum(map(len, found)) / size
            if step == STEPS[0] or rate <= BUDGET[name]:
                by_budget = step
            if by_recall is None and share >= KEPT[name]:
                by_recall = step
            print(f"  {step:g} keeps {share:.4f}, passes {rate:.0f} per Mb", flush=True)
            if by_recall is not None and rate > BUDGET[name]:
                break
        chosen = by_budget if by_recall is None else max(by_budget, by_recall)
        print(
            f"{name}: by recall {by_recall}, by budget {by_budget}: {round(256 * chosen)} in 1/256"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hairpins", required=True)
    parser.add_argument("--mature", required=True)
    parser.add_argument("--supported")
    for option in ("windows", "flanks"):
        parser.add_argument(f"--{option}", action="append", default=[])
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--call-from", type=float, default=0.5)
    parser.add_argument("--versions", type=int, help="in place of the presets' own")
    parser.add_argument("--shuffled", type=int, default=2_000_000, help="letters of flanks")
    parser.add_argument("--covered", action="store_true", help="count what is covered, not called")
    parser.add_argument("--preset", action="append", choices=list(PRESETS))
    args = parser.parse_args()
    names = args.preset or [name for name in PRESETS if name != "plant"]
    plants = names == ["plant"]
    text, truths = validation_set(args, plants)
    made = "".join(s for path in args.flanks for _, s in read_fasta(path))[: args.shuffled]
    mixed = to_letters(shuffled(made, 1).encode())
    strands = (mixed, opposite_strand(mixed))
    predictor = Predictor(load_model_files(args.model))
    known: dict[tuple[int, ...], float] = {}

    def judged(loci: Spans) -> Scores:
        new = [pair for pair in map(tuple, loci.tolist()) if pair not in known]
        values = probabilities(text, np.array(new).reshape(-1, 2), 1, predictor)
        known.update(zip(new, values.tolist(), strict=True))
        return np.array([known[pair] for pair in map(tuple, loci.tolist())])

    by_model = None if args.covered else judged
    thresholds(text, truths, names, args.call_from, by_model, args.versions, strands)


if __name__ == "__main__":
    main()
