"""The command line: a group whose subcommands load when they are called, and its error handler."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

import click

from mirpre import __version__
from mirpre.cli import talk
from mirpre.errors import MirpreError

COMMANDS = (
    "fold",
    "encode",
    "classify",
    "scan-genome",
    "merge",
    "annotate",
    "explain",
    "report",
    "draw",
    "tracks",
    "split",
    "train",
    "evaluate",
)
"""Subcommands in the order of the help; each is the function of that name in its module."""

INTERRUPTED = 130
CLOSED_PIPE = 141
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that end a run as an error does."""


class LazyGroup(click.Group):
    """A group that imports a subcommand's module when the subcommand is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"mirpre.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return talk.talking(command)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-V",
    "--version",
    is_flag=True,
    expose_value=False,
    callback=lambda ctx, _, wanted: _show_version(ctx) if wanted else None,
    help="Show the version and exit; with --verbose those of libraries, too, for bug reports.",
)
@click.option("-v", "--verbose", is_flag=True, is_eager=True, expose_value=False, hidden=True)
def cli() -> None:
    """Find microRNA precursors (pre-miRNA hairpins) with deep learning.

    The subcommands are steps of one pipeline; classify does all of them at once:

    \b
      mirpre classify hairpins.fa > calls.tsv
      mirpre fold hairpins.fa | mirpre encode | mirpre classify > calls.tsv
    """


def _show_version(context: click.Context) -> None:
    click.echo(f"mirpre {__version__}")
    if {"-v", "--verbose"} & set(sys.argv[1:]):
        from mirpre.cli.versions import lines

        for line in lines():
            click.echo(line)
    context.exit()


def main() -> int:
    """Run the command line and return the exit status.

    0 done, 1 an expected error in data or files, 2 wrong usage, 130 interrupted, 141 where another
    program closed the pipe, and 128 and its number after another signal that asks to end.
    """
    if "_MIRPRE_COMPLETE" in os.environ:
        cli.main(prog_name="mirpre")
    _prepare()
    try:
        with cli.make_context("mirpre", sys.argv[1:]) as context:
            cli.invoke(context)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.Exit as finished:
        return finished.exit_code
    except click.ClickException as error:
        error.show()
        talk.log(f"error: {error.format_message()}")
        return error.exit_code
    except MirpreError as error:
        return _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _leave(_fail("interrupted", INTERRUPTED))
    except _Ended as ended:
        _leave(128 + ended.number)
    except MemoryError:
        return _fail("out of memory; use fewer --threads, or more memory", 1)
    except BrokenPipeError:
        # The reader has seen enough. Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except ImportError as error:
        return _fail(f"cannot load a library: {error}; install mirpre again", 1)
    except OSError as error:
        # Such as a full disk while results are written.
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}", 1)
    finally:
        talk.close()
    return 0


def _prepare() -> None:
    # NumPy's library would start a thread for each CPU, which need memory and do nothing here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for number in ENDING:
        if signal.getsignal(number) == signal.SIG_DFL:  # not where nohup has it ignored
            signal.signal(number, _terminate)


def _fail(message: str, status: int) -> int:
    talk.error(message)
    return status


class _Ended(BaseException):
    """A signal has asked to end; not an Exception, so that nothing else takes it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    """End as on an error, so that temporary files and workers go."""
    raise _Ended(number)


def _leave(status: int) -> NoReturn:
    """End at once: what threads are at work on, which may take minutes, is not wanted any more."""
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(status)
