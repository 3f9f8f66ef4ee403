"""Where a result comes from: what stands in header lines and run summaries."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass

from mirpre import __version__


@dataclass(frozen=True)
class Provenance:
    """Program, command and tools behind a result."""

    command: str
    model: str
    model_sha256: str
    threshold: float
    viennarna: str
    """Version that folded the records, or a word that they came folded."""

    def header_lines(self) -> list[str]:
        """Lines for the ``#`` header of text outputs, without the ``#``."""
        return [
            f"mirpre {__version__}",
            f"command: {self.command}",
            f"model: {self.model}",
            f"model-sha256: {self.model_sha256}",
            f"threshold: {self.threshold:g}",
            f"ViennaRNA: {self.viennarna}",
        ]


def command_line() -> str:
    """The command as the user could type it again."""
    return shlex.join(["mirpre", *sys.argv[1:]]).replace("\n", " ")
