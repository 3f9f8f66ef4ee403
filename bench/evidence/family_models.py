"""Covariance models of families beside the nearest known mature sequence.

python -m bench.evidence.family_models WORK MODELS --hairpins hairpin.fa ... (as known_families)
    --precursors precursors.tsv --species asu tca aae
    [--trusted DIRECTORY CUTOFFS.tsv]

Models are made in the folder MODELS, one for each family of MirGeneDB, from the precursors (5p to
3p mature) of all species but those of the species' genus: MAFFT aligns them, RNAalifold gives the
structure, Infernal's cmbuild the model. They are searched for in the species' loci with their
flanks, and in loci of the genomes that are no precursor and have a probability of at least LEAST.
With --trusted also models of others, such as MirMachine's, with their cutoffs; these have seen the
species, so that the index keeps its matures for the comparison.

Needs mafft and infernal on the PATH, and ``pip install pyinfernal``.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import RNA
from pyhmmer import easel
from pyinfernal import cmsearch
from pyinfernal.cm import CMFile

from bench.evidence.known_families import (
    TRUE_GENOMES,
    Locus,
    genomes_of,
    nearest,
    options,
    row,
    species_at,
    without,
)
from bench.shared.scan_data import read_fasta
from bench.weights.known_index import flag_table, genus_of
from mirpre.annotation.families import FamilySearch
from mirpre.annotation.matures import CONSERVED, DOUBTFUL, SUPPORTED, known_matures
from mirpre.annotation.records import KnownMature

LEAST = 0.002
WEAKEST = 8.0
"""Bits of a hit."""
SHORTEST, LONGEST = 42, 140
CHANCE = 10
"""Others that may have as high a score."""
# cmsearch refuses a model without these, on which a score in bits does not depend; cmcalibrate
# would take hours. They are those of one calibrated model.
E_VALUES = """ECMLC    0.45745    -8.96169     3.23973      200000       39823  0.003767
ECMGC    0.34269    -9.22064     3.04128      200000        3341  0.014966
ECMLI    0.36738    -9.44188     5.22800      200000       32863  0.004564
ECMGI    0.32745    -4.92005     7.45900      200000        2880  0.017361
"""
Hits = dict[int, tuple[float, str]]
"""Of a locus' number the best score and its family."""


def precursor_between_matures(line: dict[str, str]) -> str | None:
    """From the 5p to the 3p mature; of one with a single mature to what lies opposite to it."""
    text = line["sequence"]
    start, end = int(line["mature1_start"]) - 1, int(line["mature1_end"])
    if set(text) - set("ACGU"):
        return None
    if line["mature2_acc"]:
        return text[start : int(line["mature2_end"])]
    pairs = RNA.ptable(RNA.fold(text)[0])  # from 1; 0 is unpaired
    for off in range(10):
        if start + end < len(text):
            opposite = pairs[start + off + 1]
            if opposite > end:
                return text[start : opposite + off + 2]
        else:
            opposite = pairs[max(0, end - 2 - off)]
            if 0 < opposite <= start:
                return text[max(0, opposite - 1 - off) : end]
    return None


def members_of(
    precursors: Path, matures: Iterable[KnownMature], genera: dict[str, str]
) -> dict[str, list[tuple[str, str, str]]]:
    """Of each family the name, genus and sequence of its supported and conserved precursors."""
    families = {
        one.name: one.mirgenedb_family
        for one in matures
        if one.mirgenedb_family and one.support in (SUPPORTED, CONSERVED)
    }
    found: dict[str, list[tuple[str, str, str]]] = {}
    with precursors.open(encoding="utf-8") as lines:
        for line in csv.DictReader(lines, delimiter="\t"):
            family = families.get(line["mature1"]) or families.get(line["mature2"])
            text = precursor_between_matures(line) if family else None
            if family and text and SHORTEST <= len(text) <= LONGEST:
                name = line["name"]
                genus = genera.get(name.partition("-")[0], line["species"].split()[0])
                found.setdefault(family, []).append((name, genus, text))
    return found


def model_of(folder: Path, family: str, members: Sequence[tuple[str, str]]) -> Path:
    """A file with the family's model, made where it is not there."""
    digest = hashlib.sha1(repr((family, members)).encode(), usedforsecurity=False).hexdigest()
    path = folder / f"{digest[:12]}.cm"
    if path.exists():
        return path
    if len(members) > 1:
        aligned = _aligned(members)
        structure = RNA.alifold([text for _, text in aligned])[0]
    else:
        aligned, structure = list(members), RNA.fold(members[0][1])[0]
    lines = ["# STOCKHOLM 1.0", f"#=GF ID {family}", *(f"{n} {text}" for n, text in aligned)]
    lines += [f"#=GC SS_cons {structure.translate(str.maketrans('()', '<>'))}", "//", ""]
    alignment = path.with_suffix(".sto")
    alignment.write_text("\n".join(lines), encoding="ascii")
    made = path.with_suffix(".tmp")
    command = [_program("cmbuild"), "-F", str(made), str(alignment)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    text = made.read_text(encoding="ascii")
    at = text.index("\n", text.index("EFP7GF")) + 1
    made.write_text(text[:at] + E_VALUES + text[at:], encoding="ascii")
    return made.rename(path)


def _aligned(members: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    command = [_program("mafft"), "--quiet", "--auto", "--nuc", "-"]
    text = "".join(f">{name}\n{sequence}\n" for name, sequence in members)
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=True)
    blocks = [block.partition("\n") for block in done.stdout.split(">")[1:]]
    return [
        (head.split()[0], body.replace("\n", "").upper().replace("T", "U"))
        for head, _, body in blocks
    ]


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise SystemExit(f"{name} is not on the PATH")
    return path


def search(models: Iterable[Path], loci: Sequence[Locus], cutoffs: dict[str, float]) -> Hits:
    """The best hits on the loci's own strand, of families with a cutoff those from there on."""
    letters = easel.Alphabet.rna()
    block = easel.DigitalSequenceBlock(letters)
    for number, locus in enumerate(loci):
        text = easel.TextSequence(name=str(number), sequence="".join(locus.context))
        block.append(text.digitize(letters))
    found: Hits = {}
    for path in models:
        with CMFile(path) as file:
            queries = list(file)
        for query, hits in zip(queries, cmsearch(queries, block, cpus=1, T=WEAKEST), strict=True):
            family = _text(query.name).removesuffix(".PRE")
            for hit in hits:
                if hit.strand == "+" and hit.score >= cutoffs.get(family, WEAKEST):
                    number = int(_text(hit.name))
                    found[number] = max(found.get(number, (0.0, "")), (hit.score, family))
    return found


def _text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode()


def main() -> None:
    parser = options()
    parser.add_argument("models", type=Path)
    parser.add_argument("--precursors", type=Path, required=True)
    parser.add_argument("--trusted", nargs=2, type=Path, metavar=("DIRECTORY", "CUTOFFS"))
    args = parser.parse_args()
    args.models.mkdir(parents=True, exist_ok=True)
    matures = list(known_matures(args.known))
    genera = {h.partition("-")[0]: genus_of(h) for h, _ in read_fasta(args.mature)}
    flags, _ = flag_table(args.supported)
    others = [
        locus
        for genome in genomes_of(args.genomes, args.work, args.threads)
        if genome.name not in TRUE_GENOMES
        for locus in genome.loci
        if not locus.name and locus.probability >= LEAST
    ]
    members = members_of(args.precursors, matures, genera)
    row(
        [
            *("species", "supported", "with relatives, not named", "nearest is of the family"),
            *("model is of the family", f"and better than all but {CHANCE} of the others"),
        ]
    )
    row(["---"] * 6)
    for code in args.species:
        species = species_at(args, code)
        left = without(matures, genera, "genus", code)
        related = {one.mirgenedb_family for one in left if one.support != DOUBTFUL} - {""}
        models = []
        for family, every in members.items():
            mine = {text: name for name, genus, text in every if genus != genera[code]}
            if mine:
                one = [(name, text) for text, name in mine.items()]
                models.append(model_of(args.models, family, one))
        hits = search(models, [*species.loci, *others], {})
        first = len(species.loci)
        chance = sorted((hits[i][0] for i in hits if i >= first), reverse=True)[CHANCE]
        near = nearest(FamilySearch(left), species.loci)
        missed = [
            (i, flags[locus.name.lower()])
            for i, locus in enumerate(species.loci)
            if flags[locus.name.lower()] in related and near[i].family is None
        ]
        of_nearest = sum(
            best is not None and best.mature.mirgenedb_family == family
            for i, family in missed
            for best in [near[i].best]
        )
        right = [hits[i][0] for i, family in missed if i in hits and hits[i][1] == family]
        above = sum(score > chance for score in right)
        row([code, len(species.supported), len(missed), of_nearest, len(right), above])
    if args.trusted is None:
        return
    folder, cutoff_file = args.trusted
    with cutoff_file.open(encoding="utf-8") as lines:
        cutoffs = {
            name: float(least) for name, least in list(csv.reader(lines, delimiter="\t"))[1:]
        }
    print()
    row(["loci of", "loci", "index with the species", "models", "and of the right family"])
    row(["---"] * 5)
    search_all, files = FamilySearch(matures), sorted(folder.glob("*.CM"))
    for code in [*args.species, "others"]:
        loci = others if code == "others" else species_at(args, code).loci
        hits = search(files, loci, cutoffs)
        named = sum(one.family is not None for one in nearest(search_all, loci))
        agree = sum(flags.get(loci[i].name.lower()) == family for i, (_, family) in hits.items())
        row([code, len(loci), named, len(hits), agree])


if __name__ == "__main__":
    main()
