"""Make and fold the records of the model ``arms``: hairpins, and where they are cut.

python -m bench.weights.arms_data FOLDER --records records.tsv --precursors precursors.tsv \\
    --supported supported.tsv --windows {cel,cfa,dme,hsa,mmu,rno}_real.fa \\
    --transcripts human_transcripts.fa

records.tsv is that of model_data.py, whose sets (by family, near-duplicates set aside) hold here,
too. FOLDER gets arms.npz: precursors as miRBase has them, in their real windows, and between
pieces of transcripts.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.shared.scan_data import read_fasta
from bench.weights.genome_pool import Pool, Rows
from bench.weights.model_data import read_records
from bench.weights.model_records import LONGEST, Record
from mirpre.folding import native

CUTS = 4
"""First and last position of the 5p and of the 3p mature sequence."""
NARROW, WIDE = 13, 40
"""Fewest and most letters of real flank beyond the arms in a window's record."""
DRAWS = {"train": 4, "validation": 2, "test": 2}
"""Records of each window, by the set of its precursor."""
MADE_DRAWS = 2
"""Records between pieces of transcripts, of each supported precursor; of others one."""
PUBLISHED, WINDOW, MADE = "published", "window", "made flanks"


@dataclass(frozen=True)
class Labelled:
    """A precursor as miRBase has it, and its cuts (0-based, -1 unknown)."""

    record: Record
    cuts: tuple[int, int, int, int]
    supported: bool
    five_dominates: int
    """1 or 0 where one arm was described before the other or alone, -1 otherwise."""

    @property
    def has_both(self) -> bool:
        return min(self.cuts) >= 0


@dataclass
class ArmsPool:
    """Folded records as arrays, and what is known of each."""

    pool: Pool
    cuts: NDArray[np.int16]
    """(N, 4), of the record; -1 where it is unknown."""
    real: NDArray[np.int16]
    """(N, 2): how many letters before and behind the arms are the genome's own."""
    supported: NDArray[np.bool_]
    plant: NDArray[np.bool_]
    five_dominates: NDArray[np.int8]
    family: NDArray[np.str_]
    family_size: NDArray[np.int64]

    def save(self, file: Path) -> None:
        own = {k: v for k, v in self.__dict__.items() if k != "pool"}
        np.savez(file, **self.pool.__dict__, **{f"own_{k}": v for k, v in own.items()})

    @classmethod
    def load(cls, file: Path) -> ArmsPool:
        with np.load(file) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        own = {k[4:]: found.pop(k) for k in list(found) if k.startswith("own_")}
        return cls(Pool(**found), **own)

    def rows(
        self, split: str, source: str, *, supported: bool = True, flank: int = 0, both: bool = True
    ) -> Rows:
        """Animals' records of a set and source, with at least so much real flank on each side."""
        pool = self.pool
        good = (pool.split == split) & (pool.source == source) & ~self.plant
        if supported:
            good &= self.supported
        if both:
            good &= self.cuts.min(axis=1) >= 0
        return np.flatnonzero(good & (self.real.min(axis=1) >= flank))


def read_labelled(table: str, supported: str, splits: dict[str, Record]) -> Iterator[Labelled]:
    """Precursors with at least one mature sequence, of those that have a set."""
    with open(supported, encoding="utf-8") as lines:
        good = {line.split("\t")[0] for line in lines}
    with open(table, encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            record = splits.get(row["name"])
            if record is None or not row["mature1_start"]:
                continue
            length = len(row["sequence"])
            spans = [
                (int(row[f"mature{i}_start"]) - 1, int(row[f"mature{i}_end"]) - 1)
                for i in (1, 2)
                if row[f"mature{i}_start"]
            ]
            cuts = [-1] * CUTS
            if len(spans) == 2:
                if spans[0][1] >= spans[1][0]:
                    continue
                cuts = [*spans[0], *spans[1]]
                numbers = [int(row[f"mature{i}_acc"].removeprefix("MIMAT")) for i in (1, 2)]
                # Neighbouring numbers were given together.
                apart = numbers[1] - numbers[0]
                dominates = -1 if abs(apart) == 1 else int(apart > 0)
            else:
                dominates = int(sum(spans[0]) < length - 1)
                cuts[:2], cuts[2:] = (spans[0], cuts[2:]) if dominates else (cuts[:2], spans[0])
            a, b, c, d = cuts
            yield Labelled(record, (a, b, c, d), row["accession"] in good, dominates)


def in_windows(
    labelled: list[Labelled], windows: list[str], seed: int
) -> Iterator[tuple[Labelled, tuple[int, int]]]:
    """Precursors with both arms, cut anew from their windows, with the flanks they then have."""
    rng = random.Random(seed)
    known = {one.record.sequence: one for one in labelled if one.has_both}
    sizes = sorted({len(sequence) for sequence in known})
    for window in windows:
        text = window.upper().replace("T", "U")
        for size in sizes:
            for at in range(len(text) - size + 1):
                one = known.get(text[at : at + size])
                if one is None:
                    continue
                first, last = at + one.cuts[0], at + one.cuts[3] + 1
                for _ in range(DRAWS[one.record.split]):
                    left = min(first, rng.randint(NARROW, WIDE))
                    right = min(len(text) - last, rng.randint(NARROW, WIDE))
                    sequence = text[first - left : last + right]
                    moved = replace(one.record, source=WINDOW, sequence=sequence)
                    yield shifted(one, moved, left - one.cuts[0]), (left, right)


def with_made_flanks(
    labelled: list[Labelled], texts: list[str], seed: int
) -> Iterator[tuple[Labelled, tuple[int, int]]]:
    """Precursors between pieces of transcripts; what is real of their flanks is told."""
    rng = random.Random(seed)
    for one in labelled:
        sequence = one.record.sequence
        if not one.has_both or len(sequence) > 200:
            continue
        own = own_flanks(one)
        for _ in range(MADE_DRAWS if one.supported else 1):
            text = rng.choice(texts)
            at = rng.randrange(len(text) - 80)
            left, right = rng.randint(0, 35), rng.randint(0, 35)
            # Some of the own flanks are left out, so that the fold is another.
            first, last = (rng.randint(0, n) if rng.random() < 0.5 else 0 for n in own)
            around = text[at : at + left] + sequence[first : len(sequence) - last]
            around += text[at + 40 : at + 40 + right]
            moved = replace(one.record, source=MADE, sequence=around)
            yield shifted(one, moved, left - first), (own[0] - first, own[1] - last)


def shifted(one: Labelled, record: Record, by: int) -> Labelled:
    """The same precursor as another record, whose cuts lie so many positions further on."""
    a, b, c, d = (cut + by if cut >= 0 else -1 for cut in one.cuts)
    return replace(one, record=record, cuts=(a, b, c, d))


def own_flanks(one: Labelled) -> tuple[int, int]:
    """Letters of a published precursor before and behind its known arms."""
    known = [cut for cut in one.cuts if cut >= 0]
    return known[0], len(one.record.sequence) - known[-1] - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    for name in ("precursors", "supported"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--records", type=Path, required=True)
    for name in ("windows", "transcripts"):
        parser.add_argument(f"--{name}", nargs="+", required=True)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    splits = {r.name: r for r in read_records(args.records) if r.positive and r.source == PUBLISHED}
    labelled = list(read_labelled(args.precursors, args.supported, splits))
    labelled = [one for one in labelled if one.record.split != "aside"]
    plants = plant_names(args.precursors)
    texts = [s for file in args.transcripts for _, s in read_fasta(file) if len(s) > 400]
    windows = [s for file in args.windows for _, s in read_fasta(file)]
    found = [(one, own_flanks(one)) for one in labelled]
    found += in_windows(labelled, windows, 1)
    found += with_made_flanks([o for o in labelled if o.record.split == "train"], texts, 2)
    found = [pair for pair in found if len(pair[0].record.sequence) <= LONGEST]
    sequences = sorted({one.record.sequence for one, _ in found})
    folder = native.load()
    folds = {}
    for at in range(0, len(sequences), 500):
        some = sequences[at : at + 500]
        for sequence, (structure, mfe) in zip(some, folder.fold(some), strict=True):
            folds[sequence] = (structure, str(mfe))
    groups = [one.record.group for one in labelled if one.has_both]
    size = {group: groups.count(group) for group in set(groups)}
    pool = ArmsPool(
        Pool.of([one.record for one, _ in found], folds),
        np.array([one.cuts for one, _ in found], np.int16),
        np.array([flanks for _, flanks in found], np.int16),
        np.array([one.supported for one, _ in found]),
        np.array([one.record.name in plants for one, _ in found]),
        np.array([one.five_dominates for one, _ in found], np.int8),
        np.array([one.record.group for one, _ in found]),
        np.array([size.get(one.record.group, 1) for one, _ in found]),
    )
    pool.save(args.folder / "arms.npz")
    for split in ("train", "validation", "test"):
        for source in (PUBLISHED, WINDOW, MADE):
            rows = pool.rows(split, source, supported=False, both=False)
            both = pool.rows(split, source)
            print(split, source, len(rows), "supported with both arms:", len(both))


def plant_names(table: str) -> set[str]:
    with open(table, encoding="utf-8") as lines:
        return {
            row["name"]
            for row in csv.DictReader(lines, delimiter="\t")
            if row["clade"].startswith("Viridiplantae")
        }


if __name__ == "__main__":
    main()
