"""Loci without precursors by the million: what the scan's first stages find in made sequence.

python -m bench.weights.mine_loci OUT.npz --transcripts t.fa ... --seconds 200 --processes 14

Sequence is made of training transcripts as for scan_loci.py: shuffled, Markov sequence of 22 to
68 % GC, inverted repeats and satellites; each process has its own seeds. OUT gets the loci's
hairpins with all their alternative ends, folded, for train_members.py.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from bench.shared.scan_data import read_fasta
from bench.weights.made_repeats import inverted_repeats, satellites
from bench.weights.model_data import markov_texts
from bench.weights.model_records import by_hash
from bench.weights.scan_loci import loci, shuffled_texts
from bench.weights.train_members import Packed
from mirpre.encoding import partners
from mirpre.scanning.settings import settings_of

Found = tuple[list[np.ndarray], list[str], list[str]]


def sequences(own: list[tuple[str, str]], seed: int) -> Iterator[tuple[str, str]]:
    """Names (kind:...) and texts without end; a round is about 10 Mb."""
    long = [text for _, text in own if len(text) > 400]
    for turn in itertools.count():
        at = 1000 * seed + turn
        for name, text in shuffled_texts(own, at):
            yield f"shuffled:{at}:{name}", text
        order = (1, 4)[turn % 2]
        contents = np.linspace(0.22, 0.68, 100)
        for i, text in enumerate(markov_texts(long, order, contents, 50_000, at)):
            yield f"made{order}:{at}:{i}", text
        for kind, make, number in (
            ("inverted", inverted_repeats, 60),
            ("satellites", satellites, 30),
        ):
            for i, text in enumerate(make(long, number, at)):
                yield f"{kind}:{at}:{i}", text


def mine(task: tuple[list[str], int, float]) -> Found:
    files, seed, until = task
    own = [
        (header.split()[0], text)
        for file in files
        for header, text in read_fasta(file)
        if len(text) > 100 and by_hash(header.split()[0]) == "train"
    ]
    codes: list[np.ndarray] = []
    kinds: list[str] = []
    names: list[str] = []
    settings = settings_of("default", classify=True)
    for number, (name, candidates) in enumerate(loci(sequences(own, seed), settings)):
        if time.time() > until:
            break
        for row, c in zip(partners([c.hairpin for c in candidates]), candidates, strict=True):
            codes.append(row[: len(c.hairpin), 0].astype(np.int8))
            kinds.append(name.split(":", 1)[0])
            names.append(f"{seed}.{number}")
    return codes, kinds, names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--transcripts", nargs="+", required=True)
    parser.add_argument("--seconds", type=float, default=200)
    parser.add_argument("--processes", type=int, default=14)
    parser.add_argument("--seed", type=int, default=40)
    args = parser.parse_args()
    until = time.time() + args.seconds
    tasks = [(args.transcripts, args.seed + i, until) for i in range(args.processes)]
    with get_context("spawn").Pool(args.processes) as pool:
        parts = pool.map(mine, tasks)
    codes = [one for part in parts for one in part[0]]
    kinds = [one for part in parts for one in part[1]]
    names = [one for part in parts for one in part[2]]
    count = len(codes)
    data = Packed(
        np.concatenate(codes),
        np.array([len(c) for c in codes]),
        np.zeros(count, bool),
        np.ones(count),
        np.array(kinds),
        np.full(count, "train"),
        np.array(names),
        np.zeros(count, bool),
        np.ones(count),
    )
    # Another process waits for the whole file.
    part = args.out.with_suffix(".part.npz")
    np.savez(part, **{k: getattr(data, k) for k in ("codes", "lengths", "source", "name")})
    part.rename(args.out)
    kind, number = np.unique(data.source, return_counts=True)
    print(f"{count} hairpins of {len(set(names))} loci: {dict(zip(kind, number, strict=True))}")


if __name__ == "__main__":
    main()
