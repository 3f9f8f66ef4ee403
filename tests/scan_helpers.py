"""Made genomes for the tests of the scan, and a scan without processes."""

from __future__ import annotations

import io
import random
import zlib
from pathlib import Path

from mirpre.formats.fasta import read_fasta
from mirpre.formats.opening import Blocks, open_lines
from mirpre.records import Call, Candidate
from mirpre.scanning.batches import batches
from mirpre.scanning.best import best_calls
from mirpre.scanning.chunks import read_chunks
from mirpre.scanning.settings import Look, ScanSettings, SearchSettings
from mirpre.scanning.stages import scan_batch

DATA = Path(__file__).parent.parent / "test-data"

LOOSE = ScanSettings(looks=(Look("animal", -1500), Look("animal-large", -3000)))
"""Settings that let nearly everything through, so that there is much to compare."""
SMALL = ScanSettings(
    search=SearchSettings(span=60, least=12), looks=(Look("animal", -10_000),), min_length=20
)
"""Settings for short hairpins, of which a short made sequence has many."""


def precursors() -> dict[str, str]:
    """Names and sequences of the hairpins in test-data."""
    with open_lines(str(DATA / "hairpins.fa")) as lines:
        return {hairpin.name: hairpin.sequence for hairpin in read_fasta(lines)}


def random_letters(seed: int, length: int, letters: str = "ACGT") -> str:
    return "".join(random.Random(seed).choices(letters, k=length))


def repeated(seed: int, length: int, unit: int) -> str:
    """A tandem repeat of a random unit."""
    return (random_letters(seed, unit) * (length // unit + 1))[:length]


def fasta(contigs: dict[str, str], width: int = 70) -> str:
    return "".join(
        f">{name}\n" + "".join(s[i : i + width] + "\n" for i in range(0, len(s), width))
        for name, s in contigs.items()
    )


def blocks(text: str) -> Blocks:
    stream = io.BytesIO(text.encode())
    return Blocks(stream, stream, "made.fa")


def scanned(
    text: str,
    settings: ScanSettings = LOOSE,
    chunk: int = 100_000,
    batch: int = 100_000,
    *,
    mirrored: bool = False,
) -> list[Candidate]:
    chunks = read_chunks(blocks(text), chunk, settings.margin)
    return [
        candidate
        for part in batches(chunks, batch)
        for candidate in scan_batch(settings, part, mirrored=mirrored).candidates
    ]


def chosen(
    text: str, settings: ScanSettings, chunk: int, batch: int, *, keep_beaten: bool = False
) -> list[Call]:
    """What is reported of a scan with versions, if a checksum were the full model."""
    found: list[Call] = []
    for part in batches(read_chunks(blocks(text), chunk, settings.margin), batch):
        calls = []
        for candidate in scan_batch(settings, part).candidates:
            value = zlib.crc32(candidate.hairpin.sequence.encode()) % 5 / 4
            calls.append(Call(candidate.hairpin, value, value > 0.5, candidate=candidate))
        found += best_calls(
            calls, opposite_strands=settings.opposite_strands, keep_beaten=keep_beaten
        )
    return found
