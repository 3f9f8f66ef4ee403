"""Hairpins whose sequence was there before: copies, on either strand and in either direction."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mirpre.scanning.letters import reverse_complement, to_letters

LETTERS = 16
"""Letters of a word: so many that even 100,000 hairpins have hardly any in common by chance."""
SHARE = 0.5
"""A hairpin is a copy where so many of its words stand in those before it."""
AT_ONCE = 10_000
"""Hairpins whose words are made together, so that memory is little."""
_TOGETHER = 1 << 22
"""Words that are compared together."""


def is_copy(sequences: Sequence[str]) -> NDArray[np.bool_]:
    """Whether half of a hairpin's words, or more, stand in some of the sequences before it.

    A word is the same as its reverse, its complement and its reverse complement. Words with other
    letters than A, C, G and U do not count.
    """
    n = len(sequences)
    ordered = _joined([_words(sequences[at : at + AT_ONCE], at) for at in range(0, n, AT_ONCE)])
    # By word, then by owner: who has a word that the one before has, too, is not its first owner.
    ordered.sort()
    known, of_all = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for at in range(0, len(ordered), _TOGETHER):
        words = ordered[max(0, at - 1) : at + _TOGETHER] >> np.uint64(32)
        comes_again = np.r_[np.zeros(int(at == 0), bool), words[1:] == words[:-1]]
        owners = (ordered[at : at + _TOGETHER] & np.uint64(0xFFFFFFFF)).astype(np.int64)
        known += np.bincount(owners[comes_again], minlength=n)
        of_all += np.bincount(owners, minlength=n)
    found: NDArray[np.bool_] = (of_all > 0) & (known >= SHARE * of_all)
    return found


def _joined(parts: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """The parts in one array; they go one by one, so that memory is hardly more than its own."""
    joined = np.empty(sum(map(len, parts)), np.uint64)
    end = len(joined)
    while parts:
        part = parts.pop()
        joined[end - len(part) : end] = part
        end -= len(part)
    return joined


def _words(sequences: Sequence[str], begin: int) -> NDArray[np.uint64]:
    """The different words of each sequence, with its number, counted from begin, in the lower 32
    bits."""
    # An N behind each, so that no word reaches into the next.
    text = "".join(sequence + "N" for sequence in sequences)
    codes = np.frombuffer(to_letters(text.encode("ascii", "replace")), np.uint8)
    number = np.repeat(np.arange(len(sequences)), [len(sequence) + 1 for sequence in sequences])
    last = max(0, len(codes) - LETTERS + 1)
    forward: NDArray[np.uint32] = np.zeros(last, np.uint32)
    back: NDArray[np.uint32] = np.zeros(last, np.uint32)
    whole = np.ones(last, bool)
    for offset in range(LETTERS):
        letter = codes[offset : offset + last].astype(np.uint32)
        whole &= letter < 4
        letter &= 3
        forward |= letter << np.uint32(2 * (LETTERS - 1 - offset))
        back |= letter << np.uint32(2 * offset)
    # With 0 to 3 for A, C, G, U the complement is what has every bit turned.
    least = np.minimum(np.minimum(forward, ~forward), np.minimum(back, ~back))
    keys = (number[:last][whole].astype(np.int64) << 32) | least[whole]
    short = [
        (k << 32) | _of_short(sequence)
        for k, sequence in enumerate(sequences)
        if 0 < len(sequence) < LETTERS
    ]
    keys = np.sort(np.r_[keys, np.array(short, np.int64)])
    keys = keys[np.diff(keys, prepend=-1) > 0]
    words, owners = keys.astype(np.uint64) & np.uint64(0xFFFFFFFF), keys >> 32
    return words << np.uint64(32) | (owners + begin).astype(np.uint64)


def _of_short(sequence: str) -> int:
    """A word for all of a sequence that is shorter than one."""
    other = reverse_complement(sequence)
    return zlib.crc32(min(sequence, sequence[::-1], other, other[::-1]).encode())
