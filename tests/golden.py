"""Commands whose whole output is kept in test-data/expected."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).parent.parent / "test-data"
EXPECTED = DATA / "expected"

_REGIONS = ["--bed", "regions.bed", "--genome", "genome.fa"]
_GENOME = ["--genome", "genome.fa"]
GOLDEN = {
    "hairpins.folded": ["fold", "hairpins.fa"],
    "hairpins.dimers": ["encode", "hairpins.fa"],
    "hairpins.tsv": ["classify", "hairpins.fa", "--structure"],
    "hairpins.rnn.tsv": ["classify", "hairpins.fa", "--model", "rnn"],
    "hairpins.genome.tsv": ["classify", "hairpins.fa", "--model", "genome"],
    "hairpins.positive.fa": ["classify", "hairpins.fa", "--only-positive", "--format", "fasta"],
    "scan.fa": ["scan-genome", "genome.fa"],
    "scan.tsv": ["scan-genome", "genome.fa", "--classify", "--all"],
    "scan.called.tsv": ["scan-genome", "genome.fa", "--classify"],
    "scan.q_values.tsv": ["scan-genome", "genome.fa", "--classify", "--all", "--q-values"],
    "scan.gff3": ["scan-genome", "genome.fa", "--annotate"],
    "annotated.gff3": ["annotate", "expected/scan.tsv", *_GENOME, "--all"],
    "annotated.tsv": ["annotate", "expected/scan.tsv", *_GENOME, "--format", "tsv"],
    "annotated.reads.tsv": [
        *("annotate", "expected/scan.tsv", *_GENOME, "--format", "tsv"),
        *("--known", "none", "--reads", "reads.bam"),
    ],
    "annotated.jsonl": ["annotate", "expected/regions.jsonl", "--format", "jsonl"],
    "annotated.bed": ["annotate", "expected/scan.tsv", *_GENOME, "--format", "bed"],
    "annotated.fa": ["annotate", "expected/regions.gff3", *_GENOME, "--format", "fasta"],
    "matures.fa": ["annotate", "expected/regions.bed", *_GENOME, "--format", "mature-fasta"],
    "regions.folded": ["fold", *_REGIONS],
    "regions.bed": ["classify", *_REGIONS, "--format", "bed"],
    "regions.gff3": ["classify", *_REGIONS, "--format", "gff3"],
    "regions.importance.bedgraph": ["explain", *_REGIONS, "--format", "bedgraph"],
    "regions.importance.tsv": ["explain", "expected/regions.folded"],
    "let-7.svg": ["draw", "hairpins.fa", "--name", "hsa-let-7a-1"],
    "annotated.bed12": ["tracks", "expected/annotated.tsv"],
    "scan.bed12": ["tracks", "expected/scan.q_values.tsv", "--track-line"],
    "regions.tracks.gff3": [
        *("tracks", "expected/regions.gff3", "--format", "gff3", "--genome", "genome.fa"),
    ],
    "regions.jsonl": ["classify", *_REGIONS, "--format", "jsonl", "--structure"],
}


WITHOUT_THREADS = ("draw", "tracks")


def run_golden(name: str, threads: int = 1) -> str:
    """The output of a golden command, without its ``#`` lines that name versions and hashes."""
    command = [sys.executable, "-m", "mirpre", *GOLDEN[name]]
    if GOLDEN[name][0] not in WITHOUT_THREADS:
        command += ["--threads", str(threads)]
    done = subprocess.run(command, cwd=DATA, capture_output=True, text=True, check=True)
    return "".join(line for line in done.stdout.splitlines(True) if not line.startswith("# "))
