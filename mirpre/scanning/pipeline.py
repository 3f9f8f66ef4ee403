"""A genome scan as an object: chunks of a genome in, candidates or calls out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from mirpre.calling import call_chunk
from mirpre.folding import Folder
from mirpre.models.inference import Predictor
from mirpre.parallel import ordered_map
from mirpre.records import Call, Candidate
from mirpre.scanning.batches import ScannedBatch, batches, scan_with_mirror
from mirpre.scanning.best import best_calls
from mirpre.scanning.chunks import Chunk
from mirpre.scanning.qvalues import Evidence, q_values_of
from mirpre.scanning.resume import ScanCheckpoint
from mirpre.scanning.settings import ScanSettings
from mirpre.timing import StageSeconds


@dataclass(frozen=True)
class Caller:
    """How the candidates of a scan are called."""

    predictor: Predictor
    threshold: float
    best_strand: bool = False
    """Whether of both strands of a place only the better call is given."""

    def best(
        self, candidates: list[Candidate], settings: ScanSettings, times: StageSeconds
    ) -> list[Call]:
        """The calls of the candidates of one batch, the best one of each locus."""
        hairpins = [candidate.hairpin for candidate in candidates]
        calls = call_chunk(hairpins, self.predictor, self.threshold, times)
        kept = [replace(call, candidate=c) for call, c in zip(calls, candidates, strict=True)]
        return best_calls(
            kept, opposite_strands=settings.opposite_strands, keep_beaten=not self.best_strand
        )


class Scan:
    """One run over a genome; candidates or calls may be taken from it once.

    With a folder, candidates come folded. watch is told of each batch that has been searched.
    """

    def __init__(
        self,
        settings: ScanSettings,
        *,
        threads: int = 1,
        folder: Folder | None = None,
        watch: Callable[[ScannedBatch], None] = lambda batch: None,
    ) -> None:
        self.settings = settings
        self.letters = 0
        """Letters of the genome that have been searched."""
        self.repeats = 0
        """Loci in tandem repeats that were left out."""
        self.found = 0
        """Candidates, with all alternative ends."""
        self.evidence: Evidence | None = None
        """What q-values come from; there when calls have them."""
        self.times = StageSeconds()
        self._threads = threads
        self._folder = folder
        self._watch = watch

    def batches(
        self, chunks: Iterable[Chunk], checkpoint: ScanCheckpoint | None = None
    ) -> Iterator[ScannedBatch]:
        """The genome's batches in order; with a checkpoint those that it holds are not searched."""
        work = functools.partial(scan_with_mirror, self.settings, self._folder)
        scan = functools.partial(ordered_map, work, threads=self._threads)
        parts = batches(chunks)
        done = checkpoint.run(parts, scan) if checkpoint else (batch for _, batch in scan(parts))
        for batch in done:
            self.letters += batch.letters
            self.repeats += batch.repeats
            self.found += len(batch.candidates)
            self.times.add_all(batch.times)
            self._watch(batch)
            yield batch

    def candidates(
        self, chunks: Iterable[Chunk], checkpoint: ScanCheckpoint | None = None
    ) -> Iterator[Candidate]:
        """The best candidate of each locus, in the order of the genome."""
        for batch in self.batches(chunks, checkpoint):
            yield from batch.candidates

    def calls(
        self, chunks: Iterable[Chunk], caller: Caller, checkpoint: ScanCheckpoint | None = None
    ) -> Iterator[Call]:
        """The best call of each locus, in the order of the genome.

        With a mirror they have q-values, and come when the whole genome has been searched.
        """
        mirrored: list[Call] = []
        calls = self._calls(chunks, caller, checkpoint, mirrored)
        if not self.settings.mirror:
            yield from calls
            return
        found = list(calls)
        estimates, self.evidence = q_values_of(found, mirrored)
        for call, q in zip(found, estimates, strict=True):
            yield replace(call, q_value=q)

    def _calls(
        self,
        chunks: Iterable[Chunk],
        caller: Caller,
        checkpoint: ScanCheckpoint | None,
        mirrored: list[Call],
    ) -> Iterator[Call]:
        def work(batch: ScannedBatch) -> tuple[list[Call], list[Call], StageSeconds]:
            times = StageSeconds()
            calls = caller.best(batch.candidates, self.settings, times)
            mirror = batch.mirror.candidates if batch.mirror else []
            return calls, caller.best(mirror, self.settings, times), times

        done = ordered_map(work, self.batches(chunks, checkpoint), self._threads)
        for _, (calls, others, times) in done:
            self.times.add_all(times)
            mirrored += others
            yield from calls
