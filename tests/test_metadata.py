"""What registries are told of this version agrees, wherever it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mirpre import __version__

ROOT = Path(__file__).parent.parent
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
ZENODO = json.loads((ROOT / ".zenodo.json").read_text())
BIOTOOLS = json.loads((ROOT / "integrations" / "biotools.json").read_text())
DOIS = {reference["doi"] for reference in CITATION["references"]}


def test_versions_and_licences() -> None:
    assert CITATION["version"] == ZENODO["version"] == __version__
    assert BIOTOOLS["version"] == [__version__]
    assert {one["version"] for one in BIOTOOLS["download"]} == {__version__}
    assert {CITATION["license"], ZENODO["license"], BIOTOOLS["license"]} == {"MIT"}


def test_names_authors_and_papers() -> None:
    assert {CITATION["title"], ZENODO["title"], BIOTOOLS["name"]} == {"mirpre"}
    assert CITATION["authors"] == ZENODO["creators"]
    assert [one["name"] for one in BIOTOOLS["credit"]] == [
        one["name"] for one in ZENODO["creators"]
    ]
    assert CITATION["keywords"] == ZENODO["keywords"]
    assert CITATION["abstract"] in ZENODO["description"]
    assert {one["identifier"] for one in ZENODO["related_identifiers"]} == DOIS
    assert {one["doi"] for one in BIOTOOLS["publication"]} == DOIS


def terms(node: Any) -> Iterator[tuple[str, str]]:
    """The kind of each term of EDAM by where it stands, and its address."""
    children = node.items() if isinstance(node, dict) else ((None, one) for one in node)
    for key, child in children:
        if key in ("operation", "data", "format", "topic"):
            for term in child if isinstance(child, list) else [child]:
                yield key, term["uri"]
        elif isinstance(child, (dict, list)):
            yield from terms(child)


def test_terms_are_of_their_kind() -> None:
    found = list(terms(BIOTOOLS))
    assert len(found) > 20
    for kind, uri in found:
        assert re.fullmatch(rf"http://edamontology\.org/{kind}_\d{{4}}", uri), uri


def test_each_function_names_its_command() -> None:
    named = [function["cmd"].split()[1] for function in BIOTOOLS["function"]]
    assert named == ["fold", "classify", "scan-genome", "annotate"]
