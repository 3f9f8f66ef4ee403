"""Whether the native folder and ViennaRNA fold alike: energy and structure, record by record.

    python -m bench.speed.same_folds hairpin.fa pseudo_hairpins_all.fa --made 100000
    python -m bench.speed.same_folds --made 60 --lengths 1000 2000

Prints a row for each file, each kind of made record and the sum, and then the sequences of up to
20 records that differ; exit status 1 where there is any. After an interruption, --skip leaves out
the files and kinds that have their row. Made records have 1 to 200 letters, most
of them few; ViennaRNA takes some 3 ms for the mean one.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bench.shared.scan_data import read_fasta
from mirpre.folding import native
from mirpre.folding.viennarna import fold_sequences
from mirpre.streams import chunked

Difference = tuple[str, bool, bool]
"""A sequence, and whether its energy and its structure differ."""
Lengths = tuple[int, int] | None

PARTNER = str.maketrans("ACGU", "UGCA")
OTHER_LETTERS = "NNNNNNNNRYSWKMBDHV"
WORK = 500_000
"""What a process takes at once: the sum of the squares of the lengths, nt."""


def letters(draw: random.Random, n: int, gc: float) -> str:
    return "".join(draw.choices("ACGU", [1 - gc, gc, gc, 1 - gc], k=n))


def changed(draw: random.Random, sequence: str, share: float, to: str = "ACGU") -> str:
    """The sequence with a share of its letters drawn anew."""
    return "".join(draw.choice(to) if draw.random() < share else x for x in sequence)


def random_record(draw: random.Random, n: int) -> str:
    return letters(draw, n, draw.uniform(0.2, 0.8))


def with_other_letters(draw: random.Random, n: int) -> str:
    return changed(draw, random_record(draw, n), draw.choice([0.01, 0.05, 0.2]), OTHER_LETTERS)


def stem(draw: random.Random, n: int, share: float) -> str:
    """Two arms around a loop; a share of the second arm's letters is drawn anew or left out."""
    loop = min(draw.randint(3, 20), n)
    five = random_record(draw, (n - loop + 1) // 2)
    three = changed(draw, five[::-1].translate(PARTNER), share)
    three = "".join(x for x in three if draw.random() >= share / 4)
    middle = random_record(draw, n - len(five) - len(three))
    return five + middle + three


def near_perfect_stem(draw: random.Random, n: int) -> str:
    return stem(draw, n, draw.choice([0, 0.02, 0.05]))


def stem_loop(draw: random.Random, n: int) -> str:
    return stem(draw, n, draw.uniform(0.1, 0.4))


def branched(draw: random.Random, n: int) -> str:
    """Stems side by side within a stem."""
    outer = random_record(draw, n // 5)
    inside, count = n - 2 * len(outer), draw.randint(2, 4)
    stems = [stem(draw, (inside + k) // count, draw.uniform(0, 0.2)) for k in range(count)]
    return outer + "".join(stems) + outer[::-1].translate(PARTNER)


def with_large_loop(draw: random.Random, n: int) -> str:
    """A stem within a stem, with a bulge or an interior loop of any size between the two."""
    outer = letters(draw, min(draw.randint(3, 8), n // 4), 0.7)
    inner = stem(draw, min(draw.randint(9, 30), n - 2 * len(outer)), 0)
    free = letters(draw, n - len(inner) - 2 * len(outer), draw.choice([0, 0.3, 0.5]))
    five = draw.choice([0, 1, 2, len(free) // 2, draw.randint(0, len(free))])
    return outer + free[:five] + inner + free[five:] + outer[::-1].translate(PARTNER)


def repeats(draw: random.Random, n: int) -> str:
    """A few letters again and again, some changed; half of them go on with the complement."""
    unit = letters(draw, draw.randint(1, 8), draw.random())
    sequence = (unit * n)[:n]
    if draw.random() < 0.5:
        sequence = sequence[: (n + 1) // 2] + sequence[: n // 2][::-1].translate(PARTNER)
    return changed(draw, sequence, draw.choice([0, 0.02, 0.1]))


MADE: dict[str, Callable[[random.Random, int], str]] = {
    "random, GC 20-80 %": random_record,
    "the same with N and other letters": with_other_letters,
    "near-perfect stems": near_perfect_stem,
    "stem-loops": stem_loop,
    "branched": branched,
    "bulges and interior loops": with_large_loop,
    "repeats": repeats,
}


def length(draw: random.Random, lengths: Lengths) -> int:
    low, high = lengths or draw.choices([(1, 60), (60, 100), (100, 200)], [85, 13, 2])[0]
    return draw.randint(low, high)


def sources(files: list[str], made: int, lengths: Lengths) -> Iterator[tuple[str, Iterable[str]]]:
    """Names and sequences."""
    for file in files:
        yield Path(file).name, (sequence for _, sequence in read_fasta(file) if sequence)
    for at, (kind, make) in enumerate(MADE.items()):
        draw = random.Random(at)
        count = (made + at) // len(MADE)
        if count:
            yield f"made: {kind}", (make(draw, length(draw, lengths)) for _ in range(count))


def differences(chunk: list[str]) -> tuple[int, int, list[Difference]]:
    """Records and letters of a chunk, and what differs."""
    found = zip(chunk, native.load().fold(chunk), fold_sequences(chunk), strict=True)
    different = [
        (sequence, ours[1] != theirs[1], ours[0] != theirs[0])
        for sequence, ours, theirs in found
        if ours != theirs
    ]
    return len(chunk), sum(map(len, chunk)), different


def chunks(sequences: Iterable[str]) -> Iterator[list[str]]:
    return chunked(sequences, lambda chunk: sum(len(x) ** 2 for x in chunk) >= WORK)


def print_row(name: str, records: int, nt: int, different: list[Difference]) -> None:
    energies, structures = sum(x[1] for x in different), sum(x[2] for x in different)
    print(f"| {name} | {records:,} | {nt:,} | {energies} | {structures} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", metavar="FASTA")
    parser.add_argument("--made", type=int, default=0, metavar="N")
    parser.add_argument("--lengths", type=int, nargs=2, metavar="NT", help="of the made records")
    parser.add_argument("--skip", type=int, default=0, metavar="ROWS")
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    lengths = tuple(arguments.lengths) if arguments.lengths else None
    all_records, all_nt = 0, 0
    all_different: list[Difference] = []
    print("| source | records | nt | other energy | other structure |\n|---|---|---|---|---|")
    with multiprocessing.Pool(arguments.processes) as pool:
        every = sources(arguments.files, arguments.made, lengths)
        for name, sequences in itertools.islice(every, arguments.skip, None):
            records, nt = 0, 0
            different: list[Difference] = []
            for more_records, more_nt, more in pool.imap(differences, chunks(sequences)):
                records, nt = records + more_records, nt + more_nt
                different += more
            print_row(name, records, nt, different)
            all_records, all_nt = all_records + records, all_nt + nt
            all_different += different
    print_row("all", all_records, all_nt, all_different)
    for sequence, *_ in all_different[:20]:
        print(sequence)
    sys.exit(bool(all_different))


if __name__ == "__main__":
    main()
