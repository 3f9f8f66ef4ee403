"""Minimum free energy structures, as ViennaRNA predicts them at its defaults.

Two folders give the same answers: ``native``, this package's own (c/), which is some hundred times
as fast, and ``viennarna``, the library itself. The native one takes its energy parameters from the
installed ViennaRNA.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from mirpre.errors import FolderError

FOLDERS = ("auto", "native", "viennarna")
"""What can be asked for; auto is native where that agrees with the installed ViennaRNA."""

Fold = tuple[str, float]
"""Dot-bracket, and MFE in kcal/mol with two decimals."""


class Folder(Protocol):
    """Folds sequences; may be called from several threads at once."""

    @property
    def name(self) -> str:
        """native or viennarna."""

    @property
    def square_letters(self) -> int:
        """How much it should be given at once: the sum of the squares of the lengths, nt."""

    def fold(self, sequences: Sequence[str]) -> list[Fold]:
        """Dot-bracket and MFE of RNA sequences; letters other than A, C, G and U never pair."""


@contextmanager
def open_folder(wanted: str = "auto", processes: int = 0) -> Iterator[tuple[Folder, str]]:
    """The folder that is wanted, one of FOLDERS, and why auto is not native (empty where it is).

    ViennaRNA lets only one thread of a process work, so that it needs worker processes to be
    called from several; with 0 this process does the work. Start them before any library has
    started threads. Raises FolderError where native is wanted and cannot be had.
    """
    from mirpre.folding import native, viennarna

    found, trouble = None, ""
    if wanted != "viennarna":
        try:
            found = native.load()
        except FolderError as error:
            if wanted == "native":
                raise
            trouble = str(error)
    if found is not None:
        yield found, ""
        return
    with viennarna.start(processes) as folder:
        yield folder, trouble


def viennarna_version() -> str:
    """Version of the installed ViennaRNA, by the library itself: conda's has no metadata."""
    import RNA

    return str(RNA.__version__)
