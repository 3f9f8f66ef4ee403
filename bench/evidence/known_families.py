"""What the search for known families finds, and where it finds what is not there.

python -m bench.evidence.known_families WORK --hairpins hairpin.fa --mature mature.fa \\
    --supported supported.tsv --windows {cfa,hsa,mmu,rno,cel,dme}_real.fa \\
    --background human_transcripts.fa --genomes GENOMES

Recall is that of supported precursors of species whose matures, then whose genus', then whose
order's are not in the index; each precursor is scanned in its genomic window where one is at hand,
else between pieces of transcripts. Beside it the share of which the index has any mature of the
family. False places are those on a scan's loci of GENOMES/*.fa that no
line of GENOMES/*.mirna.bed covers. The scans are kept in WORK, by the model's hash.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import mirpre
from bench.shared.scan_data import Truth, by_species, precursor_of, read_fasta, set_into
from bench.weights.known_index import flag_table, genus_of
from mirpre.annotation.arms import ArmsPredictor
from mirpre.annotation.families import FLANK, Context, FamilySearch
from mirpre.annotation.matures import (
    CONSERVED,
    DOUBTFUL,
    SINGLE,
    SUPPORTED,
    known_matures,
)
from mirpre.annotation.records import FamilyHit, FamilyHits, KnownMature
from mirpre.formats.records import to_rna
from mirpre.models.registry import ARMS, TELLS_ARMS, load_model_files
from mirpre.records import Hairpin
from mirpre.scanning.letters import reverse_complement

ORDERS = {
    "Rodentia": {"Mus", "Rattus", "Cricetulus", "Cavia"},
    "Primates": {
        *("Homo", "Pan", "Gorilla", "Pongo", "Macaca", "Callithrix", "Lagothrix", "Saguinus"),
        *("Ateles", "Symphalangus", "Lemur", "Papio", "Pygathrix", "Microcebus", "Otolemur"),
        *("Daubentonia", "Nomascus", "Saimiri"),
    },
    "Amphibia": {"Xenopus", "Ambystoma", "Rana"},
    "Gadiformes": {"Gadus"},
    "Diptera": {"Drosophila", "Aedes", "Anopheles", "Culex", "Bactrocera", "Musca"},
    "Coleoptera": {"Tribolium"},
    "Nematoda": {
        *("Caenorhabditis", "Pristionchus", "Haemonchus", "Brugia", "Ascaris", "Strongyloides"),
        *("Panagrellus", "Heligmosomoides", "Trichuris", "Globodera", "Ditylenchus"),
        "Bursaphelenchus",
    },
}  # fmt: skip
SPECIES = {
    **{"hsa": "Primates", "mmu": "Rodentia", "xtr": "Amphibia", "gmo": "Gadiformes"},
    **{"dme": "Diptera", "aae": "Diptera", "tca": "Coleoptera"},
    **{"cel": "Nematoda", "asu": "Nematoda"},
}
TRUE_GENOMES = ("ebv", "cel_mir35_cluster", "arabidopsis_1pct")
"""Of which false places are not counted: nearly all, or plants."""


class Locus(NamedTuple):
    """A locus of a scan with what the search needs to know."""

    place: str
    context: Context
    probability: float
    score: float
    name: str = ""
    """Of the precursor there; empty for others."""
    structure: str = ""
    starts: NDArray[np.float64] | None = None
    """Of the arms network, see ArmsPredictor.arms_and_starts."""


class Genome(NamedTuple):
    name: str
    megabases: float
    loci: list[Locus]


def context_of(text: str, start: int, end: int, strand: str) -> Context:
    """The hairpin of a place of a sequence, and FLANK letters on each side."""
    before, inside, after = (
        to_rna(text[max(0, a) : b])
        for a, b in ((start - FLANK, start), (start, end), (end, end + FLANK))
    )  # fmt: skip
    if strand == "-":
        before, inside, after = map(reverse_complement, (after, inside, before))
    return Context(before, inside, after)


def scanned(records: Sequence[tuple[str, str]], threads: int) -> list[Locus]:
    """All loci of sequences."""
    texts = dict(records)
    loci = []
    for call in mirpre.scan(records, threads=threads):
        place = call.hairpin.place
        assert place is not None
        context = context_of(texts[place.contig], place.start, place.end, place.strand)
        structure = call.hairpin.structure or ""
        loci.append(Locus(str(place), context, call.probability, call.score or 0, "", structure))
    return loci


def kept(path: Path, make: Callable[[], Sequence[Locus]]) -> list[Locus]:
    """The loci that make gives, from a file where it is there."""
    if not path.exists():
        path.write_text(json.dumps(make()), encoding="utf-8")
    rows = json.loads(path.read_text(encoding="utf-8"))
    loci = [Locus(place, Context(*context), *rest) for place, context, *rest in rows]
    arms = load_model_files(ARMS, TELLS_ARMS).sha256[:8]
    return with_starts(path.with_suffix(f".{arms}.npz"), loci)


def with_starts(path: Path, loci: Sequence[Locus]) -> list[Locus]:
    """The loci with where their mature sequences may begin, from a file where it is there."""
    if not path.exists():
        arms = ArmsPredictor()
        found = []
        for first in range(0, len(loci), 256):
            hairpins = [
                Hairpin(one.place, one.context.hairpin, one.structure)
                for one in loci[first : first + 256]
            ]
            found += [starts for _, starts in arms.arms_and_starts(hairpins)]
        lengths = [one.shape[1] for one in found]
        np.savez(path, lengths=lengths, p=np.concatenate([np.zeros((2, 0)), *found], axis=1))
    with np.load(path) as arrays:
        parts = np.split(arrays["p"].astype(float), np.cumsum(arrays["lengths"])[:-1], axis=1)
    return [one._replace(starts=part) for one, part in zip(loci, parts, strict=True)]


def genomes_of(folder: Path, work: Path, threads: int, name: str = "*") -> list[Genome]:
    """The genomes of a folder with their loci; those of known precursors have its name."""
    found = []
    for path in sorted(folder.glob(f"{name}.fa")):
        records = [(header.split()[0], text) for header, text in read_fasta(path)]
        name = path.stem
        loci = kept(work / f"{name}.{_model()}.json", partial(scanned, records, threads))
        bed = path.with_suffix(".mirna.bed")
        known = [line.split("\t") for line in bed.read_text().splitlines()] if bed.exists() else []
        named = [_named(locus, known) for locus in loci]
        found.append(Genome(name, sum(len(text) for _, text in records) / 1e6, named))
    return found


def _named(locus: Locus, known: Sequence[Sequence[str]]) -> Locus:
    place = mirpre_locus(locus.place)
    for contig, start, end, name, *_ in known:
        shared = min(int(end), place.end) - max(int(start), place.start)
        if contig == place.contig and shared >= (int(end) - int(start)) / 2:
            return locus._replace(name=name)
    return locus


def mirpre_locus(text: str) -> mirpre.Locus:
    """The place in a name."""
    contig, _, rest = text.rpartition(":")
    start, _, end = rest[:-3].partition("-")
    return mirpre.Locus(contig, int(start), int(end), rest[-2])


def _model() -> str:
    return load_model_files("genome").sha256[:8]


class Species(NamedTuple):
    name: str
    supported: list[str]
    """All supported precursors."""
    loci: list[Locus]
    """The best locus of each that the scan finds, by its probability."""


def species_at(args: argparse.Namespace, code: str) -> Species:
    """A species' loci, scanned once."""
    loci = kept(args.work / f"{code}.{_model()}.json", lambda: species_of(args, code).loci)
    return Species(code, [truth.name for _, truth in precursors_of(args, code)], loci)


def precursors_of(args: argparse.Namespace, code: str) -> list[tuple[str, Truth]]:
    """Supported precursors of a species, where they are known to begin and end."""
    flags = {line.split("\t")[1] for line in Path(args.supported).read_text().splitlines()[1:]}
    hairpins = read_fasta(args.hairpins)
    matures = by_species(read_fasta(args.mature))
    records = []
    for header, sequence in hairpins:
        name = header.split()[0]
        truth = precursor_of(name, sequence, matures)
        if name.startswith(f"{code}-") and name in flags and truth is not None:
            records.append((sequence, truth))
    return records


def species_of(args: argparse.Namespace, code: str) -> Species:
    windows = [text for path in args.windows for _, text in read_fasta(path)]
    flanks = [text for path in args.background for _, text in read_fasta(path)]
    records = precursors_of(args, code)
    text, truths, _ = set_into(records, windows, flanks)
    loci = scanned([("text", text)], args.threads)
    places = [mirpre_locus(locus.place) for locus in loci]
    best = []
    for truth in truths:
        mine = [
            locus._replace(name=truth.name)
            for locus, place in zip(loci, places, strict=True)
            if place.strand == "+"
            and min(place.end, truth.end) - max(place.start, truth.start)
            >= 0.8 * (truth.end - truth.start)
        ]
        if mine:
            best.append(max(mine, key=lambda locus: locus.probability))
    return Species(code, [truth.name for truth in truths], best)


def without(
    matures: Sequence[KnownMature],
    genera: dict[str, str],
    level: str,
    code: str,
) -> list[KnownMature]:
    """The index without a species, its genus or its order."""
    if level == "species":
        left_out = {code}
    else:
        group = {genera[code]} if level == "genus" else ORDERS[SPECIES[code]]
        left_out = {one for one, genus in genera.items() if genus in group}
    return [mature for mature in matures if mature.name.partition("-")[0] not in left_out]


def nearest(search: FamilySearch, loci: Sequence[Locus]) -> list[FamilyHits]:
    """What the search says of each locus."""
    found = []
    for first in range(0, len(loci), 64):
        part = loci[first : first + 64]
        starts = [one.starts for one in part if one.starts is not None]
        found += search.nearest([one.context for one in part], starts)
    return found


def hits(search: FamilySearch, loci: Sequence[Locus]) -> list[FamilyHit | None]:
    """The hits that name a family."""
    return [one.best if one.family else None for one in nearest(search, loci)]


def main() -> None:
    args = options().parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    matures = list(known_matures(args.known))
    genera = {h.partition("-")[0]: genus_of(h) for h, _ in read_fasta(args.mature)}
    flags, _ = flag_table(args.supported)
    if args.only:
        if args.only in SPECIES:
            species_at(args, args.only)
        else:
            genomes_of(args.genomes, args.work, args.threads, args.only)
        return
    genomes = genomes_of(args.genomes, args.work, args.threads)
    whole = FamilySearch(matures)
    levels = (SUPPORTED, CONSERVED, SINGLE)
    print(f"| genome | Mb | loci | {' | '.join(levels)} | all per Mb |")
    print("|---|---|---|---|---|---|---|")
    for genome in genomes:
        if genome.name in TRUE_GENOMES:
            continue
        others = [locus for locus in genome.loci if not locus.name]
        found = [
            (hit, locus) for hit, locus in zip(hits(whole, others), others, strict=True) if hit
        ]
        counts = [sum(hit.mature.support == level for hit, _ in found) for level in levels]
        rate = f"{len(found) / genome.megabases:.2f}"
        row([genome.name, f"{genome.megabases:.2f}", len(others), *counts, rate])
        if args.verbose:
            for hit, locus in found:
                numbers = (hit.start, hit.mismatches, hit.score, locus.probability)
                print("   ", locus.place, hit.mature.name, hit.mature.support, *numbers)
    print()
    print("| species | supported | scanned | without species | without genus | without order |")
    print("|---|---|---|---|---|---|")
    for code in SPECIES if args.species is None else args.species:
        species = species_at(args, code)
        number = len(species.supported)
        cells: list[object] = [code, number, f"{len(species.loci) / number:.3f}"]
        for level in ("species", "genus", "order"):
            left = without(matures, genera, level, code)
            groups = {one.mirgenedb_family for one in left if one.support != DOUBTFUL} - {""}
            related = sum(flags.get(name.lower()) in groups for name in species.supported)
            members = hits(FamilySearch(left), species.loci)
            parts = [sum(h is not None and h.mature.support == k for h in members) for k in levels]
            shares = f"{sum(parts) / number:.3f} of {related / number:.3f}"
            cells.append(f"{shares} ({'+'.join(map(str, parts))})")
        row(cells)


def row(cells: Sequence[object]) -> None:
    """A row of a table."""
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--hairpins", required=True)
    parser.add_argument("--mature", required=True)
    parser.add_argument("--supported", required=True)
    parser.add_argument("--windows", nargs="+", required=True)
    parser.add_argument("--background", nargs="+", required=True)
    parser.add_argument("--genomes", type=Path, required=True)
    parser.add_argument("--known", help="an index or FASTA; the bundled one unless named")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--species", nargs="*", help="these only")
    parser.add_argument("--only", help="scan this genome or species, and say nothing")
    parser.add_argument("--verbose", action="store_true")
    return parser


if __name__ == "__main__":
    main()
