"""What a scan that goes on does not do again."""

from __future__ import annotations

import io
import itertools
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from conftest import Run
from scan_helpers import blocks, fasta, random_letters

from mirpre.folding import native
from mirpre.formats.output import open_kept
from mirpre.models.inference import Predictor
from mirpre.models.model import load_model
from mirpre.models.registry import load_model_files
from mirpre.records import Call
from mirpre.scanning.chunks import read_chunks
from mirpre.scanning.pipeline import Caller, Scan
from mirpre.scanning.resume import ScanCheckpoint
from mirpre.scanning.settings import settings_of


class AskedModel:
    """A model's predictor that counts what it is asked."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.encoding, self.dtype = predictor.encoding, predictor.dtype
        self.asked = 0

    def probabilities(self, encoded: Any, watch: Any = None) -> Any:
        self.asked += len(encoded)
        return self._predictor.probabilities(encoded)


def test_the_model_is_not_asked_again_for_parts_that_are_kept() -> None:
    text = fasta({f"c{k}": random_letters(60 + k, 110_000) for k in range(4)})
    settings = settings_of("sensitive", classify=True, mirror=True)
    model = load_model("cnn")

    def run(kept: io.BytesIO, parts: int) -> tuple[list[tuple[list[Call], list[Call]]], int]:
        """The calls of so many parts, and how many hairpins the model was asked."""
        asked = AskedModel(model.predictor)
        caller = replace(Caller.of(model, "sensitive"), predictor=cast(Predictor, asked))
        chunks = read_chunks(blocks(text), 100_000, settings.margin)
        scan = Scan(settings, folder=native.load())
        called = scan.called(chunks, caller, ScanCheckpoint(kept, "x", {}))
        return list(itertools.islice(called, parts)), asked.asked

    everything, in_all = run(io.BytesIO(), 99)
    assert len(everything) > 3
    kept = io.BytesIO()
    first, in_first = run(kept, 2)
    assert first == everything[:2]
    rest, in_rest = run(kept, 99)
    assert rest == everything
    assert 0 < in_first < in_all
    # One more part may have been at work when the first run ended.
    assert in_rest <= in_all - in_first
    assert run(kept, 99) == (everything, 0)


def test_another_model_is_no_run_to_be_resumed(run: Run, data: Path, tmp_path: Path) -> None:
    shutil.copytree(load_model_files("cnn").folder, tmp_path / "mine")
    with open_kept(str(tmp_path / "out.resume")) as stream:
        ScanCheckpoint(stream, "x", {"model": "0" * 64})
    done = run(
        *("scan-genome", data / "genome.fa", "--classify", "-m", "mine", "-o", "out", "--resume")
    )
    assert done.returncode == 1
    assert "the run to be resumed had another" in done.stderr
    assert " model, " in done.stderr
