"""Train the network of the genome scan's third stage.

python -m bench.weights.train_scan --hairpins hairpin.fa --mature mature.fa \\
    --supported supported.tsv --windows hsa_real.fa ... \\
    --background human_transcripts.fa --background tRNA.fa ... -o mirpre/scanning/weights/animal

Positives are miRBase precursors set in their genomic window where one is given, else between
random pieces of the first background. Negatives come from the backgrounds, from random sequence
with their dinucleotides, from made inverted repeats and satellites, and from the precursors read
backwards, both strands. All are cut out by stages 1 and 2; some have lost their flanks, as at the
end of a contig. The second
round learns from the negatives that the first could not tell, and from some of the others, which
weigh more since they stand for more. Families are divided into training (80 %), validation (8 %)
and test (12 %) by their name's hash; only the validation families are looked at here.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.shared.scan_data import read_fasta
from bench.weights.made_repeats import inverted_repeats, satellites
from bench.weights.scan_examples import (
    Ladders,
    Positives,
    made,
    negatives,
    positives,
    without_flanks,
)
from mirpre.scanning.search import COLUMNS
from mirpre.scanning.settings import SearchSettings
from mirpre.scanning.shortlist import LadderNetwork, load_network
from mirpre.training.recipe import load_tensorflow
from mirpre.training.scan_network import (
    POOLED,
    ladder_network,
    set_integer_weights,
    write_network,
)

if TYPE_CHECKING:
    import keras

WRONG_WEIGHT = 0.3
MIRROR_WEIGHT = 0.3
EASY_WEIGHT = 3.0
BARE = 0.25
"""Share of the hairpins that are learned as at a contig's end, without some of their flanks."""
RECALLS = (0.8, 0.9, 0.95, 0.98, 0.99)


def fit(
    model: keras.Model,
    rows: NDArray[np.int32],
    labels: NDArray[np.float32],
    weights: NDArray[np.float32],
    epochs: int,
    rate: float,
    seed: int,
) -> None:
    import keras
    from keras.optimizers.schedules import CosineDecay

    schedule = CosineDecay(rate, epochs * (len(rows) // 512))
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=1e-4),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    keras.utils.set_random_seed(seed)
    model.fit(rows, labels, 512, epochs, sample_weight=weights, verbose=2)


def passes(
    network: LadderNetwork, yes: Positives, negatives_held: Ladders
) -> dict[str, dict[str, float]]:
    """By recall of supported precursors of the validation families: log-odds, and the share of
    the negatives that passes."""
    mine = (yes.splits == "validation") & yes.supported
    names, scores = yes.names[mine], network.scores(yes.ladders[mine])
    highest: dict[str, int] = {}
    for name, score in zip(names.tolist(), scores.tolist(), strict=True):
        highest[name] = max(score, highest.get(name, score))
    best = np.array(list(highest.values()))
    against = np.sort(network.scores(negatives_held))
    found = {}
    for recall in RECALLS:
        at = np.quantile(best, 1 - recall)
        share = 1 - np.searchsorted(against, at) / len(against)
        found[f"recall {recall:g}"] = {"log_odds": round(at / 256, 2), "passes": round(share, 6)}
        print(f"  validation: recall {recall:g} at {at / 256:.2f}, passes {share:.6f}")
    return found


def without_all_flanks(yes: Positives) -> Positives:
    """The same precursors, each at a contig's end."""
    return replace(yes, ladders=without_flanks(yes.ladders, np.random.default_rng(1), 1))


def hardest(network: LadderNetwork, no: Ladders, most: int, rng: np.random.Generator) -> Ladders:
    """So many negatives that a network calls most, and as many of the others."""
    order = np.argsort(-network.scores(no), kind="stable")
    easy = rng.permutation(order[most:])
    return no[np.r_[order[:most], easy[:most]]]


def train(args: argparse.Namespace, yes: Positives, no: Ladders) -> None:
    """Rounds of training, from the second on with the hardest negatives by the one before."""
    drawn = np.random.default_rng(args.seed)
    drawn.shuffle(no)
    held, no = no[: len(no) // 10], no[len(no) // 10 :]
    columns = -(-int(np.count_nonzero(yes.ladders, 1).max()) // POOLED) * POOLED
    no = no[np.count_nonzero(no, 1) <= columns]
    print(f"{len(no)} negatives, {len(held)} held back, {columns} columns", flush=True)
    model, start = ladder_network(columns), time.time()
    training = yes.splits == "train"
    chosen, heavy = no[: 2 * args.most], 1.0
    if args.start:
        before = load_network(args.start.name, args.start.parent)
        set_integer_weights(model, before.weights, before.biases)
        print("the network to begin with:")
        passes(before, yes, held)
        passes(before, without_all_flanks(yes), held)
        chosen, heavy = hardest(before, no, args.most, drawn), EASY_WEIGHT
    wrong = yes.wrong if args.plants else yes.wrong[:0]
    mirrored = yes.mirrored[drawn.permutation(len(yes.mirrored))[: args.mirrored]]
    mirrored = mirrored[np.count_nonzero(mirrored, 1) <= columns]
    for number, epochs in enumerate(args.epochs, 1):
        rows = np.concatenate([yes.ladders[training], chosen, wrong, mirrored])[:, :columns]
        rows = without_flanks(rows, drawn, BARE)
        labels = np.zeros(len(rows), np.float32)
        labels[: training.sum()] = 1
        weights = np.ones(len(rows), np.float32)
        weights[training.sum() + args.most :] = heavy
        scale = weights[training.sum() :].sum() / yes.weights[training].sum() / 4
        weights[: training.sum()] = yes.weights[training] * scale
        weights[training.sum() + len(chosen) :] = WRONG_WEIGHT
        weights[len(rows) - len(mirrored) :] = MIRROR_WEIGHT
        order = drawn.permutation(len(rows))
        data = rows[order].astype(np.int32), labels[order], weights[order]
        fit(model, *data, epochs, args.rate, args.seed)
        card: dict[str, Any] = {
            "name": args.output.name,
            "trained_by": "bench/weights/train_scan.py",
            "positives": int(training.sum()),
            "negatives": len(chosen),
            "negatives_to_choose_from": len(no),
            "mirrored_precursors": len(mirrored),
            "without_all_flanks": BARE,
            "span": args.span,
            "columns": columns,
            "rounds": number,
            "epochs": args.epochs[:number],
            "seed": args.seed,
            "began_with": args.began_with,
            "split": "by family: 80 % training, 8 % validation, 12 % test",
            "precursors_not_learned": args.unseen,
        }
        write_network(model, args.output, card)
        network = load_network(args.output.name, args.output.parent)
        print(f"round {number}: {time.time() - start:.0f} s")
        card["supported_precursors_of_validation_families"] = passes(network, yes, held)
        card["the_same_without_all_flanks"] = passes(network, without_all_flanks(yes), held)
        write_network(model, args.output, card)
        chosen, heavy = hardest(network, no, args.most, drawn), EASY_WEIGHT


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hairpins", required=True)
    parser.add_argument("--mature", required=True)
    parser.add_argument("--supported", help="without it every precursor counts as supported")
    parser.add_argument("--windows", action="append", default=[])
    parser.add_argument("--background", action="append", required=True)
    parser.add_argument("--without", help="file with names of precursors that are not learned")
    parser.add_argument("--plants", action="store_true")
    parser.add_argument("--span", type=int, default=150)
    parser.add_argument("--least", type=int, default=20, help="lowest stem score")
    parser.add_argument("--copies", type=int, default=2, help="of each precursor")
    parser.add_argument("--made", type=int, default=30, help="Mb of random sequence")
    parser.add_argument("--mirrored", type=int, default=0, help="hairpins of mirrored precursors")
    parser.add_argument("--repeats", type=int, default=0, help="made ones, of each kind")
    parser.add_argument("--epochs", type=int, nargs="+", default=[4, 8], help="of each round")
    parser.add_argument("--most", type=int, default=150_000, help="hard negatives of a round")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="folder of a network to begin with")
    parser.add_argument("--began-with", default="nothing", help="that network, in words")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    load_tensorflow(1)
    settings = SearchSettings(span=args.span, least=args.least)
    sources = [[r for r in read_fasta(p) if len(r[1]) > 60] for p in args.background]
    windows = [sequence for path in args.windows for _, sequence in read_fasta(path)]
    mature, hairpins = read_fasta(args.mature), read_fasta(args.hairpins)
    unseen = set(Path(args.without).read_text(encoding="utf-8").split()) if args.without else set()
    hairpins = [record for record in hairpins if record[0].split()[0] not in unseen]
    args.unseen = len(unseen)
    supported = {header.split()[1] for header, _ in hairpins}
    if args.supported:
        with open(args.supported, encoding="utf-8") as lines:
            supported = {line.split("\t")[0] for line in lines}
    flanks = [r for r in sources[0] if len(r[1]) > 400]
    inserted = [sequence for _, sequence in flanks]
    yes = positives(
        hairpins, mature, supported, windows, inserted, settings, args.plants, args.copies
    )
    seeds = [sequence for _, sequence in mature]
    parts = [negatives(source, seeds, settings) for source in sources]
    parts.append(made(flanks, settings, args.made, args.seed))
    for kind in (inverted_repeats, satellites) if args.repeats else ():
        texts = kind(inserted, args.repeats, args.seed)
        parts.append(negatives([("", text) for text in texts], seeds, settings))
    names = [*args.background, "made", "inverted repeats", "satellites"]
    for path, part in zip(names, parts, strict=False):
        print(f"negatives: {path} {len(part)}", flush=True)
    assert yes.ladders.shape[1] == COLUMNS
    train(args, yes, np.concatenate(parts))


if __name__ == "__main__":
    main()
