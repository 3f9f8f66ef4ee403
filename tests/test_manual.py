"""Man pages say what the commands' help says, and man shows all of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from mirpre import __version__
from mirpre.cli import COMMANDS, cli
from mirpre.cli.manual import _paragraphs, pages, write

NAMES = ["mirpre", *(f"mirpre-{command}" for command in COMMANDS)]


def shown(page: Path) -> tuple[str, str]:
    """A page as man shows it, as one line of words, and what man complains of."""
    environment = os.environ | {"MANWIDTH": "5000", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""}
    done = subprocess.run(
        ["man", "--warnings", "--nh", "--nj", "-l", str(page)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split()), done.stderr


def test_there_is_one_for_each_command(tmp_path: Path) -> None:
    files = write(tmp_path / "man")
    assert [file.stem for file in files] == NAMES
    for file in files:
        assert f'"mirpre {__version__}"' in file.read_text().splitlines()[0]
    others = (tmp_path / "man" / "mirpre.1").read_text().rpartition(".SH SEE ALSO")[2]
    assert others.count("(1)") == len(COMMANDS)


def test_nothing_is_taken_for_a_request_of_roff() -> None:
    text = "'quoted' \\d\n.gz at the start\n\n\b\nas it\n  is"
    assert list(_paragraphs(text)) == [
        "\\&'quoted' \\ed",
        "\\&.gz at the start",
        ".PP",
        ".nf",
        "as it",
        "  is",
        ".fi",
    ]


@pytest.mark.skipif(shutil.which("man") is None, reason="needs man")
@pytest.mark.parametrize("name", NAMES)
def test_man_shows_every_option_and_word_of_help(name: str, tmp_path: Path) -> None:
    page = tmp_path / f"{name}.1"
    page.write_text(dict(pages())[page.name])
    text, trouble = shown(page)
    assert trouble == ""
    with click.Context(cli, info_name="mirpre", **cli.context_settings) as context:
        command = cli if name == "mirpre" else cli.get_command(context, name[len("mirpre-") :])
        assert command is not None
        inner = click.Context(command, info_name=command.name, parent=context)
        for param in command.get_params(inner):
            record = param.get_help_record(inner) if isinstance(param, click.Option) else None
            for part in record or ():
                assert " ".join(part.split()) in text
    for word in (command.help or "").replace("\b", "").split():
        assert word in text
