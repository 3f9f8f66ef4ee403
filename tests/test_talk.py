"""What a run says: a last line, --quiet, --verbose, --log-file, progress and colour."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from conftest import Run

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def talking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIRPRE_QUIET")


def last(text: str) -> str:
    return text.splitlines()[-1]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["fold", "hairpins.fa"], "13 records"),
        (["encode", "hairpins.fa"], "13 records"),
        (["classify", "hairpins.fa"], "13 records, 9 called pre-miRNA"),
        (["scan-genome", "genome.fa"], r"926 nt, \d+ candidates"),
        (
            ["scan-genome", "genome.fa", "--classify"],
            r"926 nt, \d+ calls, [\d,.]+ per Mb; with 1 precursor expected per Mb about "
            r"\d\.\d of them are false",
        ),
        (["draw", "hairpins.fa"], "1 drawing"),
        (["report", "expected/regions.jsonl", "--explain", "0"], "6 loci, 3 called"),
        (["tracks", "expected/regions.bed"], None),
    ],
)
def test_the_last_line_says_what_was_done(
    run: Run, data: Path, tmp_path: Path, args: list[str], words: str | None
) -> None:
    done = run(*args, "-o", tmp_path / "out", cwd=data)
    assert done.returncode == 0, done.stderr
    start = f"{words}; " if words else ""
    line = rf"mirpre: {start}[\d.]+ s; written to {re.escape(str(tmp_path))}/out"
    assert re.fullmatch(line, last(done.stderr)), done.stderr
    piped = run(*args, cwd=data)
    assert last(piped.stderr).endswith("; written to standard output")
    assert "next:" not in piped.stderr


@pytest.mark.parametrize("how", ["-q", "--quiet", "MIRPRE_QUIET"])
def test_quiet_leaves_warnings(
    run: Run, data: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "MIRPRE_QUIET":
        monkeypatch.setenv(how, "1")
    options = ["-m", "cnn", *([how] if how.startswith("-") else [])]
    done = run("classify", data / "hairpins.fa", *options)
    assert done.stderr.startswith("mirpre: warning: 1 record longer than 180 nt")
    assert done.stderr.count("\n") == 1


def test_what_is_said_changes_no_result(run: Run, data: Path) -> None:
    outputs = {
        run("classify", "hairpins.fa", *options, cwd=data).stdout
        for options in ([], ["-q"], ["-v"])
    }
    assert len(outputs) == 1


def test_verbose_tells_settings_and_times(run: Run, data: Path) -> None:
    import RNA

    said = run("classify", data / "hairpins.fa", "-v", "-t", 2).stderr
    assert f"ViennaRNA {RNA.__version__}" in said
    assert "threads 2" in said
    assert "predict: 0." in said
    both = run("classify", data / "hairpins.fa", "-v", "-q")
    assert both.returncode == 2
    assert "exclude each other" in both.stderr


def test_a_log_has_everything_of_all_runs(run: Run, data: Path, tmp_path: Path) -> None:
    args = ["classify", data / "hairpins.fa", "-m", "cnn", "-o", "calls.tsv"]
    fine = run(*args, "-q", "--log-file", "log")
    assert fine.returncode == 0
    (tmp_path / "bad.fa").write_text(">a\nACGTZ\n")
    assert run("classify", "bad.fa", "--log-file", "log").returncode == 1
    lines = (tmp_path / "log").read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\S+ \d+ mirpre classify: ", line) for line in lines)
    text = "\n".join(lines)
    assert "13 records, 10 called pre-miRNA" in text
    assert "warning: 1 record longer than 180 nt" in text
    assert "predict: 0." in text
    assert "error: bad.fa:2" in lines[-1]
    assert f"classify {data / 'hairpins.fa'} -m cnn -o calls.tsv" in lines[0]


def test_a_log_is_no_output_and_no_input(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "in.fa").write_text(">a\nGGGAAAUCCC\n")
    assert run("classify", "in.fa", "--log-file", "in.fa").returncode == 2
    assert run("classify", "in.fa", "--log-file", "no/log").returncode == 1


def at_terminal(args: list[str], folder: Path, **environment: str) -> str:
    """What appears on a terminal of stderr."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "mirpre", *args],
        cwd=folder,
        stderr=theirs,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"TERM": "xterm"} | environment,
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            block = os.read(ours, 4096)
        except OSError:
            break
        if not block:
            break
        said += block
    os.close(ours)
    assert process.wait(60) == 0, said
    return said.decode()


def test_colour_on_a_terminal_only(run: Run, data: Path) -> None:
    args = ["classify", "hairpins.fa", "-m", "cnn"]
    shown = at_terminal(args, data)
    assert COLOUR.search(shown)
    assert "next: " in COLOUR.sub("", shown)
    assert not COLOUR.search(at_terminal(args, data, NO_COLOR="1"))
    assert not COLOUR.search(at_terminal(args, data, TERM="dumb"))
    assert not COLOUR.search(run(*args, cwd=data).stderr)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_bar_moves_by_records_and_knows_the_total(
    data: Path, tmp_path: Path, threads: str
) -> None:
    (tmp_path / "many.fa").write_text((data / "hairpins.fa").read_text() * 100)
    args = ["classify", "many.fa", "-m", "genome", "--batch-size", "1300", "-t", threads]
    shown = at_terminal(args, tmp_path)
    # The bar moves within a batch; its total is what the share of the file that was read tells.
    counts = {int(n) for n, _ in re.findall(r"(\d+)/(\d+) ", shown)}
    assert len([n for n in counts if 0 < n < 1300]) > 2, shown
    assert all(1200 < int(total) < 1400 for total in re.findall(r"\d+/(\d+) ", shown))
    assert "%|" not in at_terminal([*args, "-q"], tmp_path)


def test_the_scans_bar_counts_what_is_done(data: Path) -> None:
    shown = at_terminal(["scan-genome", "genome.fa", "--classify"], data)
    assert re.search(r"100%\|.*? (\d+)/\1 ", shown), shown
