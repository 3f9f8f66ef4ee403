"""Whether a long run stays as fast and as small as it began.

python -m bench.evidence.soak encoded 10000000 [--threads 2]
python -m bench.evidence.soak fasta 1000000

Feeds made records to ``mirpre classify --model cnn`` through a pipe and prints, for each tenth of
them, the CPU seconds and the time that the run took for it, and its memory at the end of it.
CPU seconds do not depend on what else the machine does, or little.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path

KINDS = 1000
"""Different records; they come again and again."""
TICKS = os.sysconf("SC_CLK_TCK")


def made(kind: str) -> list[bytes]:
    """Records of 85 nt that fold into a hairpin."""
    chance = random.Random(1)
    found = []
    for number in range(KINDS):
        arm = "".join(chance.choices("ACGU", k=37))
        other = "".join({"A": "U", "C": "G", "G": "C", "U": "A"}[x] for x in reversed(arm))
        sequence = f"{arm}GAAACUCAAAG{other}"
        if kind == "fasta":
            found.append(f">r{number}\n{sequence}\n".encode())
        else:
            structure = "(" * 37 + "." * 11 + ")" * 37
            dimers = " ".join(a + b for a, b in zip(sequence, structure, strict=True))
            found.append(f"r{number}\t-50.00\t{dimers}\n".encode())
    return found


def used(pid: int) -> tuple[float, float]:
    """CPU seconds and resident MiB of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    memory = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return (int(fields[11]) + int(fields[12])) / TICKS, int(memory.split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=("encoded", "fasta"))
    parser.add_argument("records", type=int)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    block = b"".join(made(args.kind))
    command = [sys.executable, "-m", "mirpre", "classify", "--model", "cnn", "-q"]
    with subprocess.Popen(
        [*command, "-t", str(args.threads), "-o", "/dev/null"], stdin=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        before, start = 0.0, time.perf_counter()
        print("| tenth | CPU s | s | MiB |\n|---|---|---|---|")
        for tenth in range(1, 11):
            for _ in range(args.records // (10 * KINDS)):
                process.stdin.write(block)
            process.stdin.flush()
            cpu, memory = used(process.pid)
            now = time.perf_counter()
            print(
                f"| {tenth} | {cpu - before:.1f} | {now - start:.1f} | {memory:.0f} |", flush=True
            )
            before, start = cpu, now
        process.stdin.close()
    assert process.returncode == 0


if __name__ == "__main__":
    main()
