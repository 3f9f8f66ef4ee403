"""Make the index of known matures that ``mirpre annotate`` searches.

python -m bench.weights.known_index --mature mature.fa --supported supported.tsv \\
    --background human_transcripts.fa human_mrna.fa -o mirpre/annotation/known/mirbase22.tsv.gz

A complete miRBase file gives the complete index. --supported is the flag table: accession and
name of a precursor, MirGeneDB's names of its matures. --background are sequences in which
mobile elements and simple repeats are, and few precursors: a mature that comes again in them is
left out as derived from a repeat.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.shared.scan_data import read_fasta
from mirpre.annotation.families import Context, FamilySearch
from mirpre.annotation.matures import (
    CONSERVED,
    DOUBTFUL,
    INDEX_COLUMNS,
    LONGEST,
    SHORTEST,
    SINGLE,
    SUPPORTED,
    SUPPORTS,
    mirgenedb_family_of,
    of_fasta,
)
from mirpre.annotation.records import KnownMature
from mirpre.formats.output import open_output
from mirpre.records import Hairpin
from mirpre.scanning.letters import reverse_complement

REPEATED = 2
"""Places in the background, not exact ones, from which on a mature is a repeat's."""
LEAST = {SUPPORTED: 14, CONSERVED: 14, SINGLE: 18, DOUBTFUL: 18}
"""Of such a place: matches less twice the mismatches, by the support of the mature."""
_ARM = re.compile(r"-[35]p\b.*$")
_COPY = re.compile(r"^(\w+-.*-.*\w)-\d+$")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mature", required=True)
    parser.add_argument("--supported", required=True)
    parser.add_argument("--background", nargs="*", default=[])
    parser.add_argument(
        "--every-species",
        action="store_true",
        help="keep all of equal sequences, for measurements that leave species out",
    )
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    matures, left_out = index(args.mature, args.supported, args.background)
    if not args.every_species:
        matures = one_of_each(matures)
    digest = hashlib.sha256(Path(args.mature).read_bytes()).hexdigest()
    counts = Counter(mature.support for mature in matures)
    with open_output(args.output) as out:
        out.write("# known mature sequences, of miRBase (public domain); see docs/annotate.md\n")
        out.write(f"# mature-sha256: {digest}\n")
        for name in SUPPORTS:
            out.write(f"# {name}: {counts[name]}\n")
        for reason, number in sorted(left_out.items()):
            out.write(f"# left out, {reason}: {number}\n")
        out.write("\t".join(INDEX_COLUMNS) + "\n")
        for mature in matures:
            fields = (getattr(mature, name) for name in INDEX_COLUMNS)
            out.write("\t".join("" if f is None else str(f) for f in fields) + "\n")
    print(f"{len(matures)} matures ({dict(counts)}), left out {dict(left_out)}")


def index(
    mature: str, supported: str, background: list[str]
) -> tuple[list[KnownMature], Counter[str]]:
    """All matures that are kept, in the file's order, and how many are not by reason."""
    flags, listed = flag_table(supported)
    records = read_fasta(mature)
    genera: dict[str, set[str]] = defaultdict(set)
    found = []
    for header, sequence in records:
        one = of_fasta(Hairpin(header, sequence))
        found.append((one, genus_of(header)))
        genera[one.family].add(genus_of(header))
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for one, _ in found:
        group = flags.get(_ARM.sub("", one.name).lower())
        if group is not None:
            groups[one.family][group] += 1
    kept: list[KnownMature] = []
    left_out: Counter[str] = Counter()
    for one, _ in found:
        species = one.name.partition("-")[0]
        group = flags.get(_ARM.sub("", one.name).lower())
        if group is not None:
            support = SUPPORTED
        elif species in listed:
            support = DOUBTFUL
        else:
            support = CONSERVED if len(genera[one.family]) > 1 else SINGLE
        if not SHORTEST <= len(one.sequence) <= LONGEST or one.sequence.strip("ACGU"):
            left_out["length or letters"] += 1
        else:
            fields = (one.name, one.sequence, one.family, one.arm, one.accession)
            kept.append(KnownMature(*fields, group or common(groups[one.family]), support))
    search = FamilySearch(kept)
    complex_enough = {one.sequence for one in search.matures}
    left_out["low complexity"] = sum(one.sequence not in complex_enough for one in kept)
    kept = [one for one in kept if one.sequence in complex_enough]
    repeats = repeated(search, background)
    left_out["derived from repeats"] = sum(one.sequence in repeats for one in kept)
    for one in kept:
        if one.sequence in repeats and one.support == SUPPORTED:
            print(f"supported, and left out as derived from a repeat: {one.name}")
    return [one for one in kept if one.sequence not in repeats], left_out


def common(groups: Counter[str]) -> str:
    """MirGeneDB's family of nine tenths of the flagged matures of a family, or nothing."""
    name, number = groups.most_common(1)[0] if groups else ("", 0)
    return name if number >= 0.9 * groups.total() else ""


def one_of_each(matures: list[KnownMature]) -> list[KnownMature]:
    """The best supported one of equal sequences, of these the first, in their order."""
    best: dict[str, KnownMature] = {}
    for support in SUPPORTS:
        for mature in matures:
            if mature.support == support:
                best.setdefault(mature.sequence, mature)
    entries = Counter(mature.sequence for mature in matures)
    return [
        replace(mature, entries=entries[mature.sequence])
        for mature in matures
        if best[mature.sequence] is mature
    ]


def genus_of(header: str) -> str:
    """``Caenorhabditis`` of miRBase's header; the species' code where there is no name."""
    words = header.split()
    return words[2] if len(words) > 2 else words[0].partition("-")[0]


def flag_table(path: str) -> tuple[dict[str, str], set[str]]:
    """MirGeneDB's family by the name of the precursor, with and without the number of its copy;
    and the species that the table has."""
    flags: dict[str, str] = {}
    species = set()
    with Path(path).open(encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            _, name, identifiers = line.rstrip("\n").split("\t")
            family = mirgenedb_family_of(identifiers)
            species.add(name.partition("-")[0])
            flags.setdefault(name.lower(), family)
            copy = _COPY.match(name.lower())
            if copy:
                flags.setdefault(copy[1], family)
    return flags, species


def repeated(search: FamilySearch, background: list[str]) -> set[str]:
    """Sequences of matures that come from repeats.

    Counted are background sequences, of either strand, that have a place with a score from
    LEAST on; exact places are left out, since they may be genes. A supported mature goes
    by its own places, all others by those of their families, which are as good a sign.
    """
    own: Counter[str] = Counter()
    families: dict[str, set[str]] = defaultdict(set)
    least = np.array([LEAST[mature.support] for mature in search.matures], np.int64)
    for path in background:
        for header, sequence in read_fasta(path):
            both = [Context("", text, "") for text in (sequence, reverse_complement(sequence))]
            places = search.places(both)
            score = places.matches - 2 * places.mismatches
            good = (score >= least[places.mature]) & (places.mismatches > 0)
            pairs = zip(places.mature[good].tolist(), places.owner[good].tolist(), strict=True)
            for row, strand in set(pairs):
                mature = search.matures[row]
                own[mature.sequence] += 1
                families[mature.family].add(f"{header} {strand}")
    return {
        one.sequence
        for one in search.matures
        if own[one.sequence] >= REPEATED
        or (one.support != SUPPORTED and len(families[one.family]) >= REPEATED)
    }


if __name__ == "__main__":
    main()
