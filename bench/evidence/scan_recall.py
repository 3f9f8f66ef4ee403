"""Recall of the genome scan's stages against what they let through.

Precursors of MirGeneDB (FASTA of *_pre sequences), each in its miRBase hairpin and real window
where these are given, else between pieces of the windows' own flanks:

    python -m bench.evidence.scan_recall --hairpins hairpin.fa --mature mature.fa \\
        --supported supported.tsv \\
        --windows hsa_real.fa --windows mmu_real.fa ... --flanks human_transcripts.fa \\
        --mirgenedb hsa_mirgenedb.fa ... --species mmu --species cel --species dme

Annotated genomes:  python -m bench.evidence.scan_recall --annotated ebv.fa ebv.mirna.bed
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.shared.scan_data import (
    Record,
    Truth,
    by_species,
    found_at,
    judge,
    precursor_of,
    read_fasta,
    set_into,
    truth_in,
)
from bench.weights.scan_examples import is_plant, split_of
from mirpre.scanning.chunks import Chunk
from mirpre.scanning.letters import opposite_strand, to_letters
from mirpre.scanning.search import cut_out, stem_centres
from mirpre.scanning.settings import PRESETS, Preset, ScanSettings, SearchSettings
from mirpre.scanning.stages import scan_batch

TestSet = tuple[str, list[Truth], NDArray[np.bool_]]
"""Text, precursors in it, and whether each lies in its real window."""


def mirgenedb(path: str, hairpins: list[Record], windows: list[str], flanks: list[str]) -> TestSet:
    """Text and truths of a file of MirGeneDB precursors."""
    records: list[tuple[str, Truth]] = []
    for header, sequence in read_fasta(path):
        n = len(sequence)
        loop = (n // 2 - 3, n // 2 + 3)
        named = next(((h, s) for h, s in hairpins if sequence in s), None)
        name = header.split()[0]
        if named:
            name, hairpin = f"{name}={named[0].split()[0]}", named[1]
            at = hairpin.index(sequence)
            whole = (at, at + n)
            middle = (at + loop[0], at + loop[1])
            truth = truth_in(name, *whole, middle, (0, len(hairpin)))
            records.append((hairpin, truth))
        else:
            records.append((sequence, truth_in(name, 0, n, loop)))
    return set_into(records, windows, flanks)


def settings_of(preset: Preset) -> ScanSettings:
    return ScanSettings(
        search=SearchSettings(span=preset.span, least=preset.least_stem),
        looks=preset.looks,
    )


def without_bound(settings: ScanSettings) -> ScanSettings:
    """The same, but all that the last network of stage 3 sees passes."""
    last = settings.looks[-1]._replace(least_score=-(2**31))
    return dataclasses.replace(settings, looks=(*settings.looks[:-1], last))


def whole(text: str) -> list[Chunk]:
    return [Chunk("text", 0, text.encode(), 0, len(text))]


def report(
    name: str,
    text: str,
    truths: list[Truth],
    real: NDArray[np.bool_],
    presets: list[str],
) -> None:
    """Lines of recall: search alone, then each preset's cascade with merging: covered, and with a
    candidate that shares at least half."""
    letters = to_letters(text.encode())
    for preset_name in presets:
        preset = PRESETS[preset_name]
        settings = settings_of(preset)
        found = cut_out(letters, stem_centres(letters, settings.search), settings.search)
        long_enough = found.hairpins[:, 1] - found.hairpins[:, 0] >= settings.min_length
        starts, ends = found.hairpins[long_enough, 0], found.hairpins[long_enough, 1]
        covered, exact = judge(truths, starts, ends)
        share = f"{real.mean():.2f}"
        missed = [t.name for t, ok in zip(truths, exact, strict=True) if not ok]
        print(
            f"{name}\t{preset_name}\tsearch\t{len(truths)}\t{share}\t{covered.mean():.4f}\t"
            f"{exact.mean():.4f}\t{' '.join(missed[:8])}"
        )
        kept = [
            c.locus for c in scan_batch(settings, whole(text)).candidates if c.locus.strand == "+"
        ]
        covered, exact = judge(truths, [k.start for k in kept], [k.end for k in kept])
        print(
            f"{name}\t{preset_name}\tcascade\t{len(truths)}\t{share}\t{covered.mean():.4f}\t"
            f"{exact.mean():.4f}\t"
        )
        placed = found_at(truths, [k.start for k in kept], [k.end for k in kept])
        print(f"{name}\t{preset_name}\tcascade, half or more\t{len(truths)}\t\t{placed.mean():.4f}")
        held = np.array([split_of(t.name.split("=")[-1]) == "test" for t in truths])
        print(
            f"{name}\t{preset_name}\tcascade, test families\t{held.sum()}\t\t"
            f"{covered[held].mean():.4f}\t{exact[held].mean():.4f}\t"
        )


def annotated(genome: str, bed: str, presets: list[str]) -> None:
    """Recall of the loci of a BED file in their genome, on the right strand."""
    contigs = {header.split()[0]: s for header, s in read_fasta(genome)}
    truths: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
    with open(bed, encoding="utf-8") as lines:
        for line in lines:
            contig, start, end, name, _, strand = line.rstrip("\n").split("\t")[:6]
            truths.setdefault((contig, strand), []).append((int(start), int(end), name))
    for preset_name in presets:
        settings = settings_of(PRESETS[preset_name])
        total = ok = close = 0
        missed: list[str] = []
        for (contig, strand), loci in truths.items():
            text = contigs[contig]
            kept = scan_batch(settings, whole(text)).candidates
            search = to_letters(text.encode())
            if strand == "-":
                search = opposite_strand(search)
            found = cut_out(search, stem_centres(search, settings.search), settings.search).hairpins
            starts, ends = found[:, 0], found[:, 1]
            if strand == "-":
                starts, ends = len(text) - ends, len(text) - starts
            here = []
            for s, e, name in loci:
                # The annotated hairpins hold some lower stem: an eighth on either side.
                n, middle = (e - s) // 8, (s + e) // 2
                here.append(truth_in(name, s + n, e - n, (middle - 3, middle + 3), (s, e)))
            by_search, _ = judge(here, starts, ends)
            same = [c.locus for c in kept if c.locus.strand == strand]
            by_cascade, _ = judge(here, [k.start for k in same], [k.end for k in same])
            total += len(here)
            ok += by_search.sum()
            close += by_cascade.sum()
            missed += [t.name for t, hit in zip(here, by_cascade, strict=True) if not hit]
        print(
            f"{Path(genome).name}\t{preset_name}\tsearch {ok}/{total}\tcascade {close}/{total}\t"
            f"missed {' '.join(missed)}"
        )


def add_sets(parser: argparse.ArgumentParser) -> None:
    """The options that name precursors."""
    parser.add_argument("--hairpins")
    parser.add_argument("--mature")
    parser.add_argument("--supported")
    for option in ("windows", "flanks", "mirgenedb", "species"):
        parser.add_argument(f"--{option}", action="append", default=[])
    parser.add_argument("--plants", action="store_true", help="take MIR names of --species")


def sets_of(
    args: argparse.Namespace,
) -> Iterator[tuple[str, str, list[Truth], NDArray[np.bool_]]]:
    """Name, text, truths and whether their windows are real, of each set that is named."""
    windows = [s for path in args.windows for _, s in read_fasta(path)]
    flanks = [s for path in args.flanks for _, s in read_fasta(path) if len(s) > 400]
    hairpins = read_fasta(args.hairpins)
    groups = by_species(read_fasta(args.mature))
    for path in args.mirgenedb:
        yield Path(path).stem, *mirgenedb(path, hairpins, windows, flanks)
    supported: set[str] = set()
    if args.supported:
        with open(args.supported, encoding="utf-8") as lines:
            supported = {line.split("\t")[0] for line in lines}
    for species in args.species:
        records = []
        for header, sequence in hairpins:
            name, accession = header.split()[:2]
            wanted = args.plants == is_plant(name) and (not supported or accession in supported)
            if name.startswith(species + "-") and wanted:
                truth = precursor_of(name, sequence, groups)
                if truth:
                    records.append((sequence, truth))
        yield f"miRBase {species}", *set_into(records, windows, flanks)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_sets(parser)
    parser.add_argument("--annotated", nargs=2, action="append", default=[])
    parser.add_argument("--preset", action="append", choices=list(PRESETS))
    args = parser.parse_args()
    presets = args.preset or list(PRESETS)
    for genome, bed in args.annotated:
        annotated(genome, bed, presets)
    if args.mirgenedb or args.species:
        print("set\tpreset\tstage\tprecursors\tin real windows\tcovers\tends\tmissed")
        for name, text, truths, real in sets_of(args):
            report(name, text, truths, real, presets)


if __name__ == "__main__":
    main()
