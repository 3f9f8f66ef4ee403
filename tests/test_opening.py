"""Files: inputs that were cut, outputs that appear whole, and what stands in their way."""

from __future__ import annotations

import gzip
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run
from test_pipes import shell

from mirpre.errors import FileError
from mirpre.formats import opening
from mirpre.formats.compression import BGZIP_END
from mirpre.formats.opening import open_blocks, open_lines
from mirpre.formats.output import open_kept, open_output


def bgzip(content: bytes) -> bytes:
    from io import BytesIO

    from Bio.bgzf import BgzfWriter

    out = BytesIO()
    writer = BgzfWriter(fileobj=out)
    writer.write(content)
    writer.flush()
    writer._handle = BytesIO()  # what it writes when it is closed
    return out.getvalue() + BGZIP_END


@pytest.mark.parametrize("size", [0, 10, 70_000, 200_000])
def test_bgzip_that_was_cut_at_the_end_of_a_block_is_told(tmp_path: Path, size: int) -> None:
    content = os.urandom(size // 2).hex().encode()
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.write_bytes(bgzip(content))
    cut.write_bytes(bgzip(content)[: -len(BGZIP_END)])
    with open_blocks(str(whole)) as blocks:
        assert b"".join(blocks) == content
    with open_lines(str(whole)) as lines:
        assert "".join(lines).encode() == content
    if not size:
        return
    with (
        pytest.raises(FileError, match="the block that ends a bgzip file"),
        open_blocks(str(cut)) as blocks,
    ):
        list(blocks)
    with (
        pytest.raises(FileError, match="the block that ends a bgzip file"),
        open_lines(str(cut)) as lines,
    ):
        list(lines)


def test_bgzip_from_a_pipe_and_gzip_of_several_parts_are_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(bgzip(b">a\nGGGAAAUCCC\n"))
    (tmp_path / "b.gz").write_bytes(gzip.compress(b">b\nGGGAAAUCCC\n") * 2)
    both = shell("cat a.gz | mirpre fold; cat b.gz | mirpre fold; mirpre fold b.gz", tmp_path)
    assert (both.stdout.count(">a"), both.stdout.count(">b")) == (1, 4)
    cut = shell("head -c -28 a.gz | mirpre fold", tmp_path)
    assert cut.returncode == 1
    assert "<stdin>:3: damaged or incomplete gzip data (the block that ends" in cut.stderr


def test_a_line_without_end_does_not_fill_the_memory(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "LONGEST_LINE", 100)
    (tmp_path / "x").write_text(">a\n" + "A" * 101)
    with (
        pytest.raises(FileError, match="x:2: a line of more than 100 letters"),
        open_lines(str(tmp_path / "x")) as lines,
    ):
        list(lines)


def test_the_temporary_file_cannot_be_foreseen_and_has_the_right_mode(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        names = set()
        for mode in (None, 0o600, 0o644):
            target = tmp_path / "out"
            if mode is not None:
                target.chmod(mode)
            with open_output(str(target)) as out:
                (made,) = tmp_path.glob(".out.*.tmp")
                assert stat.S_IMODE(made.stat().st_mode) == (mode or 0o640)
                assert str(os.getpid()) not in made.name.split(".")
                names.add(made.name)
                out.write("x")
            assert stat.S_IMODE(target.stat().st_mode) == (mode or 0o640)
        assert len(names) == 3
    finally:
        os.umask(old)


def test_a_link_under_the_old_temporary_name_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / f".out.{os.getpid()}.tmp").symlink_to("precious")
    with open_output(str(tmp_path / "out")) as out:
        out.write("x")
    assert (tmp_path / "precious").read_text() == "mine"
    assert (tmp_path / "out").read_text() == "x"


def test_an_output_that_is_a_link_writes_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    with open_output(str(tmp_path / "link")) as out:
        out.write("x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "x"


def test_a_name_as_long_as_names_may_be_can_be_written(tmp_path: Path) -> None:
    for name in ("x" * 255, "é" * 127, "\U0001f9ec" * 63):
        with open_output(str(tmp_path / name)) as out:
            out.write("x")
        assert (tmp_path / name).read_text() == "x"


def test_open_files_are_written_from_where_they_stand(data: Path, tmp_path: Path) -> None:
    fold = f"mirpre fold {data}/hairpins.fa"
    done = shell(
        f"echo old > log; {fold} -o /dev/stdout >> log; wc -l < log; {fold} -o /dev/stdout | wc -l;"
        f"{fold} -o /dev/fd/3 3>x; wc -l < x; {fold} -o >(wc -l > y); sleep 1; cat y;"
        f"ln -s /dev/stdout link; {fold} -o link | wc -l; {fold} -o /proc/self/fd/1 | wc -l;"
        f"mkfifo pipe; wc -l < pipe & {fold} -o pipe; wait",
        tmp_path,
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["40", *6 * ["39"]]


def test_errors_of_a_full_disk_name_the_file(data: Path, tmp_path: Path) -> None:
    done = shell(f"mirpre fold {data}/hairpins.fa -o /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr == ("mirpre: error: /dev/full: cannot write: No space left on device\n")


def test_a_kept_file_is_no_link_and_nobody_elses(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "link").symlink_to("precious")
    with pytest.raises(FileError, match="symbolic link"), open_kept(str(tmp_path / "link")):
        pass
    program = (
        "import sys\nfrom mirpre.formats.output import open_kept\n"
        "try:\n    with open_kept('x'): pass\nexcept Exception as e: print(e)\n"
    )
    with open_kept(str(tmp_path / "x")):
        other = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
    assert other.stdout == "x: another run is using it\n"
