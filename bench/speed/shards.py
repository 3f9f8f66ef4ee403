"""Core-hours and memory of a scan in shards, and of merging them, by the length of a genome.

python -m bench.speed.shards genome.fa --letters 100 1000 3100 --option=--q-values

The shards of the genome are scanned, and merged. For a longer genome the loci of the shards are
repeated under other names of contigs until they are as many as that length would have; the merge
of that is run, too. Its copies, and so the time to count them, are more than a real genome's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path


def measured(*command: object) -> tuple[float, float]:
    """CPU seconds, and the peak of memory in MB."""
    words = [sys.executable, "-m", "mirpre", *map(str, command), "--quiet"]
    with subprocess.Popen(words) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: exit status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def repeated(shards: list[Path], times: int) -> Iterator[str]:
    """The lines of one shard, of the loci of all shards, so many times."""
    head: dict[str, object] = {}
    totals: dict[str, int] = {}
    rows: list[list[object]] = []
    for path in shards:
        first, *others = path.read_text().splitlines()
        head = json.loads(first)
        for line in others:
            value = json.loads(line)
            if isinstance(value, list):
                rows.append(value)
            elif "counts" in value:
                for name, count in value["counts"].items():
                    if name != "seconds":
                        totals[name] = totals.get(name, 0) + count * times
    yield json.dumps(head | {"number": 1, "of": 1, "letters": totals["letters"]})
    for time in range(times):
        for row in rows:
            yield json.dumps([row[0], f"{row[1]}.{time}", *row[2:]])
    yield json.dumps({"counts": totals | {"seconds": {}}})


def write_repeated(path: Path, shards: list[Path], times: int) -> tuple[int, int]:
    """Loci of the genome and of its mirror."""
    lines = checksum = 0
    found = {"call": 0, "mirror": 0}
    with path.open("w") as out:
        for line in repeated(shards, times):
            for kind in found:
                found[kind] += line.startswith(f'["{kind}"')
            text = f"{line}\n"
            checksum = zlib.crc32(text.encode(), checksum)
            lines += 1
            out.write(text)
        out.write(json.dumps({"lines": lines, "crc32": checksum}) + "\n")
    return found["call"], found["mirror"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genome", type=Path)
    parser.add_argument("--shards", type=int, default=2)
    parser.add_argument("--letters", type=float, nargs="*", default=[], help="Mb")
    parser.add_argument("--option", action="append", default=[])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shards = [folder / f"{n}.jsonl" for n in range(1, args.shards + 1)]
        spent: list[tuple[float, float]] = []
        letters = 0
        for number, path in enumerate(shards, 1):
            shard = ("--shard", f"{number}/{args.shards}", "-o", path)
            spent.append(
                measured("scan-genome", args.genome, "--classify", *args.option, *shard, "-t", 1)
            )
            for line in path.read_text().splitlines()[-2:-1]:
                letters += json.loads(line)["counts"]["letters"]
        cpu, peak = sum(one for one, _ in spent), max(one for _, one in spent)
        print(f"shards: {letters / 1e6:.2f} Mb, {cpu / letters * 1e6:.2f} CPU s per Mb,")
        print(f"{cpu / letters * 1e9 / 3600:.2f} core-hours per Gb, {peak:.0f} MB")
        print("\n| Mb | loci | of the mirror | shards, MB on disk | merge, CPU s | merge, MB |")
        print("|---|---|---|---|---|---|")
        for wanted in args.letters:
            times = max(1, round(wanted * 1e6 / letters))
            whole = folder / "whole.jsonl"
            found = write_repeated(whole, shards, times)
            size = whole.stat().st_size / 1e6
            cpu, peak = measured("merge", whole, "-o", folder / "calls.tsv")
            row = (times * letters / 1e6, *found, size, cpu, peak)
            print("|", " | ".join(f"{value:,.0f}" for value in row), "|", flush=True)


if __name__ == "__main__":
    main()
