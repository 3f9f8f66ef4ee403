"""What the shortcut costs: every searched hairpin folded and classified, against the cascade.

    python -m bench.evidence.scan_shortcut --hairpins hairpin.fa --windows hsa_real.fa ... \\
        --flanks human_transcripts.fa --mirgenedb hsa_mirgenedb.fa ... --genome yeast.fa

Of the precursors that some searched hairpin would call at a threshold, the share that still has a
called candidate after the cascade; and the same for all called loci of a piece of genome.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.evidence.scan_recall import mirgenedb, settings_of, whole
from bench.shared.metrics import Scores
from bench.shared.scan_data import Truth, judge, read_fasta
from mirpre.calling import call
from mirpre.folding import native
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files
from mirpre.records import Hairpin
from mirpre.scanning.letters import opposite_strand, to_letters
from mirpre.scanning.merge import best_loci
from mirpre.scanning.search import search
from mirpre.scanning.settings import PRESETS, SHORTEST, Preset, SearchSettings
from mirpre.scanning.stages import scan_batch
from mirpre.timing import StageSeconds

Spans = NDArray[np.int64]
"""(N, 2): start and end."""
DEEP = SearchSettings(least=16)
"""The search of the full model's hairpins."""
THRESHOLDS = (0.5, 0.9, 0.99, 0.999)
SHOWN = {name: preset for name, preset in PRESETS.items() if name != "plant"}


def probabilities(text: str, hairpins: Spans, threads: int, predictor: Predictor) -> Scores:
    """Probability of each (start, end) of a text."""
    records = (Hairpin("", text[start:end]) for start, end in hairpins.tolist())
    calls = call(
        records,
        predictor,
        threshold=0.5,
        threads=threads,
        times=StageSeconds(),
        folder=native.load(),
    )
    return np.array([found.probability for found in calls])


def overlapping(a: Spans, b: Spans) -> NDArray[np.bool_]:
    """For each (start, end) of a whether one of b shares half of the shorter one."""
    if not len(b):
        return np.zeros(len(a), bool)
    shared = np.minimum(a[:, None, 1], b[None, :, 1]) - np.maximum(a[:, None, 0], b[None, :, 0])
    shorter = np.minimum((a[:, 1] - a[:, 0])[:, None], (b[:, 1] - b[:, 0])[None, :])
    return np.asarray((2 * shared >= shorter).any(1), bool)


def candidates(text: str, preset: Preset, alternatives: int | None) -> Spans:
    """(start, end) of the cascade's candidates on the text's own strand."""
    most = alternatives or preset.alternatives
    settings = dataclasses.replace(settings_of(preset), alternatives=most)
    found = scan_batch(settings, whole(text)).candidates
    loci = [(c.locus.start, c.locus.end) for c in found if c.locus.strand == "+"]
    return np.array(loci, np.int64).reshape(-1, 2)


def searched(text: str) -> Spans:
    """(start, end) of everything that a deep search cuts out."""
    hairpins = search(to_letters(text.encode()), DEEP).hairpins
    hairpins = hairpins[hairpins[:, 1] - hairpins[:, 0] >= SHORTEST, :2]
    return np.unique(hairpins.astype(np.int64), axis=0)


def on_precursors(
    name: str,
    text: str,
    truths: list[Truth],
    threads: int,
    predictor: Predictor,
    alternatives: int | None,
) -> None:
    everything = searched(text)
    spans = np.array([(t.start, t.end) for t in truths])
    everything = everything[overlapping(everything, spans)]
    p = probabilities(text, everything, threads, predictor)
    by_preset = {}
    for preset_name, preset in SHOWN.items():
        loci = candidates(text, preset, alternatives)
        loci = loci[overlapping(loci, spans)]
        by_preset[preset_name] = (loci, probabilities(text, loci, threads, predictor))
    for threshold in THRESHOLDS:
        called = everything[p >= threshold]
        full, _ = judge(truths, called[:, 0], called[:, 1])
        fields = [name, str(threshold), str(len(truths)), f"{full.mean():.4f}"]
        for loci, values in by_preset.values():
            kept = loci[values >= threshold]
            short, _ = judge(truths, kept[:, 0], kept[:, 1])
            fields.append(f"{(short & full).sum() / max(1, full.sum()):.4f}")
        print("\t".join(fields), flush=True)


def on_genome(
    path: str, letters: int, threads: int, predictor: Predictor, alternatives: int | None
) -> None:
    text = max((s for _, s in read_fasta(path)), key=len)[:letters]
    other = to_letters(text.encode())
    back = opposite_strand(other).translate(bytes.maketrans(bytes([0, 1, 2, 3, 128]), b"ACGUN"))
    totals: dict[float, NDArray[np.int64]] = {}
    for strand in (text, back.decode()):
        everything = searched(strand)
        p = probabilities(strand, everything, threads, predictor)
        by_preset = {}
        for preset_name, preset in SHOWN.items():
            loci = candidates(strand, preset, alternatives)
            by_preset[preset_name] = (loci, probabilities(strand, loci, threads, predictor))
        for threshold in THRESHOLDS:
            called, values = everything[p >= threshold], p[p >= threshold]
            rank = np.empty(len(called), np.int64)
            rank[np.argsort(-values, kind="stable")] = np.arange(len(called))
            loci = called[best_loci(called[:, 0], called[:, 1], rank)]
            counts = [len(loci)]
            for others, other_values in by_preset.values():
                counts.append(int(overlapping(loci, others[other_values >= threshold]).sum()))
            totals[threshold] = totals.get(threshold, 0) + np.array(counts)
    for threshold, total in totals.items():
        per_mb = total[0] / len(text) * 1e6
        shares = "\t".join(f"{c / max(1, total[0]):.4f}" for c in total[1:])
        print(f"{Path(path).stem}\t{threshold}\t{total[0]}\t{per_mb:.0f} per Mb\t{shares}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hairpins", required=True)
    for option in ("windows", "flanks", "mirgenedb", "genome"):
        parser.add_argument(f"--{option}", action="append", default=[])
    parser.add_argument("--letters", type=int, default=200_000)
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--alternatives", type=int, help="in place of the presets' own")
    args = parser.parse_args()
    threads = args.threads
    predictor = Predictor(load_model_files(args.model))
    windows = [s for path in args.windows for _, s in read_fasta(path)]
    flanks = [s for path in args.flanks for _, s in read_fasta(path) if len(s) > 400]
    hairpins = read_fasta(args.hairpins)
    print("set\tthreshold\tloci\tcalled by the full search\t" + "\t".join(SHOWN))
    for path in args.mirgenedb:
        text, truths, _ = mirgenedb(path, hairpins, windows, flanks)
        on_precursors(Path(path).stem, text, truths, threads, predictor, args.alternatives)
    for path in args.genome:
        on_genome(path, args.letters, threads, predictor, args.alternatives)


if __name__ == "__main__":
    main()
