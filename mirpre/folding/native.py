"""The folder of this package: Zuker's algorithm in C, held to the installed ViennaRNA's answers.

Energy parameters come from ViennaRNA at run time, and a few sequences are folded by both before
the first use. The recursions and their sources are in c/fill.h.
"""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Sequence
from typing import Any

from mirpre.errors import FolderError
from mirpre.folding import Fold, _fold

LONGEST: int = _fold.MOST_LETTERS
"""nt; ViennaRNA folds what is longer."""

_DEFAULTS = {
    "temperature": 37.0,
    "dangles": 2,
    "special_hp": 1,
    "noLP": 0,
    "noGU": 0,
    "noGUclosure": 0,
    "logML": 0,
    "circ": 0,
    "gquad": 0,
    "energy_set": 0,
    "min_loop_size": 3,
    "max_bp_span": -1,
    "nonstandards": "",
    "salt": 1.021,
}
"""The model that the native folder knows, by ViennaRNA's names."""

_CHECKS = (
    "GGGGAAAACCCC",
    "GGCUUCGGCCGAAACAGUACUGUCAACGGACAG",  # loops with energies of their own
    "GGACUGCAAGUCCNNGGAUCAGNAACCUGAGAUCC",
    "AUAUGUAUAUAGCGUAUAAUACACGCUUAUAAACAUAU",  # bulges
    "GGAGCAAUCGAGGGAAACUCAAAGAAAGCACC",  # interior loops
    "GGCACGAAGCUUCGAUAGGCGAAAGCCAAGAACUUCGGUGGC",
    "CGGCGGUAACAGGUUACGGUGGCAACGCCCGCCGGC",  # a multiloop
)
"""Folded by both folders before native is used; short, so that it takes some milliseconds."""


class NativeFolder:
    """See the module; threads work side by side, since the work is outside of Python."""

    name = "native"
    square_letters = 4_000_000
    """Some 30 ms of work."""

    def __init__(self, tables: Any) -> None:
        self._tables = tables

    def fold(self, sequences: Sequence[str]) -> list[Fold]:
        if max(map(len, sequences), default=0) <= LONGEST:
            return _fold.fold(self._tables, sequences)
        from mirpre.folding.viennarna import fold_sequences

        return [
            fold([sequence])[0]
            for sequence in sequences
            for fold in [self.fold if len(sequence) <= LONGEST else fold_sequences]
        ]


@functools.cache
def load() -> NativeFolder:
    """The folder with the installed ViennaRNA's parameters.

    Raises FolderError where ViennaRNA's settings are not its defaults, or the two differ.
    """
    import RNA

    from mirpre.folding.parameters import read_parameters
    from mirpre.folding.viennarna import fold_sequences

    model = RNA.md()
    changed = [name for name, value in _DEFAULTS.items() if getattr(model, name, value) != value]
    if changed:
        raise FolderError(f"ViennaRNA is set to another {', '.join(changed)}")
    try:
        parameters = read_parameters(_parameter_file())
        tables = _fold.tables(parameters.numbers, parameters.log_factor, parameters.special_loops)
        same = _fold.fold(tables, _CHECKS) == fold_sequences(_CHECKS)
    except (ValueError, OverflowError, RuntimeError) as error:
        raise FolderError(f"unknown parameters of ViennaRNA {RNA.__version__}: {error}") from error
    if not same:
        raise FolderError(f"ViennaRNA {RNA.__version__} folds differently")
    return NativeFolder(tables)


def _parameter_file() -> str:
    """What ViennaRNA writes of the parameters that it uses."""
    import RNA

    handle, path = tempfile.mkstemp(prefix="mirpre-", suffix=".par")
    os.close(handle)
    try:
        RNA.params_save(path)
        with open(path, encoding="ascii") as file:
            return file.read()
    finally:
        os.unlink(path)
