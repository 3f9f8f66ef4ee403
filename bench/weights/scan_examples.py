"""Hairpins to train the scan's network on, as stages 1 and 2 cut them out."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.shared.scan_data import GAP, Record, Truth, by_species, precursor_of, set_into
from mirpre.scanning.letters import opposite_strand, to_letters
from mirpre.scanning.search import search
from mirpre.scanning.settings import FLANK, SearchSettings

MISSING = 31
"""The code of a column where a letter is missing, see mirpre/scanning/c/hairpins.c."""

LEAST = 45
"""Shortest hairpin, nt."""

Ladders = NDArray[np.uint8]
"""Hairpins as the search networks read them, see mirpre/scanning/c/hairpins.c."""

_FAMILY = r"[a-z0-9]+-(let-7|lin-4|bantam|lsy-6|iab|mir-?[a-z]*\d*-?\d+|.+)"


def family(name: str) -> str:
    """let-7, mir-17 ... from names like hsa-let-7a-1; species, copies and variants are cut."""
    match = re.match(_FAMILY, name.lower())
    return match[1] if match else name


def split_of(name: str) -> str:
    """80 % of the families are for training, 8 % for validation, 12 % for the test."""
    h = zlib.crc32(family(name).encode()) % 100
    return "test" if h < 12 else "validation" if h < 20 else "train"


def is_plant(name: str) -> bool:
    return "MIR" in name


def distinct(ladders: Ladders) -> Ladders:
    """The different ones; their padding is at their ends only."""
    text = np.ascontiguousarray(ladders).view(f"S{ladders.shape[1]}")[:, 0]
    return ladders[np.unique(text, return_index=True)[1]]


def without_flanks(ladders: Ladders, rng: np.random.Generator, share: float) -> Ladders:
    """The same, a share of them at a contig's end: from some letter on they have no flanks.

    Letters beside a hairpin are its last columns, 32 to 47, or 31 where one is missing.
    """
    found = ladders.copy()
    chosen = np.flatnonzero(rng.random(len(ladders)) < share)
    left = rng.integers(0, FLANK, len(chosen))
    last = np.count_nonzero(found[chosen], 1)
    for k in range(FLANK):
        at = last - FLANK + k
        some = (left <= k) & (at >= 0) & (at < last)
        some[some] = found[chosen[some], at[some]] >= 32
        found[chosen[some], at[some]] = MISSING
    return found


@dataclass
class Positives:
    """Hairpins that hold a precursor; several may hold the same one."""

    ladders: Ladders
    names: NDArray[np.str_]
    splits: NDArray[np.str_]
    weights: NDArray[np.float64]
    supported: NDArray[np.bool_]
    wrong: Ladders
    """Ladders of hairpins on precursors of the training families that hold too little of it, or
    much more."""
    mirrored: Ladders
    """Ladders of hairpins on the same precursors read backwards, both strands."""


def positives(
    hairpins: list[Record],
    mature: list[Record],
    supported: set[str],
    windows: list[str],
    flanks: list[str],
    settings: SearchSettings,
    plants: bool,
    copies: int,
) -> Positives:
    """Positives from precursors in their windows where there are any, else between flanks.

    Every copy has other flanks.
    """
    groups = by_species(mature)
    records: list[tuple[str, Truth]] = []
    sizes: dict[str, int] = {}
    support: dict[str, bool] = {}
    for header, sequence in hairpins:
        name, accession = header.split()[:2]
        truth = precursor_of(name, sequence, groups)
        if is_plant(name) != plants or set(sequence) - set("ACGU") or not truth:
            continue
        sizes[family(name)] = sizes.get(family(name), 0) + 1
        support[name] = accession in supported
        records.append((sequence, truth))
    rows: list[Ladders] = []
    names: list[str] = []
    weights: list[float] = []
    wrong: list[Ladders] = []
    mirrored: list[Ladders] = []
    missed = total = 0
    for copy in range(copies):
        text, truths, _ = set_into(records, windows, flanks, seed=copy + 1)
        letters = to_letters(text.encode())
        learned = [truth for truth in truths if split_of(truth.name) == "train"]
        mirrored += backwards(letters, learned, settings)
        found = search(letters, settings)
        order = np.argsort(found.hairpins[:, 0], kind="stable")
        starts, ends = found.hairpins[order, 0], found.hairpins[order, 1]
        for truth in truths:
            low, high = np.searchsorted(starts, (truth.start - settings.span, truth.end))
            s, e = starts[low:high], ends[low:high]
            shared = np.minimum(e, truth.end) - np.maximum(s, truth.start)
            covers = (shared >= 0.8 * (truth.end - truth.start)) & (s <= truth.loop[0])
            covers &= e >= truth.loop[1]
            good = covers & (s >= truth.least_start + 4) & (e <= truth.most_end - 4)
            total += 1
            if split_of(truth.name) == "train":
                outside = (s < truth.least_start) | (e > truth.most_end)
                bad = (2 * shared >= e - s) & (~covers | outside) & (e - s >= LEAST)
                wrong.append(found.ladders[order[low:high][bad]])
            if not good.any():
                missed += support[truth.name]
                continue
            chosen = order[low:high][good]
            rows.append(found.ladders[chosen])
            names += [truth.name] * len(chosen)
            importance = 3.0 if support[truth.name] else 1.0
            weight = importance / len(chosen) / sizes[family(truth.name)] ** 0.25
            weights += [weight] * len(chosen)
    print(f"positives: {total} precursors, {len(names)} hairpins, {missed} supported missed")
    return Positives(
        np.concatenate(rows),
        np.array(names),
        np.array([split_of(name) for name in names]),
        np.array(weights),
        np.array([support[name] for name in names]),
        distinct(np.concatenate(wrong)),
        distinct(np.concatenate(mirrored)),
    )


def backwards(letters: bytes, truths: list[Truth], settings: SearchSettings) -> Iterator[Ladders]:
    """Hairpins, of either strand, that lie on precursors when their text is read backwards."""
    starts = np.array([truth.start for truth in truths])
    ends = np.array([truth.end for truth in truths])
    mirrored = letters[::-1]
    for is_opposite, strand in enumerate((mirrored, opposite_strand(mirrored))):
        found = search(strand, settings)
        s, e = found.hairpins[:, 0], found.hairpins[:, 1]
        # The opposite strand of the mirrored text has the text's own positions.
        if not is_opposite:
            s, e = len(letters) - e, len(letters) - s
        at = np.maximum(np.searchsorted(starts, e) - 1, 0)
        shared = np.minimum(e, ends[at]) - np.maximum(s, starts[at])
        yield found.ladders[(2 * shared >= e - s) & (e - s >= LEAST)]


def both_strands(text: str, settings: SearchSettings) -> Iterator[Ladders]:
    """Ladders of the hairpins of a text."""
    letters = to_letters(text.encode())
    for strand in (letters, opposite_strand(letters)):
        found = search(strand, settings)
        yield found.ladders[found.hairpins[:, 1] - found.hairpins[:, 0] >= LEAST]


def negatives(background: list[Record], matures: list[str], settings: SearchSettings) -> Ladders:
    """Ladders from both strands of the background, away from known mature sequences."""
    seeds = {m[:19] for m in matures}
    ladders: list[Ladders] = []
    text: list[str] = []
    size = 0
    for index, (_, sequence) in enumerate(background):
        if not any(sequence[i : i + 19] in seeds for i in range(len(sequence) - 18)):
            text.append(sequence + GAP)
            size += len(sequence)
        if text and (size > 500_000 or index == len(background) - 1):
            ladders += both_strands("".join(text), settings)
            text, size = [], 0
    return distinct(np.concatenate(ladders))


def made(
    records: list[Record],
    settings: SearchSettings,
    megabases: int,
    seed: int,
    kept: Callable[[Ladders], Ladders] = lambda ladders: ladders,
) -> Ladders:
    """Ladders from random sequence with the dinucleotides of records, pulled to 20 to 68 % GC.

    Of the hairpins of each piece those stay that ``kept`` lets pass.
    """
    counts = np.ones((4, 4))
    for _, sequence in records:
        codes = np.frombuffer(to_letters(sequence.encode()), np.uint8)
        ok = (codes[:-1] < 4) & (codes[1:] < 4)
        np.add.at(counts, (codes[:-1][ok], codes[1:][ok]), 1)
    contents, length = np.linspace(0.2, 0.68, 25 * megabases), 40_000
    pull = np.stack([1 - contents, contents, contents, 1 - contents], 1)
    steps = counts / counts.sum(0) * pull[:, None, :]
    cumulative = np.cumsum(steps / steps.sum(2, keepdims=True), 2)[:, :, :3]
    draws = np.random.default_rng(seed).random((length, len(contents)))
    state, index = np.zeros(len(contents), int), np.arange(len(contents))
    out: NDArray[np.uint8] = np.empty((length, len(contents)), np.uint8)
    for at in range(length):
        state = (draws[at][:, None] > cumulative[index, state]).sum(1)
        out[at] = state
    letters = np.frombuffer(b"ACGU", np.uint8)[out.T]
    ladders: list[Ladders] = []
    for first in range(0, len(letters), 25):
        text = GAP.join(row.tobytes().decode() for row in letters[first : first + 25])
        ladders += map(kept, both_strands(text, settings))
    return np.concatenate(ladders)
