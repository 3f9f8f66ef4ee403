"""Train many networks ``genome`` at once, in JAX: for one GPU, though a CPU will do in days.

python -m bench.weights.train_members pack FOLDER PACK.npz --supported supported.tsv
python -m bench.weights.train_members train PACK.npz PLAN.json OUT
python -m bench.weights.train_members recall PACK.npz OUT/members.NAME.npz:0 ...
python -m bench.weights.train_members check OUT/members.NAME.npz:0 PACK.npz

pack puts the training and validation records of model_data.py's FOLDER, and the validation loci
of scan_loci.py where they are there, into one small file. PLAN is a list of groups; the members
of a group are trained together, each with its own seed and numbers (see Member). OUT gets
members.NAME.npz for each group: weights in Keras' order, member first, and the log-odds of the
validation records and loci. bench.weights.train_genome trains one network in Keras, with the same
draws and numbers. Only numpy and JAX are needed to train.
"""

from __future__ import annotations

import argparse
import json
import lzma
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BATCH, POSITIONS = 256, 30_720
"""Records of a batch, and the positions they may take; what does not fit is left out."""
TOGETHER = 24
"""Steps that are drawn and run together."""
LABEL_SMOOTHING, AVERAGE, WARM_UP, CLIP = 0.01, 0.998, 300, 1.0
TRIM, SHORTEST = 10, 40
MADE = ("shuffled", "made1", "made4")
RATES = (0.3, 1, 3, 10)
FOLD_ALIKE = ("mirror", "antisense")
"""Negatives that fold as the precursors do from which they are made."""
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Member:
    """How one network is trained."""

    seed: int
    rate: float = 2e-3
    decay: float = 2e-3
    mutated: float = 0.3
    """Highest share of positions that get new bases."""
    dropout: float = 0.2
    harder: int = 4
    """Epoch after which negatives that it calls are drawn more often."""
    doubtful: float = 1.0
    """Factor of precursors that MirGeneDB does not support."""
    positives: float = 1 / 3
    evenness: float = 0.0
    """Power of a family's size by which its weight is divided, beyond model_data.py's 1/4."""
    shares: dict[str, float] = field(default_factory=dict)
    """Of sources, in place of genome_pool.py's."""
    taught: float = 0.7
    """How much of a target the teachers' probability is, where there are teachers."""


@dataclass
class Packed:
    """Records one after the other, as in genome_pool.Pool."""

    codes: NDArray[np.int8]
    lengths: Ints
    positive: NDArray[np.bool_]
    weight: Floats
    source: NDArray[np.str_]
    split: NDArray[np.str_]
    name: NDArray[np.str_]
    supported: NDArray[np.bool_]
    size: Floats
    """Precursors of its family; 1 for negatives."""

    def __post_init__(self) -> None:
        self.lengths = self.lengths.astype(np.int64)
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.distances = distances_of(self.codes, self.lengths)

    def save(self, out: dict[str, Any], prefix: str) -> None:
        out[prefix + "codes"] = np.frombuffer(
            lzma.compress(self.codes.tobytes(), preset=6), np.uint8
        )
        for name in ("positive", "weight", "supported", "size"):
            out[prefix + name] = getattr(self, name)
        out[prefix + "lengths"] = self.lengths.astype(np.int16)
        for name in ("source", "split", "name"):
            kinds, number = np.unique(getattr(self, name), return_inverse=True)
            out[prefix + name] = number.astype(np.int32)
            out[prefix + name + "s"] = kinds

    @classmethod
    def load(cls, arrays: Any, prefix: str) -> Packed:
        codes = np.frombuffer(lzma.decompress(arrays[prefix + "codes"].tobytes()), np.int8)
        plain = {
            n: arrays[prefix + n] for n in ("lengths", "positive", "weight", "supported", "size")
        }
        words = {
            n: arrays[prefix + n + "s"][arrays[prefix + n]] for n in ("source", "split", "name")
        }
        return cls(codes, **plain, **words)


def distances_of(codes: NDArray[np.int8], lengths: Ints) -> NDArray[np.int16]:
    """How far away each position's partner is, from codes 5 to 8 for ( and 9 to 12 for )."""
    opens, closes = (codes >= 5) & (codes <= 8), codes >= 9
    step = opens.astype(np.int64) - closes
    depth = np.cumsum(step) + closes  # of a pair the same at both its ends; records end at 0
    record = np.repeat(np.arange(len(lengths)), lengths)
    at = np.flatnonzero(opens | closes)
    order = at[np.argsort(record[at] * 512 + depth[at], kind="stable")]
    left, right = order[::2], order[1::2]
    found = np.zeros(len(codes), np.int16)
    found[left], found[right] = right - left, left - right
    return found


def pack(args: argparse.Namespace) -> None:
    from bench.weights.genome_pool import Pool
    from bench.weights.train_genome import pool_of

    with open(args.supported, encoding="utf-8") as lines:
        supported = [line.split("\t")[1] for line in lines]

    def packed(pool: Pool, rows: Ints) -> Packed:
        size = pool.lengths[rows]
        own = np.repeat(pool.starts[rows] - (np.cumsum(size) - size), size) + np.arange(size.sum())
        kept = {
            n: getattr(pool, n)[rows] for n in ("positive", "weight", "source", "split", "name")
        }
        names = kept["name"]
        good = np.isin(names, supported)
        kept["name"] = np.unique(kept["name"], return_inverse=True)[1].astype(str)
        many = np.where(kept["positive"], sizes_of(args.folder, names), 1.0)
        found = Packed(pool.codes[own], size, supported=good, size=many, **kept)
        assert (found.distances == pool.distances[own]).all()
        return found

    out: dict[str, Any] = {}
    pool = pool_of(args.folder)
    rows = np.flatnonzero((pool.split == "train") | (pool.split == "validation"))
    packed(pool, rows).save(out, "pool.")
    if (args.folder / "loci.validation.npz").exists():
        loci = Pool.load(args.folder / "loci.validation.npz")
        packed(loci, np.arange(len(loci.lengths))).save(out, "loci.")
        out["letters"] = np.array((args.folder / "loci.letters.json").read_text())
    np.savez_compressed(args.pack, **out)


def sizes_of(folder: Path, names: NDArray[np.str_]) -> Floats:
    """How many precursors have the family of each name."""
    from bench.weights.model_data import read_records

    family: dict[str, str] = {}
    for record in read_records(folder / "records.tsv"):
        if record.positive:
            family[record.name] = record.group
    kinds, count = np.unique(list(family.values()), return_counts=True)
    many = dict(zip(kinds.tolist(), count.tolist(), strict=True))
    return np.array([many.get(family.get(name, ""), 1) for name in names.tolist()], float)


class Draws:
    """What is drawn for one member, as genome_pool.Drawing draws it."""

    def __init__(self, data: Packed, member: Member, shares: dict[str, Any]) -> None:
        self.data, self.member = data, member
        self.rows = np.flatnonzero(data.split == "train")
        self.factor = np.ones(len(self.rows))
        self._shares = shares
        self._rng = np.random.default_rng([member.seed, 77])
        far = (data.distances >= 48) & (data.distances <= 78)
        self._spots = np.flatnonzero(far)
        self.refresh()

    def refresh(self) -> None:
        data, rows = self.data, self.rows
        source, positive = data.source[rows], data.positive[rows]
        weight = data.weight[rows] * self.factor
        weight /= data.size[rows] ** self.member.evenness
        weight[positive & ~data.supported[rows]] *= self.member.doubtful
        chance = np.zeros(len(rows))
        for kind in (True, False):
            for name, share in self._shares["positive" if kind else "negative"].items():
                mine = (positive == kind) & (source == name)
                if mine.any():
                    own = self.member.shares.get(name, share)
                    chance[mine] = own * weight[mine] / weight[mine].sum()
            mine = positive == kind
            whole = self.member.positives if kind else 1 - self.member.positives
            chance[mine] *= whole / chance[mine].sum()
        self._below = np.cumsum(chance)
        self._below /= self._below[-1]

    def draw(self, steps: int) -> tuple[Ints, Ints, Ints]:
        """Rows, first and last position of steps * BATCH records."""
        data, rng = self.data, self._rng
        rows = self.rows[np.searchsorted(self._below, rng.random(steps * BATCH))]
        n, length = len(rows), data.lengths[rows]
        most = np.where(data.source[rows] == "bare", 1, TRIM)
        trim = rng.integers(0, most + 1, (2, n)) * (rng.random(n) < 0.6)
        first, last = trim[0], length - trim[1]
        short = last - first < SHORTEST
        first[short], last[short] = 0, length[short]
        deep = rng.random(n) < np.where(data.positive[rows], 0.05, 0.3)
        start = data.starts[rows]
        low = np.searchsorted(self._spots, start)
        spots = np.searchsorted(self._spots, start + length) - low
        cut = np.flatnonzero(deep & (length < 200) & (spots > 0))
        at = self._spots[low[cut] + (rng.random(len(cut)) * spots[cut]).astype(np.int64)]
        first[cut] = at - start[cut]
        last[cut] = np.minimum(length[cut], first[cut] + data.distances[at] + 3)
        return rows, first, last


def laid_out(size: Ints, positions: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Where records of these sizes begin, one behind the other, and whether they fit."""
    from bench.weights.jax_network import GAP, PADDED

    room = -(-size // PADDED) * PADDED + GAP
    end = np.cumsum(room, axis=-1)
    return end - room, end <= positions


def batches_of_rows(data: Packed, rows: Ints, most: int, positions: int) -> Iterator[Ints]:
    """All rows in order of length, in groups that fit."""
    order = rows[np.argsort(data.lengths[rows], kind="stable")]
    while len(order):
        some = order[:most]
        _, fits = laid_out(data.lengths[some], positions)
        count = int(fits.sum())
        yield order[:count]
        order = order[count:]


class Recall:
    """Recall of validation precursors at so many other loci per Mb, as locus_check.py counts."""

    def __init__(self, loci: Packed, letters: dict[str, int]) -> None:
        kind, name = loci.source, loci.name
        self.first = np.flatnonzero(np.r_[True, (kind[1:] != kind[:-1]) | (name[1:] != name[:-1])])
        self.kind, self.name = kind[self.first], name[self.first]
        self.precursors = letters["precursors"]
        self.megabases = {k: v / 1e6 for k, v in letters.items()}

    def row(self, scores: Floats) -> str:
        best = np.maximum.reduceat(scores, self.first)
        made = np.sort(best[np.isin(self.kind, MADE)])[::-1]
        size = sum(self.megabases[k] for k in MADE)
        found, bounds = [], []
        for rate in RATES:
            bounds.append(made[min(int(rate * size), len(made) - 1)])
            kept = (self.kind == "precursor") & (best >= bounds[-1])
            found.append(len(set(self.name[kept].tolist())) / self.precursors)
        others = [
            ((self.kind == k) & (best >= bounds[1])).sum() / self.megabases[k]
            for k in ("forward", "mirrored", "inverted", "satellites")
        ]
        return " ".join(f"{v:.3f}" for v in found) + " | " + " ".join(f"{v:.1f}" for v in others)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = parser.add_subparsers(required=True)
    one = parts.add_parser("pack")
    one.add_argument("folder", type=Path)
    one.add_argument("pack", type=Path)
    one.add_argument("--supported", required=True)
    one.set_defaults(run=pack)
    two = parts.add_parser("train")
    two.add_argument("pack", type=Path)
    two.add_argument("plan", type=Path)
    two.add_argument("out", type=Path)
    two.add_argument("--mined", type=Path, help="hairpins of mine_loci.py, as one more source")
    two.add_argument("--seconds", type=float, default=1e9, help="begin no group after this")
    two.set_defaults(run=train)
    three = parts.add_parser("check")
    three.add_argument("member", type=Path, help="FILE.npz:NUMBER")
    three.add_argument("pack", type=Path)
    three.set_defaults(run=check)
    four = parts.add_parser("recall")
    four.add_argument("pack", type=Path)
    four.add_argument("members", type=Path, nargs="+", help="FILE.npz:NUMBER*FACTOR")
    four.set_defaults(run=recall_of)
    args = parser.parse_args()
    args.run(args)


def recall_of(args: argparse.Namespace) -> None:
    """Of the mean of members, each times its factor, by the log-odds that training left."""
    from bench.shared.metrics import auc

    with np.load(args.pack) as arrays:
        loci = Packed.load(arrays, "loci.")
        recall = Recall(loci, json.loads(str(arrays["letters"])))
        pool = Packed.load(arrays, "pool.")
    sums: dict[str, Any] = {"loci": 0.0, "validation": 0.0}
    for member in args.members:
        file, _, rest = str(member).rpartition(":")
        number, _, factor = rest.partition("*")
        with np.load(file) as parts:
            for name in sums:
                sums[name] += parts[name][int(number)].astype(float) * float(factor or 1)
    print(recall.row(sums["loci"]))
    rows = pool.split == "validation"
    source = pool.source[rows]
    own = sums["validation"][pool.positive[rows] & pool.supported[rows] & (source == "search")]
    areas = (f"{name} {auc(own, sums['validation'][source == name]):.3f}" for name in FOLD_ALIKE)
    print(f"AUC of precursors as the scan cuts them against: {', '.join(areas)}")


def check(args: argparse.Namespace) -> None:
    """The largest difference between log-odds by JAX and by Keras, of some validation loci."""
    from bench.weights.members_steps import scores
    from bench.weights.train_genome import batch_log_odds, member_weights, network_of
    from mirpre.training.networks import channels_of
    from mirpre.training.recipe import load_tensorflow

    load_tensorflow(1)
    with np.load(args.pack) as arrays:
        loci = Packed.load(arrays, "loci.")
    rows = np.arange(0, len(loci.lengths), 199)
    weights = member_weights(args.member)
    ours = scores([w[None] for w in weights], channels_of(weights), loci, rows)[0]
    network = network_of(args.member)
    encoded = np.zeros((len(rows), 416, 2), np.int32)
    for row, number in zip(encoded, rows, strict=True):
        own = slice(loci.starts[number], loci.starts[number] + loci.lengths[number])
        row[: loci.lengths[number], 0] = loci.codes[own]
        row[: loci.lengths[number], 1] = loci.distances[own]
    theirs = batch_log_odds(network, encoded)
    print(f"{len(rows)} hairpins: at most {np.abs(ours - theirs).max():.4f} apart")


def mined(file: Path) -> Packed:
    with np.load(file) as arrays:
        codes, lengths = arrays["codes"], arrays["lengths"]
        if codes.dtype == np.uint8:
            codes = np.frombuffer(lzma.decompress(codes.tobytes()), np.int8)
        count = len(lengths)
        no, ones = np.zeros(count, bool), np.ones(count)
        train = np.full(count, "train")
        return Packed(codes, lengths, no, ones, arrays["source"], train, arrays["name"], no, ones)


def joined(data: Packed, more: Packed) -> Packed:
    """With more records, all of the source "mined"."""
    more.source = np.full(len(more.lengths), "mined")
    names = (
        "codes",
        "lengths",
        "positive",
        "weight",
        "source",
        "split",
        "name",
        "supported",
        "size",
    )
    return Packed(*(np.concatenate([getattr(data, n), getattr(more, n)]) for n in names))


def harvest(part: dict[str, Any], out: Path) -> None:
    """Of the mined loci the hairpin that the members like best, where they do not refuse it."""
    from bench.weights.members_steps import members_of, scores

    file = Path(part["file"])
    for _ in range(part["wait"]):
        if file.exists():
            break
        time.sleep(1)
    loci = mined(file)
    weights = [members_of(out / one) for one in part["members"]]
    width = tuple(part.get("width", (40, 80, 128)))
    rows = np.arange(len(loci.lengths))
    x = np.concatenate([scores(w, width, loci, rows) for w in weights]).mean(axis=0)
    _, locus = np.unique(loci.name, return_inverse=True)
    order = np.lexsort((-x, locus))
    first = np.r_[True, locus[order][1:] != locus[order][:-1]]
    best = np.sort(order[first])
    counts = [int((x[best] >= least).sum()) for least in (-6, -5, -4, -3, -2, -1, 0, 1, 2, 3)]
    print(f"{len(best)} mined loci; with log-odds from -6 to 3: {counts}", flush=True)
    best = best[x[best] >= part["least"]]
    if len(best) > part["most"]:
        best = best[np.argsort(-x[best])[: part["most"]]]
    size = loci.lengths[best]
    own = np.repeat(loci.starts[best] - (np.cumsum(size) - size), size) + np.arange(size.sum())
    codes = lzma.compress(loci.codes[own].tobytes(), preset=2)
    np.savez_compressed(
        out / "mined.npz",
        codes=np.frombuffer(codes, np.uint8),
        lengths=size.astype(np.int16),
        source=loci.source[best],
        name=np.arange(len(best)),
        log_odds=x[best].astype(np.float16),
    )


def train(args: argparse.Namespace) -> None:
    from bench.weights.members_steps import Group

    began = time.time()
    with np.load(args.pack) as arrays:
        data = Packed.load(arrays, "pool.")
        loci = Packed.load(arrays, "loci.")
        recall = Recall(loci, json.loads(str(arrays["letters"])))
    if args.mined:
        data = joined(data, mined(args.mined))
    plan = json.loads(args.plan.read_text())
    args.out.mkdir(parents=True, exist_ok=True)
    print(f"{len(data.lengths)} records, {time.time() - began:.0f} s", flush=True)
    for part in plan["groups"]:
        if time.time() - began > args.seconds:
            print(f"{part['name']}: no time left")
            continue
        if "file" in part:
            harvest(part, args.out)
            data = joined(data, mined(args.out / "mined.npz"))
            continue
        group = Group(part, plan["shares"], data, loci, args.out)
        group.run(recall, began)


if __name__ == "__main__":
    main()
