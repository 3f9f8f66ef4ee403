"""A genome's stretches in parts of about one size, and the work on a part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mirpre.candidates import ScannedBatch
from mirpre.folding import Folder
from mirpre.formats.genome import Stretch
from mirpre.scan.settings import ScanSettings

STRETCH = 100_000
"""Letters worked on at once; results do not depend on it."""


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
