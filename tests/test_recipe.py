"""The bioconda recipes say what setup.py says, in conda's names, and keep bioconda's rules."""

from __future__ import annotations

import hashlib
import re
from importlib.metadata import metadata, requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from recipe import RECIPE, TRAIN, fill, render, sign

from mirpre import __version__
from mirpre.cli import COMMANDS

SETUP = Path(__file__).parent.parent / "setup.py"
CONDA_NAMES = {
    "ViennaRNA": "viennarna",
    "matplotlib": "matplotlib-base",
    "tensorflow-cpu": "tensorflow",
}


@pytest.fixture
def recipe() -> dict[str, Any]:
    return render(RECIPE.read_text())


@pytest.fixture(params=[RECIPE, TRAIN], ids=["mirpre", "mirpre-train"])
def each(request: pytest.FixtureRequest) -> Path:
    file: Path = request.param
    return file


def pip_requirements(extra: str) -> set[str]:
    """What the installed package needs, as conda would write it; extra may be ''."""
    found = set()
    for line in requires("mirpre") or []:
        requirement = Requirement(line)
        optional = "extra ==" in str(requirement.marker)
        if f'extra == "{extra}"' in str(requirement.marker) if extra else not optional:
            name = CONDA_NAMES.get(requirement.name, requirement.name)
            found.add(f"{name} {requirement.specifier}")
    return found


def test_the_version_is_the_packages(recipe: dict[str, Any]) -> None:
    assert recipe["package"] == {"name": "mirpre", "version": __version__}
    assert recipe["source"]["url"].endswith(f"/mirpre-{__version__}.tar.gz")


def test_requirements_are_those_of_setup(recipe: dict[str, Any]) -> None:
    # Built for one Python each, which conda's own pins choose; too old ones are skipped.
    assert metadata("mirpre")["Requires-Python"] == ">=3.10"
    assert "  skip: True  # [py < 310]\n" in RECIPE.read_text()
    assert set(recipe["requirements"]["run"]) == pip_requirements("") | {"python"}
    assert "python" in recipe["requirements"]["host"]
    pyproject = (SETUP.parent / "pyproject.toml").read_text()
    (needed,) = re.findall(r"^requires = \[(.*?)\]", pyproject, re.M)
    built_with = {one.replace(">=", " >=") for one in re.findall(r'"([^"]+)"', needed)}
    assert built_with <= set(recipe["requirements"]["host"])
    train = render(TRAIN.read_text())
    assert train["package"]["version"] == __version__
    pinned = {f"mirpre ={__version__}"}
    assert set(train["requirements"]["run"]) == pip_requirements("train") | pinned


def test_it_is_noarch_only_while_nothing_is_compiled(recipe: dict[str, Any]) -> None:
    compiled = "ext_modules" in SETUP.read_text()
    assert (recipe["build"].get("noarch") == "python") == (not compiled)
    assert ("c_compiler" in recipe["requirements"].get("build", [])) == compiled


def test_rules_of_bioconda(each: Path) -> None:
    """What its linter looks for, as far as a recipe of this kind can fail it."""
    recipe = render(each.read_text())
    assert recipe["package"]["name"] == each.parent.name
    assert "outputs" not in recipe
    build, needs = recipe["build"], recipe["requirements"]
    assert build["number"] == 0
    assert build["run_exports"] == [f"{each.parent.name} =x.x"]  # versions start with 0
    compiled = any(need.endswith("_compiler") for need in needs.get("build", []))
    assert compiled != bool(build.get("noarch"))
    assert ("c_stdlib" in needs.get("build", [])) == compiled
    names = [need.split()[0] for part in needs.values() for need in part]
    assert not {"matplotlib", "gcc", "toolchain", "libgcc"} & set(names)
    assert all(re.fullmatch(r"\S+( [<>=!~]\S+)?", need) for part in needs.values() for need in part)
    assert not [need for need in needs["run"] if need.split()[0] == "setuptools"]
    assert recipe["test"]["commands"]
    for key in ("home", "license", "summary"):
        assert recipe["about"][key]
    assert len(recipe["about"]["summary"]) <= 120
    assert all(re.fullmatch(r"\w+:\S+", one) for one in recipe["extra"]["identifiers"])
    if "source" in recipe:
        assert re.search(r"(?m)^  sha256: [0-9a-f]{64}$", each.read_text())


def test_pip_check_is_among_the_tests(recipe: dict[str, Any]) -> None:
    assert "pip check" in recipe["test"]["commands"]
    assert "pip" in recipe["test"]["requires"]
    # The line that the script takes out of setup.py, since conda's ViennaRNA has no metadata.
    removed, _ = recipe["build"]["script"]
    pattern = re.search(r"'/(.*)/d' setup\.py", removed)
    assert pattern
    assert len([line for line in SETUP.read_text().splitlines() if pattern[1] in line]) == 1


def test_entry_point_and_licence(recipe: dict[str, Any]) -> None:
    (entry,) = recipe["build"]["entry_points"]
    assert f'"{entry}"' in SETUP.read_text()
    about = metadata("mirpre")
    assert recipe["about"]["license"] == (about.get("License-Expression") or about.get("License"))
    assert (SETUP.parent / recipe["about"]["license_file"]).is_file()


def test_tests_try_every_command(recipe: dict[str, Any]) -> None:
    test = recipe["test"]
    for command in COMMANDS:
        assert f"mirpre {command} --help" in test["commands"]
    for file in test["source_files"]:
        assert (SETUP.parent / file).is_file()
    for command in test["commands"]:
        for named in re.findall(r"\bmirpre (\S+)", command):
            assert named in (*COMMANDS, "--version", "--help"), command


def test_a_release_fills_the_hash() -> None:
    name = f"mirpre-{__version__}.tar.gz"
    filled = fill(RECIPE.read_text(), name, b"content")
    assert render(filled)["source"]["sha256"] == hashlib.sha256(b"content").hexdigest()
    again = fill(filled, name, b"content")
    assert again == filled
    with pytest.raises(ValueError, match=re.escape(f"is for {name}, not for mirpre-9.9.tar.gz")):
        fill(filled, "mirpre-9.9.tar.gz", b"content")


def test_a_release_is_signed() -> None:
    extra = render(sign(RECIPE.read_text(), ["one", "other"], "mirpre"))["extra"]
    assert extra["recipe-maintainers"] == ["one", "other"]
    assert extra["identifiers"] == ["doi:10.1186/s12859-020-3339-7", "biotools:mirpre"]
    assert sign(RECIPE.read_text(), [], None) == RECIPE.read_text()
