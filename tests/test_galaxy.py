"""The Galaxy tools say what the commands say: options, choices, defaults, versions, packages.

That they run is what galaxy/test.sh shows, in a real Galaxy.
"""

from __future__ import annotations

import gzip
import importlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from conftest import Run
from galaxy.util.xml_macros import load_with_references
from galaxy_files import FOLDER, copies, original

from mirpre import __version__
from mirpre.cli import COMMANDS
from mirpre.models.registry import bundled_models

GALAXY = Path(__file__).parent.parent / "galaxy"

LEFT_OUT = {
    "annotate": {"--report", "--multiqc"},
    "classify": {"--report", "--multiqc"},
    "draw": {"--output", "--format"},
    "evaluate": {"--multiqc"},
    "scan-genome": {"--resume", "--report", "--multiqc", "--shard"},
    "tracks": {"--igv-session", "--assembly"},
    "train": {"--checkpoint-every", "--resume"},
}
"""Options that a Galaxy tool has not, by command: a job there starts afresh, the page is made by a
tool of its own, MultiQC there takes tables only, drawings come one by one as SVG (PNG needs another
package), and Galaxy opens IGV itself."""
NO_DIFFERENCE = {"--folder", "--quiet", "--verbose", "--log-file"}
"""Options that change no result. The last three are every command's, once it is taken from the
group: whether another test has done so must not matter here."""

WIRED = {"--output", "--also", "--threads", "--skip-invalid", "--json", "--classify"}
WIRED |= {"--roc", "--precision-recall", "--annotate", "--completeness", "--group-by", "--each"}
"""Options that the tools set themselves: which results there are, and how many CPUs the job has."""

TOOLS = {"fold", "encode", "classify", "scan-genome", "annotate", "explain", "report", "tracks"}
TOOLS |= {"split", "train", "evaluate", "draw"}
"""Commands that have a Galaxy tool."""

NO_TOOL = {"merge"}
"""Commands that have none: a job there scans a genome at once, on all CPUs that it has."""


@cache
def command(name: str) -> click.Command:
    found: click.Command = importlib.import_module(f"mirpre.cli.{name.replace('-', '_')}").command
    return found


@cache
def tool(name: str) -> Any:
    """The tool's XML with its macros expanded."""
    tree, _ = load_with_references(str(GALAXY / f"{name.replace('-', '_')}.xml"))
    return tree.getroot()


def options(name: str) -> dict[str, click.Parameter]:
    """The command's parameters by the name a user types; INPUT is 'input'."""
    return {
        max(p.opts, key=len): p for p in command(name).params if not getattr(p, "hidden", False)
    }


def arguments(name: str) -> list[Any]:
    """The tool's inputs that stand for an option; an option may have one in each of two cases."""
    return [p for p in tool(name).iter("param") if p.get("argument")]


def pairs() -> list[Any]:
    return [
        pytest.param(name, param, id=f"{name} {param.get('argument')}")
        for name in sorted(TOOLS)
        for param in arguments(name)
    ]


def test_every_command_has_a_tool_and_every_tool_a_command() -> None:
    assert {path.stem.replace("_", "-") for path in GALAXY.glob("*.xml")} - {"macros"} == TOOLS
    assert set(COMMANDS) == TOOLS | NO_TOOL


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_every_option_is_in_the_tool_and_nothing_else(name: str) -> None:
    typed = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", tool(name).findtext("command")))
    offered = {param.get("argument") for param in arguments(name)}
    flags = {param.get("argument") for param in arguments(name) if param.get("type") == "boolean"}
    known = set(options(name)) - LEFT_OUT.get(name, set()) - NO_DIFFERENCE
    assert offered == known - WIRED
    assert typed == {option for option in known - flags if option.startswith("--")}


@pytest.mark.parametrize(("name", "param"), pairs())
def test_an_input_is_as_its_option(name: str, param: Any) -> None:
    option = options(name)[param.get("argument")]
    kind = param.get("type")
    default = option.to_info_dict()["default"]
    if kind in ("integer", "float"):
        number = int if kind == "integer" else float
        assert isinstance(option.type, click.IntRange if kind == "integer" else click.FloatRange)
        for limit in ("min", "max"):
            ours = getattr(option.type, limit)
            assert param.get(limit) == (None if ours is None else str(ours)), limit
        assert (param.get("optional") == "true") == (default is None)
        assert (number(param.get("value")) if param.get("value") else None) == default
    elif kind == "boolean":
        assert isinstance(option, click.Option)
        assert option.is_flag
        assert (param.get("truevalue"), param.get("falsevalue")) == (param.get("argument"), "")
        assert param.get("checked") == str(bool(default)).lower()
    elif kind == "text":
        assert option.type is click.STRING
        assert param.get("value") == (default or "")
    elif kind == "select" and param.find("options") is None:
        # An option may have one input for each of two cases, which share its choices.
        same = [p for p in arguments(name) if p.get("argument") == param.get("argument")]
        choices = option.type.choices if isinstance(option.type, click.Choice) else bundled_models()
        assert {o.get("value") for p in same for o in p.findall("option")} == set(choices)
        selected = [o.get("value") for o in param.findall("option[@selected='true']")]
        if default is not None:
            assert selected == [default]
        elif param.get("optional") == "true":
            assert selected == []
        else:
            assert len(selected) == 1
    else:
        assert kind in ("data", "select")
        assert isinstance(option.type, click.Path)
        assert option.type.exists
        assert param.get("optional") != "true" or not option.required


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_every_input_is_used(name: str) -> None:
    text = tool(name).findtext("command")
    for param in tool(name).find("inputs").iter("param"):
        variable = param.get("name") or param.get("argument").lstrip("-").replace("-", "_")
        used = rf"\$(\w+\.)*{variable}\b"
        outputs = "".join(node.text or "" for node in tool(name).iter("filter"))
        assert re.search(used, text) or variable in outputs, variable


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_versions_and_packages(name: str) -> None:
    root = tool(name)
    assert root.get("id") == f"mirpre_{name.replace('-', '_')}"
    assert re.fullmatch(re.escape(__version__) + r"\+galaxy\d+", root.get("version"))
    (requirement,) = root.findall("requirements/requirement")
    needs_training = "mirpre[train]" in (command(name).help or "")
    assert requirement.text == ("mirpre-train" if needs_training else "mirpre")
    assert requirement.get("version") == __version__


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_tests_cover_every_output_and_a_failure(name: str) -> None:
    tests = tool(name).findall("tests/test")
    outputs = {made.get("name") for made in tool(name).find("outputs")}
    kinds = ("output", "output_collection")
    assert {
        output.get("name") for test in tests for kind in kinds for output in test.findall(kind)
    } == outputs
    failing = [test for test in tests if test.get("expect_failure") == "true"]
    assert failing
    for test in failing:
        assert test.get("expect_exit_code") in ("1", "2")
        assert test.find("assert_stderr") is not None


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_tests_cover_every_kind_of_input_and_every_format(name: str) -> None:
    """Choices that decide which inputs and outputs there are: each is made in some test."""
    tests = list(map(choices_made, tool(name).findall("tests/test")))
    for path, param in named_inputs(tool(name).find("inputs")):
        if path.split("|")[-1] in ("kind", "format", "plots", "figures", "extra"):
            default = {o.get("value") for o in param.findall("option[@selected='true']")}
            made = default.union(*(test.get(path, set()) for test in tests))
            # Cases that are told apart by an input may have choices of one name.
            offered = {
                option.get("value")
                for same, other in named_inputs(tool(name).find("inputs"))
                if same == path
                for option in other.findall("option")
            }
            assert made == offered, path


def named_inputs(node: Any, prefix: str = "") -> list[tuple[str, Any]]:
    """The inputs below a node with their paths, such as source|reference|kind."""
    found = []
    for child in node:
        name = child.get("name") or (child.get("argument") or "").lstrip("-").replace("-", "_")
        if child.tag == "param":
            found.append((prefix + name, child))
        elif child.tag in ("conditional", "section", "repeat"):
            found += named_inputs(child, f"{prefix}{name}|")
        elif child.tag == "when":
            found += named_inputs(child, prefix)
    return found


def choices_made(test: Any) -> dict[str, set[str]]:
    """What one test chooses, by the path of the input."""
    return {path: set((p.get("value") or "").split(",")) for path, p in named_inputs(test)}


WORKFLOWS = ("genome-to-annotation", "genome-to-tracks")


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_is_the_one_that_is_read_and_fits_the_tools(name: str) -> None:
    folder = GALAXY / "workflow"
    written = yaml.safe_load((folder / f"{name}.gxwf.yml").read_text())["steps"]
    native = json.loads((folder / name / f"{name}.ga").read_text())["steps"].values()
    steps = {step["label"]: step for step in native if step["type"] == "tool"}
    assert list(steps) == list(written)
    for label, step in written.items():
        assert steps[label]["tool_id"] == step["tool_id"]
        state = json.loads(steps[label]["tool_state"])
        assert {key: state[key] for key in step["tool_state"]} == step["tool_state"]
        assert set(steps[label]["input_connections"]) == set(step["in"])
        assert step["tool_version"] == tool(label).get("version")
        inputs = {
            param.get("name") or param.get("argument").lstrip("-").replace("-", "_")
            for param in tool(label).find("inputs").iter("param")
        }
        assert leaves(step["tool_state"]) | {path.split("|")[-1] for path in step["in"]} <= inputs


def leaves(state: dict[str, Any]) -> set[str]:
    found = set()
    for key, value in state.items():
        if isinstance(value, dict) and "__class__" not in value:
            found |= leaves(value)
        elif isinstance(value, list) and all(isinstance(row, dict) for row in value):
            for row in value:
                found |= leaves(row) - {"__index__"}
        else:
            found.add(key)
    return found


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_output_of_a_workflow_is_tested_and_is_one_of_the_tool(name: str) -> None:
    folder = GALAXY / "workflow"
    written = yaml.safe_load((folder / f"{name}.gxwf.yml").read_text())
    for source in (value["outputSource"] for value in written["outputs"].values()):
        step, _, output = source.partition("/")
        outputs = {data.get("name") for data in tool(step).find("outputs").iter("data")}
        assert output in outputs
    tests = yaml.safe_load((folder / name / f"{name}-tests.yml").read_text())
    tested = {output for test in tests for output in test["outputs"]}
    assert tested <= set(written["outputs"])
    assert {file.name for file in folder.glob("*/*.ga")} == {f"{one}.ga" for one in WORKFLOWS}
    for test in tests:
        required = {k for k, v in written["inputs"].items() if not v.get("optional")}
        assert required <= set(test["job"]) <= set(written["inputs"])
        for given in test["job"].values():
            assert (folder / name / given["path"]).is_file()


def used_files() -> set[Path]:
    """What the tests of the tools and of the workflow read, with the index that a BAM has."""
    named = {
        FOLDER / file
        for name in TOOLS
        for node in tool(name).find("tests").iter()
        for key in ("value", "file")
        if node.get("ftype") and node.get(key)
        for file in node.get(key).split(",")
    }
    for test in GALAXY.glob("workflow/*/*-tests.yml"):
        for case in yaml.safe_load(test.read_text()):
            named |= {test.parent / one["path"] for one in case["job"].values() if "path" in one}
    return named | {file.with_name(f"{file.name}.bai") for file in named if file.suffix == ".bam"}


def test_a_tools_folder_has_the_files_of_its_tests() -> None:
    assert used_files() == set(copies())
    links = [file for file in GALAXY.rglob("*") if file.is_symlink()]
    assert links == []


def test_test_files_are_small_copies() -> None:
    files = copies()
    assert len(files) > 20
    for file in files:
        assert file.read_bytes() == original(file).read_bytes(), file
        assert file.stat().st_size < 1_000_000, file
        if file.suffix == ".gz":
            assert gzip.decompress(file.read_bytes()) == file.with_suffix("").read_bytes(), file


def column_names(name: str, output: str) -> set[str]:
    """The names that a tool may give to the columns of an output."""
    return {
        action.get("default")
        for data in tool(name).find("outputs")
        if data.get("name") == output
        for action in data.iter("action")
        if action.get("name") == "column_names"
    }


def test_every_table_tells_the_names_of_its_columns() -> None:
    without = {
        (name, data.get("name"))
        for name in TOOLS
        for data in tool(name).findall("outputs/data")
        if data.get("format") == "tabular" and not column_names(name, data.get("name"))
    }
    assert without == {("encode", "encoded")}, "only dimers have no line of names"


def test_the_names_of_columns_are_those_of_the_commands(
    run: Run, data: Path, tmp_path: Path
) -> None:
    def header(text: str) -> str:
        line = next(line for line in text.splitlines() if not line.startswith("# "))
        return line.replace("\t", ",")

    expected = data / "expected"
    calls = {header((expected / f"hairpins.{end}").read_text()) for end in ("tsv", "rnn.tsv")}
    assert column_names("classify", "calls_tsv") == calls
    scan = "scan-genome", data / "genome.fa", "--regions", "chrA:150-300"
    tables = {
        header(run(*scan, "--classify", *structure, *q_values).stdout)
        for structure in ([], ["--structure"])
        for q_values in ([], ["--q-values"])
    }
    assert column_names("scan-genome", "calls_tsv") == tables
    annotation = header((expected / "annotated.tsv").read_text())
    candidates = header(run(*scan, "--format", "tsv").stdout)
    assert column_names("scan-genome", "hairpins") == {candidates, annotation}
    assert column_names("annotate", "annotation_tsv") == {annotation}
    assert column_names("explain", "importance") == {
        header((expected / "regions.importance.tsv").read_text())
    }
    sets = header((data / "split.tsv").read_text())
    assert column_names("split", "split") == {sets, sets.removesuffix("set") + "fold"}
    labels = "--labels", data / "labels.tsv", "--bootstrap", "0"
    metrics = run("evaluate", "--calls", expected / "hairpins.tsv", *labels)
    assert column_names("evaluate", "metrics") == {header(metrics.stdout)}
    run(*scan, "--annotate", "--clade", "Metazoa", "--completeness", tmp_path / "families.tsv")
    families = {header((tmp_path / "families.tsv").read_text())}
    assert column_names("scan-genome", "completeness") == families
    assert column_names("annotate", "completeness") == families


def test_labels_name_the_format_and_no_tool_of_others_is_referred_to() -> None:
    for name in TOOLS:
        assert tool(name).findall("xrefs/xref") == []
        for data in tool(name).findall("outputs/data"):
            assert re.fullmatch(
                r"\$\{tool.name\} on \$\{on_string\}: .+ \(.+\)", data.get("label")
            ), data.get("label")


def test_a_choice_of_models_says_what_each_is_for() -> None:
    for name in ("classify", "scan-genome", "explain", "evaluate"):
        said = {
            option.text
            for param in arguments(name)
            if param.get("argument") == "--model"
            for option in param.findall("option")
        }
        assert len(said) == len(bundled_models())
        assert all(re.fullmatch(r"\w+: .{12,}", text) for text in said), said
    for model in bundled_models():
        assert f"``{model}``" in tool("classify").findtext("help")
