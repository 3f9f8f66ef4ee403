"""A genome scan as an object: chunks of a genome in, candidates or calls out."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mirpre.calling import calls_of, probabilities_of
from mirpre.folding import Folder
from mirpre.models.inference import Predictor
from mirpre.models.prior import GenomeCalibration
from mirpre.parallel import ordered_map
from mirpre.records import Call, Candidate
from mirpre.scanning.batches import ScannedBatch, batches, scan_with_mirror
from mirpre.scanning.best import best_calls
from mirpre.scanning.chunks import Chunk
from mirpre.scanning.resume import ScanCheckpoint
from mirpre.scanning.settings import PRESETS, ScanSettings
from mirpre.scanning.whole import WholeGenome

if TYPE_CHECKING:
    from mirpre.models.model import Model

THRESHOLD = 0.1
"""Probability at the prior from which a locus is called, unless the user sets another: of what is
called most is false, but the list is short enough to look at."""


@dataclass(frozen=True)
class Caller:
    """How the candidates of a scan are called."""

    predictor: Predictor
    threshold: float
    best_strand: bool = False
    """Whether of both strands of a place only the better call is given."""
    calibration: GenomeCalibration | None = None
    """What the model's probabilities mean in a genome; without one they stay as they are."""
    prior: float | None = None
    """Precursors per Mb that are expected; None without a calibration."""

    @classmethod
    def of(
        cls,
        model: Model,
        preset: str,
        *,
        prior: float | None = None,
        threshold: float | None = None,
        best_strand: bool = False,
    ) -> Caller:
        """With what is not named by preset and model: the preset's prior and THRESHOLD, or the
        model's own threshold where it has no genome calibration.

        Raises ValueError for a prior with such a model, or one that is no number above 0.
        """
        if prior is not None and not 0 < prior < math.inf:
            raise ValueError(f"a prior of {prior} precursors per Mb: it must be a number above 0")
        if model.genome is None:
            if prior is not None:
                raise ValueError(
                    f"the model {model.name!r} is not calibrated for genomes, so that its "
                    "probability does not depend on a prior"
                )
            own = model.threshold if threshold is None else threshold
            return cls(model.predictor, own, best_strand)
        return cls(
            model.predictor,
            THRESHOLD if threshold is None else threshold,
            best_strand,
            model.genome,
            PRESETS[preset].prior if prior is None else prior,
        )

    def scored(self, batch: ScannedBatch) -> ScannedBatch:
        """The batch, and its mirror, with the model's probabilities."""
        for part in (batch, batch.mirror):
            if part is not None:
                hairpins = [candidate.hairpin for candidate in part.candidates]
                part.probabilities = probabilities_of(hairpins, self.predictor, batch.times)
        return batch

    def best(self, batch: ScannedBatch, settings: ScanSettings) -> list[Call]:
        """The calls of one batch, the best one of each locus; ValueError where it is not scored."""
        if batch.probabilities is None:
            raise ValueError("the model has not been asked of this batch")
        candidates = batch.candidates
        hairpins = (candidate.hairpin for candidate in candidates)
        calls = calls_of(hairpins, batch.probabilities, self.predictor, self.threshold)
        kept = [replace(call, candidate=c) for call, c in zip(calls, candidates, strict=True)]
        best = best_calls(
            kept, opposite_strands=settings.opposite_strands, keep_beaten=not self.best_strand
        )
        return [self._in_genome(call) for call in best]

    def _in_genome(self, call: Call) -> Call:
        """The call with its score, and with the probability that this means in the genome."""
        score = call.probability
        if self.calibration is None or self.prior is None:
            return replace(call, score=score)
        probability = round(self.calibration.probability(score, self.prior), 6)
        return replace(
            call,
            score=score,
            probability=probability,
            is_positive=probability >= self.threshold,
        )


class Scan(WholeGenome):
    """One run over a genome; candidates or calls may be taken from it once.

    With a folder, candidates come folded. watch is told of each batch that is done.
    """

    def __init__(
        self,
        settings: ScanSettings,
        *,
        threads: int = 1,
        folder: Folder | None = None,
        watch: Callable[[ScannedBatch], None] = lambda batch: None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self._threads = threads
        self._folder = folder
        self._watch = watch

    def batches(
        self,
        chunks: Iterable[Chunk],
        checkpoint: ScanCheckpoint | None = None,
        scored: Callable[[ScannedBatch], ScannedBatch] = lambda batch: batch,
    ) -> Iterator[ScannedBatch]:
        """The genome's batches in order, scored; nothing is done again that a checkpoint holds."""

        def work(batch: list[Chunk]) -> ScannedBatch:
            return scored(scan_with_mirror(self.settings, self._folder, batch))

        scan = functools.partial(ordered_map, work, threads=self._threads)
        parts = batches(chunks)
        done = checkpoint.run(parts, scan) if checkpoint else (batch for _, batch in scan(parts))
        for batch in done:
            self.letters += batch.letters
            self.repeats += batch.repeats
            self.inverted_repeats += batch.inverted_repeats
            self.found += batch.own
            self.times.add_all(batch.times)
            yield batch

    def candidates(
        self, chunks: Iterable[Chunk], checkpoint: ScanCheckpoint | None = None
    ) -> Iterator[Candidate]:
        """The best candidate of each locus, in the order of the genome."""
        for batch in self.batches(chunks, checkpoint):
            yield from batch.candidates
            self._watch(batch)

    def calls(
        self,
        chunks: Iterable[Chunk],
        caller: Caller,
        checkpoint: ScanCheckpoint | None = None,
        *,
        called_only: bool = False,
        max_copies: int | None = None,
    ) -> Iterator[Call]:
        """The best call of each locus with its copies, in the order of the genome.

        They come when the whole genome has been searched; with a mirror they have q-values. With
        called_only they are the positive ones; those with more than max_copies are left out.
        """
        return self.joined(
            self.called(chunks, caller, checkpoint),
            q_values=self.settings.mirror,
            called_only=called_only,
            max_copies=max_copies,
        )

    def called(
        self, chunks: Iterable[Chunk], caller: Caller, checkpoint: ScanCheckpoint | None = None
    ) -> Iterator[tuple[list[Call], list[Call]]]:
        """The best call of each locus of a batch, and those of its mirror, in the order of the
        genome: what joined() makes the whole of."""
        for batch in self.batches(chunks, checkpoint, caller.scored):
            self._watch(batch)
            mirrored = caller.best(batch.mirror, self.settings) if batch.mirror else []
            yield caller.best(batch, self.settings), mirrored
