"""What the paper's and the leakage script share: training runs and scores that are made once.

A training run is a model folder under the work folder and is there only when it is finished;
scores are kept beside it. Scripts can therefore be stopped at any time and go on where they were.
"""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.paper.dimers import dimer_text
from mirpre.evaluation.bootstrap import intervals
from mirpre.evaluation.metrics import METRICS, binary_metrics
from mirpre.evaluation.scoring import probabilities
from mirpre.formats.detect import read_hairpins
from mirpre.formats.opening import open_lines
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files

Percent = dict[str, float]
Bounds = dict[str, tuple[float, float]]
RESULTS = Path(__file__).with_name("runs.json")
PUBLISHED_METRICS = ("sensitivity", "specificity", "f1", "mcc", "accuracy")
SHORT = {
    "sensitivity": "Sen",
    "specificity": "Spe",
    "f1": "F1",
    "mcc": "MCC",
    "accuracy": "Acc",
    "auc": "AUC",
    "average_precision": "AP",
}


def mirpre(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "mirpre", *map(str, arguments)], check=True)


class Work:
    """The folder of finished runs; with ``train=False`` nothing new is trained."""

    def __init__(self, folder: Path, train: bool = True) -> None:
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self._train = train

    def dimers(self, name: str, csv_file: Path) -> Path:
        """A supplementary CSV of the paper as dimer text."""
        target = self.data / name
        if not target.exists():
            target.write_text(dimer_text(csv_file))
        return target

    def folded(self, name: str, fasta: Path) -> Path:
        """A FASTA, folded."""
        target = self.data / name
        if not target.exists():
            mirpre("fold", fasta, "-o", target)
        return target

    def split(self, name: str, positives: Path, negatives: Path, *options: object) -> Path:
        """A split table."""
        target = self.data / name
        if not target.exists():
            files = ("--positive", positives, "--negative", negatives)
            mirpre("split", *files, *options, "-o", target)
        return target

    def trained(self, name: str, positives: Path, negatives: Path, *options: object) -> Path | None:
        """A model folder, trained if it is not there yet; None where it may not be trained."""
        folder = self.folder / name
        if not (folder / "card.json").exists():
            if not self._train:
                return None
            start = time.time()
            files = ("--positive", positives, "--negative", negatives)
            mirpre("train", *files, *options, "--threads", 1, "--resume", "-o", folder)
            print(f"{name}: {time.time() - start:.0f} s", file=sys.stderr)
        return folder

    def result(
        self,
        name: str,
        measured: Callable[[Path], dict[str, Any]],
        positives: Path,
        negatives: Path,
        *options: object,
    ) -> dict[str, Any] | None:
        """What ``measured(folder)`` says of a run, trained if need be; None where it never was.

        Results of finished runs stay in ``runs.json`` beside this script, with the hash of
        the weights, so that hours of training on several machines add up to one table.
        """
        folder = self.trained(name, positives, negatives, *options)
        kept: dict[str, dict[str, Any]] = (
            json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        )
        if folder is not None:
            kept[name] = {
                "model.onnx": load_model_files(str(folder)).sha256,
                "validation_loss": round(best_validation_loss(folder), 5),
                **measured(folder),
            }
            RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
        return kept.get(name)

    def scores(self, model: Path | str, file: Path) -> NDArray[np.float64]:
        """Probabilities of all records of a folded file by a bundled model or a model folder."""
        files = load_model_files(str(model))
        digest = hashlib.sha256(Path(file).read_bytes() + files.onnx).hexdigest()[:16]
        kept = self.data / f"scores-{digest}.npy"
        if not kept.exists():
            with open_lines(str(file)) as lines:
                found = probabilities(read_hairpins(lines)[1], [Predictor(files)], 2)[0]
            np.save(kept, found)
        scores: NDArray[np.float64] = np.load(kept)
        return scores


def sequences(file: Path) -> list[tuple[str, str]]:
    """(name, sequence) of each record of a FASTA, folded or dimer file."""
    with open_lines(str(file)) as lines:
        return [(hairpin.name, hairpin.sequence) for hairpin in read_hairpins(lines)[1]]


def card(model: Path | str) -> dict[str, Any]:
    return load_model_files(str(model)).card


def best_validation_loss(folder: Path) -> float:
    """The lowest validation cross-entropy in a run's log."""
    with open(Path(folder) / "training.csv", newline="") as log:
        return min(float(row["validation_loss"]) for row in csv.DictReader(log))


def measure(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> tuple[Percent, Bounds]:
    """Metrics in percent by name, and their 95 % intervals."""
    values = binary_metrics(labels, scores)
    bounds = intervals(labels, scores, 0.5, resamples=2000, seed=1)
    found = ((name, values[name]) for name in METRICS)
    percent = {name: 100 * value for name, value in found if value is not None}
    return percent, {
        name: (100 * bound[0], 100 * bound[1]) for name, bound in bounds.items() if bound
    }


def rate(called: NDArray[np.bool_]) -> str:
    """``n/N = percent`` of a boolean array."""
    return share(int(called.sum()), len(called))


def share(part: int, whole: int) -> str:
    """``n/N = percent``."""
    return f"{part}/{whole} = {100 * part / whole:.2f}"


def mean_sd(values: list[float], digits: int = 2) -> str:
    """Mean ± standard deviation (n - 1)."""
    return f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=1):.{digits}f}"
