"""Files of a command line, looked at before any work: no output replaces what is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Any, NamedTuple

import click

from mirpre.errors import FileError
from mirpre.formats.output import open_file_number


class _File(NamedTuple):
    shown: str
    """The option, or the argument's name."""
    path: str


class FileCommand(click.Command):
    """A command that refuses, before it begins, outputs that are inputs or each other, and such
    as cannot be made."""

    def invoke(self, ctx: click.Context) -> Any:
        inputs, outputs = list(self._inputs(ctx)), list(self._outputs(ctx))
        for output in outputs:
            _check_place(output)
        seen: list[tuple[_File, set[object]]] = []
        for output in outputs:
            its = _identities(output.path, 1)
            for other in inputs:
                if its & _identities(other.path, 0):
                    raise click.UsageError(
                        f"{output.shown} would replace {other.path}, which is read "
                        f"({other.shown}): name another file."
                    )
            for other, theirs in seen:
                if its & theirs:
                    raise click.UsageError(
                        f"{other.shown} and {output.shown} need files of their own, and not both "
                        f"{'standard output' if output.path == '-' else output.path}."
                    )
            seen.append((output, its))
        return super().invoke(ctx)

    def _inputs(self, ctx: click.Context) -> Iterator[_File]:
        for option, kind, path in self._paths(ctx):
            if isinstance(kind, click.Path) and kind.exists:
                yield _File(option, path)
                if option in ("--genome", "GENOME"):
                    yield from (_File(f"{option}'s index", path + end) for end in (".fai", ".gzi"))
            elif option in ("-m", "--model") and os.path.isdir(path):
                names = ("card.json", "model.onnx")
                yield from (_File(option, os.path.join(path, name)) for name in names)
        if ctx.params.get("input", "") in (None, ()) and ctx.params.get("bed") is None:
            yield _File("standard input", "-")

    def _outputs(self, ctx: click.Context) -> Iterator[_File]:
        for option, kind, path in self._paths(ctx):
            if isinstance(kind, click.Path) and kind.writable:
                yield _File(option, path)
        if ctx.params.get("output", "") is None:
            yield _File("--output", "-")

    def _paths(self, ctx: click.Context) -> Iterator[tuple[str, Any, str]]:
        """Option, type and value of all that are texts, also those within tuples and lists."""
        for param in self.params:
            value = ctx.params.get(param.name or "")
            option = (
                max(param.opts, key=len)
                if isinstance(param, click.Option)
                else param.human_readable_name
            )
            values = value if param.multiple or param.nargs != 1 else [value]
            for one in values or ():
                if isinstance(param.type, click.Tuple):
                    pairs = zip(param.type.types, tuple(one or ()), strict=True)
                else:
                    pairs = zip([param.type], [one], strict=True)
                yield from ((option, kind, text) for kind, text in pairs if isinstance(text, str))


def _identities(path: str, stream: int) -> set[object]:
    """What a path is known by; those that meet are one file. ``-`` is the stream's number."""
    number = stream if path == "-" else open_file_number(path)
    found: set[object] = set() if number is None else {number}
    try:
        about = os.stat(path) if number is None else os.fstat(number)
    except OSError:
        return found or {os.path.realpath(path)}
    if stat.S_ISREG(about.st_mode) or (number is None and stat.S_ISFIFO(about.st_mode)):
        found.add((about.st_dev, about.st_ino))
    return found


def _check_place(output: _File) -> None:
    """Raises what opening it would, as far as that can be told without writing."""
    path = output.path
    if path == "-" or open_file_number(path) is not None:
        return
    if path.endswith("/") or not path:
        raise click.UsageError(f"{output.shown} {path!r} is no file name.")
    target = os.path.realpath(path)
    if is_special(target):
        trouble = "" if os.access(target, os.W_OK) else "Permission denied"
    else:
        trouble = folder_trouble(os.path.dirname(target))
    if trouble:
        raise FileError(f"cannot write: {trouble}", file=path)


def is_special(path: str | None) -> bool:
    """Whether it is there and no regular file, such as a device or a named pipe."""
    return path is not None and os.path.exists(path) and not os.path.isfile(path)


def folder_trouble(folder: str) -> str:
    """Why no file can be made in a folder; empty where it can."""
    if not os.path.exists(folder):
        return "No such file or directory"
    if not os.path.isdir(folder):
        return "Not a directory"
    return "" if os.access(folder, os.W_OK | os.X_OK) else "Permission denied"
