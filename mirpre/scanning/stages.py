"""From a genome's chunks to candidate hairpins: the stages in their order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mirpre.folding import Folder
from mirpre.folding.step import fold_chunk
from mirpre.formats.records import to_rna
from mirpre.records import Candidate, Hairpin, Locus
from mirpre.scanning.alternatives import with_alternatives
from mirpre.scanning.batches import ScannedBatch
from mirpre.scanning.chunks import Chunk
from mirpre.scanning.letters import opposite_strand, reverse_complement, to_letters
from mirpre.scanning.merge import best_loci, overlaps
from mirpre.scanning.outside import look_outside, without_inverted_repeats
from mirpre.scanning.repeats import in_tandem_repeats
from mirpre.scanning.search import cut_out, stem_peaks, tops
from mirpre.scanning.settings import REPEAT_MARGIN, ScanSettings
from mirpre.scanning.shortlist import network
from mirpre.timing import StageSeconds


def scan_batch(
    settings: ScanSettings,
    batch: list[Chunk],
    folder: Folder | None = None,
    *,
    mirrored: bool = False,
) -> ScannedBatch:
    """All stages on some chunks; mirrored on their sequence read backwards.

    A mirrored candidate has the letters of the reversed sequence (and of its reverse complement,
    on the minus strand) and the place in the genome that these come from.

    Candidates come in the order of the chunks, then of start, end and strand; those of a locus,
    with alternative ends, come together, in the place of the first. A locus is in the batch where
    the first of them is, or with opposite_strands that of a locus that it overlaps on the other
    strand.
    """
    times = StageSeconds()
    # Between chunks lies so much N that no hairpin and no repeat can reach across.
    gap = b"N" * max(settings.search.span + 2 * settings.search.radius, REPEAT_MARGIN)
    text = gap + b"".join(chunk.sequence + gap for chunk in batch)
    at, offsets = len(gap), []
    for chunk in batch:
        offsets.append(at)
        at += len(chunk.sequence) + len(gap)
    first = np.array(offsets, np.int64)

    letters = to_letters(text, soft_mask=settings.soft_mask)
    read = letters[::-1] if mirrored else letters
    rows = [_strand(strand, read, settings, times) for strand in (0, 1)]
    rows[1][:, 4] += len(rows[0])
    table = np.concatenate(rows)
    if mirrored:
        table[:, [0, 1]] = len(text) - table[:, [1, 0]]
    owner = np.searchsorted(first, table[:, 0], "right") - 1
    shift = np.array([chunk.start for chunk in batch], np.int64) - first
    starts, ends = table[:, 0] + shift[owner], table[:, 1] + shift[owner]
    own = np.array([(s.own_start, s.own_end, s.limit) for s in batch], np.int64)[owner]
    mine = (starts >= own[:, 0]) & (starts < own[:, 1]) & (ends <= own[:, 2])
    group = table[:, 4]
    best = np.searchsorted(group, group)
    is_best = best == np.arange(len(table))
    kept = np.ones(len(table), bool)
    if not settings.keep_repeats:
        heads = np.flatnonzero(is_best)
        repeated = in_tandem_repeats(letters, table[heads, 0], table[heads, 1])
        kept = ~np.repeat(repeated, np.diff(np.r_[heads, len(table)]))
    loci = np.unique(group[is_best & mine & kept])
    if settings.opposite_strands:
        loci = np.union1d(loci, _on_opposite_strands(table, loci))
    wanted = np.flatnonzero(kept & np.isin(group, loci))
    best = best[wanted]
    wanted = wanted[np.lexsort((wanted, table[best, 2], ends[best], starts[best], owner[best]))]

    found = []
    for row in wanted.tolist():
        begin, end, strand, score = (int(value) for value in table[row, :4])
        part = int(owner[row])
        chunk = batch[part]
        sequence = _read(text[begin:end], strand, mirrored=mirrored)
        place = Locus(chunk.contig, int(starts[row]), int(ends[row]), "+-"[strand])
        hairpin = Hairpin(str(place), sequence, locus=place)
        found.append(Candidate(hairpin, score, int(group[row]), part, bool(mine[row])))
    letters_in_all = sum(s.own_end - s.own_start for s in batch)
    repeats = int((is_best & mine & ~kept).sum())
    scanned = ScannedBatch(found, letters_in_all, repeats, times=times)
    if folder is not None:
        _fold(scanned, batch, folder, settings, mirrored=mirrored)
    return scanned


def _fold(
    scanned: ScannedBatch,
    batch: list[Chunk],
    folder: Folder,
    settings: ScanSettings,
    *,
    mirrored: bool,
) -> None:
    """Fold the candidates, and look outside of them where that is wanted."""
    found, times = scanned.candidates, scanned.times
    with times.of("fold"):
        folded = fold_chunk([candidate.hairpin for candidate in found], folder)
    found = [replace(c, hairpin=hairpin) for c, hairpin in zip(found, folded, strict=True)]
    if settings.look_outside:
        with times.of("outside"):
            found = look_outside(found, batch, folder, mirrored=mirrored)
        if not settings.keep_repeats:
            found, scanned.inverted_repeats = without_inverted_repeats(found)
    scanned.candidates = found


def _read(part: bytes, strand: int, *, mirrored: bool) -> str:
    """The RNA of a part of the text on one strand."""
    sequence = to_rna(part.decode("ascii"))
    if mirrored:
        sequence = sequence[::-1]
    return reverse_complement(sequence) if strand else sequence


def _on_opposite_strands(table: NDArray[np.int64], loci: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of the loci that overlap one of these on the other strand."""
    rows = table[np.argsort(table[:, 0], kind="stable")]
    first, second = overlaps(rows[:, 0], rows[:, 1])
    first, second = np.r_[first, second], np.r_[second, first]
    across = rows[first, 2] != rows[second, 2]
    first, second = rows[first[across], 4], rows[second[across], 4]
    found: NDArray[np.int64] = second[np.isin(first, loci)]
    return found


def _strand(
    strand: int,
    letters: bytes,
    settings: ScanSettings,
    times: StageSeconds,
) -> NDArray[np.int64]:
    """Rows of start, end (in forward positions), strand, score and locus: one strand's best loci
    with their alternative ends."""
    if strand:
        letters = opposite_strand(letters)
    with times.of("stems"):
        peaks = stem_peaks(letters, settings.search)
    loci = best_of(*_passing(letters, peaks, settings, times))
    rows = with_alternatives(letters, peaks, loci, settings, times)
    if strand:
        rows[:, [0, 1]] = len(letters) - rows[:, [1, 0]]
    return np.column_stack([rows[:, :2], np.full(len(rows), strand), rows[:, 2:]])


def score_hairpins(
    letters: bytes, settings: ScanSettings, times: StageSeconds
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Stages 1 to 3 on one strand: hairpins that pass, and their scores."""
    with times.of("stems"):
        peaks = stem_peaks(letters, settings.search)
    return _passing(letters, peaks, settings, times)


def _passing(
    letters: bytes, peaks: bytes, settings: ScanSettings, times: StageSeconds
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Stages 2 and 3."""
    search = settings.search
    with times.of("hairpins"):
        centres = tops(peaks, search.least, search.radius)
        hairpins, ladders = cut_out(letters, centres, search)
        long_enough = hairpins[:, 1] - hairpins[:, 0] >= settings.min_length
        hairpins, ladders = hairpins[long_enough], ladders[long_enough]
    total = scores = np.zeros(len(hairpins), np.int32)
    with times.of("network"):
        for number, look in enumerate(settings.looks, 1):
            total = total + network(look.network).scores(ladders)
            scores = total // number
            passing = scores >= look.least_score
            hairpins, ladders = hairpins[passing], ladders[passing]
            total, scores = total[passing], scores[passing]
    return hairpins, scores


def best_of(hairpins: NDArray[np.int32], scores: NDArray[np.int32]) -> NDArray[np.int64]:
    """Rows of start, end, score and number of the locus, in the order of these numbers: the best
    hairpin of each place, by score, then by energy."""
    columns = [hairpins[:, 0], hairpins[:, 1], -scores, hairpins[:, 2]]
    rows = np.unique(np.column_stack(columns).astype(np.int64), axis=0)  # sorted by start, too
    order = np.lexsort((rows[:, 1], rows[:, 0], rows[:, 3], rows[:, 2]))
    rank = np.empty(len(rows), np.int64)
    rank[order] = np.arange(len(rows))
    found = rows[best_loci(rows[:, 0], rows[:, 1], rank)]
    return np.column_stack([found[:, :2], -found[:, 2], np.arange(len(found))])
