"""The records that the genome model is trained and measured on, before they are folded.

Which set a record is in is decided here, by names and sequences alone, before any training:
see docs/evidence/genome-model.md.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from bench.shared.scan_data import GAP, Truth, read_fasta, set_into, truth_in
from bench.shared.shuffling import shuffled
from mirpre.evaluation.groups import linked, near_duplicates, same_family
from mirpre.scanning.letters import opposite_strand, to_letters
from mirpre.scanning.search import search
from mirpre.scanning.settings import SearchSettings
from mirpre.scanning.shortlist import load_network
from mirpre.scanning.stages import best_of

MATURE_START = 19
"""Letters of a mature miRNA that make a record one of its precursors."""
TEST, VALIDATION = 20, 28
"""Per cent of the groups, by the hash of their name, below which they test or validate."""
LONGEST = 400
ASIDE = "aside"
"""The set of precursors that are like held-out ones: `train_genome.py --all` alone sees them."""
ALIKE, SAME = 0.8, 0.9
"""Identities from which precursors are like those held out by family, and like other ones."""
_FAMILY = re.compile(r"(let-7|lin-4|bantam|lsy-6|iab-?\d*|mir-?[a-z]*-?\d+)")
_LETTERS = set("ACGU")
_COMPLEMENT = str.maketrans("ACGU", "UGCA")


@dataclass(frozen=True)
class Record:
    """A sequence to fold, what it is, and the set it is in."""

    name: str
    source: str
    group: str
    split: str
    positive: bool
    weight: float
    sequence: str


def by_hash(group: str) -> str:
    """The set of a group of records, by its name."""
    number = zlib.crc32(group.encode()) % 100
    return "test" if number < TEST else "validation" if number < VALIDATION else "train"


def family(name: str) -> str:
    """``mir-17`` of ``hsa-mir-17-1``, ``mir165`` of ``ath-MIR165a``."""
    name = name.lower().partition("-")[2]
    found = _FAMILY.match(name)
    return found[0] if found else name


@dataclass(frozen=True)
class Precursor:
    """A miRBase hairpin, its group, and where its mature sequences lie (0-based)."""

    name: str
    sequence: str
    clade: str
    supported: bool
    mature: tuple[tuple[int, int], ...]
    group: str = ""
    split: str = ""
    weight: float = 1.0


def read_precursors(table: str, supported: str) -> list[Precursor]:
    """miRBase's precursors with letters A, C, G, U only, grouped by family."""
    with open(supported, encoding="utf-8") as lines:
        good = {line.split("\t")[0] for line in lines}
    found: list[Precursor] = []
    families: dict[str, str] = {}
    with open(table, encoding="utf-8") as lines:
        names = next(lines).rstrip("\n").split("\t")
        for line in lines:
            row = dict(zip(names, line.rstrip("\n").split("\t"), strict=True))
            if set(row["sequence"]) - _LETTERS:
                continue
            mature = tuple(
                (int(row[f"mature{i}_start"]) - 1, int(row[f"mature{i}_end"]))
                for i in (1, 2)
                if row[f"mature{i}_start"]
            )
            name = row["name"]
            if row["family_v21"]:
                families[name] = row["family_v21"].lower().partition("_")[0]
            precursor = Precursor(
                name, row["sequence"], row["clade"], row["accession"] in good, mature
            )
            found.append(precursor)
    names = [p.name for p in found]
    plants = {p.name: "plant " * p.clade.startswith("Virid") for p in found}
    keys = {name: plants[name] + family(name) for name in names}
    known = {name: plants[name] + one for name, one in families.items()}
    group = linked(len(names), [same_family(names, keys), same_family(names, known)])
    sizes = np.bincount(group)
    first: dict[int, str] = {}
    for name, number in zip(names, group.tolist(), strict=True):
        first[number] = min(first.get(number, "~"), keys[name])
    return [
        replace(
            p,
            group=first[g],
            split=by_hash(first[g]),
            weight=weight_of(p, float(sizes[g]), bool(plants[p.name])),
        )
        for p, g in zip(found, group.tolist(), strict=True)
    ]


def weight_of(precursor: Precursor, family_size: float, is_plant: bool) -> float:
    """How much a precursor counts: doubtful ones less, large families a little less."""
    trust = 6.0 if precursor.supported else 1.0 if len(precursor.mature) == 2 else 0.5
    return float(trust / family_size**0.25 * (0.5 if is_plant else 1.0))


def hold_out(
    precursors: list[Precursor], names: set[str], likes: list[str]
) -> tuple[list[Precursor], set[str], dict[str, int]]:
    """Sets once more: precursors of these names test; what is like a test record is set aside.

    likes are further sequences that must have no near-duplicate in training. Returns the
    precursors, the names of those that are like ones of the names (nothing is
    ever trained on them), and counts of what happened.
    """
    moved = [replace(p, split="test") if p.name in names else p for p in precursors]
    counts = {"set aside by name": sum(p.name in names for p in precursors)}
    kept = moved

    def like(against: list[str], identity: float, sets: tuple[str, ...]) -> set[str]:
        open_ = [p for p in kept if p.split in sets]
        alike = near_duplicates([p.sequence for p in open_], identity, sorted(set(against)))
        return {open_[i].name for i in set(alike[:, 0].tolist())}

    def set_aside(what: str, against: list[str], identity: float, sets: tuple[str, ...]) -> None:
        nonlocal kept
        gone = like(against, identity, sets)
        counts[f"set aside, like {what}"] = len(gone)
        kept = [replace(p, split=ASIDE) if p.name in gone else p for p in kept]

    def of(name: str) -> list[str]:
        return [p.sequence for p in moved if p.split == name]

    set_aside("a test family's", of("test"), ALIKE, ("train", "validation"))
    set_aside("a validation family's", of("validation"), ALIKE, ("train",))
    set_aside("a test record of the paper", likes, SAME, ("train", "validation"))
    genomes = [p.sequence for p in moved if p.name in names]
    unseen = like(genomes, ALIKE, ("train", "validation", "test", ASIDE))
    counts["never trained on, of or like those set aside by name"] = len(unseen)
    return [p for p in kept if p.split != ASIDE or p.name not in unseen], unseen, counts


class Matures:
    """Tells a sequence that holds the start of a known mature miRNA."""

    def __init__(self, file: str, hairpins: list[Precursor]) -> None:
        self._starts = {s[:MATURE_START] for _, s in read_fasta(file) if len(s) >= MATURE_START}
        self._whole = {p.sequence for p in hairpins}

    def hit(self, sequence: str) -> bool:
        if sequence in self._whole:
            return True
        last = len(sequence) - MATURE_START
        return any(sequence[i : i + MATURE_START] in self._starts for i in range(last + 1))


def positives(
    precursors: list[Precursor], windows: list[str], flanks: list[str], seed: int = 1
) -> list[Record]:
    """Four cuts of a precursor: as published, bare, with flanks, and as the search cuts it."""
    rng = random.Random(seed)
    found: list[Record] = []

    def add(p: Precursor, source: str, sequence: str) -> None:
        if 40 <= len(sequence) <= LONGEST:
            weight = p.weight
            found.append(Record(p.name, source, p.group, p.split, True, weight, sequence))

    for p in precursors:
        add(p, "published", p.sequence)
        if len(p.mature) == 2:
            add(p, "bare", p.sequence[p.mature[0][0] : p.mature[1][1]])
        flank = rng.choice(flanks)
        at = rng.randrange(len(flank) - 60)
        left, right = rng.randrange(31), rng.randrange(31)
        sequence = flank[at : at + left] + p.sequence + flank[at + 30 : at + 30 + right]
        if len(p.sequence) <= 150 and rng.random() < 0.5:
            add(p, "flanked", sequence)
    return found + searched(precursors, windows, flanks, seed)


def searched(
    precursors: list[Precursor], windows: list[str], flanks: list[str], seed: int, most: int = 2
) -> list[Record]:
    """What stages 1 to 3 of the scan cut out of precursors set into sequence."""
    settings, network = SearchSettings(), load_network("animal")
    by_name: dict[str, Precursor] = {}
    records: list[tuple[str, Truth]] = []
    for p in precursors:
        n = len(p.sequence)
        if n > 200:
            continue
        start, end, loop = n // 8, n - n // 8, (n // 2 - 3, n // 2 + 3)
        if len(p.mature) == 2 and p.mature[0][1] <= p.mature[1][0]:
            start, end = p.mature[0][0], p.mature[1][1]
            loop = (p.mature[0][1], p.mature[1][0])
        by_name[p.name] = p
        records.append((p.sequence, truth_in(p.name, start, end, loop, (0, n))))
    found: list[Record] = []
    for at in range(0, len(records), 2000):
        text, truths, _ = set_into(records[at : at + 2000], windows, flanks, seed + at)
        hit = search(to_letters(text.encode()), settings)
        scores = network.scores(hit.ladders)
        order = np.argsort(hit.hairpins[:, 0], kind="stable")
        starts, ends = hit.hairpins[order, 0], hit.hairpins[order, 1]
        for truth in truths:
            low, high = np.searchsorted(starts, (truth.start - settings.span, truth.end))
            s, e = starts[low:high], ends[low:high]
            shared = np.minimum(e, truth.end) - np.maximum(s, truth.start)
            good = (shared >= 0.8 * (truth.end - truth.start)) & (s <= truth.loop[0])
            good &= (e >= truth.loop[1]) & (s >= truth.least_start) & (e <= truth.most_end)
            chosen = order[low:high][good]
            chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
            p = by_name[truth.name]
            for begin, end in dict.fromkeys(tuple(hit.hairpins[c, :2]) for c in chosen[:most]):
                weight = p.weight / min(most, len(chosen))
                sequence = text[begin:end]
                found.append(Record(p.name, "search", p.group, p.split, True, weight, sequence))
    return found


def antisense(records: list[Record], matures: Matures) -> list[Record]:
    """The opposite strand of precursors, which folds nearly as well, cut as they are."""
    seen: set[str] = set()
    found: list[Record] = []
    for r in records:
        sequence = r.sequence[::-1].translate(_COMPLEMENT)
        if r.source == "flanked" or len(sequence) > 200 or sequence in seen:
            continue
        seen.add(sequence)
        if not matures.hit(sequence):
            found.append(replace(r, source="antisense", positive=False, sequence=sequence))
    return found


def mirrors(records: list[Record], seed: int = 3) -> list[Record]:
    """Precursors read backwards, cut as the precursors are, of either strand.

    Every stem, loop and repeat is as it was, and what pairs did and does; it is no precursor.
    """
    rng = random.Random(seed)
    found: list[Record] = []
    seen: set[str] = set()
    for r in records:
        if r.source == "flanked" or len(r.sequence) > 200:
            continue
        sequence = r.sequence[::-1]
        if rng.random() < 0.3:
            sequence = sequence.translate(_COMPLEMENT)
        if sequence not in seen:
            seen.add(sequence)
            found.append(replace(r, source="mirror", positive=False, sequence=sequence))
    return found


def shuffles(precursors: list[Precursor], matures: Matures) -> list[Record]:
    """Precursors shuffled with their dinucleotides kept."""
    found: list[Record] = []
    seen: set[str] = set()
    for number, p in enumerate(precursors):
        if len(p.sequence) > 150 or p.sequence in seen:
            continue
        seen.add(p.sequence)
        sequence = shuffled(p.sequence, number).replace("T", "U")
        if not matures.hit(sequence):
            found.append(Record(p.name, "shuffled", p.group, p.split, False, 1.0, sequence))
    return found


def whole_records(
    source: str,
    file: str,
    group_of: Callable[[str], str],
    matures: Matures,
    longest: int = 250,
) -> tuple[list[Record], set[str]]:
    """Records of a FASTA as they are; returns them and the names of those with a mature miRNA."""
    found: list[Record] = []
    contaminated: set[str] = set()
    seen: set[str] = set()
    for header, sequence in read_fasta(file):
        if not 40 <= len(sequence) <= longest or set(sequence) - _LETTERS or sequence in seen:
            continue
        seen.add(sequence)
        name = header.split()[0]
        group = group_of(header)
        if matures.hit(sequence):
            contaminated.add(name)
            continue
        found.append(Record(name, source, group, by_hash(group), False, 1.0, sequence))
    return found, contaminated


def scanned(
    source: str,
    texts: list[str],
    groups: list[str],
    matures: Matures,
    least: float,
    keep: float,
    seed: int,
    weight: float = 1.0,
) -> tuple[list[Record], int]:
    """Hairpins that the scan finds in sequences, both strands, from a score on.

    Of those below a score of -1 each is kept with the probability keep.
    """
    settings, network = SearchSettings(), load_network("animal")
    rng = random.Random(seed)
    found: list[Record] = []
    hits = 0
    for strand in "+-":
        batch: list[int] = []
        size = 0
        for index, text in enumerate(texts):
            batch.append(index)
            size += len(text)
            if size < 500_000 and index < len(texts) - 1:
                continue
            joined = "".join(texts[i] + GAP for i in batch)
            ends = np.cumsum([len(texts[i]) + len(GAP) for i in batch])
            letters = to_letters(joined.encode())
            if strand == "-":
                letters = opposite_strand(letters)
                joined = joined[::-1].translate(str.maketrans("ACGUN", "UGCAN"))
            hit = search(letters, settings)
            scores = network.scores(hit.ladders)
            ok = (hit.hairpins[:, 1] - hit.hairpins[:, 0] >= 45) & (scores >= 256 * least)
            for begin, end, score, _ in best_of(hit.hairpins[ok], scores[ok]).tolist():
                if score < -256 and rng.random() >= keep:
                    continue
                sequence = joined[begin:end]
                if set(sequence) - _LETTERS:
                    continue
                if matures.hit(sequence):
                    hits += 1
                    continue
                place = begin if strand == "+" else len(joined) - end
                owner = batch[int(np.searchsorted(ends, place, "right"))]
                group = groups[owner]
                name = f"{group}:{place}{strand}"
                part = "train" if source == "hard" else by_hash(group)
                found.append(Record(name, source, group, part, False, weight, sequence))
            batch, size = [], 0
    return found, hits


def without_leaks(records: list[Record], word: int = 20) -> tuple[list[Record], int]:
    """Training and validation negatives that share a word with a test one go, and training
    ones that share one with validation; families that are held out as such are left alone."""
    alone = {"rfam", "trna", "antisense", "shuffled", "mirror"}

    def words(r: Record) -> Iterator[str]:
        return (r.sequence[i : i + word] for i in range(len(r.sequence) - word + 1))

    gone = 0
    for where in ("test", "validation"):
        known = {w for r in records if r.split == where and r.source not in alone for w in words(r)}
        kept = []
        for r in records:
            lower = r.split == "train" or (where == "test" and r.split == "validation")
            if lower and r.source not in alone and any(w in known for w in words(r)):
                gone += 1
            else:
                kept.append(r)
        records = kept
    return records, gone
