"""Precursors that a scan's search loses, by kind and by the stage that loses them.

    python -m bench.evidence.scan_lost --hairpins hairpin.fa --mature mature.fa \\
        --precursors precursors.tsv --supported supported.tsv \\
        --windows {cel,cfa,dme,hsa,mmu,rno}_real.fa --flanks human_transcripts.fa

Supported precursors of animals, precursors of viruses and mirtrons (named by Ruby et al. 2007, doi
10.1038/nature05983, and Berezikov et al. 2007, doi 10.1016/j.molcel.2007.09.028), in their windows
or between pieces of transcripts. A precursor stays as long as a hairpin on its strand covers it
(80 % with its loop), and is found where a candidate shares at least half of it. Many entries of
miRBase are off their precursor's middle, so that more are found than are covered; some are bare:
they end with the mature sequences, and what is set beside those is no stem.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.evidence.scan_recall import settings_of, whole
from bench.shared.scan_data import (
    Truth,
    by_species,
    found_at,
    has_both_arms,
    judge,
    mature_spots,
    precursor_of,
    read_fasta,
    set_into,
)
from bench.weights.scan_examples import is_plant, split_of
from mirpre.folding import open_folder
from mirpre.scanning.letters import to_letters
from mirpre.scanning.search import cut_out, stem_centres
from mirpre.scanning.settings import PRESETS
from mirpre.scanning.shortlist import network
from mirpre.scanning.stages import scan_batch

Bools = NDArray[np.bool_]
STEM = 5
"""Letters of stem beside the mature sequences below which an entry is bare."""
SHORT, RICH = 52, 0.7
MIRTRONS = {f"dme-mir-{number}" for number in range(1003, 1017)} | {
    f"{species}-mir-{number}"
    for species in ("hsa", "mml", "ptr", "mmu", "rno", "bta")
    for number in (877, *range(1224, 1242))
}


@dataclass
class Entry:
    """A precursor, and what is known of its entry."""

    sequence: str
    truth: Truth
    virus: bool
    supported: bool
    bare: bool


def entries(args: argparse.Namespace) -> list[Entry]:
    mature, found = by_species(read_fasta(args.mature)), []
    with open(args.supported, encoding="utf-8") as lines:
        supported = {line.split("\t")[0] for line in lines}
    with open(args.precursors, encoding="utf-8", newline="") as lines:
        viruses = {
            row["name"]
            for row in csv.DictReader(lines, delimiter="\t")
            if row["clade"].startswith("Virus")
        }
    for header, sequence in read_fasta(args.hairpins):
        name, accession = header.split()[:2]
        wanted = accession in supported or name in viruses or name in MIRTRONS
        truth = precursor_of(name, sequence, mature) if wanted else None
        if truth is None or is_plant(name) or set(sequence) - set("ACGU"):
            continue
        spots = mature_spots(name, sequence, mature)
        both = has_both_arms(name, sequence, mature)
        bare = both and min(spots[0][0], len(sequence) - spots[-1][1]) < STEM
        found.append(Entry(sequence, truth, name in viruses, accession in supported, bare))
    return found


def loops(sequences: list[str]) -> NDArray[np.int64]:
    """Hairpin loops of each one's structure of minimum free energy."""
    with open_folder() as (folder, _):
        folds = folder.fold(sequences)
    return np.array([structure.replace(".", "").count("()") for structure, _ in folds])


def stages(text: str, truths: list[Truth], preset: str) -> dict[str, Bools]:
    """Which precursors each stage of a preset leaves covered, and which are found in the end."""
    settings, letters = settings_of(PRESETS[preset]), to_letters(text.encode())
    hairpins, ladders = cut_out(letters, stem_centres(letters, settings.search), settings.search)
    kept = {"search": judge(truths, hairpins[:, 0], hairpins[:, 1])[0]}
    total = np.zeros(len(hairpins), np.int64)
    passing = hairpins[:, 1] - hairpins[:, 0] >= settings.min_length
    for number, look in enumerate(settings.looks, 1):
        total += network(look.network).scores(ladders)
        passing &= total // number >= look.least_score
        kept[look.network] = judge(truths, hairpins[passing, 0], hairpins[passing, 1])[0]
    places = [c.locus for c in scan_batch(settings, whole(text)).candidates]
    starts = np.array([place.start for place in places if place.strand == "+"])
    ends = np.array([place.end for place in places if place.strand == "+"])
    kept["candidate"] = judge(truths, starts, ends)[0]
    kept["found"] = found_at(truths, starts, ends)
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("hairpins", "mature", "precursors", "supported"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("windows", "flanks"):
        parser.add_argument(f"--{name}", nargs="+", default=[])
    parser.add_argument("--preset", choices=list(PRESETS), default="default")
    parser.add_argument("--names", action="store_true", help="name those that are not found")
    args = parser.parse_args()
    known = entries(args)
    windows = [s for path in args.windows for _, s in read_fasta(path)]
    flanks = [s for path in args.flanks for _, s in read_fasta(path) if len(s) > 400]
    text, truths, _ = set_into([(e.sequence, e.truth) for e in known], windows, flanks)
    kept = stages(text, truths, args.preset)
    names = [e.truth.name for e in known]
    supported = np.array([e.supported for e in known])
    bare = np.array([e.bare for e in known])
    rich = np.array([sum(map(e.sequence.count, "GC")) > RICH * len(e.sequence) for e in known])
    short = np.array([t.end - t.start < SHORT for t in truths])
    branched = loops([e.sequence for e in known]) > 1
    virus = np.array([e.virus for e in known])
    mirtron = np.array([name in MIRTRONS for name in names])
    unseen = np.array([split_of(name) == "test" for name in names])
    whole_ones = supported & ~bare
    kinds = {
        "supported, all": supported,
        "supported, bare entries": supported & bare,
        "supported, with their stem": whole_ones,
        "with their stem, GC above 70 %": whole_ones & rich,
        "with their stem, mature to mature below 52 nt": whole_ones & short,
        "with their stem, branched": whole_ones & branched,
        "with their stem, of test families": whole_ones & unseen,
        "supported mir-425": supported & np.array(["-mir-425" in name for name in names]),
        "mirtrons": mirtron,
        "viruses": virus,
        "viruses, mature to mature below 52 nt": virus & short,
        "viruses, GC above 70 %": virus & rich,
        "viruses, test families": virus & unseen,
    }
    print("kind\tprecursors\t" + "\t".join(kept))
    for name, of in kinds.items():
        print(
            f"{name}\t{of.sum()}\t" + "\t".join(f"{100 * k[of].mean():.1f}" for k in kept.values())
        )
    if args.names:
        lost = ~kept["found"]
        for what, of in (
            ("with their stem", whole_ones),
            ("mirtrons", mirtron),
            ("viruses", virus),
        ):
            print(f"not found, {what}:", *np.array(names)[of & lost])


if __name__ == "__main__":
    main()
