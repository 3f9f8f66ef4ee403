"""Real shell pipes, interrupts and closed pipes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MIRPRE = f"{sys.executable} -m mirpre"
FOLD_IN_PROCESSES = [sys.executable, "-m", "mirpre", "fold", "-t", "2", "--folder", "viennarna"]


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = re.sub(r"\bmirpre\b", MIRPRE, command)
    return subprocess.run(
        ["bash", "-c", command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def body(table: str) -> str:
    return "".join(line for line in table.splitlines(True) if not line.startswith("# "))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("model", ["cnn", "rnn"])
def test_every_way_through_the_stages_gives_the_same_rows(
    data: Path, threads: int, model: str
) -> None:
    classify = f"mirpre classify --structure --model {model} -t {threads}"
    outputs = [
        shell(command, data)
        for command in (
            f"{classify} hairpins.fa",
            f"cat hairpins.fa | {classify}",
            f"gzip -c hairpins.fa | {classify} -",
            f"mirpre fold -t {threads} hairpins.fa | mirpre encode | {classify}",
            f"mirpre fold hairpins.fa | {classify}",
            f"{classify} expected/hairpins.folded",
            f"mirpre encode -t {threads} hairpins.fa | gzip | {classify}",
        )
    ]
    assert {(o.returncode, o.stderr) for o in outputs} == {
        (0, "mirpre: warning: 1 record longer than 180 nt: the model read the first 180 "
            "(flag 'truncated')\n")
    }  # fmt: skip
    assert len({body(o.stdout) for o in outputs}) == 1
    assert outputs[0].stdout.count("\n") > 13


@pytest.fixture
def many(tmp_path: Path, data: Path) -> Path:
    """Enough records that a run takes some seconds."""
    (tmp_path / "many.fa").write_text((data / "hairpins.fa").read_text() * 3000)
    return tmp_path


@pytest.mark.parametrize("threads", [1, 2])
def test_a_closed_pipe_is_silent(many: Path, threads: int) -> None:
    done = shell(
        f"mirpre fold many.fa -t {threads} | mirpre classify - --batch-size 8 | head -12", many
    )
    assert done.stderr == ""
    assert done.stdout.count("\n") == 12


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_ends_all_processes(
    many: Path, threads: int, number: signal.Signals, status: int
) -> None:
    # A shell starts background jobs, such as a test run may be one, with some signals ignored.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "[signal.signal(s, signal.SIG_DFL) for s in (1, 3, 15)]; "
        "from mirpre.cli import main; raise SystemExit(main())"
    )
    command = [sys.executable, "-I", "-c", program, "classify", "many.fa", "-o", "out.tsv"]
    process = subprocess.Popen(
        [*command, "-t", str(threads)],
        cwd=many,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    wait_for_output(many)
    os.killpg(process.pid, number)  # as a terminal's Ctrl-C does
    _, errors = process.communicate(timeout=20)
    assert process.returncode == status
    assert errors == (b"mirpre: error: interrupted\n" if status == 130 else b"")
    assert group_is_gone(process.pid)
    assert sorted(f.name for f in many.iterdir()) == ["many.fa"]


def test_workers_end_when_the_main_process_is_killed(many: Path) -> None:
    process = subprocess.Popen(
        [*FOLD_IN_PROCESSES, "many.fa", "-o", "out.txt"],
        cwd=many,
        start_new_session=True,
    )
    wait_for_output(many)
    process.kill()
    process.wait()
    assert group_is_gone(process.pid)


def test_a_killed_worker_is_an_error_and_no_hang(many: Path) -> None:
    process = subprocess.Popen(
        [*FOLD_IN_PROCESSES, "many.fa", "-o", "out.txt"],
        cwd=many,
        stderr=subprocess.PIPE,
    )
    wait_for_output(many)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert b"a worker process ended unexpectedly (signal 9)" in errors
    assert sorted(f.name for f in many.iterdir()) == ["many.fa"]


def wait_for_output(folder: Path) -> None:
    """Until a run has begun to write its output file under a temporary name."""
    for _ in range(600):
        if any(file.name.endswith(".tmp") for file in folder.iterdir()):
            time.sleep(0.3)
            return
        time.sleep(0.05)
    raise AssertionError("the run did not begin")


def group_is_gone(group: int) -> bool:
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(("closed", "word"), [("<&-", "input"), (">&-", "output")])
def test_closed_standard_streams_are_one_clear_line(data: Path, closed: str, word: str) -> None:
    file = "" if word == "input" else "hairpins.fa"
    done = shell(f"mirpre fold {file} {closed}", data)
    assert done.returncode == 1
    assert f"standard {word} is closed" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_full_disk_is_one_clear_line(data: Path) -> None:
    done = shell("mirpre fold hairpins.fa > /dev/full", data)
    assert done.returncode == 1
    assert done.stderr == "mirpre: error: <stdout>: cannot write: No space left on device\n"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_signal_does_not_wait_for_a_long_fold(tmp_path: Path, name: str) -> None:
    number = signal.Signals[name]
    letters = "ACGU" * 2500
    (tmp_path / "long.fa").write_text(f">a\n{letters}\n" * 20)
    # As from a terminal: a shell that starts the tests in the background has some ignored.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "[signal.signal(s, signal.SIG_DFL) for s in (1, 3, 15)]; "
        "from mirpre.cli import main; raise SystemExit(main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", program, "fold", "long.fa", "-o", "out", "-t", "1"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    wait_for_output(tmp_path)
    time.sleep(0.5)  # into the fold
    start = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=60)
    assert time.monotonic() - start < 3
    assert process.returncode == 128 + number
    assert sorted(f.name for f in tmp_path.iterdir()) == ["long.fa"]


def test_a_signal_that_is_ignored_stays_so(many: Path) -> None:
    done = shell(
        "trap '' HUP; mirpre fold many.fa -o out & sleep 1; kill -HUP $!; sleep 0.5; kill -0 $! "
        "&& kill $!; wait $!; echo $?",
        many,
    )
    assert done.stdout == "143\n"


@pytest.mark.parametrize("command", ["fold", "fold --folder viennarna"])
def test_memory_that_runs_out_is_one_clear_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "long.fa").write_text(f">a\n{'ACGU' * 2000}\n")
    done = shell(f"ulimit -v 160000; mirpre {command} long.fa -t 1 -o out", tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] in (
        "mirpre: error: out of memory; use fewer --threads, or more memory",
        "mirpre: error: a worker process ended unexpectedly (signal 11); where memory ran out, "
        "use fewer --threads",
    )
    assert "Traceback" not in done.stderr
    assert sorted(f.name for f in tmp_path.iterdir()) == ["long.fa"]


def test_a_library_that_cannot_be_loaded_is_one_clear_line(data: Path, tmp_path: Path) -> None:
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('libfoo.so.1: no such file')\n")
    done = shell(f"PYTHONPATH=. mirpre classify {data}/hairpins.fa", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "mirpre: error: cannot load a library: libfoo.so.1: no such file; install mirpre again\n"
    )
