"""What a run says beside its results: on stderr, in colour on a terminal, and in a log file.

One run, one voice: the module keeps it. ``talking`` gives a command the options --quiet, --verbose
and --log-file, and a last line that says what was done and where it went.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TextIO

import click

COLOURS = {"warning": "yellow", "error": "red"}


@dataclass
class _Voice:
    name: str = "mirpre"
    quiet: bool = False
    verbose: bool = False
    log: TextIO | None = None
    facts: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    start: float = field(default_factory=time.perf_counter)
    closing: ExitStack = field(default_factory=ExitStack)


_voice = _Voice()


def say(message: str) -> None:
    """One line on what was done; not with --quiet."""
    _tell(message, shown=not _voice.quiet)


def detail(message: str) -> None:
    """One line that --verbose shows, and the log file has."""
    _tell(message, shown=_voice.verbose)


def warn(message: str) -> None:
    """One line on what the user should look at."""
    _tell(message, "warning")


def error(message: str) -> None:
    """The line on why the run ends."""
    _tell(message, "error")


def log(message: str) -> None:
    """A line for the log file alone."""
    _tell(message, shown=False)


def fact(message: str) -> None:
    """A part of the last line, such as the number of records."""
    _voice.facts.append(message)


def hint(message: str) -> None:
    """What to do next; told after the last line, where somebody sits at a terminal."""
    _voice.hints.append(message)


def shows_progress(output: str | None) -> bool:
    """Whether a bar has a place: on a terminal that does not show the results."""
    if _voice.quiet or sys.stderr is None or not sys.stderr.isatty():
        return False
    return output not in (None, "-") or sys.stdout is None or not sys.stdout.isatty()


def _tell(message: str, kind: str = "", shown: bool = True) -> None:
    if shown:
        word = f"{kind}: " if kind else ""
        if kind and _in_colour():
            word = click.style(word, fg=COLOURS[kind], bold=True)
        click.echo(f"mirpre: {word}{message}", err=True)
    if _voice.log is not None:
        word = f"{kind}: " if kind else ""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        _voice.log.write(f"{stamp} {os.getpid()} {_voice.name}: {word}{message}\n")
        _voice.log.flush()


def _in_colour() -> bool:
    """As no-color.org says: never where NO_COLOR is set to anything."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not plain and sys.stderr is not None and sys.stderr.isatty()


def options() -> list[click.Parameter]:
    """What every command has."""
    return [
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            envvar="MIRPRE_QUIET",
            help="Say nothing but warnings and errors.",
        ),
        click.Option(["-v", "--verbose"], is_flag=True, help="Say more: settings and times."),
        click.Option(
            ["--log-file"],
            type=click.Path(dir_okay=False, writable=True),
            metavar="FILE",
            help="Add what is said, with the time, to this file; it has the details, too.",
        ),
    ]


def talking(command: click.Command) -> click.Command:
    """The command with these options, its log file open, and a line when it is done."""
    inner = command.callback
    if inner is None or any(param.name == "log_file" for param in command.params):
        return command
    command.params += options()

    @functools.wraps(inner)
    def run(
        *arguments: Any, quiet: bool, verbose: bool, log_file: str | None, **others: Any
    ) -> None:
        if quiet and verbose:
            raise click.UsageError("--quiet and --verbose exclude each other.")
        _begin(command.name or "", quiet, verbose, log_file)
        inner(*arguments, **others)
        _end(others)

    command.callback = run
    return command


def _begin(name: str, quiet: bool, verbose: bool, log_file: str | None) -> None:
    global _voice  # noqa: PLW0603 (one process is one run)
    _voice = _Voice(f"mirpre {name}", quiet, verbose)
    if log_file is not None:
        from mirpre.formats.output import open_log

        _voice.log = _voice.closing.enter_context(open_log(log_file))
    if verbose or log_file is not None:
        from mirpre import __version__
        from mirpre.cli.command import command_line

        detail(f"mirpre {__version__}, Python {sys.version.split()[0]}: {command_line()}")


def _end(options_given: dict[str, Any]) -> None:
    seconds = time.perf_counter() - _voice.start
    took = f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"
    if seconds >= 3600:
        took = f"{seconds / 3600:.1f} h"
    outputs = [options_given.get("output") or options_given.get("each") or "-"]
    outputs += [path for _, path in options_given.get("also") or ()]
    outputs += [page] if (page := options_given.get("report")) else []
    where = ", ".join("standard output" if path == "-" else str(path) for path in outputs)
    say("; ".join([*_voice.facts, took, f"written to {where}"]))
    for one in _voice.hints if sys.stderr is not None and sys.stderr.isatty() else []:
        say(f"next: {one}")


def close() -> None:
    """End the run's voice, with its log file."""
    _voice.closing.close()
    _voice.log = None
