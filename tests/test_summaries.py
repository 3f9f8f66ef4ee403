"""Every summary of --json keeps to the published schema, and the schema names all that is in it."""

from __future__ import annotations

import importlib
import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import DATA, Run

from mirpre.cli import COMMANDS
from mirpre.cli.session import SUMMARY_SCHEMA

SCHEMA: dict[str, Any] = json.loads(
    (resources.files("mirpre") / f"schemas/summary-{SUMMARY_SCHEMA}.json").read_text()
)

_HAIRPINS = str(DATA / "hairpins.fa")
_FASTA = str(DATA / "genome.fa")
_SCAN = ("scan-genome", _FASTA, "--classify")
RUNS: dict[str, list[tuple[object, ...]]] = {
    "fold": [("fold", _HAIRPINS)],
    "encode": [("encode", _HAIRPINS)],
    "classify": [("classify", _HAIRPINS), ("classify", "bad.fa", "--skip-invalid", "skipped")],
    "scan-genome": [
        ("scan-genome", _FASTA),
        (*_SCAN, "--q-values", "--max-copies", 2),
        (*_SCAN, "--model", "cnn"),
        (*_SCAN, "--q-values", "--shard", "1/1", "-o", "shard.jsonl"),
        ("scan-genome", "empty.fa", "--classify", "--q-values"),
        ("scan-genome", _FASTA, "--annotate", "--clade", "Mammalia"),
    ],
    "merge": [("merge", "shard.jsonl")],
    "annotate": [
        ("annotate", DATA / "expected/scan.tsv", "--genome", _FASTA, "--clade", "Mammalia"),
    ],
    "explain": [("explain", DATA / "expected/regions.folded")],
    "evaluate": [
        ("evaluate", "--calls", DATA / "expected/hairpins.tsv", "--labels", "labels.tsv"),
        ("evaluate", "--positive", _HAIRPINS, "--bootstrap", 10),
    ],
}


def strict(schema: Any) -> Any:
    """The schema without room for additions."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


def test_the_schema_is_one_and_has_every_command_with_json() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    with_json = {
        name
        for name in COMMANDS
        for option in importlib.import_module(f"mirpre.cli.{name.replace('-', '_')}").command.params
        if "--json" in option.opts
    }
    assert with_json == set(RUNS)
    assert {part["$ref"].rsplit("/", 1)[1] for part in SCHEMA["oneOf"]} == with_json


@pytest.mark.parametrize("name", RUNS)
def test_summaries_keep_to_the_schema(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "bad.fa").write_text(">a\nAC-GU\n>b\nGGGAAAUCCC\n")
    (tmp_path / "empty.fa").write_text("")
    (tmp_path / "labels.tsv").write_text("id\tlabel\nhsa-let-7a-1\tpositive\n")
    if name == "evaluate":
        pytest.importorskip("sklearn", reason="needs mirpre[train]")
    if name == "merge":
        assert run(*RUNS["scan-genome"][3]).returncode == 0
    seen: set[str] = set()
    for command in RUNS[name]:
        done = run(*command, "--json", "summary.json")
        assert done.returncode == 0, done.stderr
        summary = json.loads((tmp_path / "summary.json").read_text())
        jsonschema.validate(summary, SCHEMA)
        # In the words of the command's own part, an error says more than oneOf's.
        own = {**strict(SCHEMA["$defs"][name]), "$defs": strict(SCHEMA["$defs"])}
        jsonschema.validate(summary, own)
        assert (summary["schema"], summary["subcommand"]) == (SUMMARY_SCHEMA, name)
        seen |= set(summary)
    assert seen >= set(SCHEMA["$defs"][name]["properties"]), "a property that no run has"


def test_what_is_wrong_is_refused(run: Run, tmp_path: Path) -> None:
    assert run("fold", _HAIRPINS, "--json", "x.json").returncode == 0
    summary = json.loads((tmp_path / "x.json").read_text())
    for wrong in (
        {"schema": 2},
        {"subcommand": "scan"},
        {"threads": "1"},
        {"records": {}},
        {"seconds": {"fold": 1.0}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**summary, **wrong}, SCHEMA)
    jsonschema.validate({**summary, "more": 1}, SCHEMA)
