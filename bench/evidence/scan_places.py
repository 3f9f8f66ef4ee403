"""Places that a scan calls in genomes that nothing was trained on, and what it finds.

python -m bench.evidence.scan_places FOLDER --mirgenedb hsa_mirgenedb.fa ... \\
    --hairpins hairpin.fa --windows hsa_real.fa ... --flanks human_transcripts.fa \\
    --genome yeast.fa --genome ebv.fa:ebv.mirna.bed ...

FOLDER is that of model_data.py: MirGeneDB's precursors of its test families are set into their
genomic window, or their miRBase hairpin between transcripts, and scanned as a genome is. Both
strands of a place count once, the better one; a score is the highest of alternative ends.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.evidence.genome_model import mirgenedb_records
from bench.evidence.model_scan import Known, known_at, read_truth
from bench.evidence.scan_recall import mirgenedb
from bench.shared.markdown import table
from bench.shared.metrics import Scores
from bench.shared.scan_data import Truth, read_fasta
from mirpre.folding import native
from mirpre.models.model import load_model
from mirpre.records import Call
from mirpre.scanning.batches import CHUNK_LETTERS
from mirpre.scanning.chunks import chunks_of
from mirpre.scanning.pipeline import Caller, Scan
from mirpre.scanning.settings import settings_of

SHARES = (0.8, 0.7, 0.6, 0.5)
RATES = (10.0, 2.0, 1.0, 0.5)
EMPTY = ("yeast_chr1-8", "ecoli_k12", "worm_part", "fly_1pct")
"""Genomes that recall at a rate of false places is told for, known loci aside."""


class Scanned(NamedTuple):
    """The places of a genome: scores, the known locus at each, and Mb."""

    scores: Scores
    known: list[str]
    megabases: float
    truth: list[Known]


def scan(records: list[tuple[str, str]], args: argparse.Namespace) -> list[Call]:
    """All calls; those on the weaker strand of a place are marked as beaten."""
    settings = settings_of(args.preset, classify=True, best_strand=True)
    caller = Caller(load_model(args.model).predictor, 0.5)
    run = Scan(settings, threads=args.threads, folder=native.load())
    return list(run.calls(chunks_of(records, CHUNK_LETTERS, settings.margin), caller))


def score_of(call: Call) -> float:
    p = min(max(call.strength, 5e-7), 1 - 5e-7)
    return float(np.log(p / (1 - p)))


def places(path: str, truth: list[Known], args: argparse.Namespace) -> Scanned:
    records = [(header.split()[0], sequence) for header, sequence in read_fasta(path)]
    size = sum(len(s) - s.count("N") for _, s in records) / 1e6
    calls = [call for call in scan(records, args) if not call.beaten]
    loci = [call.hairpin.locus for call in calls]
    either = [(*k[:4], strand) for k in truth for strand in "+-"]
    known = [known_at(locus, either) if locus else "." for locus in loci]
    return Scanned(np.array([score_of(call) for call in calls]), known, size, truth)


def precursors(args: argparse.Namespace) -> tuple[Scores, Scores]:
    """Scores of MirGeneDB's test families on their strand, and on the other; -inf for none."""
    windows = [s for path in args.windows for _, s in read_fasta(path)]
    flanks = [s for path in args.flanks for _, s in read_fasta(path) if len(s) > 400]
    hairpins = read_fasta(args.hairpins)
    right: list[float] = []
    wrong: list[float] = []
    for path in args.mirgenedb:
        held = {r.name for r in mirgenedb_records([path], args.folder)[0]}
        text, truths, _ = mirgenedb(path, hairpins, windows, flanks)
        own = [t for t in truths if t.name.split("=")[0] in held]
        calls = scan([("text", text)], args)
        for scores, strand in ((right, "+"), (wrong, "-")):
            scores += [best_at(t, strand, calls) for t in own]
    return np.array(right), np.array(wrong)


def best_at(truth: Truth, strand: str, calls: list[Call]) -> float:
    found = -np.inf
    for call in calls:
        place = call.hairpin.locus
        if place is None or place.strand != strand:
            continue
        shared = min(place.end, truth.end) - max(place.start, truth.start)
        if 2 * shared >= min(place.end - place.start, truth.end - truth.start):
            found = max(found, score_of(call))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mirgenedb", nargs="+", required=True)
    parser.add_argument("--hairpins", required=True)
    parser.add_argument("--windows", nargs="+", default=[])
    parser.add_argument("--flanks", nargs="+", required=True)
    parser.add_argument("--genome", action="append", default=[])
    parser.add_argument("--model", default="genome")
    parser.add_argument("--preset", default="default")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--recall-from", type=float, nargs="*", default=[], help="scores at which recall is told"
    )
    parser.add_argument("--found", type=int, nargs="*", default=[20, 22, 23, 24, 25])
    args = parser.parse_args()
    right, wrong = precursors(args)
    both = (np.maximum(right, wrong) > 0) & np.isfinite(wrong) & np.isfinite(right)
    print(
        f"{len(right)} precursors of test families, {np.isfinite(right).mean():.3f} with a locus; "
        f"of {both.sum()} with both strands and one from 0.5 on, the right one wins for "
        f"{(right > wrong)[both].mean():.3f}\n",
        flush=True,
    )
    for least in args.recall_from:
        print(f"recall from a score of {least:g}: {(right >= least).mean():.3f}")
    scanned = {}
    for genome in args.genome:
        path, _, bed = genome.partition(":")
        scanned[Path(path).stem] = places(path, read_truth(bed) if bed else [], args)
    bounds = [float(np.quantile(right, 1 - share, method="lower")) for share in SHARES]
    header = ["genome", "Mb", *(f"others per Mb at recall {share:g}" for share in SHARES), "known"]
    rows = [["score from", "", *(f"{bound:.2f}" for bound in bounds), ""]]
    for name, found in scanned.items():
        other = found.scores[[k == "." for k in found.known]]
        rates = [f"{(other >= bound).sum() / found.megabases:.1f}" for bound in bounds]
        hit = {k for k, s in zip(found.known, found.scores, strict=True) if s >= bounds[0]} - {"."}
        known = f"{len(hit)}/{len(found.truth)}" if found.truth else "-"
        rows.append([name, f"{found.megabases:.2f}", *rates, known])
    print(table(header, rows) + "\n")
    empty = [scanned[name] for name in EMPTY if name in scanned]
    if empty:
        size = sum(e.megabases for e in empty)
        others = [e.scores[[k == "." for k in e.known]] for e in empty]
        false = np.sort(np.concatenate(others))[::-1]
        rows = []
        for rate in RATES:
            bound = float(false[min(int(rate * size), len(false) - 1)])
            rows.append([f"{rate:g}", f"{bound:.2f}", f"{(right > bound).mean():.3f}"])
        print(table(["false places per Mb, together", "score above", "recall"], rows) + "\n")
    for name, found in scanned.items():
        if len(found.truth) < max(args.found, default=0):
            continue
        order = np.argsort(-found.scores, kind="stable")
        in_order = [found.known[i] for i in order]
        for wanted in args.found:
            sizes = (
                n for n in range(len(in_order) + 1) if len(set(in_order[:n]) - {"."}) >= wanted
            )
            number = next(sizes, None)
            if number is not None:
                rate = in_order[:number].count(".") / found.megabases
                print(f"{name}: {wanted} of {len(found.truth)} with {rate:.0f} others per Mb")


if __name__ == "__main__":
    main()
