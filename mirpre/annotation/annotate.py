"""Calls in, annotations out: family, mature arms and reads of each, and what all of it says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from mirpre.annotation.families import FLANK, Context, FamilySearch
from mirpre.annotation.posterior import Posterior
from mirpre.annotation.records import (
    FIVE,
    KNOWN,
    NO_HITS,
    THREE,
    Annotation,
    Arms,
    FamilyHits,
    Span,
)
from mirpre.errors import Problem, RecordError
from mirpre.folding import Folder
from mirpre.folding.step import fold_chunk
from mirpre.formats.records import to_rna
from mirpre.formats.regions import fetch
from mirpre.parallel import ordered_map
from mirpre.records import Call, Hairpin, Locus
from mirpre.streams import BATCH_SIZE, chunked
from mirpre.timing import StageSeconds

if TYPE_CHECKING:
    import pysam


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
        before, after = (to_rna(fetch(genome, part)) if part.end > part.start else "" for part in
                         ((right, left) if place.strand == "-" else (left, right)))  # fmt: skip
        yield Placed(call, Context(before, sequence, after))


class Annotator:
    """The step: what is known of calls, by the evidence that it was made with."""

    def __init__(
        self,
        *,
        posterior: Posterior,
        search: FamilySearch | None = None,
        folder: Folder | None = None,
    ) -> None:
        """search: None leaves families out. folder: for calls without a structure."""
        self._posterior = posterior
        self._search = search
        self._folder = folder

    def annotate(
        self, placed: Iterable[Placed], *, threads: int, times: StageSeconds
    ) -> Iterator[Annotation]:
        """An annotation for each call, in order."""

        def work(chunk: list[Placed]) -> tuple[list[Annotation], StageSeconds]:
            spent = StageSeconds()
            return self.annotate_chunk(chunk, spent), spent

        chunks = chunked(placed, lambda chunk: len(chunk) >= BATCH_SIZE)
        for _, (found, spent) in ordered_map(work, chunks, threads):
            times.add_all(spent)
            yield from found

    def annotate_chunk(self, chunk: list[Placed], times: StageSeconds) -> list[Annotation]:
        """The same for some calls, by the calling thread."""
        hairpins = [call.hairpin for call, _ in chunk]
        if self._folder is not None:
            with times.of("fold"):
                hairpins = fold_chunk(hairpins, self._folder)
        with times.of("families"):
            hits = [NO_HITS] * len(chunk)
            if self._search is not None:
                hits = self._search.nearest([context for _, context in chunk])
        found = []
        for one, hairpin, hit in zip(chunk, hairpins, hits, strict=True):
            arms = _known_arms(hit, one.context)
            found.append(self._whole(one, hairpin, hit, arms))
        return found

    def _whole(self, one: Placed, hairpin: Hairpin, hits: FamilyHits, arms: Arms) -> Annotation:
        """The annotation, its hairpin lengthened to hold its arms."""
        call, context = one
        spans = [span for _, span in arms.spans]
        more = max([0, *(-span.start for span in spans)])
        behind = max([0, *(span.end - len(hairpin) for span in spans)])
        place = hairpin.place
        longer = _lengthened(hairpin, context, more, behind)
        posterior, tier = self._posterior.of(call, hits)
        return Annotation(
            call,
            stable_id(longer, longer.place if more or behind else place),
            longer,
            longer.place,
            posterior,
            tier,
            hits,
            arms.shifted(more) if more else arms,
        )


def stable_id(hairpin: Hairpin, place: Locus | None) -> str:
    """An ID that is the same wherever the same sequence is annotated at the same place.

    ``MP`` and 12 hexadecimal digits, the first of the SHA-1 of contig, start, end, strand and
    sequence; of a call without a place, of its name and sequence.
    """
    where = f"{place.contig}:{place.start}-{place.end}({place.strand})" if place else hairpin.name
    text = f"{where} {hairpin.sequence}".encode("utf-8", "surrogateescape")
    return "MP" + hashlib.sha1(text, usedforsecurity=False).hexdigest()[:12].upper()


def _known_arms(hits: FamilyHits, context: Context) -> Arms:
    """The arms on which a known mature lies, as far as there are letters."""
    spans: dict[str, Span] = {}
    for hit in (hits.best, hits.other):
        if hit is not None and hit.is_member:
            start = max(hit.start, -len(context.before))
            end = min(hit.end, len(context.hairpin) + len(context.after))
            spans[hit.arm] = Span(start, end, KNOWN)
    return Arms(spans.get(FIVE), spans.get(THREE))


def _lengthened(hairpin: Hairpin, context: Context, more: int, behind: int) -> Hairpin:
    """The hairpin with so many letters more at its ends, which are unpaired."""
    if not more and not behind:
        return hairpin
    before = context.before[len(context.before) - more :] if more else ""
    after = context.after[:behind]
    structure = hairpin.structure
    if structure is not None:
        structure = "." * len(before) + structure + "." * len(after)
    place = hairpin.place
    if place is not None:
        left, right = (after, before) if place.strand == "-" else (before, after)
        place = Locus(
            place.contig,
            place.start - len(left),
            place.end + len(right),
            place.strand,
            place.name,
        )
    sequence = before + hairpin.sequence + after
    return Hairpin(hairpin.header, sequence, structure, hairpin.mfe, place)
