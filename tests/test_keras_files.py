"""Keras networks are found beside a model, or in the source distribution; wheels lack them."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest

from mirpre.errors import ModelError
from mirpre.models import registry
from mirpre.training.keras_files import keras_file

NETWORK = b"a network"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Bundled models as a wheel has them, and a cache folder of its own."""
    weights = tmp_path / "installed"
    folder = registry.load_model_files("cnn").folder
    shutil.copytree(folder, weights / "cnn", ignore=shutil.ignore_patterns("*.keras"))
    monkeypatch.setattr(registry, "_WEIGHTS", weights)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return weights / "cnn"


@pytest.fixture
def source() -> Path:
    return Path(__file__).parent.parent


def packed(source: Path, target: Path) -> str:
    """A source distribution with the Keras network."""
    member = "mirpre/models/weights/cnn/model.keras"
    with tarfile.open(target, "w:gz") as archive:
        archive.add(source / member, f"mirpre-0.0/{member}")
    return str(target)


def test_a_folder_of_ones_own_has_its_own(installed: Path) -> None:
    (installed / "model.keras").write_bytes(NETWORK)
    assert keras_file(str(installed)) == installed / "model.keras"


@pytest.mark.parametrize("kind", ["folder", "archive", "url"])
def test_it_comes_from_the_source(
    installed: Path, source: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = str(source) if kind == "folder" else packed(source, tmp_path / "mirpre.tar.gz")
    where = f"file://{where}" if kind == "url" else where
    monkeypatch.setenv("MIRPRE_SOURCE", where)
    found = keras_file("cnn")
    assert found.read_bytes() == (source / "mirpre/models/weights/cnn/model.keras").read_bytes()
    assert tmp_path / "cache" in found.parents
    monkeypatch.setenv("MIRPRE_SOURCE", "nowhere")
    assert keras_file("cnn") == found


def test_a_damaged_cache_is_not_used(installed: Path, source: Path) -> None:
    found = keras_file("cnn", str(source))
    found.write_bytes(NETWORK)
    with pytest.raises(ModelError, match=r"nowhere: cannot get model\.keras of 'cnn'"):
        keras_file("cnn", "nowhere")
    assert keras_file("cnn", str(source)).read_bytes() != NETWORK


def test_another_releases_network_is_refused(installed: Path, source: Path, tmp_path: Path) -> None:
    member = tmp_path / "other/mirpre/models/weights/cnn/model.keras"
    member.parent.mkdir(parents=True)
    member.write_bytes(NETWORK)
    with pytest.raises(ModelError, match="take the source distribution of mirpre 0"):
        keras_file("cnn", str(tmp_path / "other"))


def test_an_archive_without_it_is_told(installed: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "empty.tar.gz", "w:gz"):
        pass
    with pytest.raises(ModelError, match=r"no mirpre/models/weights/cnn/model\.keras in it"):
        keras_file("cnn", str(tmp_path / "empty.tar.gz"))
