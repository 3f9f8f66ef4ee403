"""Train the network of the genome scan's third stage.

python bench/train_scan.py --hairpins hairpin.fa --mature mature.fa --supported supported.tsv \
    --background human_transcripts.fa --background tRNA.fa ... -o mirpre/scan/weights/animal

Positives are miRBase precursors set between random pieces of the background, negatives come from
the background, both strands; both are cut out by stages 1 and 2. Families are divided into
training (80 %), validation (8 %) and test (12 %) by their name's hash.
"""

import argparse
import re
import time
import zlib
from pathlib import Path

import numpy as np
from scan_data import GAP, by_species, precursor_of, read_fasta, set_into

from mirpre.scan.letters import opposite_strand, to_letters
from mirpre.scan.search import SearchSettings, search
from mirpre.training.scan_network import ladder_network, write_network

_FAMILY = r"[a-z0-9]+-(let-7|lin-4|bantam|lsy-6|iab|mir-?[a-z]*\d*-?\d+|.+)"


def family(name):
    """let-7, mir-17 ... from names like hsa-let-7a-1; species, copies and variants are cut."""
    match = re.match(
        r"[a-z0-9]+-(let-7|lin-4|bantam|lsy-6|iab|mir-?[a-z]*\d*-?\d+|.+)", name.lower()
    )
    return match[1] if match else name


def split_of(name):
    h = zlib.crc32(family(name).encode()) % 100
    return "test" if h < 12 else "validation" if h < 20 else "train"


def markov(rng, records, length, gc):
    """First-order Markov sequence with the dinucleotides of records, pulled to a GC content."""
    counts = np.ones((4, 4))
    for _, sequence in records[:200]:
        codes = np.frombuffer(to_letters(sequence.encode()), np.uint8)
        ok = (codes[:-1] < 4) & (codes[1:] < 4)
        np.add.at(counts, (codes[:-1][ok], codes[1:][ok]), 1)
    pull = np.array([1 - gc, gc, gc, 1 - gc])
    steps = counts / counts.sum(0) * pull
    cumulative = np.cumsum(steps / steps.sum(1, keepdims=True), 1)
    draws, state, out = rng.random(length), 0, bytearray(length)
    for i in range(length):
        state = min(3, int(np.searchsorted(cumulative[state], draws[i])))
        out[i] = state
    return bytes(out).translate(bytes.maketrans(bytes(range(4)), b"ACGU")).decode()


def positives(hairpins, mature, supported, flanks, settings, plants):
    """Ladders, split names, weights and MirGeneDB's support of well cut precursors."""
    groups = by_species(mature)
    records, sizes, support = [], {}, {}
    for header, sequence in hairpins:
        name, accession = header.split()[:2]
        truth = precursor_of(name, sequence, groups)
        if (("MIR" in name) != plants) or set(sequence) - set("ACGU") or not truth:
            continue
        sizes[family(name)] = sizes.get(family(name), 0) + 1
        support[name] = accession in supported
        records.append((sequence, truth))
    text, truths, _ = set_into(records, [], [sequence for _, sequence in flanks])
    found = search(to_letters(text.encode()), settings)
    order = np.argsort(found.hairpins[:, 0], kind="stable")
    starts, ends = found.hairpins[order, 0], found.hairpins[order, 1]
    rows, names, weights, missed = [], [], [], 0
    for truth in truths:
        low, high = np.searchsorted(starts, (truth.start - settings.span, truth.end))
        s, e = starts[low:high], ends[low:high]
        shared = np.minimum(e, truth.end) - np.maximum(s, truth.start)
        good = (shared >= 0.8 * (truth.end - truth.start)) & (s <= truth.loop[0])
        good &= (e >= truth.loop[1]) & (s >= truth.least_start + 4) & (e <= truth.most_end - 4)
        if not good.any():
            missed += support[truth.name]
            continue
        chosen = order[low:high][good]
        rows.append(found.ladders[chosen])
        names += [truth.name] * len(chosen)
        importance = 3.0 if support[truth.name] else 1.0
        weight = importance / len(chosen) / sizes[family(truth.name)] ** 0.25
        weights += [weight] * len(chosen)
    print(f"positives: {len(truths)} precursors, {len(names)} hairpins, {missed} supported missed")
    splits = np.array([split_of(name) for name in names])
    marks = np.array([support[name] for name in names])
    return np.concatenate(rows), splits, np.array(weights), marks


def negatives(background, matures, settings, least_length):
    """Ladders from both strands of the background, away from known mature sequences."""
    seeds = {m[:19] for m in matures}
    ladders = []
    text, size = [], 0
    for index, (_, sequence) in enumerate(background):
        if any(sequence[i : i + 19] in seeds for i in range(len(sequence) - 18)):
            continue
        text.append(sequence + GAP)
        size += len(sequence)
        if size > 500_000 or index == len(background) - 1:
            letters = to_letters("".join(text).encode())
            for strand in (letters, opposite_strand(letters)):
                found = search(strand, settings)
                length = found.hairpins[:, 1] - found.hairpins[:, 0]
                ladders.append(found.ladders[length >= least_length])
            text, size = [], 0
    return np.concatenate(ladders)


def fit(model, train, held, epochs, seed):
    import keras
    from keras.optimizers.schedules import CosineDecay

    rows, labels, weights = train
    schedule = CosineDecay(2e-3, epochs * (len(rows) // 512))
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=1e-4),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=True,
    )
    keras.utils.set_random_seed(seed)
    model.fit(rows, labels, 512, epochs, sample_weight=weights, validation_data=held, verbose=2)


def mixed(yes, weights, no):
    """Ladders, labels and weights of both classes, shuffled."""
    labels = np.r_[np.ones(len(yes)), np.zeros(len(no))].astype(np.float32)
    weights = np.r_[weights, np.ones(len(no))].astype(np.float32)
    order = np.random.default_rng(0).permutation(len(labels))
    return np.concatenate([yes, no]).astype(np.int32)[order], labels[order], weights[order]


def scores_of(model, ladders):
    return model.predict(ladders.astype(np.int32), batch_size=4096, verbose=0)[:, 0]


def train(args, yes, no):
    """Two rounds of training: the second learns from what the first could not tell."""
    x, split, weight, is_supported = yes
    drawn = np.random.default_rng(args.seed)
    drawn.shuffle(no)
    held, no = no[: len(no) // 8], no[len(no) // 8 :]
    print(f"{len(no)} negatives, {len(held)} held back", flush=True)
    model = ladder_network()
    chosen, start = no[: args.most], time.time()
    training, validation = split == "train", split == "validation"
    tested = (split == "test") & is_supported
    for number in (1, 2):
        scale = len(chosen) / weight[training].sum() / 4
        data = mixed(x[training], weight[training] * scale, chosen)
        check = mixed(x[validation], weight[validation] * scale, held[:20000])
        fit(model, data, check, args.epochs, args.seed)
        print(f"round {number}: {time.time() - start:.0f} s")
        test, against = scores_of(model, x[tested]), np.sort(scores_of(model, held))
        passes = {}
        for recall in (0.8, 0.9, 0.95, 0.98, 0.99):
            at = np.quantile(test, 1 - recall)
            share = 1 - np.searchsorted(against, at) / len(against)
            passes[f"recall {recall:g}"] = {"log_odds": round(float(at), 2), "passes": share}
            print(f"  test families: recall {recall:.2f} at {at:.2f}, passes {share:.5f}")
        card = {
            "name": args.output.name,
            "trained_by": "bench/train_scan.py",
            "positives": len(data[0]) - len(chosen),
            "negatives": len(chosen),
            "span": args.span,
            "rounds": number,
            "epochs": args.epochs,
            "seed": args.seed,
            "split": "by family: 80 % training, 8 % validation, 12 % test",
            "supported_precursors_of_test_families": passes,
        }
        write_network(model, args.output, card)
        order = np.argsort(-scores_of(model, no), kind="stable")
        hard, easy = order[: args.most // 2], order[args.most // 2 :]
        chosen = no[np.r_[hard, drawn.permutation(easy)[: args.most // 2]]]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hairpins", required=True)
    parser.add_argument("--mature", required=True)
    parser.add_argument("--supported", required=True)
    parser.add_argument("--background", action="append", required=True)
    parser.add_argument("--plants", action="store_true")
    parser.add_argument("--span", type=int, default=150)
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--most", type=int, default=150_000, help="negatives of a round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    settings = SearchSettings(span=args.span)
    sources = [[r for r in read_fasta(p) if len(r[1]) > 60] for p in args.background]
    mature = read_fasta(args.mature)
    with open(args.supported, encoding="utf-8") as lines:
        supported = {line.split("\t")[0] for line in lines}
    flanks = [r for r in sources[0] if len(r[1]) > 400]
    hairpins = read_fasta(args.hairpins)
    yes = positives(hairpins, mature, supported, flanks, settings, args.plants)
    drawn = np.random.default_rng(args.seed)
    made = [("", markov(drawn, flanks, 50_000, gc)) for gc in np.linspace(0.25, 0.65, 24)]
    seeds = [sequence for _, sequence in mature]
    parts = [negatives(source, seeds, settings, 45) for source in [*sources, made]]
    for path, part in zip([*args.background, "made"], parts, strict=True):
        print(f"negatives: {path} {len(part)}")
    train(args, yes, np.unique(np.concatenate(parts), axis=0))


if __name__ == "__main__":
    main()
