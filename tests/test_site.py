"""The documents' site: built with warnings as errors, whole, and with nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_docs import ROOT

import mirpre
from mirpre.cli import COMMANDS

pytest.importorskip("mkdocstrings", reason="needs mirpre[docs]")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-I", "-m", "mkdocs", "build", "--strict", "-d", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    environment.pop("MIRPRE_REPOSITORY", None)
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_document_is_a_page(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in ROOT.glob("docs/**/*.md")}
    assert {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")} > pages
    start = (site / "index.html").read_text()
    assert "Start in 60 seconds" in start
    assert 'href="evidence/scan.html#false-places-and-what-is-found"' in start


def test_the_commands_and_the_public_names_are_there(site: Path) -> None:
    commands = (site / "commands.html").read_text()
    assert all(f'id="mirpre-{command}"' in commands for command in COMMANDS)
    assert "--log-file" in commands
    reference = (site / "reference.html").read_text()
    for name in set(mirpre.__all__) - {"__version__"}:
        assert re.search(f'id="mirpre[.a-z]*[.]{name}"', reference), name
    assert "0-based start, end not included" in reference


def test_a_page_fetches_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        fetched = re.findall(
            r'<(?:script|link|img)[^>]*(?:src|href)="?(https?:[^" >]*)', page.read_text()
        )
        assert fetched == [], page.name


def test_links_out_of_the_documents_lead_to_the_repository() -> None:
    sys.path.insert(0, str(ROOT / "docs" / "site"))
    try:
        from pages import with_links
    finally:
        sys.path.pop(0)
    block = "```sh\necho [a](../../b)\n```\n"
    text = "[a](../../bench/README.md#speed) [b](scan.md#x) [c](../../CHANGELOG.md) ![d](../x.png) "
    text += f"[e](https://example.org) [f](#here)\n{block}"
    tag = f"https://example.org/r/blob/v{mirpre.__version__}"
    same = "[b](scan.md#x) [c](../CHANGELOG.md) ![d](../x.png) [e](https://example.org) [f](#here)"
    same += f"\n{block}"
    shown = with_links(text, "docs/evidence/x.md", "https://example.org/r/")
    assert shown == f"[a]({tag}/bench/README.md#speed) {same}"
    assert with_links(text, "docs/evidence/x.md", "") == f"a {same}"
