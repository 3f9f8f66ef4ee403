"""The files of galaxy/test-data: copies, since a tool's folder holds all that its tests need."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "galaxy" / "test-data"
OF_WORKFLOWS = ROOT / "galaxy" / "workflow"

OWN = {"fasta_indexes.loc"}
"""Those that are nowhere else."""


def original(file: Path) -> Path:
    """The file that one of a folder called test-data is a copy of."""
    name = file.relative_to(next(p for p in file.parents if p.name == "test-data"))
    if name.parts[0] in ("cnn", "rnn"):  # a bundled model stands for a user's
        return ROOT / "mirpre" / "models" / "weights" / name
    return ROOT / "test-data" / name


def copies() -> list[Path]:
    """The copies that there are, of tools and workflows."""
    files = [*FOLDER.rglob("*"), *OF_WORKFLOWS.rglob("test-data/*")]
    made = (".fai", ".gzi")  # by a run, and not kept
    return sorted(
        file
        for file in files
        if file.is_file() and file.name not in OWN and file.suffix not in made
    )


def refresh() -> None:
    """Make the copies anew."""
    for file in copies():
        shutil.copyfile(original(file), file)
