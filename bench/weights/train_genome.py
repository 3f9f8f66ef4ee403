"""Train the bundled model ``genome`` on the records of model_data.py.

python -m bench.weights.train_genome FOLDER WORK --epochs 10 --seed 1

FOLDER holds records.tsv and the folds. WORK gets state.npz after each epoch (the same command
goes on from there), weights.npz at the end, and a log. Validation families and negatives tell
how a run goes; test records are not touched, unless --all asks for the precursors among them.
bench/weights/bundle_genome.py makes the model folder.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.shared.metrics import Scores, auc
from bench.weights.genome_pool import Drawing, Pool, Rows
from bench.weights.model_data import read_folds, read_records
from mirpre.training.recipe import load_tensorflow

if TYPE_CHECKING:
    import keras

BATCH = 256
TAUGHT = 0.7
"""How much of a target the teachers' probability is, where there are teachers."""
CATCH_UP = 2
"""How often a precursor is drawn that the runs before did not see, beside those they saw."""


def pool_of(folder: Path) -> Pool:
    file = folder / "pool.npz"
    if not file.exists():
        tables = sorted(folder.glob("records*.tsv"))
        records = [record for table in tables for record in read_records(table)]
        Pool.of(records, read_folds(folder)).save(file)
    return Pool.load(file)


def log_odds(model: keras.Model, pool: Pool, rows: Rows, size: int = 512) -> Scores:
    """log-odds of each row, in the order given."""
    found = np.empty(len(rows))
    order = np.argsort(pool.lengths[rows], kind="stable")
    for at in range(0, len(rows), size):
        some = order[at : at + size]
        found[some] = batch_log_odds(model, pool.arrays(rows[some]).astype(np.int32))
    return found


def batch_log_odds(model: keras.Model, encoded: NDArray[np.int32]) -> Scores:
    p: Scores = np.maximum(np.asarray(model.predict_on_batch(encoded)), 1e-12)
    difference: Scores = np.log(p[:, 0]) - np.log(p[:, 1])
    return difference


def measure(pool: Pool, rows: Rows, scores: Scores, supported: list[str]) -> dict[str, list[float]]:
    """AUC and sensitivity at two specificities, of each kind of positives."""
    positive, source = pool.positive[rows], pool.source[rows]
    good = np.isin(pool.name[rows], supported)
    negative = np.sort(scores[~positive])
    text = np.isin(source, ["made", "shuffled text", "transcripts"]) & ~positive
    bounds = np.quantile(negative, 0.995), np.quantile(scores[text], 0.9)
    found: dict[str, list[float]] = {}
    for kind in ("published", "bare", "search"):
        for what, some in (("", positive), (" good", positive & good)):
            own = scores[some & (source == kind)]
            found[kind + what] = [
                round(float(v), 4)
                for v in (auc(own, negative), (own >= bounds[0]).mean(), (own >= bounds[1]).mean())
            ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--supported", required=True)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--steps", type=int, default=600, help="batches of an epoch")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--harder", type=int, default=4, help="epoch after which hard ones count")
    parser.add_argument("--until", type=int, help="stop after this epoch; go on another time")
    parser.add_argument(
        "--start", type=Path, nargs="+", help="WORK or model folders to begin with: their mean"
    )
    parser.add_argument(
        "--teachers",
        type=Path,
        nargs="+",
        default=[],
        help="WORK or model folders whose mean log-odds are learned beside the labels (Hinton et "
        "al. 2015, arXiv 1503.02531)",
    )
    parser.add_argument("--all", action="store_true", help="precursors of all sets")
    parser.add_argument("--without-plants", nargs="?", const="precursors.tsv")
    parser.add_argument("--full", action="store_true", help="32-bit numbers throughout")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    load_tensorflow(1)
    run(args)


def run(args: argparse.Namespace) -> None:
    import keras
    from keras.optimizers.schedules import CosineDecay

    from mirpre.training.networks import genome

    pool = pool_of(args.folder)
    with open(args.supported, encoding="utf-8") as lines:
        supported = [line.split("\t")[1] for line in lines]
    training = np.flatnonzero(pool.split == "train")
    if args.all:
        training = everything(pool, args.folder)
    if args.without_plants:
        training = training[~np.isin(pool.name[training], plant_names(args.without_plants))]
    validation = np.flatnonzero(pool.split == "validation")
    keras.utils.set_random_seed(args.seed)
    if not args.full:
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    model = genome()
    total = args.epochs * args.steps
    schedule = CosineDecay(0.0, total - 300, warmup_target=args.rate, warmup_steps=300)
    model.compile(
        keras.optimizers.AdamW(
            schedule, weight_decay=2e-3, clipnorm=1.0, use_ema=True, ema_momentum=0.998
        ),
        keras.losses.CategoricalCrossentropy(label_smoothing=0.01),
    )
    model.optimizer.build(model.trainable_variables)
    state = args.work / "state.npz"
    done = restore(model, state) if state.exists() else 0
    if args.start and not done:
        model.set_weights(mean_weights(args.start))
        # The moving average begins where the weights do.
        average = [v for v in model.optimizer.variables if "average" in v.path]
        for variable, weight in zip(average, model.trainable_variables, strict=True):
            variable.assign(weight)
    teachers = [network_of(folder) for folder in args.teachers]
    drawing = Drawing(pool, training, [args.seed, done])
    if args.all:
        drawing.factor[pool.split[training] != "train"] = CATCH_UP
    if done >= args.harder or args.start:
        harder(drawing, model)
    for epoch in range(done + 1, (args.until or args.epochs) + 1):
        start = time.time()
        losses: list[float] = []
        for encoded, positive in drawing.batches(args.steps, BATCH):
            target = targets(encoded.astype(np.int32), positive, teachers)
            losses.append(float(model.train_on_batch(encoded.astype(np.int32), target)))
            model.reset_metrics()
        save(model, state, epoch)
        kept = model.get_weights()
        model.optimizer.finalize_variable_values(model.trainable_variables)
        np.savez(args.work / "weights.npz", *model.get_weights())
        found = measure(pool, validation, log_odds(model, pool, validation), supported)
        if epoch == args.harder:
            harder(drawing, model)
        model.set_weights(kept)
        row = {
            "epoch": epoch,
            "loss": round(float(np.mean(losses)), 4),
            "seconds": round(time.time() - start),
            **found,
        }
        print(json.dumps(row), flush=True)
        with (args.work / "log.jsonl").open("a") as out:
            out.write(json.dumps(row) + "\n")


def network_of(folder: Path) -> keras.Model:
    """Of a run or a model folder, or of a member of train_members.py (see member_weights)."""
    from mirpre.training.networks import channels_of, genome

    weights = mean_weights([folder])
    model = genome(channels_at=channels_of(weights))
    model.set_weights(weights)
    return model


def targets(
    encoded: NDArray[np.int32], positive: NDArray[np.bool_], teachers: list[keras.Model]
) -> NDArray[np.float32]:
    """What to learn of each record (N, 2): its label, and what the teachers say."""
    chance = positive.astype(np.float32)
    if teachers:
        told = np.mean([batch_log_odds(teacher, encoded) for teacher in teachers], axis=0)
        chance = TAUGHT / (1 + np.exp(-told)) + (1 - TAUGHT) * chance
    return np.stack([chance, 1 - chance], axis=1).astype(np.float32)


def everything(pool: Pool, folder: Path) -> Rows:
    """Training negatives and the precursors of all sets, but those of and like the genomes'."""
    unseen = (folder / "unseen.txt").read_text().split()
    precursors = pool.positive & ~np.isin(pool.name, unseen)
    return np.flatnonzero(precursors | (~pool.positive & (pool.split == "train")))


def mean_weights(folders: list[Path]) -> list[NDArray[Any]]:
    """The mean of the weights of runs of this script, or of model folders."""
    import keras

    from mirpre.models.registry import KERAS

    found: list[list[NDArray[Any]]] = []
    for folder in folders:
        if ".npz:" in folder.name:
            found.append(member_weights(folder))
        elif (folder / "weights.npz").exists():
            with np.load(folder / "weights.npz") as parts:
                found.append([parts[name] for name in parts.files])
        else:
            found.append(keras.saving.load_model(folder / KERAS, compile=False).get_weights())
    return [np.mean(parts, axis=0) for parts in zip(*found, strict=True)]


def member_weights(place: Path) -> list[NDArray[Any]]:
    """Of one network that train_members.py trained: FILE.npz:NUMBER, with *FACTOR behind it for
    its log-odds so many times as large."""
    file, _, member = str(place).rpartition(":")
    number, _, factor = member.partition("*")
    with np.load(file) as parts:
        count = sum(name.startswith("arr_") for name in parts.files)
        weights = [parts[f"arr_{i}"][int(number)].astype(np.float32) for i in range(count)]
    scale = np.float32(factor or 1)
    # The last layer's outputs are the logarithms that the softmax takes.
    return [*weights[:-2], weights[-2] * scale, weights[-1] * scale]


def harder(drawing: Drawing, model: keras.Model) -> None:
    """Draw negatives that the model calls up to ten times as often as those it does not."""
    pool, rows = drawing.pool, drawing.rows
    negative = np.flatnonzero(~pool.positive[rows])
    p = 1 / (1 + np.exp(-log_odds(model, pool, rows[negative])))
    drawing.factor[negative] = 0.3 + 2.7 * np.minimum(1, 3 * p)


def plant_names(table: str) -> list[str]:
    with open(table, encoding="utf-8") as lines:
        rows = [line.split("\t", 4) for line in lines]
    return [row[1] for row in rows if row[3].startswith("Viridiplantae")]


def save(model: keras.Model, file: Path, epoch: int) -> None:
    parts: dict[str, Any] = {f"w{i}": w for i, w in enumerate(model.get_weights())}
    parts |= {f"o{i}": v.numpy() for i, v in enumerate(model.optimizer.variables)}
    np.savez(file.with_suffix(".tmp.npz"), epoch=epoch, **parts)
    file.with_suffix(".tmp.npz").rename(file)


def restore(model: keras.Model, file: Path) -> int:
    with np.load(file) as parts:
        model.set_weights([parts[f"w{i}"] for i in range(len(model.get_weights()))])
        for i, variable in enumerate(model.optimizer.variables):
            variable.assign(parts[f"o{i}"])
        return int(parts["epoch"])


if __name__ == "__main__":
    main()
