"""Train the network of the genome scan's third stage.

python bench/train_scan.py --hairpins hairpin.fa --mature mature.fa --supported supported.tsv \
    --background human_transcripts.fa --background tRNA.fa ... -o mirpre/scan/weights/animal

Positives are miRBase precursors set between random pieces of the background, negatives come from
the background, both strands; both are cut out by stages 1 and 2. Families are divided into
training (80 %), validation (8 %) and test (12 %) by their name's hash.
"""

import argparse
import random
import re
import time
import zlib
from pathlib import Path

import numpy as np

from mirpre.scan.letters import opposite_strand, to_letters
from mirpre.scan.search import SearchSettings, search
from mirpre.training.scan_network import ladder_network, write_network

FLANK = 160
GAP = 200


def read_fasta(path):
    records = []
    for line in open(path, encoding="utf-8", errors="replace"):
        if line.startswith(">"):
            records.append([line[1:].strip(), []])
        elif records:
            records[-1][1].append(line.strip().upper().replace("T", "U"))
    return [(header, "".join(parts)) for header, parts in records]


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


def positives(hairpins, mature, supported, background, settings, rng, plants):
    """Ladders, split names and weights of well cut precursors."""
    by_species = {}
    for header, sequence in mature:
        by_species.setdefault(header.split("-")[0], set()).add(sequence)
    pieces, truth, offset = [], [], 0
    sizes = {}
    for header, sequence in hairpins:
        name, accession = header.split()[:2]
        if (("MIR" in name) != plants) or set(sequence) - set("ACGU"):
            continue
        sizes[family(name)] = sizes.get(family(name), 0) + 1
        spots = sorted(
            (at, at + len(m))
            for m in by_species.get(name.split("-")[0], ())
            if len(m) > 17 and (at := sequence.find(m)) >= 0
        )
        n = len(sequence)
        middle = n // 2
        start, end, loop = int(0.12 * n), n - int(0.12 * n), (middle - 3, middle + 3)
        if spots and spots[0][1] <= middle + 4 and spots[-1][0] >= middle - 4:
            start, end = spots[0][0], spots[-1][1]
            loop = (spots[0][1], spots[-1][0])
            if loop[0] > loop[1]:
                continue
        flanks = []
        for _ in range(2):
            _, source = rng.choice(background)
            at = rng.randrange(max(1, len(source) - FLANK))
            flanks.append(source[at : at + FLANK])
        offset += len(flanks[0])
        truth.append((name, accession in supported, offset, start, end, loop, n))
        pieces += [flanks[0], sequence, flanks[1], "N" * GAP]
        offset += n + len(flanks[1]) + GAP
    found = search(to_letters("".join(pieces).encode()), settings)
    order = np.argsort(found.hairpins[:, 0], kind="stable")
    starts, ends = found.hairpins[order, 0], found.hairpins[order, 1]
    rows, names, supports, weights, missed = [], [], [], [], 0
    for name, is_supported, at, start, end, loop, n in truth:
        low, high = np.searchsorted(starts, (at - FLANK, at + n))
        s, e = starts[low:high] - at, ends[low:high] - at
        covered = (np.minimum(e, end) - np.maximum(s, start)) >= 0.8 * (end - start)
        good = covered & (s <= loop[0]) & (e >= loop[1])
        good &= (s >= min(0, start - 13) - 6) & (e <= max(n, end + 13) + 6)
        if not good.any():
            missed += is_supported
            continue
        chosen = order[low:high][good]
        rows.append(found.ladders[chosen])
        names += [name] * len(chosen)
        supports += [is_supported] * len(chosen)
        weight = (3.0 if is_supported else 1.0) / len(chosen) / sizes[family(name)] ** 0.25
        weights += [weight] * len(chosen)
    print(f"positives: {len(truth)} precursors, {len(names)} hairpins, {missed} supported missed")
    marks = np.array(supports)
    return np.concatenate(rows), np.array([split_of(n) for n in names]), np.array(weights), marks


def negatives(background, matures, settings, least_length):
    """Ladders from both strands of the background, away from known mature sequences."""
    seeds = {m[:19] for m in matures}
    ladders = []
    text, size = [], 0
    for index, (_, sequence) in enumerate(background):
        if any(sequence[i : i + 19] in seeds for i in range(len(sequence) - 18)):
            continue
        text.append(sequence + "N" * GAP)
        size += len(sequence)
        if size > 500_000 or index == len(background) - 1:
            letters = to_letters("".join(text).encode())
            for strand in (letters, opposite_strand(letters)):
                found = search(strand, settings)
                length = found.hairpins[:, 1] - found.hairpins[:, 0]
                ladders.append(found.ladders[length >= least_length])
            text, size = [], 0
    return np.concatenate(ladders)


def fit(model, data, epochs, seed):
    import keras

    (x, y, w), (vx, vy, vw) = data
    steps = epochs * (len(x) // 512)
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(2e-3, steps), weight_decay=1e-4
        ),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=True,
    )
    keras.utils.set_random_seed(seed)
    model.fit(
        x,
        y,
        sample_weight=w,
        validation_data=(vx, vy, vw),
        batch_size=512,
        epochs=epochs,
        verbose=2,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hairpins", required=True)
    parser.add_argument("--mature", required=True)
    parser.add_argument("--supported", required=True)
    parser.add_argument("--background", action="append", required=True)
    parser.add_argument("--plants", action="store_true")
    parser.add_argument("--span", type=int, default=150)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--most", type=int, default=250_000, help="negatives of the first round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    settings = SearchSettings(span=args.span, least=18)
    rng, drawn = random.Random(args.seed), np.random.default_rng(args.seed)
    sources = [[r for r in read_fasta(p) if len(r[1]) > 60] for p in args.background]
    mature = read_fasta(args.mature)
    supported = {line.split("\t")[0] for line in open(args.supported)}
    flanks = [r for r in sources[0] if len(r[1]) > 400]
    x, split, weight, is_supported = positives(
        read_fasta(args.hairpins), mature, supported, flanks, settings, rng, args.plants
    )
    made = [("", markov(drawn, flanks, 50_000, gc)) for gc in np.linspace(0.25, 0.65, 24)]
    seeds = [m for _, m in mature]
    parts = [negatives(s, seeds, settings, 45) for s in [*sources, made]]
    for path, part in zip([*args.background, "made"], parts, strict=True):
        print(f"negatives: {path} {len(part)}")
    no = np.unique(np.concatenate(parts), axis=0)
    drawn.shuffle(no)
    held, no = no[: len(no) // 8], no[len(no) // 8 :]
    print(f"{len(no)} negatives, {len(held)} held back", flush=True)

    model = ladder_network()
    start = time.time()
    chosen = no[: args.most]
    for round_ in (1, 2):
        train, valid = split == "train", split == "validation"
        scale = len(chosen) / weight[train].sum() / 4

        def data(rows, no, scale=scale):
            y = np.r_[np.ones(rows.sum()), np.zeros(len(no))].astype(np.float32)
            w = np.r_[weight[rows] * scale, np.ones(len(no))].astype(np.float32)
            mixed = np.random.default_rng(0).permutation(len(y))
            both = np.concatenate([x[rows], no]).astype(np.int32)
            return both[mixed], y[mixed], w[mixed]

        fit(model, (data(train, chosen), data(valid, held[:20000])), args.epochs, args.seed)
        score = model.predict(no.astype(np.int32), batch_size=4096, verbose=0)[:, 0]
        # The second round learns from what the first could not tell.
        order = np.argsort(-score, kind="stable")
        hard, easy = order[: args.most // 2], order[args.most // 2 :]
        chosen = no[np.r_[hard, drawn.permutation(easy)[: args.most // 2]]]
        print(f"round {round_}: {time.time() - start:.0f} s")
        tested = (split == "test") & is_supported
        test = model.predict(x[tested].astype(np.int32), batch_size=4096, verbose=0)[:, 0]
        against = np.sort(model.predict(held.astype(np.int32), batch_size=4096, verbose=0)[:, 0])
        for recall in (0.8, 0.9, 0.95, 0.98, 0.99):
            at = np.quantile(test, 1 - recall)
            share = 1 - np.searchsorted(against, at) / len(against)
            print(
                f"  test families: recall {recall:.2f} at {at:.2f}, passes {share:.5f}", flush=True
            )
        write_network(
            model, args.output, {"name": args.output.name, "round": round_, "span": args.span}
        )


if __name__ == "__main__":
    main()
