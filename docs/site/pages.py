"""Hooks of mkdocs: pages that are not in docs/, and links that lead out of it.

README.md is the start page, so that it is written once. The pages of the commands and of the API
are made from click's help and from docstrings.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import Any

import click
from mkdocs.structure.files import File

import mirpre
from mirpre.cli import cli

ROOT = Path(__file__).parents[2]

BESIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
}
"""Documents of the repository's root that are pages, and their names there."""


def _commands() -> str:
    """The help of every command, as a terminal of 80 columns shows it."""
    parts = ["# Commands\n\nWhat `mirpre COMMAND --help` says."]
    context = click.Context(cli, info_name="mirpre", terminal_width=80, **cli.context_settings)
    parts.append(f"```text\n{cli.get_help(context)}\n```")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, terminal_width=80)
        parts.append(f"## mirpre {name}\n\n```text\n{command.get_help(inner)}\n```")
    return "\n\n".join(parts)


def _reference() -> str:
    """The public names, by their docstrings; api.md has examples."""
    parts = ["# Python reference\n\nExamples are on the page [Python](api.md)."]
    homes = {**mirpre._HOME}
    functions = [name for name in mirpre.__all__ if name in homes and name[0].islower()]
    classes = [name for name in mirpre.__all__ if name in homes and name[0].isupper()]
    return "\n\n".join([*parts, *(f"::: {homes[name]}.{name}" for name in functions + classes)])


GENERATED = {"commands.md": _commands, "reference.md": _reference}


def on_files(files: Any, config: Any) -> Any:
    """The pages that are not in docs/."""
    for source, page in BESIDE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    for page, make in GENERATED.items():
        files.append(File.generated(config, page, content=make()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The page's text, its links as the site has them."""
    name = page.file.src_uri
    if name in GENERATED:
        return markdown
    sources = {there: here for here, there in BESIDE.items()}
    return with_links(
        markdown, sources.get(name, f"docs/{name}"), os.environ.get("MIRPRE_REPOSITORY", "")
    )


def with_links(text: str, source: str, repository: str) -> str:
    """A document's text with links to pages of the site.

    What is not on the site becomes an address in the repository, at this version's tag, or, without
    a repository, its words. source is the document's path in the repository.
    """
    folder = posixpath.dirname(source)
    shown_in = "" if source in BESIDE else posixpath.relpath(folder, "docs")

    def changed(match: re.Match[str]) -> str:
        before, words, link = match.groups()
        if before is None:
            return match[0]  # a block of code
        path, hash_mark, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link) or not path:
            return match[0]
        target = posixpath.normpath(posixpath.join(folder, path))
        page = BESIDE.get(target) or (
            target.removeprefix("docs/") if target.startswith("docs/") else None
        )
        if page is not None:
            address = posixpath.relpath(page, shown_in or ".") + hash_mark + anchor
        elif repository:
            address = (
                f"{repository.rstrip('/')}/blob/v{mirpre.__version__}/{target}{hash_mark}{anchor}"
            )
        else:
            return words
        return f"{before}[{words}]({address})"

    return re.sub(
        r"^```.*?^```$|(!?)\[((?:[^\[\]]|\[[^\]]*\])+)\]\(([^()\s]+)\)",
        changed,
        text,
        flags=re.M | re.S,
    )
