"""Links in documents lead somewhere, code blocks hold something, guides stay short."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from pathlib import Path

import pytest
from conftest import Run

from mirpre.formats.writers import CALL_FORMATS, CANDIDATE_FORMATS

ROOT = Path(__file__).parent.parent
HIDDEN = re.compile(r"^\.|^(build|dist|node_modules)$")
DOCUMENTS = sorted(
    file
    for file in ROOT.rglob("*.md")
    if not any(HIDDEN.search(part) for part in file.relative_to(ROOT).parts)
)
GUIDES = sorted((ROOT / "docs").glob("*.md"))
LONGEST_GUIDE = 14_000
"""Bytes; what was measured belongs to docs/evidence/."""

_BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```$", re.M | re.S)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.M)


def anchors(file: Path) -> set[str]:
    """Names of a document's headings in links, as GitHub makes them."""
    text = _BLOCK.sub("", file.read_text(encoding="utf-8"))
    headings = (heading.lower().strip().replace(" ", "-") for heading in _HEADING.findall(text))
    return {
        "".join(c for c in heading if c in "-_" or unicodedata.category(c)[0] in "LN")
        for heading in headings
    }


def broken(file: Path) -> list[str]:
    """Links of a document to files or headings that are not there."""
    found = []
    for link in _LINK.findall(_BLOCK.sub("", file.read_text(encoding="utf-8"))):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        target = (file.parent / path).resolve() if path else file
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", DOCUMENTS, ids=name)
def test_links_lead_somewhere(file: Path) -> None:
    assert broken(file) == []


@pytest.mark.parametrize("file", DOCUMENTS, ids=name)
def test_no_code_block_is_empty(file: Path) -> None:
    blocks = _BLOCK.findall(file.read_text(encoding="utf-8"))
    assert all(block.strip().strip("{}[] \n") for block in blocks)


@pytest.mark.parametrize("file", GUIDES, ids=name)
def test_guides_stay_short(file: Path) -> None:
    assert file.stat().st_size < LONGEST_GUIDE


def test_the_summary_on_the_page_is_that_of_a_run(run: Run, data: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```json\n(.*?)```", page, re.S)
    shown = json.loads(block)
    shutil.copy(data / "hairpins.fa", tmp_path)
    run(*shown["command"].split()[1:])
    made = json.loads((tmp_path / "summary.json").read_text())
    for summary in (shown, made):
        seconds = summary.pop("seconds")
        summary["seconds"] = sorted(seconds)
        summary["viennarna"] = summary["viennarna"].split(".")[0]
    assert shown == made


def test_every_format_is_on_the_page() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    calls, candidates = (
        set(re.findall(r"^\| `(\w+)` \|", part.split("\n\n")[0], re.M))
        for part in page.split("| `--format` | content |\n")[1:]
    )
    assert calls == set(CALL_FORMATS)
    assert candidates == set(CANDIDATE_FORMATS)


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `b`, c\n[x](no.md) [y](#a-b-c) [z](#d) [w](https://example.org)\n")
    assert broken(page) == ["no.md", "#d"]
