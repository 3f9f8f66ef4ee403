"""Recall against candidates per Mb, for each of the scan's first three stages.

    python -m bench.evidence.scan_curve --hairpins hairpin.fa --mature mature.fa \\
        --supported supported.tsv --windows hsa_real.fa ... --flanks human_transcripts.fa \\
        --mirgenedb hsa_mirgenedb.fa ... --species mmu --species cel --species dme \\
        --genome yeast.fa --genome ecoli.fa --plot docs/evidence/figures/scan_curve.svg

Stage 1 by its score: precursors covered by a hairpin of a place with that score, and places.
Stage 2 by energy: precursors covered by a hairpin with that energy, and hairpins. Stage 3 by the
log-odds of the small network alone, and of the large one on what the preset's first look lets
pass: the same, and candidates when merged. Stages 2 and 3 at the preset's search.
Places and candidates of both strands.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.evidence.scan_recall import add_sets, sets_of, settings_of, without_bound
from bench.shared.scan_data import Truth, judge, read_fasta
from mirpre.scanning.letters import opposite_strand, to_letters
from mirpre.scanning.search import cut_out, stem_centres
from mirpre.scanning.settings import PRESETS, ScanSettings, SearchSettings
from mirpre.scanning.stages import best_of, score_hairpins
from mirpre.timing import StageSeconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Hits = dict[str, tuple[NDArray[np.int32], NDArray[np.int32]]]
STEMS = (14, 16, 18, 20, 22, 24, 26, 28, 30)
ENERGIES = (-5, -10, -15, -20, -25, -30, -35, -40)
SCORES = (-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5)
STAGES = {
    "1": "stem score from",
    "2": "kcal/mol up to",
    "3 small": "log-odds from",
    "3 large": "log-odds from",
}


def hits(letters: bytes, settings: ScanSettings) -> Hits:
    """By network: hairpins that it sees and their scores."""
    small = dataclasses.replace(settings, looks=settings.looks[:1])
    return {
        stage: score_hairpins(letters, without_bound(some), StageSeconds())
        for stage, some in (("3 small", small), ("3 large", settings))
    }


class Genome:
    """What the stages find on both strands of a FASTA file."""

    def __init__(self, path: str, settings: ScanSettings) -> None:
        self.name = Path(path).stem
        letters = to_letters("".join(s + "N" * 400 for _, s in read_fasta(path)).encode())
        self.size = sum(letters.count(code) for code in range(4)) / 1e6
        self.strands = (letters, opposite_strand(letters))
        self.hits = [hits(s, settings) for s in self.strands]

    def rate(self, stage: str, bound: int, settings: ScanSettings) -> float:
        if stage == "1":
            search = SearchSettings(span=settings.search.span, least=bound)
            return sum(len(stem_centres(s, search)) // 4 for s in self.strands) / self.size
        if stage == "2":
            all_of = (strand["3 small"][0] for strand in self.hits)
            unique = (np.unique(h[h[:, 2] <= 10 * bound, :2], axis=0) for h in all_of)
            return sum(map(len, unique)) / self.size
        scored = (strand[stage] for strand in self.hits)
        found = (best_of(h[s >= 256 * bound], s[s >= 256 * bound]) for h, s in scored)
        return sum(map(len, found)) / self.size


def recall(
    sets: list[tuple[bytes, list[Truth], Hits]], stage: str, bound: int, settings: ScanSettings
) -> list[float]:
    """Shares of all precursors that are covered, and that are covered with their ends."""
    marks = []
    for text, truths, found_by in sets:
        hairpins, scores = found_by.get(stage, found_by["3 small"])
        if stage == "1":
            letters = to_letters(text)
            search = SearchSettings(span=settings.search.span, least=bound)
            found = cut_out(letters, stem_centres(letters, search), search).hairpins
            found = found[found[:, 1] - found[:, 0] >= settings.min_length]
        elif stage == "2":
            found = hairpins[hairpins[:, 2] <= 10 * bound]
        else:
            found = hairpins[scores >= 256 * bound]
        marks.append(judge(truths, found[:, 0], found[:, 1]))
    return [float(np.concatenate([mark[k] for mark in marks]).mean()) for k in (0, 1)]


def draw(
    tables: dict[str, tuple[tuple[int, ...], NDArray[np.float64]]], names: list[str], path: str
) -> None:
    """A panel for each stage, a line for each genome."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "scan_curve"
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 4, figsize=(14, 4), sharey=True)
    for axes, (stage, (bounds, table)) in zip(panels, tables.items(), strict=True):
        for column, name in enumerate(names, 2):
            axes.plot(table[:, column], 100 * table[:, 0], marker=".", label=name)
        axes.set_xscale("log")
        axes.set_ylim(60, 103)
        _name_bounds(axes, bounds, table)
        axes.set_title(f"stage {stage}, {STAGES[stage]}", fontsize=10)
        axes.set_xlabel(("places", "hairpins", "candidates")[int(stage[0]) - 1] + " per Mb")
    panels[0].set_ylabel("precursors covered (%)")
    panels[0].legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.endswith(".svg") else None)


ROOM = 16
"""Points between two names of bounds, so that they do not lie on one another."""


def _name_bounds(axes: Axes, bounds: Sequence[int], table: NDArray[np.float64]) -> None:
    """Names of the bounds along the first genome's line, on its left, as far as there is room."""
    axes.figure.canvas.draw()
    named: list[NDArray[np.float64]] = []
    for bound, row in zip(bounds, table, strict=True):
        if 100 * row[0] < axes.get_ylim()[0]:
            continue
        at = axes.transData.transform((row[2], 100 * row[0])) * 72 / axes.figure.dpi
        if all(np.abs(at - other).max() >= ROOM for other in named):
            named.append(at)
            axes.annotate(
                str(bound),
                (row[2], 100 * row[0]),
                xytext=(-1, 4),
                textcoords="offset points",
                ha="right",
                fontsize=7,
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_sets(parser)
    parser.add_argument("--genome", action="append", default=[])
    parser.add_argument("--preset", choices=list(PRESETS), default="default")
    parser.add_argument("--plot", help="draw the curves here (needs matplotlib)")
    args = parser.parse_args()
    # From further down than presets begin, so that the curves of stages 2 and 3 are whole.
    settings = settings_of(dataclasses.replace(PRESETS[args.preset], least_stem=18))
    genomes = [Genome(path, settings) for path in args.genome]
    sets: list[tuple[bytes, list[Truth], Hits]] = []
    for _, text, truths, _ in sets_of(args):
        letters = to_letters(text.encode())
        sets.append((text.encode(), truths, hits(letters, settings)))
    tables: dict[str, tuple[tuple[int, ...], NDArray[np.float64]]] = {}
    for stage, bounds in zip(STAGES, (STEMS, ENERGIES, SCORES, SCORES), strict=True):
        print(
            f"stage {stage}, {STAGES[stage]}\tcovers\tends\t" + "\t".join(g.name for g in genomes)
        )
        table: list[tuple[float, ...]] = []
        for bound in bounds:
            rates = [genome.rate(stage, bound, settings) for genome in genomes]
            table.append((*recall(sets, stage, bound, settings), *rates))
            shown = "\t".join(f"{rate:.0f}" for rate in rates)
            print(f"{bound}\t{table[-1][0]:.4f}\t{table[-1][1]:.4f}\t{shown}", flush=True)
        tables[stage] = bounds, np.array(table)
    if args.plot:
        draw(tables, [genome.name for genome in genomes], args.plot)


if __name__ == "__main__":
    main()
