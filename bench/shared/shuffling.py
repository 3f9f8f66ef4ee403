"""Shuffles of a sequence that keep its dinucleotides."""

from __future__ import annotations

import itertools
import random

from mirpre.scanning.letters import to_letters


def shuffled(sequence: str, seed: int) -> str:
    """A shuffle with the same dinucleotides (Altschul and Erickson 1985), without N and such.

    _search.shuffled does the same in C and draws otherwise. This one stays, since the records that
    networks were trained and measured on came from it.
    """
    codes = [c for c in to_letters(sequence.encode()) if c < 4]
    generator = random.Random(seed)
    followers: list[list[int]] = [[] for _ in range(4)]
    for a, b in itertools.pairwise(codes):
        followers[a].append(b)
    last = codes[-1]
    while True:
        exits = [generator.choice(f) if f else None for f in followers]
        reached = all(_leads(exits, c, last) for c in range(4) if followers[c])
        if reached:
            break
    for c, options in enumerate(followers):
        leaves = exits[c]
        if c != last and leaves is not None:
            options.remove(leaves)
        generator.shuffle(options)
        if c != last and leaves is not None:
            options.append(leaves)
    position, out = [0] * 4, [codes[0]]
    for _ in range(len(codes) - 1):
        here = out[-1]
        out.append(followers[here][position[here]])
        position[here] += 1
    return bytes(out).translate(bytes.maketrans(bytes(range(4)), b"ACGT")).decode()


def _leads(exits: list[int | None], start: int | None, last: int) -> bool:
    for _ in range(4):
        if start is None or start == last:
            return start == last
        start = exits[start]
    return start == last
