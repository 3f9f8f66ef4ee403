"""What scan-genome does around its run: the genome in, progress, resuming, what is said of it."""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mirpre import __version__
from mirpre.cli import talk
from mirpre.cli.command import command_line
from mirpre.cli.session import Item, Session, plural, warn
from mirpre.folding import viennarna_version
from mirpre.formats.opening import open_blocks, open_lines
from mirpre.formats.output import open_kept, remove
from mirpre.formats.regions import open_genome, parse_region, read_bed
from mirpre.scanning.batches import CHUNK_LETTERS, ScannedBatch
from mirpre.scanning.chunks import (
    Chunk,
    merged_regions,
    read_chunks,
    region_chunks,
    whole_contigs,
)
from mirpre.scanning.resume import ScanCheckpoint
from mirpre.scanning.settings import WHOLE, ScanSettings, Shard

if TYPE_CHECKING:
    from mirpre.cli.calls import Tally
    from mirpre.scanning.whole import WholeGenome

NO_DIFFERENCE = (
    *("-t", "--threads", "-o", "--output", "--json", "--multiqc", "--report"),
    *("--folder", "--shard"),
)
"""Options that do not change a result, and are left out of the command in its header."""


class WholeSession(Session):
    """A run whose calls are those of a whole genome: what is said of them."""

    _calls = ""
    letters_in_all = 0
    """Of the genome or of its regions, all shards together; 0 where it is not known."""

    def progress(self, items: Iterable[Item], output: str | None) -> Iterator[Item]:
        """The items; where there is a bar, it is in letters of the genome and not in records."""
        yield from items

    def calls(self, counts: Tally, letters: int, prior: float | None) -> dict[str, Any]:
        """What the run's summary says of its calls, which its last line tells the user, too."""
        per_mb = 1e6 * counts.called / letters if letters else 0.0
        found = {"called": counts.called, "per_mb": round(per_mb, 3)}
        self._calls = f", {plural(counts.called, 'call')}, {per_mb:,.1f} per Mb"
        if prior is not None:
            found["expected_false"] = round(counts.expected_false, 3)
            false = f"about {counts.expected_false:.1f} of them are false"
            expected = "precursor" if prior == 1 else "precursors"
            self._calls += f"; with {prior:g} {expected} expected per Mb {false}"
        return found

    def done(self, details: dict[str, Any]) -> str:
        """The genome's size and what was found, for the last line."""
        found = self._calls or f", {plural(self.read, 'candidate')}"
        letters = details["genome_letters"]
        return (f"{letters / 1e6:,.2f} Mb" if letters >= 1e5 else f"{letters:,} nt") + found

    def say(self, genome: str, scan: WholeGenome) -> None:
        """What the user should know of the run."""
        if not scan.letters and not self.letters_in_all:
            warn(f"no sequence in {genome}")
        for number, kind in (
            (scan.repeats, "tandem"),
            (scan.inverted_repeats, "longer inverted"),
        ):
            if number:
                loci = "1 locus" if number == 1 else f"{number:,} loci"
                warn(f"{loci} in {kind} repeats left out (--repeats keep reports such)")
        if scan.copied:
            warn(f"{plural(scan.copied, 'hairpin')} with more copies left out (--max-copies)")
        known = scan.evidence
        if known is not None and known.smallest is not None and not known.is_there:
            warn(
                f"no evidence of precursors: no q-value is below {known.smallest:.2g}, since the "
                "genome read backwards gives calls as good, or since there are few places"
            )

    @staticmethod
    def search_summary(scan: WholeGenome, preset: str, networks: list[Any]) -> dict[str, Any]:
        """What the run's summary says of the search."""
        return {
            "genome_letters": scan.letters,
            "preset": preset,
            "search_networks": networks,
            "loci_in_tandem_repeats_skipped": scan.repeats,
            "loci_in_inverted_repeats_skipped": scan.inverted_repeats,
        }


class ScanSession(WholeSession):
    """One run of scan-genome."""

    def __init__(
        self,
        threads: int,
        folder_name: str,
        settings: ScanSettings,
        preset: str,
        output: str | None,
    ) -> None:
        super().__init__(threads, folder_name)
        self.settings = settings
        self.command = command_line(leave_out=NO_DIFFERENCE, flags=("--resume",))
        self.preset = preset
        self._output = output
        self.regions_sha256 = ""
        """Of these regions; empty where they are not known."""
        self._letters_in_all: Callable[[], float] = lambda: 0

    def header_lines(self) -> list[str]:
        """Lines for the ``#`` header of candidates, without the ``#``."""
        return [f"mirpre {__version__}", f"command: {self.command}", *self.search_lines()]

    def search_lines(self) -> list[str]:
        """Those of them that say how the search was done."""
        hashes = (f"search-network-sha256: {part['sha256']}" for part in self.search_networks)
        return [f"preset: {self.preset}", *hashes]

    @functools.cached_property
    def search_networks(self) -> list[dict[str, str]]:
        """Names and hashes, for the run's summary."""
        from mirpre.scanning.shortlist import load_network

        names = [look.network for look in self.settings.looks]
        return [{"name": name, "sha256": load_network(name).sha256} for name in names]

    @contextmanager
    def checkpoint(
        self,
        resume: bool,
        regions: tuple[str, ...],
        bed: str | None,
        shard: Shard | None,
        model_sha256: str | None,
    ) -> Iterator[ScanCheckpoint | None]:
        """With resume the finished parts, in a file beside the output until the run is complete."""
        if not resume:
            yield None
            return
        kept = f"{self._output}.resume"
        with open_kept(kept) as stream:
            made_by = self._made_by(regions, bed, shard) | {"model": model_sha256}
            yield ScanCheckpoint(stream, kept, made_by)
        remove(kept)

    @contextmanager
    def bar(self) -> Iterator[Callable[[ScannedBatch], None]]:
        """A function to be told of each batch, which moves a bar on a terminal."""
        if not talk.shows_progress(self._output):
            yield lambda batch: None
            return
        from tqdm import tqdm

        # Batches are few: each is shown, however soon it comes.
        options: dict[str, Any] = {"unit": "nt", "unit_scale": True, "mininterval": 0}
        with tqdm(**options, miniters=1, file=sys.stderr, leave=False) as bar:

            def move(batch: ScannedBatch) -> None:
                bar.total = max(self._letters_in_all(), bar.n + batch.letters)
                bar.update(batch.letters)

            yield move

    @contextmanager
    def chunks(
        self, path: str, regions: tuple[str, ...], bed: str | None, shard: Shard | None
    ) -> Iterator[Iterator[Chunk]]:
        """The genome, or these regions of it; a shard of that."""
        margin = self.settings.margin
        with ExitStack() as stack:
            if not regions and bed is None and shard is None:
                blocks = stack.enter_context(open_blocks(path))
                letters = 0

                def counted() -> Iterator[Chunk]:
                    nonlocal letters
                    for chunk in read_chunks(blocks, CHUNK_LETTERS, margin):
                        letters += chunk.own_end - chunk.own_start
                        yield chunk

                self._letters_in_all = lambda: letters / (blocks.read_share or 1)
                yield counted()
                return
            genome = stack.enter_context(open_genome(path))
            if regions or bed is not None:
                lengths = dict(zip(genome.references, genome.lengths, strict=True))
                wanted = [parse_region(region, lengths) for region in regions]
                if bed is not None:
                    wanted += read_bed(stack.enter_context(open_lines(bed)), lengths)
                merged = merged_regions(genome, wanted)
            else:
                merged = whole_contigs(genome)
            self.letters_in_all = sum(region.end - region.start for region in merged)
            places = "".join(f"{r.contig}\t{r.start}\t{r.end}\n" for r in merged)
            self.regions_sha256 = hashlib.sha256(places.encode()).hexdigest()
            part = shard or WHOLE
            self._letters_in_all = lambda: self.letters_in_all / part.of
            yield region_chunks(genome, merged, CHUNK_LETTERS, margin, part)

    def _made_by(
        self, regions: tuple[str, ...], bed: str | None, shard: Shard | None
    ) -> dict[str, Any]:
        return {
            "version": __version__,
            "settings": asdict(self.settings),
            "regions": [*regions, *([f"bed {bed}"] if bed else [])],
            "shard": shard,
            "chunk": CHUNK_LETTERS,
            "networks": self.search_networks,
            "viennarna": viennarna_version() if self.settings.fold else "not used",
            "command": self.command,
        }
