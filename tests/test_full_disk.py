"""A disk that fills in the middle of a run, on a small file system of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from scan_helpers import random_letters

ALONE = ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c"]
"""A shell that may mount what nobody else sees."""


def on_small_disk(script: str, folder: Path) -> list[str]:
    """The lines that a script prints, with a file system of 64 kB at ``disk``."""
    (folder / "disk").mkdir()
    mount = "mount -t tmpfs -o size=64k tmpfs disk"
    try:
        can = subprocess.run([*ALONE, mount], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare")
    if can.returncode:
        pytest.skip(f"no file system can be mounted: {can.stderr.decode()}")
    script = re.sub(r"\bmirpre\b", f"{sys.executable} -m mirpre", script)
    done = subprocess.run(
        [*ALONE, f"{mount} && {script}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "Traceback" not in done.stderr
    return [*done.stdout.splitlines(), *done.stderr.splitlines()]


@pytest.mark.parametrize("command", ["fold h.fa", "encode h.fa", "classify h.fa --structure"])
@pytest.mark.parametrize("threads", [1, 2])
def test_what_does_not_fit_is_left_out_as_a_whole(
    tmp_path: Path, command: str, threads: int
) -> None:
    hairpin = random_letters(1, 80)
    (tmp_path / "h.fa").write_text("".join(f">h{i}\n{hairpin}\n" for i in range(1000)))
    said = on_small_disk(
        f"echo before > disk/out; mirpre {command} -t {threads} -o disk/out; echo $?; "
        "cat disk/out; ls -A disk",
        tmp_path,
    )
    full = "mirpre: error: disk/out: cannot write: No space left on device"
    assert said == ["1", "before", "out", full]


def test_a_scan_goes_on_when_there_is_space_again(data: Path, tmp_path: Path) -> None:
    pieces = [random_letters(seed, 30_000) for seed in range(8)]
    known = (data / "genome.fa").read_text()
    text = "".join(f">made{i}\n{piece}\n" for i, piece in enumerate(pieces))
    (tmp_path / "g.fa").write_text(known + text)
    scan = "mirpre scan-genome g.fa -s sensitive --format tsv -t 1"
    said = on_small_disk(
        f"{scan} --resume -o disk/out; echo $?; ls disk; mount -o remount,size=9m disk; "
        f"{scan} --resume -o disk/out; echo $?; {scan} -o plain; cmp disk/out plain; echo $?; "
        "ls -A disk",
        tmp_path,
    )
    assert said[:2] == ["1", "out.resume"]
    assert said[2:5] == ["0", "0", "out"]
    assert re.fullmatch(
        r"mirpre: error: disk/out(\.resume)?: cannot write: No space left on device.*", said[5]
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_memory_that_runs_out_in_a_worker_is_one_clear_line(tmp_path: Path, threads: int) -> None:
    (tmp_path / "long.fa").write_text(f">a\n{'ACGU' * 2000}\n" * 2)
    (tmp_path / "disk").mkdir()
    mirpre = f"{sys.executable} -m mirpre"
    done = subprocess.run(
        [
            *("bash", "-c"),
            f"ulimit -v 160000; {mirpre} fold --folder viennarna long.fa -t {threads} -o out",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "use fewer --threads" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()
