"""How many more places real sequence without precursors has than shuffled sequence.

python -m bench.evidence.decoy_factor TRANSCRIPTS.fa ... --mature mature.fa --copies 5

Takes transcripts that the genome model was not trained on (validation and test), both strands,
without those that hold a mature miRNA; prints how many times as many places (as
mirpre/scanning/qvalues.py counts them) they have as their shuffled copies, from falling thresholds
on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench.evidence.model_scan import scores, settings_of
from bench.shared.scan_data import read_fasta
from bench.weights.model_records import Matures, by_hash
from mirpre.folding import native
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files
from mirpre.records import Call
from mirpre.scanning import decoys
from mirpre.scanning.best import best_calls
from mirpre.scanning.chunks import Chunk
from mirpre.scanning.qvalues import Places
from mirpre.scanning.settings import PRESETS
from mirpre.scanning.stages import scan_batch

RANKS = (5, 10, 20, 50, 100, 200)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("transcripts", nargs="+")
    parser.add_argument("--mature", required=True)
    parser.add_argument("--model", default="genome")
    parser.add_argument("--copies", type=int, default=5)
    parser.add_argument("--blocks", type=int, nargs="+", default=[10_000, 1000, 300])
    args = parser.parse_args()
    matures = Matures(args.mature, [])
    predictor = Predictor(load_model_files(args.model))
    settings = replace(
        settings_of("default"),
        alternatives=PRESETS["default"].alternatives,
        opposite_strands=True,
    )
    chunks: list[Chunk] = []
    for file in args.transcripts:
        for header, sequence in read_fasta(file):
            name = header.split()[0]
            if by_hash(name) != "train" and len(sequence) > 60 and not matures.hit(sequence):
                chunks.append(Chunk(name, 0, sequence.encode(), 0, len(sequence)))

    def scanned(some: Iterable[Chunk]) -> NDArray[np.float64]:
        found = scan_batch(settings, list(some), native.load()).candidates
        values = scores(predictor, [c.hairpin for c in found]).tolist()
        calls = [Call(c.hairpin, v, True, candidate=c) for c, v in zip(found, values, strict=True)]
        places = Places()
        places.add(best_calls(calls, opposite_strands=True, keep_beaten=False))
        return np.sort(places.scores)[::-1]

    real = scanned(chunks)
    size = sum(len(s.sequence) for s in chunks) / 1e6
    print(f"{size:.2f} Mb, {len(real)} places; real ones per shuffled one from the rank on")
    for block in args.blocks:
        decoys.BLOCK = block
        shuffled = decoys.decoy_chunks(chunks, args.copies, soft_mask=False, keep_repeats=False)
        mixed = scanned(shuffled)
        cells = []
        for rank in RANKS:
            if rank <= len(real):
                false = (mixed >= real[rank - 1]).sum() / args.copies
                cells.append(
                    f"{rank} (log-odds {real[rank - 1]:.2f}): {rank / max(false, 0.1):.2f}"
                )
        print(f"blocks of {block}: {len(mixed) / args.copies:.0f} places; " + "; ".join(cells))


if __name__ == "__main__":
    main()
