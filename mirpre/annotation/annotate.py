"""Calls in, annotations out: family, mature arms and reads of each, and what all of it says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from mirpre.annotation.criteria import CONTRADICTS, PROFILES
from mirpre.annotation.families import FLANK, Context, FamilySearch
from mirpre.annotation.matures import is_plant_family
from mirpre.annotation.posterior import Posterior
from mirpre.annotation.records import (
    FIVE,
    KNOWN,
    NO_ARMS,
    NO_HITS,
    THREE,
    Annotation,
    Arms,
    FamilyHits,
    Span,
)
from mirpre.errors import LocusError, Problem, RecordError
from mirpre.folding import Folder
from mirpre.folding.step import fold_chunk
from mirpre.formats.records import to_rna
from mirpre.formats.regions import fetch_locus
from mirpre.parallel import ordered_map
from mirpre.records import Call, Hairpin, Locus
from mirpre.streams import BATCH_SIZE, chunked
from mirpre.timing import StageSeconds

if TYPE_CHECKING:
    import pysam

    from mirpre.annotation.arms import ArmsPredictor
    from mirpre.annotation.criteria import ReadEvidence
    from mirpre.annotation.reads import ReadFiles


class Placed(NamedTuple):
    """A call and what stands beside it."""

    call: Call
    context: Context


def with_context(calls: Iterable[Call], genome: pysam.FastaFile | None) -> Iterator[Placed]:
    """The calls with their flanks; without a genome these are empty.

    Raises RecordError for a call that has no place in the genome.
    """
    lengths = dict(zip(genome.references, genome.lengths, strict=True)) if genome else {}
    for call in calls:
        sequence, place = call.hairpin.sequence, call.hairpin.place
        if genome is None:
            yield Placed(call, Context("", sequence, ""))
            continue
        if place is None or place.end > lengths.get(place.contig, 0):
            problem = Problem("place", "it has no place in this genome")
            raise RecordError(problem, record=call.hairpin.name)
        left = Locus(place.contig, max(0, place.start - FLANK), place.start, place.strand)
        right_end = min(lengths[place.contig], place.end + FLANK)
        right = Locus(place.contig, place.end, right_end, place.strand)
        sides = (right, left) if place.strand == "-" else (left, right)
        before, after = (
            to_rna(fetch_locus(genome, part)) if part.end > part.start else "" for part in sides
        )
        yield Placed(call, Context(before, sequence, after))


class Annotator:
    """The step: what is known of calls, by the evidence that it was made with."""

    def __init__(
        self,
        *,
        posterior: Posterior,
        search: FamilySearch | None = None,
        folder: Folder | None = None,
        reads: ReadFiles | None = None,
        profile: str = "animal",
        arms: ArmsPredictor | None = None,
        arms_from: float = 0,
    ) -> None:
        """search: None leaves families out. folder: for calls without a structure. reads: aligned
        ones, held against the criteria of a profile of criteria.py. arms: the network that tells
        mature sequences where neither a known one nor reads do; it has learned where Drosha and
        Dicer cut, so that it is None for plants, and not asked where the family is one of plants.
        arms_from: it is asked where the posterior is at least this, which saves most of its time.
        """
        self._posterior = posterior
        self._search = search
        self._folder = folder
        self._reads = reads
        self._profile = PROFILES[profile]
        self._arms = arms
        self._arms_from = arms_from

    def annotate(
        self, placed: Iterable[Placed], *, threads: int, times: StageSeconds
    ) -> Iterator[Annotation]:
        """An annotation for each call, in order.

        Raises LocusError where there are reads for a call without a place, and what the reads do.
        """

        def work(chunk: list[Placed]) -> tuple[list[_Found], StageSeconds]:
            spent = StageSeconds()
            return self._look(chunk, spent), spent

        chunks = chunked(placed, lambda chunk: len(chunk) >= BATCH_SIZE)
        judged = self._judged(ordered_map(work, chunks, threads), times)
        for _, (found, spent) in ordered_map(self._with_arms, judged, threads):
            times.add_all(spent)
            yield from found

    def _look(self, chunk: list[Placed], times: StageSeconds) -> list[_Found]:
        """What depends on the sequence alone, by any thread."""
        hairpins = [call.hairpin for call, _ in chunk]
        if self._folder is not None:
            with times.of("fold"):
                hairpins = fold_chunk(hairpins, self._folder)
        with times.of("families"):
            hits = [NO_HITS] * len(chunk)
            if self._search is not None:
                hits = self._search.nearest([context for _, context in chunk])
        return [_Found(*row) for row in zip(chunk, hairpins, hits, strict=True)]

    def _judged(
        self,
        chunks: Iterable[tuple[list[Placed], tuple[list[_Found], StageSeconds]]],
        times: StageSeconds,
    ) -> Iterator[list[_Judged]]:
        """With reads and posterior. Files of reads are read in order, by one thread."""
        for _, (rows, spent) in chunks:
            times.add_all(spent)
            yield [self._judge(row, times) for row in rows]

    def _judge(self, found: _Found, times: StageSeconds) -> _Judged:
        hairpin, reads = found.hairpin, None
        if self._reads is not None:
            if hairpin.place is None:
                raise LocusError(
                    "no locus such as chr1:100-180(+) stands in its name, and reads need one",
                    record=hairpin.name,
                )
            with times.of("reads"):
                reads = self._reads.evidence(hairpin, self._profile)
        posterior, tier = self._posterior.of(found.placed.call, found.hits, reads)
        return _Judged(found, reads, posterior, tier)

    def _with_arms(self, rows: list[_Judged]) -> tuple[list[Annotation], StageSeconds]:
        """The annotations, their hairpins lengthened to hold their arms; by any thread."""
        times = StageSeconds()
        by_model = [NO_ARMS] * len(rows)
        asked = [k for k, row in enumerate(rows) if self._asks_model(row)]
        if self._arms is not None and asked:
            with times.of("arms"):
                told = self._arms.arms([rows[k].found.hairpin for k in asked])
            for k, arms in zip(asked, told, strict=True):
                by_model[k] = arms
        return [_whole(row, arms) for row, arms in zip(rows, by_model, strict=True)], times

    def _asks_model(self, row: _Judged) -> bool:
        family = row.found.hits.family
        is_plant = family is not None and is_plant_family(family.family)
        return row.posterior >= self._arms_from and not is_plant


class _Found(NamedTuple):
    placed: Placed
    hairpin: Hairpin
    """Folded."""
    hits: FamilyHits


class _Judged(NamedTuple):
    found: _Found
    reads: ReadEvidence | None
    posterior: float
    tier: str


def _whole(row: _Judged, by_model: Arms) -> Annotation:
    """The annotation, its hairpin lengthened to hold its arms."""
    (call, context), hairpin, hits = row.found
    reads = row.reads
    by_reads = reads.arms if reads and reads.outcome != CONTRADICTS else NO_ARMS
    arms = _first_known(_known_arms(hits, context), by_reads, by_model)
    longer, arms = _lengthened(hairpin, context, arms)
    return Annotation(
        call, stable_id(longer), longer, longer.place, row.posterior, row.tier, hits, reads, arms
    )


def stable_id(hairpin: Hairpin) -> str:
    """An ID that is the same wherever the same sequence is annotated at the same place.

    ``MP`` and 12 hexadecimal digits, the first of the SHA-1 of contig, start, end, strand and
    sequence; of a hairpin without a place, of its name and sequence.
    """
    place = hairpin.place
    where = f"{place.contig}:{place.start}-{place.end}({place.strand})" if place else hairpin.name
    text = f"{where} {hairpin.sequence}".encode("utf-8", "surrogateescape")
    return "MP" + hashlib.sha1(text, usedforsecurity=False).hexdigest()[:12].upper()


def _first_known(*sources: Arms) -> Arms:
    """Of each arm the first source that has it; of the dominance the same."""
    five = next((arms.five for arms in sources if arms.five is not None), None)
    three = next((arms.three for arms in sources if arms.three is not None), None)
    if five is not None and three is not None and five.end > three.start:
        # They come from two sources, of which the second cannot be right.
        first = next(arms for arms in sources if arms.spans)
        five, three = first.five, first.three
    dominances = (arms.five_dominates for arms in sources)
    return Arms(five, three, next((one for one in dominances if one is not None), None))


def _known_arms(hits: FamilyHits, context: Context) -> Arms:
    """The arms on which a known mature lies, as far as there are letters."""
    spans: dict[str, Span] = {}
    for hit in (hits.best, hits.other):
        if hit is not None and hit.is_member:
            start = max(hit.start, -len(context.before))
            end = min(hit.end, len(context.hairpin) + len(context.after))
            spans[hit.arm] = Span(start, end, KNOWN)
    return Arms(spans.get(FIVE), spans.get(THREE))


def _lengthened(hairpin: Hairpin, context: Context, arms: Arms) -> tuple[Hairpin, Arms]:
    """The hairpin with as many letters more as its arms need, which are unpaired; and its arms,
    within it."""
    spans = [span for _, span in arms.spans]
    more = max([0, *(-span.start for span in spans)])
    behind = max([0, *(span.end - len(hairpin) for span in spans)])
    if not more and not behind:
        return hairpin, arms
    before = context.before[len(context.before) - more :] if more else ""
    after = context.after[:behind]
    structure, place = hairpin.structure, hairpin.place
    if structure is not None:
        structure = "." * len(before) + structure + "." * len(after)
    if place is not None:
        left, right = (after, before) if place.strand == "-" else (before, after)
        start, end = place.start - len(left), place.end + len(right)
        place = Locus(place.contig, start, end, place.strand, place.name)
    sequence = before + hairpin.sequence + after
    return Hairpin(hairpin.header, sequence, structure, hairpin.mfe, place), arms.shifted(more)
