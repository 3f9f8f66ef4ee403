"""Scan genomes that no model was trained on, and score the candidates with several models.

python -m bench.evidence.model_scan -o WORK/scans GENOME[:TRUTH.bed] ... --model cnn --model genome

Writes a table per genome: place, stage 3's log-odds, the known locus there if any, and each
model's log-odds. bench/evidence/genome_model.py reads them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from bench.shared.metrics import Scores
from bench.shared.scan_data import Record, read_fasta
from mirpre.folding import native
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files
from mirpre.records import Candidate, Hairpin, Locus
from mirpre.scanning.chunks import Chunk
from mirpre.scanning.resume import _candidate, _row
from mirpre.scanning.settings import PRESETS, ScanSettings, SearchSettings
from mirpre.scanning.stages import scan_batch

Known = tuple[str, int, int, str, str]
"""Contig, start, end, name and strand of a known locus."""
LEAST_SHARED = 0.5
"""Of the shorter of a candidate and a known locus: from there on it is found."""


def settings_of(name: str) -> ScanSettings:
    preset = PRESETS[name]
    return ScanSettings(
        search=SearchSettings(span=preset.span, least=preset.least_stem),
        looks=preset.looks,
        fold=True,
    )


def candidates(sequences: list[Record], settings: ScanSettings, cache: Path) -> list[Candidate]:
    """The scan's candidates, folded; kept in a file, since every model gets the same."""
    if cache.exists():
        return [_candidate(row) for row in json.loads(cache.read_text())]
    found: list[Candidate] = []
    for name, sequence in sequences:
        chunk = Chunk(name, 0, sequence.encode(), 0, len(sequence))
        found += scan_batch(settings, [chunk], native.load()).candidates
    cache.write_text(json.dumps([_row(candidate) for candidate in found]))
    return found


def scores(predictor: Predictor, hairpins: list[Hairpin], size: int = 512) -> Scores:
    """Log-odds of each hairpin; the probability is what the program reports, unrounded."""
    found = [
        predictor.probabilities(predictor.encoding.encode(hairpins[i : i + size]))
        for i in range(0, len(hairpins), size)
    ]
    p = np.concatenate([*found, np.empty(0, np.float32)]).astype(np.float64)
    log_odds: Scores = np.log(np.maximum(p, 1e-12) / np.maximum(1 - p, 1e-12))
    return log_odds


def read_truth(bed: str) -> list[Known]:
    with open(bed, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [(r[0], int(r[1]), int(r[2]), r[3], r[5]) for r in rows]


def known_at(locus: Locus, truth: list[Known]) -> str:
    """Name of the known locus that a candidate overlaps by half of the shorter one, or '.'."""
    for contig, start, end, name, strand in truth:
        shared = min(end, locus.end) - max(start, locus.start)
        shorter = min(end - start, locus.end - locus.start)
        if contig == locus.contig and strand == locus.strand and shared >= LEAST_SHARED * shorter:
            return name
    return "."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genomes", nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--model", action="append", required=True)
    parser.add_argument("--preset", default="default")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    predictors = [Predictor(load_model_files(model)) for model in args.model]
    for genome in args.genomes:
        path, _, bed = genome.partition(":")
        truth = read_truth(bed) if bed else []
        sequences = [(h.split()[0], s) for h, s in read_fasta(path)]
        size = sum(len(s) - s.count("N") for _, s in sequences) / 1e6
        cache = args.output / f"{Path(path).stem}.{args.preset}.json"
        found = candidates(sequences, settings_of(args.preset), cache)
        columns = [scores(p, [c.hairpin for c in found]) for p in predictors]
        with (args.output / f"{Path(path).stem}.tsv").open("w", encoding="utf-8") as out:
            out.write(f"# Mb {size:.4f} known {len(truth)} preset {args.preset}\n")
            names = [Path(model).name for model in args.model]
            out.write("\t".join(["place", "known", "search", *names]) + "\n")
            for i, c in enumerate(found):
                row = [c.locus, known_at(c.locus, truth), f"{c.score / 256:.3f}"]
                out.write("\t".join(map(str, [*row, *(f"{s[i]:.4f}" for s in columns)])) + "\n")
        print(f"{Path(path).stem}: {size:.2f} Mb, {len(found)} candidates", flush=True)


if __name__ == "__main__":
    main()
