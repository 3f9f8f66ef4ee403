"""Decoys: a genome's own sequence shuffled, in which a scan finds no true precursors.

Sequence is cut into blocks at fixed places of its contig and each is shuffled by itself, with
its dinucleotides kept. What a block becomes depends on its letters and their repeats nearby, the
contig, the place and the number of the copy alone, so that neither threads nor chunks change it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from mirpre.scanning import _search
from mirpre.scanning.chunks import Chunk
from mirpre.scanning.letters import OTHER, to_letters
from mirpre.scanning.repeats import repeated_positions

BLOCK = 10_000
"""Letters that are shuffled together; a divisor of batches.CHUNK_LETTERS."""

_TO_TEXT = bytes(b"ACGU"[code] if code < 4 else ord("N") for code in range(256))


def decoy_chunks(
    chunks: Sequence[Chunk], copies: int, *, soft_mask: bool, keep_repeats: bool
) -> Iterator[Chunk]:
    """Shuffled blocks of what belongs to the chunks, each as a chunk of its own.

    Letters other than A, C, G, U, and with soft_mask those in lower case, are N and stay where
    they are; so are those in tandem repeats unless keep_repeats, since the scan leaves those out.
    """
    for chunk in chunks:
        end = min(chunk.own_end, chunk.start + len(chunk.sequence))
        begin = chunk.own_start
        whole = to_letters(chunk.sequence, soft_mask=soft_mask)
        if not keep_repeats:
            whole = _without_repeats(whole)
        while begin < end:
            stop = min(end, (begin // BLOCK + 1) * BLOCK)
            letters = whole[begin - chunk.start : stop - chunk.start]
            for copy in range(copies):
                place = f"{chunk.contig}\t{begin}\t{copy}"
                seed = zlib.crc32(place.encode("utf-8", "surrogateescape"))
                shuffled = _search.shuffled(letters, seed).translate(_TO_TEXT)
                yield Chunk(chunk.contig, begin, shuffled, begin, stop)
            begin = stop


def _without_repeats(letters: bytes) -> bytes:
    codes = np.frombuffer(letters, np.uint8).copy()
    codes[repeated_positions(letters)] = OTHER
    return codes.tobytes()
