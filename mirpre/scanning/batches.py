"""A genome's chunks in parts of about one size, and the work on a part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mirpre.folding import Folder
from mirpre.records import Candidate
from mirpre.scanning.chunks import Chunk
from mirpre.scanning.settings import ScanSettings
from mirpre.timing import StageSeconds

CHUNK_LETTERS = 100_000
"""Letters worked on at once; results do not depend on it."""


@dataclass
class ScannedBatch:
    """The candidates of a part of a genome."""

    candidates: list[Candidate]
    """Those of a locus, with alternative ends, come together, the networks' best one first."""
    letters: int
    """Letters of the genome that the batch covers, its margins not counted."""
    repeats: int = 0
    """Loci that were left out since they lie in tandem repeats."""
    inverted_repeats: int = 0
    """The same of longer inverted repeats, see outside.py."""
    times: StageSeconds = field(default_factory=StageSeconds)
    probabilities: list[float] | None = None
    """The model's, of each candidate, where it has been asked."""
    mirror: ScannedBatch | None = None
    """What the same search finds in the same part read backwards, where that is wanted."""

    @property
    def own(self) -> int:
        """Candidates of loci that belong to this part and to no other."""
        is_own: dict[int, bool] = {}
        return sum(is_own.setdefault(c.group, c.is_own) for c in self.candidates)


def batches(chunks: Iterable[Chunk], size: int = CHUNK_LETTERS) -> Iterator[list[Chunk]]:
    """Chunks in lists of about one size, so that many small contigs cost no more than one."""
    batch: list[Chunk] = []
    letters = 0
    for chunk in chunks:
        batch.append(chunk)
        letters += len(chunk.sequence)
        if letters >= size:
            yield batch
            batch, letters = [], 0
    if batch:
        yield batch


def scan_with_mirror(
    settings: ScanSettings, folder: Folder | None, batch: list[Chunk]
) -> ScannedBatch:
    """The candidates of a part, and those of its mirror; folded where there is a folder."""
    # Imported here, since worker processes are forked before a library starts threads.
    from mirpre.scanning import stages

    found = stages.scan_batch(settings, batch, folder)
    if settings.mirror:
        found.mirror = stages.scan_batch(settings, batch, folder, mirrored=True)
        found.times.add_all(found.mirror.times)
    return found
