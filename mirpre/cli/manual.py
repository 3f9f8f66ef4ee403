"""Man pages from the commands' help: ``python -m mirpre.cli.manual FOLDER`` writes them.

The build of a wheel does (setup.py), so that ``man mirpre-classify`` works where it is installed.
Needs click alone.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from mirpre import __version__
from mirpre.cli import cli

STATUS = """0 done; 1 an error in data or files; 2 wrong usage; 130 interrupted; 141 where another
program closed the pipe; 128 and its number after another signal that asks to end."""

ENVIRONMENT = {
    "MIRPRE_QUIET": "Set to 1, as --quiet for each command.",
    "NO_COLOR": "Set to anything: no colour on a terminal.",
    "MIRPRE_SOURCE": "Where files of the source distribution are, for Keras' files of the models.",
}


def pages() -> Iterator[tuple[str, str]]:
    """Names and contents of the pages: mirpre.1, and one for each command."""
    with click.Context(cli, info_name="mirpre", **cli.context_settings) as context:
        commands = [(name, cli.get_command(context, name)) for name in cli.list_commands(context)]
        others = [f"mirpre-{name}" for name, _ in commands]
        yield "mirpre.1", _page(context, others, dict(commands))
        for name, command in commands:
            assert command is not None
            inner = click.Context(command, info_name=name, parent=context)
            yield f"mirpre-{name}.1", _page(inner, ["mirpre"], {})


def write(folder: Path) -> list[Path]:
    """Write the pages into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _page(
    context: click.Context, others: list[str], commands: dict[str, click.Command | None]
) -> str:
    command = context.command
    name = context.command_path.replace(" ", "-")
    title, _, description = inspect.cleandoc(command.help or "").partition("\n\n")
    short = command.get_short_help_str(limit=100).rstrip(".")
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        f'.TH "{name.upper()}" "1" "" "mirpre {__version__}" "User Commands"',
        ".SH NAME",
        f"{_text(name)} \\- {_text(short[:1].lower() + short[1:])}",
        ".SH SYNOPSIS",
        f"\\fB{_text(context.command_path)}\\fR {_text(usage)}",
        ".SH DESCRIPTION",
        *_paragraphs(f"{title}\n\n{description}"),
        ".SH OPTIONS",
    ]
    for param in command.get_params(context):
        record = param.get_help_record(context) if isinstance(param, click.Option) else None
        if record is not None:
            lines += [".TP", f"\\fB{_text(record[0])}\\fR", *_paragraphs(record[1])]
    if commands:
        lines.append(".SH COMMANDS")
        for one, inner in commands.items():
            assert inner is not None
            lines += [".TP", f"\\fBmirpre\\-{_text(one)}\\fR(1)"]
            lines += _paragraphs(inner.get_short_help_str(limit=100))
        lines.append(".SH ENVIRONMENT")
        for variable, meaning in ENVIRONMENT.items():
            lines += [".TP", f"\\fB{variable}\\fR", *_paragraphs(meaning)]
    lines += [".SH EXIT STATUS", *_paragraphs(STATUS), ".SH SEE ALSO"]
    lines.append(",\n".join(f"\\fB{_text(one)}\\fR(1)" for one in others))
    return "\n".join(lines) + "\n"


def _paragraphs(text: str) -> Iterator[str]:
    """Lines of roff for paragraphs of click's help; one that begins with a backspace is kept."""
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            yield ".PP"
        as_it_is = paragraph.startswith("\b\n")
        if as_it_is:
            yield ".nf"
        yield from map(_text, paragraph.removeprefix("\b\n").splitlines())
        if as_it_is:
            yield ".fi"


def _text(line: str) -> str:
    """A line as roff shows it: neither a request nor an escape."""
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{line}" if line[:1] in (".", "'") else line


if __name__ == "__main__":
    write(Path(sys.argv[1]))
