"""Loci as a scan shows them to the model: precursors, and what is none, by the million.

python -m bench.weights.scan_loci hard FOLDER --megabases 300 ...       FOLDER/records.hard.tsv
python -m bench.weights.scan_loci validation FOLDER ...                 FOLDER/loci.validation.npz

FOLDER is that of model_data.py. hard: hairpins of sequence without precursors, made of what is
for training, that the model calls with MODEL_CALLS or more, each with the ends that it likes best;
their folds go to FOLDER/folds.hard.tsv. validation: all loci of validation families' precursors,
set into their windows or between transcripts, and of validation sequence, with all their
alternative ends.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.shared.scan_data import Truth, read_fasta, set_into, truth_in
from bench.weights.genome_pool import Pool
from bench.weights.made_repeats import inverted_repeats, satellites
from bench.weights.model_data import FIELDS, markov_texts, read_records
from bench.weights.model_records import Matures, Record, by_hash, read_precursors
from mirpre.calling import call_chunk
from mirpre.folding import native
from mirpre.models.model import load_model
from mirpre.records import Candidate
from mirpre.scanning import _search
from mirpre.scanning.chunks import Chunk
from mirpre.scanning.letters import to_letters
from mirpre.scanning.settings import ScanSettings, settings_of
from mirpre.scanning.stages import scan_batch
from mirpre.timing import StageSeconds

MODEL_CALLS = 0.3
"""The model's probability from which a hairpin without a precursor is a hard one."""
TOGETHER = 1_000_000
_TEXT = bytes(b"ACGU"[c] if c < 4 else ord("N") for c in range(256))


def loci(
    texts: Iterator[tuple[str, str]], settings: ScanSettings
) -> Iterator[tuple[str, list[Candidate]]]:
    """The loci of texts with these names, each with its alternative ends, folded."""
    folder = native.load()
    batch: list[Chunk] = []
    size = 0

    def found() -> Iterator[tuple[str, list[Candidate]]]:
        groups: dict[tuple[str, int], list[Candidate]] = {}
        for candidate in scan_batch(settings, batch, folder).candidates:
            groups.setdefault((candidate.locus.contig, candidate.group), []).append(candidate)
        for (name, _), candidates in groups.items():
            yield name, candidates

    for name, text in texts:
        batch.append(Chunk(name, 0, text.encode(), 0, len(text)))
        size += len(text)
        if size >= TOGETHER:
            yield from found()
            batch, size = [], 0
    if batch:
        yield from found()


def shuffled_texts(texts: list[tuple[str, str]], copy: int) -> Iterator[tuple[str, str]]:
    for i, (name, text) in enumerate(texts):
        letters = _search.shuffled(to_letters(text.encode()), 1_000_000 * copy + i)
        yield f"{name}:shuffled{copy}", letters.translate(_TEXT).decode()


def sources(
    args: argparse.Namespace, split: str, megabases: int, seed: int
) -> Iterator[tuple[str, str]]:
    """Kind and sequence without precursors of a split; half is shuffled, half made."""
    own = [
        (header.split()[0], text)
        for file in args.transcripts
        for header, text in read_fasta(file)
        if len(text) > 100 and by_hash(header.split()[0]) == split
    ]
    long = [text for _, text in own if len(text) > 400]
    for kind, step in (("forward", 1), ("mirrored", -1)):
        yield from ((f"{kind}:{name}", text[::step]) for name, text in own)
    done, copy = 0, 100 * seed
    while done < megabases * 500_000:
        copy += 1
        for name, text in shuffled_texts(own, copy):
            done += len(text)
            yield f"shuffled:{name}", text
    for order in (1, 4):
        contents = np.linspace(0.22, 0.68, int(5 * megabases))
        for i, text in enumerate(markov_texts(long, order, contents, 50_000, seed)):
            yield f"made{order}:{i}", text
    number = 20 * megabases
    for kind, make in (("inverted", inverted_repeats), ("satellites", satellites)):
        for i, text in enumerate(make(long, number, seed + 50)):
            yield f"{kind}:{i}", text


def hard(args: argparse.Namespace) -> None:
    model, times = load_model(args.model), StageSeconds()
    matures = Matures(args.mature, read_precursors(args.precursors, args.supported))
    settings = settings_of("default", classify=True)
    start, total, kept = time.time(), 0, 0
    table = args.folder / "records.hard.tsv"
    seen: set[str] = set()
    with (
        table.with_suffix(".tmp").open("w", encoding="utf-8") as out,
        (args.folder / "folds.hard.tsv").open("w", encoding="ascii") as folds,
    ):
        out.write("\t".join(FIELDS) + "\n")
        for name, candidates in loci(sources(args, "train", args.megabases, 2), settings):
            calls = call_chunk([c.hairpin for c in candidates], model.predictor, 0.5, times)
            best = max(calls, key=lambda call: call.probability)
            total += 1
            sequence = best.hairpin.sequence
            if best.probability < MODEL_CALLS or sequence in seen or set(sequence) - set("ACGU"):
                continue
            if matures.hit(sequence):
                continue
            seen.add(sequence)
            kept += 1
            record = Record(name, "hard", name, "train", False, 1.0, sequence)
            out.write("\t".join(str(getattr(record, field)) for field in FIELDS) + "\n")
            folds.write(f"{sequence}\t{best.hairpin.structure}\t{best.hairpin.mfe}\n")
            if kept % 5000 == 0:
                print(f"{total} loci, {kept} kept, {name}, {time.time() - start:.0f} s", flush=True)
    table.with_suffix(".tmp").rename(table)
    print(f"{total} loci, {kept} kept, {time.time() - start:.0f} s")


def validation(args: argparse.Namespace) -> None:
    """Loci of validation families and of sequence without precursors, as a Pool."""
    splits = {r.name: r.split for r in read_records(args.folder / "records.tsv") if r.positive}
    precursors = read_precursors(args.precursors, args.supported)
    own = [p for p in precursors if splits.get(p.name) == "validation" and p.supported]
    windows = [s for file in args.windows for _, s in read_fasta(file)]
    flanks = [s for _, s in read_fasta(args.transcripts[0]) if len(s) > 400]
    settings = settings_of("default", classify=True)
    records: list[Record] = []
    folds: dict[str, tuple[str, str]] = {}

    def add(name: str, kind: str, positive: bool, candidates: list[Candidate]) -> None:
        for candidate in candidates:
            hairpin = candidate.hairpin
            folds[hairpin.sequence] = (hairpin.structure or "", str(hairpin.mfe))
            records.append(Record(name, kind, kind, "validation", positive, 1.0, hairpin.sequence))

    with_truth: list[tuple[str, Truth]] = []
    for p in own:
        n = len(p.sequence)
        middle = (n // 2 - 3, n // 2 + 3)
        start, end = (
            (p.mature[0][0], p.mature[-1][1]) if len(p.mature) == 2 else (n // 8, n - n // 8)
        )
        with_truth.append((p.sequence, truth_in(p.name, start, end, middle, (0, n))))
    text, truths, _ = set_into(with_truth, windows, flanks, 5)
    starts = np.array([t.start for t in truths])
    found: set[str] = set()
    for _, candidates in loci(iter([("precursors", text)]), settings):
        place = candidates[0].locus
        at = max(0, int(np.searchsorted(starts, place.end)) - 1)
        truth = truths[at]
        shared = min(place.end, truth.end) - max(place.start, truth.start)
        if 2 * shared < min(place.end - place.start, truth.end - truth.start):
            continue
        right = place.strand == "+"
        found |= {truth.name} if right else set()
        add(truth.name, "precursor" if right else "opposite", right, candidates)
    letters: dict[str, int] = {}
    kinds = sources(args, "validation", args.megabases, 9)

    def counted() -> Iterator[tuple[str, str]]:
        for name, text in kinds:
            kind = name.split(":", 1)[0]
            letters[kind] = letters.get(kind, 0) + len(text)
            yield name, text

    matures = Matures(args.mature, precursors)
    for number, (name, candidates) in enumerate(loci(counted(), settings)):
        kind = name.split(":", 1)[0]
        # A transcript may hold a precursor.
        if kind != "forward" or not any(matures.hit(c.hairpin.sequence) for c in candidates):
            add(f"{number}", kind, False, candidates)
    pool = Pool.of(records, folds)
    pool.save(args.folder / "loci.validation.npz")
    print(f"{len(own)} precursors, {len(found)} with a locus; {len(records)} hairpins; {letters}")
    sizes = json.dumps({"precursors": len(own), **letters})
    (args.folder / "loci.letters.json").write_text(sizes + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["hard", "validation"])
    parser.add_argument("folder", type=Path)
    for name in ("precursors", "supported", "mature"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--transcripts", nargs="+", required=True)
    parser.add_argument("--windows", nargs="+", default=[])
    parser.add_argument("--model", default="genome")
    parser.add_argument("--megabases", type=int, default=300)
    args = parser.parse_args()
    (hard if args.what == "hard" else validation)(args)


if __name__ == "__main__":
    main()
