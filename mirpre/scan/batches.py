"""A genome's stretches in parts of about one size, and the work on a part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mirpre.folding import Folder
from mirpre.formats.genome import Stretch
from mirpre.records import Candidate
from mirpre.scan.settings import ScanSettings
from mirpre.timing import StageSeconds

STRETCH = 100_000
"""Letters worked on at once; results do not depend on it."""


@dataclass
class ScannedBatch:
    """The candidates of a part of a genome."""

    candidates: list[Candidate]
    """The versions of a locus come one after the other, the networks' best one first."""
    letters: int
    """Letters of the genome that the batch covers, its margins not counted."""
    repeats: int = 0
    """Loci that were left out since they lie in tandem repeats."""
    times: StageSeconds = field(default_factory=StageSeconds)
    decoys: list[ScannedBatch] = field(default_factory=list)
    """What the same search finds in the shuffled sequence, where that is wanted."""


def batches(stretches: Iterable[Stretch], size: int = STRETCH) -> Iterator[list[Stretch]]:
    """Stretches in lists of about one size, so that many small contigs cost no more than one."""
    batch: list[Stretch] = []
    letters = 0
    for stretch in stretches:
        batch.append(stretch)
        letters += len(stretch.sequence)
        if letters >= size:
            yield batch
            batch, letters = [], 0
    if batch:
        yield batch


def scan_batch(settings: ScanSettings, folder: Folder | None, batch: list[Stretch]) -> ScannedBatch:
    """The candidates of a part, and those of its decoys; folded where there is a folder."""
    # Imported here, since worker processes are forked before a library starts threads.
    from mirpre.scan import scanning

    found = scanning.scan_batch(settings, batch, folder)
    if settings.decoys:
        from mirpre.scan.decoys import decoy_stretches

        shuffled = decoy_stretches(
            batch,
            settings.decoys,
            soft_mask=settings.soft_mask,
            keep_repeats=settings.keep_repeats,
        )
        # As much at once as the batch itself has letters.
        for part in batches(shuffled):
            more = scanning.scan_batch(settings, part, folder)
            found.decoys.append(more)
            found.times.add_all(more.times)
    return found
