"""What the search networks' log-odds would add to the model's, in a genome scan.

python bench/joined_scores.py FOLDER --hairpins hairpin.fa --windows hsa_real.fa ... \\
    --flanks human_transcripts.fa --mirgenedb hsa_mirgenedb.fa ... \\
    --empty yeast.fa --empty ecoli.fa --known ebv.fa:ebv.mirna.bed

Calls of the default preset, ranked by the model's log-odds plus WEIGHT times the mean log-odds of
the search networks. FOLDER is that of model_data.py: of MirGeneDB's precursors, set into their
windows or between flanks, those of its test families count. Tandem repeats are left out.
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
from model import mirgenedb_records
from model_scan import known_at, read_truth, scores, settings_of
from scan_data import judge, read_fasta
from scan_recall import mirgenedb

from mirpre.formats.genome import Stretch
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files
from mirpre.scan.scanning import scan_batch
from mirpre.scan.settings import PRESETS

WEIGHTS = (0, 0.25, 0.5, 1, 2)
RATES, FOUND = (10, 1), (20, 22, 23, 25)


def calls(records, predictor):
    """Locus, the model's log-odds of its best version, and the search networks' best log-odds."""
    settings = dataclasses.replace(settings_of("default"), versions=PRESETS["default"].versions)
    found = []
    for name, sequence in records:
        batch = scan_batch(settings, [Stretch(name, 0, sequence.encode(), 0, len(sequence))])
        by_locus = {}
        hairpins = [candidate.hairpin for candidate in batch.candidates]
        model = scores(predictor, hairpins)
        for candidate, mark, own in zip(batch.candidates, batch.marks, model, strict=True):
            by_locus.setdefault(mark.group, []).append((own, candidate.locus, candidate.score))
        for versions in by_locus.values():
            own, locus, _ = max(versions, key=lambda version: version[0])
            found.append((locus, own, max(score for *_, score in versions) / 256))
    return found


def sequences(path):
    return [(header.split()[0], sequence) for header, sequence in read_fasta(path)]


def joined(found, weight):
    return np.array([model + weight * search for _, model, search in found])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hairpins", required=True)
    parser.add_argument("--windows", nargs="+", default=[])
    parser.add_argument("--flanks", required=True)
    parser.add_argument("--mirgenedb", nargs="+", required=True)
    parser.add_argument("--empty", action="append", required=True, help="without known loci")
    parser.add_argument("--known", required=True, help="GENOME:BED")
    parser.add_argument("--model", default="genome")
    args = parser.parse_args()
    predictor = Predictor(load_model_files(args.model))
    held = {record.name for record in mirgenedb_records(args.mirgenedb, args.folder)[0]}
    windows = [s for path in args.windows for _, s in read_fasta(path)]
    flanks = [s for _, s in read_fasta(args.flanks) if len(s) > 400]
    precursors = []
    for path in args.mirgenedb:
        text, truths, _ = mirgenedb(path, read_fasta(args.hairpins), windows, flanks)
        found = [call for call in calls([("text", text)], predictor) if call[0].strand == "+"]
        for truth in truths:
            if truth.name.split("=")[0] in held:
                precursors.append(
                    [c for c in found if judge([truth], [c[0].start], [c[0].end])[0][0]]
                )
    empty = [call for path in args.empty for call in calls(sequences(path), predictor)]
    size = sum(len(s) - s.count("N") for path in args.empty for _, s in sequences(path)) / 1e6
    genome, bed = args.known.split(":")
    known_calls, truth = calls(sequences(genome), predictor), read_truth(bed)
    known_size = sum(len(s) - s.count("N") for _, s in sequences(genome)) / 1e6
    print(f"{len(precursors)} precursors, {sum(map(bool, precursors))} covered")
    columns = [f"recall at {rate} per Mb" for rate in RATES]
    print("weight", *columns, *(f"others at {n} loci" for n in FOUND), sep="\t")
    for weight in WEIGHTS:
        best = np.array([max(joined(found, weight), default=-np.inf) for found in precursors])
        false = np.sort(joined(empty, weight))[::-1]
        row = [f"{(best > false[int(rate * size)]).mean():.3f}" for rate in RATES]
        order = np.argsort(-joined(known_calls, weight), kind="stable")
        names = [known_at(known_calls[k][0], truth) for k in order]
        for wanted in FOUND:
            numbers = (n for n in range(len(names)) if len(set(names[:n]) - {"."}) >= wanted)
            number = next(numbers, None)
            row.append("-" if number is None else f"{names[:number].count('.') / known_size:.0f}")
        print(weight, *row, sep="\t", flush=True)


if __name__ == "__main__":
    main()
