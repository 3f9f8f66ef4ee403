"""Calls per Mb of genomes and of their shuffled copies: where no miRNAs are, all are false.

python -m bench.evidence.scan_calls GENOME.fa ... --preset strict --model genome
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from bench.shared.scan_data import read_fasta
from bench.shared.shuffling import shuffled
from mirpre.scanning.settings import PRESETS

THRESHOLDS = (0.5, 0.9, 0.99, 0.999)


def probabilities(genome: Path, *options: str) -> list[float]:
    """The scores of all loci."""
    scan = [sys.executable, "-m", "mirpre", "scan-genome", str(genome), "--classify", "--all"]
    command = [*scan, *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows = [line.split("\t") for line in done.stdout.splitlines() if not line.startswith("#")]
    column = rows[0].index("score")
    return [float(row[column]) for row in rows[1:]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genomes", nargs="+")
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--preset", action="append", choices=list(PRESETS))
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    print("genome\tMb\tpreset\tmodel\tloci per Mb\t" + "\t".join(f"p >= {t}" for t in THRESHOLDS))
    for genome in args.genomes:
        with tempfile.TemporaryDirectory() as folder:
            mixed = Path(folder) / f"{Path(genome).stem}.shuffled.fa"
            with mixed.open("w") as out:
                for number, (header, sequence) in enumerate(read_fasta(genome)):
                    if len(sequence) > 1:
                        out.write(f">{header}\n{shuffled(sequence, number)}\n")
            for path in (Path(genome), mixed):
                size = sum(len(s) - s.count("N") for _, s in read_fasta(path)) / 1e6
                for name in args.preset or ["default"]:
                    options = ["-s", name, "-m", args.model, "-t", str(args.threads)]
                    values = np.array(probabilities(path, *options))
                    rates = [f"{(values >= t).sum() / size:.1f}" for t in THRESHOLDS]
                    row = [path.stem, f"{size:.2f}", name, args.model, f"{len(values) / size:.0f}"]
                    print("\t".join([*row, *rates]), flush=True)


if __name__ == "__main__":
    main()
