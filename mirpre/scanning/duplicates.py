"""Hairpins whose sequence was there before: copies, on either strand and in either direction."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mirpre.scanning.letters import reverse_complement, to_letters

LETTERS = 16
"""Letters of a word: so many that even 100,000 hairpins have hardly any in common by chance."""
SHARE = 0.5
"""A hairpin is a copy where so many of its words stand in those before it."""
AT_ONCE = 10_000
"""Hairpins whose words are made together, so that memory is little."""
_TOGETHER = 1 << 20
"""Words that are compared together."""
_SORTED = 1 << 22
"""Words that are sorted together, ..."""
_SORTED_EACH = 4
"""... or so many for each hairpin, if that is more: they come in several passes."""


def is_copy(sequences: Sequence[str]) -> NDArray[np.bool_]:
    """Whether half of a hairpin's words, or more, stand in some of the sequences before it.

    A word is the same as its reverse, its complement and its reverse complement. Words with other
    letters than A, C, G and U do not count.
    """
    return is_copy_of_better(lambda: [sequences], np.arange(len(sequences)))


def is_copy_of_better(
    parts: Callable[[], Iterable[Sequence[str]]], rank: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """The same of sequences that are gone through more than once, in an order of their own.

    rank: for each sequence of all parts, in their order, the place that it has, from 0, or -1 for
    one that does not count. What is given has the order of ranks.
    """
    n = int(np.count_nonzero(rank >= 0))
    letters = sum(len(sequence) for some, _ in _ranked(parts(), rank) for sequence in some)
    passes = -(-letters // max(_SORTED, _SORTED_EACH * n)) or 1
    known, of_all = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for number in range(passes):
        ordered = _joined(
            [_words(some, ranks, number, passes) for some, ranks in _ranked(parts(), rank)]
        )
        # By word, then by owner: who has a word that the one before has is not its first owner.
        ordered.sort()
        for at in range(0, len(ordered), _TOGETHER):
            words = ordered[max(0, at - 1) : at + _TOGETHER] >> np.uint64(32)
            comes_again = np.r_[np.zeros(int(at == 0), bool), words[1:] == words[:-1]]
            owners = (ordered[at : at + _TOGETHER] & np.uint64(0xFFFFFFFF)).astype(np.int64)
            known += np.bincount(owners[comes_again], minlength=n)
            of_all += np.bincount(owners, minlength=n)
    found: NDArray[np.bool_] = (of_all > 0) & (known >= SHARE * of_all)
    return found


def _ranked(
    parts: Iterable[Sequence[str]], rank: NDArray[np.int64]
) -> Iterator[tuple[list[str], NDArray[np.int64]]]:
    """The sequences that count, with their ranks, AT_ONCE at a time."""
    sequences: list[str] = []
    ranks: list[NDArray[np.int64]] = []
    at = 0
    for part in parts:
        for begin in range(0, len(part), AT_ONCE):
            some = part[begin : begin + AT_ONCE]
            here = rank[at : at + len(some)]
            at += len(some)
            sequences += [some[k] for k in np.flatnonzero(here >= 0).tolist()]
            ranks.append(here[here >= 0])
            if len(sequences) >= AT_ONCE:
                yield sequences, np.concatenate(ranks)
                sequences, ranks = [], []
    if sequences:
        yield sequences, np.concatenate(ranks)


def _joined(parts: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """The parts in one array; they go one by one, so that memory is hardly more than its own."""
    joined = np.empty(sum(map(len, parts)), np.uint64)
    end = len(joined)
    while parts:
        part = parts.pop()
        joined[end - len(part) : end] = part
        end -= len(part)
    return joined


def _words(
    sequences: Sequence[str], ranks: NDArray[np.int64], part: int, parts: int
) -> NDArray[np.uint64]:
    """The different words of each sequence, with its rank in the lower 32 bits; of so many parts
    of all words this one."""
    # An N behind each, so that no word reaches into the next.
    text = "".join(sequence + "N" for sequence in sequences)
    codes = np.frombuffer(to_letters(text.encode("ascii", "replace")), np.uint8)
    number = np.repeat(np.arange(len(sequences)), [len(sequence) + 1 for sequence in sequences])
    forward = codes.astype(np.uint32) & np.uint32(3)
    back, whole = forward, codes < 4
    # Words of 1 letter become such of 2, these of 4, and so on.
    letters = 1
    while letters < LETTERS:
        bits = np.uint32(2 * letters)
        forward = forward[:-letters] << bits | forward[letters:]
        back = back[:-letters] | back[letters:] << bits
        whole = whole[:-letters] & whole[letters:]
        letters *= 2
    # With 0 to 3 for A, C, G, U the complement is what has every bit turned.
    least = np.minimum(np.minimum(forward, ~forward), np.minimum(back, ~back))
    if parts > 1:
        whole &= least % np.uint32(parts) == part
    keys = (number[: len(whole)][whole].astype(np.int64) << 32) | least[whole]
    short = [
        (k << 32) | word
        for k, sequence in enumerate(sequences)
        if 0 < len(sequence) < LETTERS and (word := _of_short(sequence)) % parts == part
    ]
    keys = np.sort(np.r_[keys, np.array(short, np.int64)])
    keys = keys[np.diff(keys, prepend=-1) > 0]
    words, owners = keys.astype(np.uint64) << np.uint64(32), ranks[keys >> 32]
    found: NDArray[np.uint64] = words | owners.astype(np.uint64)
    return found


def _of_short(sequence: str) -> int:
    """A word for all of a sequence that is shorter than one."""
    other = reverse_complement(sequence)
    return zlib.crc32(min(sequence, sequence[::-1], other, other[::-1]).encode())
