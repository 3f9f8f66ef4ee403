"""Where a result comes from: what stands in header lines and run summaries."""

from __future__ import annotations

from dataclasses import dataclass

from mirpre import __version__


@dataclass(frozen=True)
class Provenance:
    """Program, command and tools behind a result."""

    command: str
    model: str
    model_sha256: str
    threshold: float
    folder: str
    """native, viennarna, or none where the records came folded."""
    viennarna: str
    """Version whose structures these are, or a word that the records came folded."""
    prior: float | None = None
    """Precursors per Mb of genome that the probabilities of a scan are for."""
    q_values: bool = False
    """Whether the calls have q-values, which come from the genome read backwards."""
    search: tuple[str, ...] = ()
    """Lines on how a genome scan found the records."""

    def header_lines(self) -> list[str]:
        """Lines for the ``#`` header of text outputs, without the ``#``."""
        prior = [] if self.prior is None else [f"prior: {self.prior:g} per Mb"]
        mirror = ["q-values: against the genome read backwards"] if self.q_values else []
        return [
            f"mirpre {__version__}",
            f"command: {self.command}",
            f"model: {self.model}",
            f"model-sha256: {self.model_sha256}",
            f"threshold: {self.threshold:g}",
            *prior,
            f"folder: {self.folder}",
            f"ViennaRNA: {self.viennarna}",
            *self.search,
            *mirror,
        ]
