"""What scan-genome does around its work: stretches in, candidates out, progress, resuming."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import Any

from mirpre import __version__
from mirpre.candidates import Candidate, ScannedBatch
from mirpre.cli.session import Item, Session, warn
from mirpre.folding import viennarna_version
from mirpre.formats.genome import (
    Stretch,
    parse_region,
    read_bed_regions,
    read_stretches,
    region_stretches,
)
from mirpre.formats.opening import open_blocks, open_kept, open_lines, remove
from mirpre.formats.regions import open_genome
from mirpre.hairpin import Hairpin
from mirpre.parallel import ordered_map
from mirpre.provenance import command_line
from mirpre.scan.batches import STRETCH, batches, scan_batch
from mirpre.scan.journal import Journal
from mirpre.scan.settings import ScanSettings
from mirpre.scan.versions import BestVersions

NO_DIFFERENCE = ("-t", "--threads", "-o", "--output", "--json")
"""Options that do not change a result, and are left out of the command in its header."""


class ScanSession(Session):
    """One run of scan-genome."""

    def __init__(
        self,
        threads: int,
        folder_name: str,
        settings: ScanSettings,
        output: str | None,
        *,
        best_strand: bool,
    ) -> None:
        super().__init__(threads, folder_name)
        self.settings = settings
        self.command = command_line(leave_out=NO_DIFFERENCE, flags=("--resume",))
        self.letters = 0
        """Letters of the genome that have been searched."""
        self.repeats = 0
        """Loci in tandem repeats that were left out."""
        self.versions = BestVersions(settings.rivals, keep_beaten=not best_strand)
        self.decoys: list[Hairpin] = []
        """Hairpins of the shuffled sequence that has been searched."""
        self.decoy_versions = BestVersions(settings.rivals, keep_beaten=not best_strand)
        self._output = output
        self._letters_in_all: Callable[[int], float | None] = lambda done: None

    def progress(self, items: Iterable[Item], output: str | None) -> Iterator[Item]:
        """The items; the bar is in letters of the genome and not in records."""
        yield from items

    def header_lines(self, sensitivity: str) -> list[str]:
        """Lines for the ``#`` header of text outputs, without the ``#``."""
        lines = [f"mirpre {__version__}", f"command: {self.command}"]
        return [*lines, *self.search_lines(sensitivity)]

    def search_lines(self, sensitivity: str) -> tuple[str, ...]:
        """Those of them that say how the search was done."""
        hashes = (f"search-network-sha256: {part['sha256']}" for part in self.search_networks)
        return (f"sensitivity: {sensitivity}", *hashes)

    @functools.cached_property
    def search_networks(self) -> list[dict[str, str]]:
        """Names and hashes, for the run's summary."""
        from mirpre.scan.shortlist import load_network

        names = [look.network for look in self.settings.looks]
        return [{"name": name, "sha256": load_network(name).sha256} for name in names]

    @contextmanager
    def candidates(
        self, genome: str, regions: tuple[str, ...], bed: str | None, resume: bool
    ) -> Iterator[Iterator[Candidate]]:
        """The genome's candidates, in its order; with resume, finished parts are kept in a file
        beside the output until the run is complete."""
        with ExitStack() as stack:
            if self.settings.fold:
                self.folder = stack.enter_context(self.open_folder())
            work = functools.partial(scan_batch, self.settings, self.folder)
            scan = functools.partial(ordered_map, work, threads=self.threads)
            stretches = stack.enter_context(self._stretches(genome, regions, bed))
            parts = batches(stretches)
            kept = f"{self._output}.resume"
            if resume:
                made_by = self._made_by(regions, bed)
                journal = Journal(stack.enter_context(open_kept(kept)), kept, made_by)
                results = journal.run(parts, scan)
            else:
                results = (result for _, result in scan(parts))
            yield self._each(results)
        if resume:
            remove(kept)
        if not self.letters:
            warn(f"no sequence in {genome}")
        if self.repeats:
            loci = "1 locus" if self.repeats == 1 else f"{self.repeats:,} loci"
            warn(f"{loci} in tandem repeats left out (--repeats keep reports such)")

    def _each(self, results: Iterator[ScannedBatch]) -> Iterator[Candidate]:
        for result in self._with_bar(results):
            self.letters += result.letters
            self.repeats += result.repeats
            self.read += len(result.candidates)
            self.versions.expect(result)
            for decoys in result.decoys:
                self.decoy_versions.expect(decoys)
                self.decoys += (decoy.hairpin for decoy in decoys.candidates)
            self.times.add_all(result.times)
            yield from result.candidates

    def _with_bar(self, results: Iterator[ScannedBatch]) -> Iterator[ScannedBatch]:
        shown = self._output in (None, "-") and sys.stdout is not None and sys.stdout.isatty()
        if shown or sys.stderr is None or not sys.stderr.isatty():
            yield from results
            return
        from tqdm import tqdm

        with tqdm(unit="nt", unit_scale=True, file=sys.stderr, leave=False) as bar:
            for result in results:
                bar.update(result.letters)
                bar.total = self._letters_in_all(bar.n)
                yield result

    @contextmanager
    def _stretches(
        self, path: str, regions: tuple[str, ...], bed: str | None
    ) -> Iterator[Iterator[Stretch]]:
        margin = self.settings.margin
        if not regions and bed is None:
            with open_blocks(path) as blocks:
                self._letters_in_all = lambda done: done / (blocks.read_share or 1)
                yield read_stretches(blocks, STRETCH, margin)
            return
        with open_genome(path) as genome:
            lengths = dict(zip(genome.references, genome.lengths, strict=True))
            wanted = [parse_region(region, lengths) for region in regions]
            if bed is not None:
                with open_lines(bed) as lines:
                    wanted += read_bed_regions(lines, lengths)
            total = sum(region.end - region.start for region in wanted)
            self._letters_in_all = lambda done: total
            yield region_stretches(genome, wanted, STRETCH, margin)

    def _made_by(self, regions: tuple[str, ...], bed: str | None) -> dict[str, Any]:
        return {
            "version": __version__,
            "settings": asdict(self.settings),
            "regions": [*regions, *([f"bed {bed}"] if bed else [])],
            "stretch": STRETCH,
            "networks": self.search_networks,
            "viennarna": viennarna_version() if self.settings.fold else "not used",
            "command": self.command,
        }
