"""Where an interrupted training run left off, as a NumPy archive."""

from __future__ import annotations

import contextlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirpre.errors import FileError
from mirpre.formats.opening import open_plain
from mirpre.formats.output import open_binary_output
from mirpre.training.fit import Epoch, State

_DAMAGED = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, IndexError),
    *(RecursionError, OverflowError, NotImplementedError, zlib.error, zipfile.BadZipFile),
)
"""What NumPy, zipfile and json raise of such a file."""
_LISTS = ("weights", "best_weights", "optimizer")


@dataclass(frozen=True)
class Checkpoint:
    """A file that holds a run's state after every so many epochs.

    run says what the run is (recipe, records): a file of another run is not taken.
    """

    file: Path
    run: Mapping[str, Any]
    every: int

    def save(self, state: State) -> None:
        """Write the state, whole or not at all."""
        about = {
            "run": self.run,
            "history": [asdict(epoch) for epoch in state.history],
            "best": asdict(state.best),
        }
        arrays: dict[str, NDArray[Any]] = {"about": np.array(json.dumps(about))}
        for name in _LISTS:
            arrays |= {f"{name}-{i}": a for i, a in enumerate(getattr(state, name))}
        with open_binary_output(str(self.file)) as out:
            np.savez(out, allow_pickle=False, **arrays)

    def load(self) -> State | None:
        """The state in the file; None without a file.

        Raises FileError where the file is damaged or of another run.
        """
        if not self.file.exists():
            return None
        try:
            about, state = self._read()
        except _DAMAGED as error:
            raise FileError(
                "damaged checkpoint; remove it and train from the start", file=str(self.file)
            ) from error
        differing = [key for key in self.run if about["run"].get(key) != self.run[key]]
        if differing:
            raise FileError(
                f"checkpoint of another run (it differs in {', '.join(differing)}); go on with "
                "the same options and records, or remove it",
                file=str(self.file),
            )
        return state

    def _read(self) -> tuple[dict[str, Any], State]:
        """What is in the file; raises one of _DAMAGED where it is none of these."""
        with (
            open_plain(str(self.file)) as stream,
            np.load(stream, allow_pickle=False) as archive,
        ):
            about = json.loads(str(archive["about"]))
            lists: dict[str, list[Any]] = {name: [] for name in _LISTS}
            for key in archive.files[1:]:
                lists[key.rpartition("-")[0]].append(archive[key])
        history = [Epoch(**epoch) for epoch in about["history"]]
        best = Epoch(**about["best"])
        numbers = [number for epoch in (*history, best) for number in astuple(epoch)]
        if not all(isinstance(number, int | float) for number in numbers):
            raise TypeError("no numbers")
        if [epoch.epoch for epoch in history] != [*range(1, len(history) + 1)] or not history:
            raise ValueError("not the epochs of a run")
        if not isinstance(about["run"], dict):
            raise TypeError("no run")
        return about, State(history, best, **lists)

    def remove(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.file.unlink()
