"""Make and fold the records of the genome model.

python -m bench.weights.model_data --shard 1/2 FOLDER ... makes records.tsv, folds a half of it
python -m bench.weights.model_data FOLDER ...             folds what is missing, writes records.npz

Folds are kept in FOLDER/folds.*.tsv, so that an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.shared.scan_data import read_fasta
from bench.shared.shuffling import shuffled
from bench.weights.genome_pool import Folds
from bench.weights.made_repeats import inverted_repeats, satellites
from bench.weights.model_records import (
    ASIDE,
    Matures,
    Record,
    antisense,
    by_hash,
    hold_out,
    mirrors,
    positives,
    read_precursors,
    scanned,
    searched,
    shuffles,
    whole_records,
    without_leaks,
)
from mirpre.folding import native
from mirpre.scanning import _search
from mirpre.scanning.letters import to_letters

Counts = dict[str, Any]
HARD = 1
"""Stage 3's log-odds from which shuffled sequence makes a record of the second draw."""
FIELDS = ("name", "source", "group", "split", "positive", "weight", "sequence")


def markov(rng: np.random.Generator, records: list[tuple[str, str]], length: int, gc: float) -> str:
    """First-order Markov sequence with the dinucleotides of records, pulled to a GC content."""
    counts = np.ones((4, 4))
    for _, sequence in records[:200]:
        codes = np.frombuffer(to_letters(sequence.encode()), np.uint8)
        ok = (codes[:-1] < 4) & (codes[1:] < 4)
        np.add.at(counts, (codes[:-1][ok], codes[1:][ok]), 1)
    pull = np.array([1 - gc, gc, gc, 1 - gc])
    steps = counts / counts.sum(0) * pull
    cumulative = np.cumsum(steps / steps.sum(1, keepdims=True), 1)
    draws, state, out = rng.random(length), 0, bytearray(length)
    after = [np.minimum(3, np.searchsorted(row, draws)).tolist() for row in cumulative]
    for i in range(length):
        state = after[state][i]
        out[i] = state
    return bytes(out).translate(bytes.maketrans(bytes(range(4)), b"ACGU")).decode()


def markov_texts(
    texts: list[str], order: int, contents: NDArray[np.float64], length: int, seed: int
) -> Iterator[str]:
    """A text for each GC content: Markov sequence of an order with the words of texts."""
    size = 4**order
    counts = np.full((size, 4), 0.5)
    for text in texts[:600]:
        codes = np.frombuffer(to_letters(text.encode()), np.uint8)
        codes = codes[codes < 4].astype(np.int64)
        state = np.zeros(len(codes) - order, np.int64)
        for k in range(order):
            state = 4 * state + codes[k : len(codes) - order + k]
        np.add.at(counts, (state, codes[order:]), 1)
    known = counts.reshape(size, 4).sum(0)
    rng = np.random.default_rng([seed, order])
    for at in range(0, len(contents), 100):
        some = contents[at : at + 100]
        half = np.stack([(1 - some) / 2, some / 2, some / 2, (1 - some) / 2], 1)
        pull = half / (known / known.sum())
        steps = counts[None] * pull[:, None, :]
        cumulative = np.cumsum(steps / steps.sum(2, keepdims=True), 2)[:, :, :3]
        draws, index = rng.random((length, len(some))), np.arange(len(some))
        state = rng.integers(0, size, len(some))
        out: NDArray[np.uint8] = np.empty((length, len(some)), np.uint8)
        for row in range(length):
            letter = (draws[row][:, None] > cumulative[index, state]).sum(1)
            state = (4 * state + letter) % size
            out[row] = letter
        table = np.frombuffer(b"ACGU", np.uint8)[out.T]
        yield from (row.tobytes().decode() for row in table)


def rna_records(args: argparse.Namespace, matures: Matures, counts: Counts) -> list[Record]:
    """Negatives of published sets, as they are."""
    found: list[Record] = []

    def isotype(header: str) -> str:
        parts = header.replace("(", "-").replace(")", "").split("-")
        return "tRNA-" + next((p[:3] for p in parts[1:] if p[:1].isupper()), "?")

    def itself(header: str) -> str:
        return header.split(maxsplit=1)[0]

    def rfam_family(header: str) -> str:
        return header.split("|", maxsplit=1)[0]

    sets = [("pseudo", args.pseudo, itself), ("second benchmark", args.second, itself)]
    sets += [("rfam", args.rfam, rfam_family)]
    sets += [("trna", file, isotype) for file in args.trna]
    sets += [("ncrna", file, itself) for file in args.ncrna]
    sets += [("windows", file, itself) for file in args.pseudo_windows]
    for source, file, group_of in sets:
        records, bad = whole_records(source, file, group_of, matures)
        if source == "rfam":
            # A family with a precursor in it is one of precursors.
            families = {rfam_family(name) for name in bad}
            left = [r for r in records if r.group not in families]
            bad |= {r.name for r in records if r.group in families}
            records = left
        counts[f"{source} {Path(file).name}"] = {"kept": len(records), "contaminated": len(bad)}
        found += records
    return found


def scan_records(args: argparse.Namespace, matures: Matures, counts: Counts) -> list[Record]:
    """Negatives that the scan finds in transcripts, other RNAs and made sequences."""
    found: list[Record] = []
    for source, files in (("transcripts", args.transcripts), ("long ncrna", args.long_ncrna)):
        for file in files:
            records = [(h, s) for h, s in read_fasta(file) if len(s) > 60]
            groups = [h.split()[0] for h, _ in records]
            texts = [s for _, s in records]
            most = 400 if source == "long ncrna" else None
            kept, bad = scanned(source, texts[:most], groups[:most], matures, -5, 0.5, 1)
            counts[f"{source} {Path(file).name}"] = {"kept": len(kept), "contaminated": bad}
            found += kept
            if source == "long ncrna":
                continue
            for copy in range(args.copies):
                mixed = [
                    shuffled(s, 1000 * copy + i).replace("T", "U") for i, s in enumerate(texts)
                ]
                kept, bad = scanned("shuffled text", mixed, groups, matures, -1, 0, copy)
                counts[f"shuffled {Path(file).name} {copy}"] = len(kept)
                found += kept
    texts = [s for file in args.transcripts for _, s in read_fasta(file) if len(s) > 60]
    names = [h.split()[0] for f in args.transcripts for h, s in read_fasta(f) if len(s) > 60]
    backwards = [text[::-1] for text in texts]
    kept, bad = scanned("mirrored text", backwards, names, matures, -1, 0, 1)
    counts["mirrored text"] = {"kept": len(kept), "contaminated": bad}
    found += kept
    long = [text for text in texts if len(text) > 400]
    for source, kind in (("inverted", inverted_repeats), ("satellites", satellites)):
        made_texts = kind(long, args.repeats, 5)
        groups = [f"{source}{i}" for i in range(len(made_texts))]
        kept, bad = scanned(source, made_texts, groups, matures, -1, 0, 1)
        counts[source] = {"kept": len(kept), "contaminated": bad}
        found += kept
    draw = np.random.default_rng(1)
    base = [r for r in read_fasta(args.transcripts[0]) if len(r[1]) > 400]
    made = [markov(draw, base, 50_000, gc) for gc in np.linspace(0.25, 0.65, args.made)]
    kept, bad = scanned("made", made, [f"made{i}" for i in range(args.made)], matures, -1, 0, 1)
    counts["made"] = len(kept)
    return found + kept


def make_records(args: argparse.Namespace) -> tuple[list[Record], Counts]:
    """All records, and counts for the documents."""
    counts: Counts = {}
    precursors = read_precursors(args.precursors, args.supported)
    counts["precursors"] = len(precursors)
    names: set[str] = set()
    for bed in args.bed:
        with open(bed, encoding="utf-8") as lines:
            names |= {line.split("\t")[3] for line in lines}
    with open(args.paper_positives, encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    with open(args.paper_negatives, encoding="utf-8") as lines:
        rows += list(csv.DictReader(lines))
    order = np.arange(len(rows))
    np.random.RandomState(2).shuffle(order)
    tested = [rows[i] for i in order[:752]]
    letters = ["".join(d[0] for d in row["seq_struc"].split()) for row in tested]
    like = [s for s, row in zip(letters, tested, strict=True) if row["Classification"] == "TRUE"]
    others = {s for s, row in zip(letters, tested, strict=True) if row["Classification"] != "TRUE"}
    kept, unseen, counts["held out"] = hold_out(precursors, names, like)
    (args.folder / "unseen.txt").write_text("".join(f"{name}\n" for name in sorted(unseen)))
    matures = Matures(args.mature, precursors)
    windows = [s for file in args.windows for _, s in read_fasta(file)]
    flanks = [s for _, s in read_fasta(args.transcripts[0]) if len(s) > 400]
    found = positives(kept, windows, flanks)
    used = [p for p in kept if p.split != ASIDE]
    learned = [r for r in found if r.split != ASIDE]
    found += mirrors(learned) + antisense(learned, matures) + shuffles(used, matures)
    negatives = rna_records(args, matures, counts) + scan_records(args, matures, counts)
    negatives = [replace(r, split="test") if r.sequence in others else r for r in negatives]
    unlike, counts["negatives that share 20 nt with a held-out one"] = without_leaks(negatives)
    return found + unlike, counts


def more_records(args: argparse.Namespace) -> list[Record]:
    """A second draw: precursors between other flanks, and what passes stage 3 most easily.

    Shuffled copies of training transcripts and of made sequence, from a score of HARD on.
    """
    known = {}
    for r in read_records(args.folder / "records.tsv"):
        if r.positive and r.source == "published":
            known[r.name] = r.split
    precursors = read_precursors(args.precursors, args.supported)
    matures = Matures(args.mature, precursors)
    kept = [replace(p, split=known[p.name]) for p in precursors if p.name in known]
    kept = [p for p in kept if p.split == "train"]
    flanks = [s for _, s in read_fasta(args.transcripts[0]) if len(s) > 400]
    found = searched(kept, [], flanks, 77)
    records = [r for file in args.transcripts for r in read_fasta(file) if len(r[1]) > 60]
    records = [(h.split()[0], s) for h, s in records if by_hash(h.split()[0]) == "train"]
    base = [r for r in read_fasta(args.transcripts[0]) if len(r[1]) > 400]
    draw = np.random.default_rng(2)
    made = [markov(draw, base, 50_000, gc) for gc in np.linspace(0.22, 0.68, 100)]
    groups = [name for name, _ in records] + ["shuffled training sequence"] * len(made)
    letters = [to_letters(s.encode()) for s in [s for _, s in records] + made]
    text = bytes(b"ACGU"[c] if c < 4 else ord("N") for c in range(256))
    for copy in range(args.more):
        mixed = [
            _search.shuffled(s, 1_000_000 * copy + i).translate(text).decode()
            for i, s in enumerate(letters)
        ]
        found += scanned("hard", mixed, groups, matures, HARD, 0, copy)[0]
    return [r for r in found if r.split == "train"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    for name in ("precursors", "supported", "mature", "pseudo", "second", "rfam"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("paper-positives", "paper-negatives"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("trna", "ncrna", "long-ncrna", "transcripts", "windows", "bed"):
        parser.add_argument(f"--{name}", nargs="+", default=[])
    parser.add_argument("--pseudo-windows", nargs="+", default=[])
    parser.add_argument("--copies", type=int, default=6)
    parser.add_argument("--made", type=int, default=800)
    parser.add_argument("--repeats", type=int, default=12_000, help="made ones, of each kind")
    parser.add_argument("--shard", default="")
    parser.add_argument("--seconds", type=int, help="stop folding after so many; the rest is left")
    parser.add_argument("--more", type=int, default=0, help="copies of the second draw")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    table = args.folder / "records.tsv"
    if not table.exists():
        start = time.time()
        records, counts = make_records(args)
        write_records(table, records)
        for positive in (True, False):
            tally: dict[str, int] = {}
            for r in records:
                if r.positive == positive:
                    key = f"{r.source} {r.split}"
                    tally[key] = tally.get(key, 0) + 1
            counts["positives" if positive else "negatives"] = dict(sorted(tally.items()))
        (args.folder / "counts.json").write_text(json.dumps(counts, indent=1) + "\n")
        print(json.dumps(counts, indent=1), f"{time.time() - start:.0f} s", flush=True)
    if args.more:
        table = args.folder / "records.more.tsv"
        if not table.exists():
            write_records(table, more_records(args))
    fold_records(args.folder, read_records(table), args.shard, args.seconds)


def write_records(table: Path, records: list[Record]) -> None:
    with table.with_suffix(".tmp").open("w", encoding="utf-8") as out:
        out.write("\t".join(FIELDS) + "\n")
        for r in records:
            out.write("\t".join(str(getattr(r, field)) for field in FIELDS) + "\n")
    table.with_suffix(".tmp").rename(table)


def read_records(table: Path) -> Iterator[Record]:
    with table.open(encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            name, source, group, split, positive, weight, sequence = line.rstrip("\n").split("\t")
            yield Record(name, source, group, split, positive == "True", float(weight), sequence)


def read_folds(folder: Path) -> Folds:
    """sequence -> (structure, MFE) of all that has been folded."""
    found: Folds = {}
    for file in sorted(folder.glob("folds*.tsv")):
        with file.open(encoding="ascii") as lines:
            for line in lines:
                parts = line.rstrip("\n").split("\t")
                if len(parts) == 3 and len(parts[0]) == len(parts[1]):
                    found[parts[0]] = (parts[1], parts[2])
    return found


def in_order(records: Iterable[Record]) -> list[str]:
    """Sequences to fold, the most useful first: where time is short, the rest may be left.

    Precursors and the negatives of the validation set; other negatives; those of which there are
    enough; long ones.
    """
    enough = {"antisense": 0.5, "shuffled": 0.4, "search": 0.5, "transcripts": 0.6, "flanked": 0}

    def rank(record: Record) -> float:
        chance = zlib.crc32(record.sequence.encode()[::-1]) / 2**32
        if len(record.sequence) > 250:
            return 4 + chance
        if (record.weight < 1 or not record.positive) and chance >= enough.get(record.source, 1):
            return 3 + chance
        if not record.positive and record.split == "test":
            return 2 + chance
        return chance + (not record.positive and record.split == "train")

    ranks: dict[str, float] = {}
    for record in records:
        found = rank(record)
        ranks[record.sequence] = min(found, ranks.get(record.sequence, found))
    return sorted(ranks, key=ranks.__getitem__)


def fold_records(folder: Path, records: Iterable[Record], shard: str, seconds: int | None) -> None:
    number, of = map(int, (shard or "1/1").split("/"))
    known = read_folds(folder)
    wanted = [s for s in in_order(records) if s not in known]
    wanted = [s for s in wanted if zlib.crc32(s.encode()) % of == number - 1]
    start = time.time()
    with (folder / f"folds.{number}of{of}.tsv").open("a", encoding="ascii") as out:
        for done, sequence in enumerate(wanted):
            structure, mfe = native.load().fold([sequence])[0]
            out.write(f"{sequence}\t{structure}\t{mfe}\n")
            if seconds and time.time() - start > seconds:
                break
            if done % 2000 == 0:
                out.flush()
                print(f"{done}/{len(wanted)} folded, {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
