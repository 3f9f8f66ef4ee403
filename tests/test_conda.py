"""The commands where ViennaRNA is installed without Python's metadata, as conda may install it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import importlib.metadata as metadata, sys
find = metadata.Distribution.from_name.__func__
def without(cls, name):
    if name.lower() == "viennarna":
        raise metadata.PackageNotFoundError(name)
    return find(cls, name)
metadata.Distribution.from_name = classmethod(without)
try:
    metadata.version("ViennaRNA")
except metadata.PackageNotFoundError:
    pass
else:
    sys.exit("the metadata is still there")
from mirpre.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    "args",
    [
        ["fold", "hairpins.fa"],
        ["encode", "hairpins.fa"],
        ["classify", "hairpins.fa"],
        ["classify", "hairpins.fa", "--folder", "viennarna"],
        ["scan-genome", "genome.fa", "--format", "folded"],
        ["scan-genome", "genome.fa", "--classify"],
    ],
)
def test_commands_need_no_metadata_of_viennarna(
    args: list[str], data: Path, tmp_path: Path
) -> None:
    import RNA

    summary = tmp_path / "summary.json"
    done = subprocess.run(
        [sys.executable, "-c", RUN, *args, "-t", "1", "--json", str(summary)],
        cwd=data,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert f'"viennarna": "{RNA.__version__}"' in summary.read_text()
