"""A look outside a hairpin: whether it is the middle of a longer inverted repeat.

What lies beside a precursor pairs little, while mobile elements and other inverted repeats go on:
at least 18 pairs between flanks of 25 nt have 38 % of false calls in a part of the C. elegans
genome, 11 % in yeast, 5 % in human, and 1 % of 400 supported precursors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from mirpre.folding import Folder
from mirpre.formats.records import to_rna
from mirpre.records import Candidate
from mirpre.scanning.chunks import Chunk
from mirpre.scanning.letters import reverse_complement

OUTSIDE = 25
"""Letters on each side of a hairpin that are looked at; fewer at a contig's end."""
INVERTED_REPEAT = 18
"""So many pairs between them are those of a longer inverted repeat."""

_STEPS = {"(": 1, ".": 0, ")": -1}


def look_outside(
    candidates: Sequence[Candidate], batch: Sequence[Chunk], folder: Folder
) -> list[Candidate]:
    """The candidates of a batch's chunks with their outside_pairs.

    They are those of a locus' first hairpin, folded together with its flanks; its alternatives
    have the same number.
    """
    heads: dict[int, Candidate] = {}
    for candidate in candidates:
        heads.setdefault(candidate.group, candidate)
    wholes, flanks = [], []
    for head in heads.values():
        left, right = _flanks(head, batch[head.chunk])
        wholes.append(left + head.hairpin.sequence + right)
        flanks.append((len(left), len(right)))
    folds = folder.fold(wholes)
    pairs = {
        group: pairs_across(structure, *sides)
        for group, (structure, _), sides in zip(heads, folds, flanks, strict=True)
    }
    return [replace(candidate, outside_pairs=pairs[candidate.group]) for candidate in candidates]


def without_inverted_repeats(candidates: Sequence[Candidate]) -> tuple[list[Candidate], int]:
    """The candidates without those in longer inverted repeats, and how many of the loci that are
    left out belong to their chunk."""
    kept: list[Candidate] = []
    left_out: dict[int, bool] = {}
    for candidate in candidates:
        if (candidate.outside_pairs or 0) < INVERTED_REPEAT:
            kept.append(candidate)
        else:
            left_out.setdefault(candidate.group, candidate.is_own)
    return kept, sum(left_out.values())


def pairs_across(structure: str, left: int, right: int) -> int:
    """Pairs of a dot-bracket between its first left and its last right letters."""
    if not left or not right:
        return 0
    depths = list(accumulate(map(_STEPS.__getitem__, structure)))
    # What is open after the left flank, and nowhere closed before the right one.
    return min(depths[left - 1 : len(structure) - right])


def _flanks(candidate: Candidate, chunk: Chunk) -> tuple[str, str]:
    """What lies before and behind a hairpin on its strand, RNA."""
    place = candidate.locus
    start, end = place.start - chunk.start, place.end - chunk.start
    left, right = (
        to_rna(part.decode("ascii"))
        for part in (
            chunk.sequence[max(0, start - OUTSIDE) : start],
            chunk.sequence[end : end + OUTSIDE],
        )
    )
    if place.strand == "-":
        return reverse_complement(right), reverse_complement(left)
    return left, right
