"""Writing a trained network as a model folder: ONNX, Keras and card."""

from __future__ import annotations

import contextlib
import csv
import datetime
import hashlib
import io
import json
import logging
import platform
import shutil
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mirpre import __version__
from mirpre.errors import FileError, ModelError
from mirpre.evaluation.curves import write_learning_curves
from mirpre.formats.output import new_folder_beside, open_binary_output, open_output
from mirpre.models.inference import Predictor
from mirpre.models.registry import CARD, KERAS, ONNX, load_model_files
from mirpre.training.fit import predict
from mirpre.training.genome_onnx import export_genome
from mirpre.training.onnx_order import normalize
from mirpre.training.recipe import ENCODING_OF, Trained
from mirpre.training.rnn_onnx import export_rnn

if TYPE_CHECKING:
    import keras

TOLERANCE = 1e-5
"""Largest difference allowed between a probability by Keras and by ONNX Runtime."""

LIBRARIES = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "onnx", "tf2onnx")
"""Libraries whose versions stand on the card."""

EXPORTERS: dict[str, Callable[[keras.Model, Path], None]] = {
    "rnn": export_rnn,
    "genome": export_genome,
}
"""Networks whose ONNX file is not left to Keras."""


def write_model_folder(target: Path, trained: Trained, *, description: str, command: str) -> None:
    """Write a training run as a model folder, whole or not at all.

    The folder holds ``model.onnx``, ``model.keras``, ``card.json``, ``training.csv`` (losses of
    each epoch) and ``learning_curves.png``; target must be absent or empty.
    description says in words what the records were.
    """
    making = new_folder_beside(target)
    try:
        with open_output(str(making / "training.csv")) as out:
            rows = trained.fit.rows()
            writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        with open_binary_output(str(making / "learning_curves.png")) as image:
            write_learning_curves(image, trained.fit.history, trained.fit.best)
        card = {
            **trained.card,
            "training": {"data": description, "command": command, **trained.card["training"]},
        }
        write_model(making, trained.network, trained.validation, card, threshold=0.5)
        if target.exists():
            target.rmdir()
        making.rename(target)
    except OSError as error:
        raise FileError(f"cannot write: {error.strerror}", file=str(target)) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def write_model(
    folder: Path,
    network: keras.Model,
    check: NDArray[Any],
    card: dict[str, Any],
    *,
    threshold: float,
) -> None:
    """Write ``model.keras``, ``model.onnx`` and ``card.json`` into an existing folder.

    card holds what the caller knows (network, training, metrics); files, hashes, encoding and
    versions are added here. check, encoded, is predicted by both files: ModelError is raised
    where a probability differs by more than TOLERANCE.
    """
    # A fresh copy carries neither the optimizer nor its state into the files.
    bare = type(network).from_config(network.get_config())
    bare.set_weights(network.get_weights())
    predict(bare, check[:1])  # the exporter wants a network that has been called
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Keras about NumPy, and not for a user
        bare.save(folder / KERAS)
    EXPORTERS.get(card["network"], _export_onnx)(bare, folder / ONNX)
    whole = {
        "name": card["network"],
        "encoding": ENCODING_OF[card["network"]].name,
        "output": "probability that the record is a pre-miRNA (softmax unit 0)",
        "threshold": threshold,
        "parameters": sum(int(np.prod(w.shape)) for w in bare.trainable_weights),
        **card,
        "files": {
            file: {
                "sha256": hashlib.sha256((folder / file).read_bytes()).hexdigest(),
                "bytes": (folder / file).stat().st_size,
            }
            for file in (ONNX, KERAS)
        },
        "versions": {
            "mirpre": __version__,
            "python": platform.python_version(),
            **_installed(LIBRARIES),
        },
        "date": datetime.date.today().isoformat(),
    }
    with open_output(str(folder / CARD)) as out:
        json.dump(whole, out, indent=2)
        out.write("\n")
    by_onnx = Predictor(load_model_files(str(folder))).probabilities(check)
    difference = float(np.abs(by_onnx - predict(network, check)).max()) if len(check) else 0.0
    if difference > TOLERANCE:
        raise ModelError(
            f"the exported network differs from the trained one by {difference:.2g}",
            file=str(folder / ONNX),
        )


def _export_onnx(model: keras.Model, file: Path) -> None:
    # The exporter talks through print, logging and warnings; none of it concerns a user.
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        model.export(str(file), format="onnx", verbose=False)
    normalize(file)


def _installed(names: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name in names:
        with contextlib.suppress(ModuleNotFoundError):
            found[name] = version(name)
    return found
