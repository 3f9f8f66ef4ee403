"""Write a bundled model's ONNX file anew from its Keras file, with today's exporter.

    python -m bench.weights.export_model mirpre/models/weights/MODEL RECORDS.folded

The weights stay as they are, to the last bit. The card gets the new file's hash and size and the
versions of the libraries that wrote it. RECORDS are predicted by Keras, by the old and by the
new ONNX file; the largest differences are printed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from mirpre.formats.detect import read_hairpins
from mirpre.formats.opening import open_lines
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files
from mirpre.training.recipe import load_tensorflow


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("records")
    args = parser.parse_args()
    folder: Path = args.folder
    files = load_model_files(str(folder))
    with open_lines(args.records) as lines:
        encoded = files.encoding.encode(list(read_hairpins(lines)[1]))
    load_tensorflow(1)
    import keras

    from mirpre.training import networks  # noqa: F401 (registers the layers)
    from mirpre.training.export import write_model
    from mirpre.training.fit import predict

    network = keras.models.load_model(folder / "model.keras")
    by_keras, before = predict(network, encoded), Predictor(files).probabilities(encoded)
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch)
        write_model(made, network, encoded, files.card, threshold=files.card["threshold"])
        after = Predictor(load_model_files(str(made))).probabilities(encoded)
        card = json.loads((made / "card.json").read_text())
        card["files"]["model.keras"] = files.card["files"]["model.keras"]
        (folder / "model.onnx").write_bytes((made / "model.onnx").read_bytes())
        (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n")
    for name, other in (("Keras", by_keras), ("the old ONNX file", before)):
        print(f"{len(encoded)} records, largest difference from {name}:", end=" ")
        print(f"{np.abs(after - other).max():.2g}")


if __name__ == "__main__":
    main()
