"""Runs with --resume, killed at random moments until they end, against runs that never stopped.

    python -m bench.evidence.kill_soak scan GENOME.fa --kills 100
    python -m bench.evidence.kill_soak train POSITIVE NEGATIVE --kills 20

A kill is SIGKILL, SIGTERM, SIGINT or SIGHUP, some after SIGSTOP and SIGCONT, after a random time of
at most the longest that a run may live. The end must be the same bytes, and nothing may be left
but what SIGKILL leaves: hidden temporary files, which are counted.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def command(what: str, files: list[str], output: str, *more: str) -> list[str]:
    mirpre = [sys.executable, "-m", "mirpre"]
    if what == "scan":
        return [
            *mirpre,
            "scan-genome",
            *files,
            "--classify",
            "--all",
            "-t",
            "2",
            "-o",
            output,
            *more,
        ]
    inputs = ["--positive", files[0], "--negative", files[1], "--epochs", "8", "-t", "1"]
    every = ["--checkpoint-every", "1"]
    return [*mirpre, "train", *inputs, *every, "-o", output, *more]


def digest(output: Path) -> str:
    """Of the results; of a trained model its weights, since its card has dates."""
    if output.is_file():
        return hashlib.sha256(output.read_bytes()).hexdigest()
    import onnx

    weights = onnx.load(str(output / "model.onnx")).graph.initializer
    return hashlib.sha256(b"".join(sorted(one.raw_data for one in weights))).hexdigest()


def is_of_a_kill(file: Path) -> bool:
    """A temporary file, or the checkpoint of a run that was killed before it took it away."""
    is_temporary = file.name.startswith(".") and file.name.endswith(".tmp")
    return is_temporary or file.name == "out.checkpoint.npz"


def killed_run(what: str, files: list[str], folder: Path, longest: float) -> Counter[str]:
    """Run until it ends, killed after random times; how often by which signal, and where it was."""
    seen: Counter[str] = Counter()
    while True:
        process = subprocess.Popen(
            command(what, files, str(folder / "out"), "--resume"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        number = random.choice(SIGNALS)
        try:
            _, errors = process.communicate(timeout=random.uniform(0.1, longest))
        except subprocess.TimeoutExpired:
            if random.random() < 0.2:
                process.send_signal(signal.SIGSTOP)
                time.sleep(0.2)
                process.send_signal(signal.SIGCONT)
                seen["SIGSTOP"] += 1
            process.send_signal(number)
            _, errors = process.communicate()
            seen[number.name] += 1
            # Before main begins, Python itself may be interrupted, while it imports.
            if (
                "Traceback" in errors
                and "mirpre/cli/__init__.py" in errors
                and "in main\n" in errors
            ):
                raise AssertionError(errors) from None
            if what == "train" and (folder / "out").exists():
                # Killed when all was done: outputs appear whole. train takes no folder twice.
                return seen
            continue
        if process.returncode:
            raise AssertionError(errors)
        return seen


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["scan", "train"])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, help="seconds that a run lives, at most")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        whole = Path(name) / "whole"
        start = time.monotonic()
        subprocess.run(
            command(arguments.what, arguments.files, str(whole)), check=True, capture_output=True
        )
        seconds = time.monotonic() - start
        expected = digest(whole)
        longest = arguments.longest or seconds / 2
        kills: Counter[str] = Counter()
        runs = left = 0
        while sum(kills.values()) - kills["SIGSTOP"] < arguments.kills:
            folder = Path(name) / "killed"
            folder.mkdir()
            kills += killed_run(arguments.what, arguments.files, folder, longest)
            runs += 1
            assert digest(folder / "out") == expected, "other bytes"
            others = [file for file in folder.iterdir() if file.name != "out"]
            assert all(is_of_a_kill(file) for file in others), others
            left += len(others)
            shutil.rmtree(folder)
        print(f"{runs} runs of {seconds:.1f} s, killed by {dict(kills)}: all the same bytes")
        print(f"{left} temporary files left by {kills['SIGKILL']} SIGKILL")


if __name__ == "__main__":
    main()
