"""Recall of the genome scan's stages against what they let through.

Precursors of MirGeneDB (FASTA of *_pre sequences), each in its miRBase hairpin and real window
where these are given, else between pieces of the windows' own flanks:

    python bench/scan_recall.py --hairpins hairpin.fa --mature mature.fa \\
        --supported supported.tsv \\
        --windows hsa_real.fa --windows mmu_real.fa ... --flanks human_transcripts.fa \\
        --mirgenedb hsa_mirgenedb.fa ... --species mmu --species cel --species dme \\
        --genome yeast.fa --genome ecoli.fa

Annotated genomes:  python bench/scan_recall.py --annotated ebv.fa ebv.mirna.bed
"""

import argparse
from pathlib import Path

import numpy as np
from scan_data import by_species, judge, precursor_of, read_fasta, set_into, truth_in

from mirpre.formats.genome import Stretch
from mirpre.scan.letters import opposite_strand, to_letters
from mirpre.scan.scanning import best_of, scan_batch, score_hairpins
from mirpre.scan.search import cut_out, places
from mirpre.scan.settings import PRESETS, ScanSettings, SearchSettings
from mirpre.scan.shortlist import load_network
from mirpre.timing import StageSeconds

SCORES = (-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4)


def mirgenedb(path, hairpins, windows, flanks):
    """Text and truths of a file of MirGeneDB precursors."""
    records = []
    for header, sequence in read_fasta(path):
        n = len(sequence)
        loop = (n // 2 - 3, n // 2 + 3)
        hairpin = next((h for h in hairpins if sequence in h), None)
        if hairpin:
            at = hairpin.index(sequence)
            whole = (at, at + n)
            middle = (at + loop[0], at + loop[1])
            truth = truth_in(header.split()[0], *whole, middle, (0, len(hairpin)))
            records.append((hairpin, truth))
        else:
            records.append((sequence, truth_in(header.split()[0], 0, n, loop)))
    return set_into(records, windows, flanks)


def settings_of(preset, least_score=None):
    return ScanSettings(
        search=SearchSettings(span=preset.span, least=preset.least_stem),
        network=preset.network,
        least_score=preset.least_score if least_score is None else least_score,
    )


def whole(text):
    return [Stretch("text", 0, text.encode(), 0, len(text))]


def report(name, text, truths, real, presets):
    """Lines of recall: search alone, then each preset's cascade with merging."""
    letters = to_letters(text.encode())
    for preset_name in presets:
        preset = PRESETS[preset_name]
        settings = settings_of(preset)
        found = cut_out(letters, places(letters, settings.search), settings.search)
        long_enough = found.hairpins[:, 1] - found.hairpins[:, 0] >= settings.min_length
        starts, ends = found.hairpins[long_enough, 0], found.hairpins[long_enough, 1]
        covered, exact = judge(truths, starts, ends)
        share = f"{real.mean():.2f}" if real is not None else "1.00"
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


def curve(sets, genomes, preset, plot):
    """Recall over all sets, and candidates per Mb of each genome, by the network's threshold."""
    settings, network = settings_of(preset), load_network(preset.network)

    def scored(letters):
        return score_hairpins(letters, settings, network, StageSeconds())

    genome_scores = []
    for genome in genomes:
        letters = to_letters("".join(s + "N" * 400 for _, s in read_fasta(genome)).encode())
        size = sum(letters.count(code) for code in range(4)) / 1e6
        strands = (letters, opposite_strand(letters))
        hits = [scored(strand) for strand in strands]
        genome_scores.append((size, hits))
        found = [len(places(strand, settings.search)) // 4 for strand in strands]
        merged = sum(len(best_of(h, s)) for h, s in hits)
        hairpins = sum(len(h) for h, _ in hits)
        print(
            f"{Path(genome).name}: per Mb, both strands: {sum(found) / size:.0f} places, "
            f"{hairpins / size:.0f} hairpins, {merged / size:.0f} when merged"
        )
    print("\nthreshold\tcovers\tends\t" + "\t".join(Path(g).name for g in genomes))
    scored_sets = [(truths, *scored(to_letters(text.encode()))) for text, truths, _ in sets]
    table = []
    for score in SCORES:
        marks = [
            judge(truths, h[s >= 256 * score, 0], h[s >= 256 * score, 1])
            for truths, h, s in scored_sets
        ]
        covered, exact = (np.concatenate([m[k] for m in marks]).mean() for k in (0, 1))
        rates = []
        for size, hits in genome_scores:
            passed = sum(len(best_of(h[s >= 256 * score], s[s >= 256 * score])) for h, s in hits)
            rates.append(passed / size)
        table.append((covered, *rates))
        shown = "\t".join(f"{rate:.0f}" for rate in rates)
        print(f"{score}\t{covered:.4f}\t{exact:.4f}\t{shown}", flush=True)
    if plot:
        draw(np.array(table), [Path(g).stem for g in genomes], plot)


def draw(table, names, path):
    """Recall against candidates per Mb, one line a genome."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4))
    for column, name in enumerate(names, 1):
        axes.plot(table[:, column], 100 * table[:, 0], marker="o", label=name)
    for k, score in enumerate(SCORES):
        axes.annotate(str(score), (table[k, 1], 100 * table[k, 0]), fontsize=7)
    axes.set_xscale("log")
    axes.set_xlabel("candidates per Mb, both strands")
    axes.set_ylabel("precursors with a candidate (%)")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.endswith(".svg") else None)


def annotated(genome, bed, presets):
    """Recall of the loci of a BED file in their genome, on the right strand."""
    contigs = {header.split()[0]: s for header, s in read_fasta(genome)}
    truths = {}
    with open(bed, encoding="utf-8") as lines:
        for line in lines:
            contig, start, end, name, _, strand = line.rstrip("\n").split("\t")[:6]
            truths.setdefault((contig, strand), []).append((int(start), int(end), name))
    for preset_name in presets:
        settings = settings_of(PRESETS[preset_name])
        total = ok = close = 0
        missed = []
        for (contig, strand), loci in truths.items():
            text = contigs[contig]
            kept = scan_batch(settings, whole(text)).candidates
            search = to_letters(text.encode())
            if strand == "-":
                search = opposite_strand(search)
            found = cut_out(search, places(search, settings.search), settings.search).hairpins
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


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hairpins")
    parser.add_argument("--mature")
    parser.add_argument("--supported")
    for option in ("windows", "flanks", "mirgenedb", "species", "genome"):
        parser.add_argument(f"--{option}", action="append", default=[])
    parser.add_argument("--annotated", nargs=2, action="append", default=[])
    parser.add_argument("--preset", action="append", choices=list(PRESETS))
    parser.add_argument("--plot", help="draw the curve here (needs matplotlib)")
    parser.add_argument("--plants", action="store_true", help="take MIR names of --species")
    args = parser.parse_args()
    presets = args.preset or list(PRESETS)
    for genome, bed in args.annotated:
        annotated(genome, bed, presets)
    if not (args.mirgenedb or args.species):
        return
    windows = [s for path in args.windows for _, s in read_fasta(path)]
    flanks = [s for path in args.flanks for _, s in read_fasta(path) if len(s) > 400]
    hairpins = read_fasta(args.hairpins)
    groups = by_species(read_fasta(args.mature))
    print("set\tpreset\tstage\tprecursors\tin real windows\tcovers\tends\tmissed")
    sets = []
    for path in args.mirgenedb:
        text, truths, real = mirgenedb(path, [s for _, s in hairpins], windows, flanks)
        sets.append((text, truths, real))
        report(Path(path).stem, text, truths, real, presets)
    supported = set()
    if args.supported:
        with open(args.supported, encoding="utf-8") as lines:
            supported = {line.split("\t")[0] for line in lines}
    for species in args.species:
        records = []
        for header, sequence in hairpins:
            name, accession = header.split()[:2]
            wanted = args.plants == ("MIR" in name) and (not supported or accession in supported)
            if name.startswith(species + "-") and wanted:
                truth = precursor_of(name, sequence, groups)
                if truth:
                    records.append((sequence, truth))
        text, truths, real = set_into(records, windows, flanks)
        sets.append((text, truths, real))
        report(f"miRBase {species}", text, truths, real, presets)
    if args.genome:
        curve(sets, args.genome, PRESETS[presets[0]], args.plot)


if __name__ == "__main__":
    main()
