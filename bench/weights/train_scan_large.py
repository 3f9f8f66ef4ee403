"""Train the large network of the genome scan's third stage.

python -m bench.weights.train_scan_large WORK --hairpins hairpin.fa --mature mature.fa \\
    --supported supported.tsv --windows cfa_real.fa hsa_real.fa ... \\
    --background human_transcripts.fa human_mrna.fa arabidopsis_mrna.fa tRNA.fa ... \\
    -o mirpre/scanning/weights/animal-large

With --plants it learns plant precursors, and --small names the network that goes before it.

It learns from hairpins that the small network lets pass: precursors set in their genomic window
where one is given, else between pieces of the first background; the backgrounds, shuffled copies
of the first three of them, random sequence with the first one's dinucleotides, made inverted
repeats and satellites, and the precursors read backwards. Some have lost their flanks, as at the
end of a contig. Hairpins are kept in WORK, so that another run need not cut them out again.
Families are divided as for the small network; only the validation families are looked at.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.shared.scan_data import GAP, read_fasta
from bench.weights.made_repeats import inverted_repeats, satellites
from bench.weights.scan_examples import (
    Ladders,
    both_strands,
    distinct,
    family,
    made,
    positives,
    without_flanks,
)
from mirpre.scanning import _search
from mirpre.scanning.letters import to_letters
from mirpre.scanning.search import COLUMNS
from mirpre.scanning.settings import FIRST_LOOK, SearchSettings
from mirpre.scanning.shortlist import LadderNetwork, load_network
from mirpre.training.recipe import load_tensorflow
from mirpre.training.scan_network import LARGE, ladder_network, set_integer_weights, write_network

if TYPE_CHECKING:
    import keras

Scores = NDArray[np.float64]
KEPT, LEARNED, LEARNED_POSITIVES, SEEN = -3, -2.5, -3.5, -2
"""Log-odds of the small network from which negatives are kept, from which they and precursors are
learned, and from which the large one is asked for the figures of the card."""
BATCH, POSITIVES = 512, 3
"""Records of a batch, of which one in so many is a precursor."""
MUTATED = 0.4
BARE = 0.25
"""Share of the hairpins of a batch that have lost some of their flanks."""
BALANCE = 0.35
"""A precursor counts by its family's number of hairpins to this power less."""
RECALLS = (0.8, 0.9, 0.925, 0.95, 0.97)
WIDTHS = {150: 96, 400: COLUMNS}
"""Columns of a ladder, flanks included, by the longest hairpin, nt."""
_KINDS = ((1, 6), (7, 22), (23, 26), (27, 30), (32, 47))
"""Codes of a ladder that are alike: pairs, mismatches, unpaired letters on each side, flanks."""


def names_of(file: str | None) -> set[str]:
    return set(Path(file).read_text(encoding="utf-8").split()) if file else set()


def small_network(args: argparse.Namespace) -> LadderNetwork:
    if args.small:
        return load_network(args.small.name, args.small.parent)
    return load_network(FIRST_LOOK.network)


def cut_out(args: argparse.Namespace) -> dict[str, Any]:
    """Ladders of precursors and of what else the small network lets pass."""
    settings, small = SearchSettings(span=args.span, least=args.least), small_network(args)

    def passing(ladders: Ladders) -> Ladders:
        found: Ladders = ladders[small.scores(ladders) >= 256 * args.kept]
        return found

    def of(texts: list[str]) -> Ladders:
        found: list[Ladders] = []
        text: list[str] = []
        size = 0
        for index, sequence in enumerate(texts):
            text.append(sequence + GAP)
            size += len(sequence)
            if size > 500_000 or index == len(texts) - 1:
                found += map(passing, both_strands("".join(text), settings))
                text, size = [], 0
        return distinct(np.concatenate(found))

    mature, hairpins = read_fasta(args.mature), read_fasta(args.hairpins)
    unseen = names_of(args.without)
    hairpins = [record for record in hairpins if record[0].split()[0] not in unseen]
    with open(args.supported, encoding="utf-8") as lines:
        supported = {line.split("\t")[0] for line in lines}
    sources = [[r for r in read_fasta(p) if len(r[1]) > 60] for p in args.background]
    windows = [s for path in args.windows for _, s in read_fasta(path)]
    flanks = [r for r in sources[0] if len(r[1]) > 400]
    inserted = [s for _, s in flanks]
    yes = positives(
        hairpins, mature, supported, windows, inserted, settings, args.plants, args.copies
    )
    seeds = {m[:19] for _, m in mature}
    clean = [
        [s for _, s in records if not any(s[i : i + 19] in seeds for i in range(len(s) - 18))]
        for records in sources
    ]
    parts = [of(texts) for texts in clean]
    text = bytes(b"ACGU"[c] if c < 4 else ord("N") for c in range(256))
    for copy in range(args.shuffles):
        mixed = [
            _search.shuffled(to_letters(s.encode()), 1000 * copy + i).translate(text).decode()
            for texts in clean[:3]
            for i, s in enumerate(texts)
        ]
        parts.append(of(mixed))
    parts.append(made(flanks, settings, args.made, 11, passing))
    if args.repeats:
        parts += [of(kind(inserted, args.repeats, 11)) for kind in (inverted_repeats, satellites)]
    names = [*args.background, *(f"shuffled {copy}" for copy in range(args.shuffles)), "made"]
    names += ["inverted repeats", "satellites"]
    for name, part in zip(names, parts, strict=False):
        print(f"negatives: {name} {len(part)}", flush=True)
    return {
        "yes": yes.ladders,
        "mirrored": passing(yes.mirrored),
        "wrong": passing(yes.wrong),
        "names": yes.names,
        "splits": yes.splits,
        "weights": yes.weights,
        "supported": yes.supported,
        "no": np.concatenate(parts),
    }


def mutated(ladders: Ladders, rng: np.random.Generator) -> Ladders:
    """New codes of their kind at some columns of some ladders: pairs stay pairs."""
    rate = rng.random(len(ladders)) * MUTATED * (rng.random(len(ladders)) < 0.7)
    hit = rng.random(ladders.shape) < rate[:, None]
    for first, last in _KINDS:
        some = hit & (ladders >= first) & (ladders <= last)
        ladders[some] = rng.integers(first, last + 1, some.sum(), dtype=np.int64)
    return ladders


def log_odds(model: keras.Model, ladders: Ladders, size: int = 4096) -> Scores:
    width = model.input_shape[1]
    parts = [
        np.asarray(model.predict_on_batch(ladders[i : i + size, :width].astype(np.int32)))[:, 0]
        for i in range(0, len(ladders), size)
    ]
    return np.concatenate(parts).astype(float)


def passes(names: NDArray[np.str_], scores: Scores, held: Scores) -> dict[str, dict[str, float]]:
    """By recall of precursors, the best hairpin of each: log-odds, and negatives that pass."""
    unique, index = np.unique(names, return_inverse=True)
    best = np.full(len(unique), -np.inf)
    np.maximum.at(best, index, scores)
    bounds = {r: np.quantile(best, 1 - r, method="lower") for r in RECALLS}
    return {
        f"recall {r:g}": {"log_odds": round(float(b), 2), "passes": int((held >= b).sum())}
        for r, b in bounds.items()
    }


def batches(
    precursors: Ladders,
    chance: Scores,
    others: list[tuple[Ladders, float]],
    number: int,
    rng: np.random.Generator,
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    """So many batches: ladders, some without flanks and some changed, and what they are.

    others: kinds of negatives, each with its share of them; the first has what the others leave.
    """
    own = BATCH // POSITIVES
    sizes = [int((BATCH - own) * share) for _, share in others]
    sizes[0] = BATCH - own - sum(sizes[1:])
    target = np.r_[np.ones(own), np.zeros(BATCH - own)].astype(np.float32)[:, None]
    for _ in range(number):
        parts = [precursors[rng.choice(len(precursors), own, p=chance)]]
        for (kind, _), size in zip(others, sizes, strict=True):
            parts.append(kind[rng.integers(0, max(1, len(kind)), size)])
        batch = without_flanks(np.concatenate(parts), rng, BARE)
        yield mutated(batch, rng).astype(np.int32), target


def network_to_train(args: argparse.Namespace) -> keras.Model:
    """The network, with the weights that it begins with, and its optimizer."""
    import keras
    from keras.optimizers.schedules import CosineDecay

    keras.utils.set_random_seed(args.seed)
    model = ladder_network(WIDTHS[args.span], LARGE)
    if args.start:
        before = load_network(args.start.name, args.start.parent)
        set_integer_weights(model, before.weights, before.biases)
    schedule = CosineDecay(
        0.0, args.epochs * args.steps - 200, warmup_target=args.rate, warmup_steps=200
    )
    model.compile(
        keras.optimizers.AdamW(
            schedule, weight_decay=2e-3, clipnorm=1.0, use_ema=True, ema_momentum=0.998
        ),
        keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.01),
    )
    model.optimizer.build(model.trainable_variables)
    return model


def train(args: argparse.Namespace, data: dict[str, NDArray[Any]]) -> None:
    small = small_network(args)
    width = WIDTHS[args.span]

    def learned(ladders: Ladders) -> Ladders:
        ladders = ladders[np.count_nonzero(ladders, 1) <= width]
        found: Ladders = ladders[small.scores(ladders) >= 256 * args.learned, :width]
        return found

    yes, no = data["yes"], learned(data["no"])
    no = no[np.random.default_rng(1).permutation(len(no))]
    held, no = no[: len(no) // 8], no[len(no) // 8 :]
    held = np.pad(held, ((0, 0), (0, COLUMNS - width)))
    mirrored, wrong = learned(data["mirrored"]), learned(data.get("wrong", no[:0]))
    others = [(no, 1.0), (mirrored, args.mirrored), (wrong, args.wrong)]
    first = small.scores(yes) / 256
    training = (data["splits"] == "train") & (first >= LEARNED_POSITIVES)
    unseen = names_of(args.without)
    training &= ~np.isin(data["names"], list(unseen))
    families, sizes = np.unique([family(n) for n in data["names"]], return_counts=True)
    sizes = sizes[np.searchsorted(families, [family(n) for n in data["names"]])]
    weights = data["weights"] * np.where(data["supported"], 2, 1) / sizes**BALANCE
    weights *= np.where(np.isin(data["names"], list(names_of(args.favour))), args.times, 1)
    precursors, chance = yes[training, :width], weights[training] / weights[training].sum()
    checked = (data["splits"] == "validation") & data["supported"]
    names, shown = data["names"][checked], yes[checked]
    bare = without_flanks(shown, np.random.default_rng(1), 1)
    first_bare = small.scores(bare) / 256
    first_held = small.scores(held) / 256
    print(f"{len(precursors)} hairpins of precursors, {len(no)} others, {len(held)} held back")
    alone = passes(names, first[checked], first_held)
    print("small network:", json.dumps(alone), flush=True)

    def tell(
        what: str, whole: Scores, without: Scores, other: Scores
    ) -> list[dict[str, dict[str, float]]]:
        """What both networks keep of precursors with and without flanks."""
        found = []
        against = np.where(first_held >= args.seen, (first_held + other) / 2, -60)
        for small_scores, scores in ((first[checked], whole), (first_bare, without)):
            both = np.where(small_scores >= args.seen, (small_scores + scores) / 2, -50)
            found.append(passes(names, both, against))
        print(what, *map(json.dumps, found), flush=True)
        return found

    model = network_to_train(args)
    if args.start:
        tell("before", log_odds(model, shown), log_odds(model, bare), log_odds(model, held))
    rng = np.random.default_rng(args.seed)
    for epoch in range(1, args.epochs + 1):
        start, losses = time.time(), []
        for batch, target in batches(precursors, chance, others, args.steps, rng):
            losses.append(float(model.train_on_batch(batch, target)))
            model.reset_metrics()
        kept = model.get_weights()
        model.optimizer.finalize_variable_values(model.trainable_variables)
        found, found_bare = tell(
            f"epoch {epoch}: loss {np.mean(losses):.4f}, {time.time() - start:.0f} s",
            log_odds(model, shown),
            log_odds(model, bare),
            log_odds(model, held),
        )
        card = {
            "name": args.output.name,
            "trained_by": "bench/weights/train_scan_large.py",
            "positives": len(precursors),
            "negatives": len(no),
            "mirrored_precursors": len(mirrored) if args.mirrored else 0,
            "share_of_negatives_that_hold_too_little_or_too_much": args.wrong,
            "without_all_flanks": BARE,
            "span": args.span,
            "columns": width,
            "epochs": args.epochs,
            "steps": args.steps,
            "seed": args.seed,
            "began_with": args.began_with,
            "split": "by family: 80 % training, 8 % validation, 12 % test",
            "precursors_not_learned": len(unseen),
            "negatives_held_back": len(held),
            "mean_of_both_networks_on_supported_precursors_of_validation_families": found,
            "the_same_without_all_flanks": found_bare,
            "small_network_alone": alone,
        }
        write_network(model, args.output, card)
        model.set_weights(kept)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    for name in ("hairpins", "mature", "supported"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--windows", nargs="+", default=[])
    parser.add_argument("--background", nargs="+", required=True)
    parser.add_argument("--without", help="file with names of precursors that are not learned")
    parser.add_argument("--favour", help="file with names of precursors learned more often")
    parser.add_argument("--times", type=float, default=1, help="so many times")
    parser.add_argument("--copies", type=int, default=4, help="of each precursor")
    parser.add_argument("--shuffles", type=int, default=8, help="copies of shuffled background")
    parser.add_argument("--made", type=int, default=90, help="Mb of random sequence")
    parser.add_argument("--repeats", type=int, default=0, help="made ones, of each kind")
    parser.add_argument(
        "--mirrored", type=float, default=0, help="share of the others that are mirrored precursors"
    )
    parser.add_argument(
        "--wrong",
        type=float,
        default=0,
        help="share of the others that hold too little of a precursor, or too much",
    )
    for name, value in (("kept", KEPT), ("learned", LEARNED), ("seen", SEEN)):
        parser.add_argument(f"--{name}", type=float, default=value, help="see the script")
    parser.add_argument("--plants", action="store_true")
    parser.add_argument("--span", type=int, choices=list(WIDTHS), default=150)
    parser.add_argument("--least", type=int, default=SearchSettings().least, help="stem score")
    parser.add_argument("--small", type=Path, help="the small network's folder, if not the bundled")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--steps", type=int, default=800, help="batches of an epoch")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="folder of a network to begin with")
    parser.add_argument("--began-with", default="nothing", help="that network, in words")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    file = args.work / "hairpins.npz"
    if not file.exists():
        np.savez(file, **cut_out(args))
    load_tensorflow(1)
    with np.load(file) as data:
        content = {name: data[name] for name in data.files}
    assert content["yes"].shape[1] == COLUMNS
    train(args, content)


if __name__ == "__main__":
    main()
