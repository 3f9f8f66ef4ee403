"""Training end to end on a few made-up hairpins."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("tensorflow", reason="needs mirpre[train]")

from mirpre.cli import evaluate, split, train
from mirpre.encoding import partners
from mirpre.errors import FileError
from mirpre.evaluation.splits import published_split
from mirpre.formats.opening import open_lines
from mirpre.formats.splits import read_split
from mirpre.models.inference import Predictor
from mirpre.models.registry import load_model_files
from mirpre.records import Hairpin
from mirpre.training.checkpoints import Checkpoint
from mirpre.training.recipe import Recipe, Records, load_tensorflow
from mirpre.training.recipe import train as train_network

FILES = ("--positive", "pos.dimers", "--negative", "neg.dimers")
PAIR = {"A": "U", "U": "A", "G": "C", "C": "G"}


def dimers(seed: int, stem: int) -> str:
    """A hairpin with a stem of so many pairs, and unpaired ends."""
    draw = np.random.default_rng(seed)
    arm, loop, end = (draw.choice(list("ACGU"), n) for n in (stem, 8, 30 - stem))
    found = [f"{base}." for base in end]
    found += [f"{base}(" for base in arm] + [f"{base}." for base in loop]
    found += [f"{PAIR[base]})" for base in arm[::-1]]
    return " ".join(found)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, stem in (("pos", 26), ("neg", 8)):
        lines = [f"{name}{i}\tNA\t{dimers(1000 * stem + i, stem)}\n" for i in range(60)]
        (tmp_path / f"{name}.dimers").write_text("".join(lines))
    return tmp_path


def run(command, *arguments):
    return CliRunner().invoke(command, [*FILES, *arguments], catch_exceptions=False)


def test_split_train_evaluate(here):
    assert run(split.command, "-o", "split.tsv").exit_code == 0
    options = ("--split", "split.tsv", "--epochs", "25", "--batch-size", "20", "-t", "1")
    result = run(train.command, *options, "--data", "made up", "-o", "model")
    assert result.exit_code == 0
    assert result.output == ""
    folder = here / "model"
    assert {file.name for file in folder.iterdir()} == {
        "model.onnx",
        "model.keras",
        "card.json",
        "training.csv",
        "learning_curves.png",
    }
    assert [path.name for path in here.glob("*checkpoint*")] == []
    assert len((folder / "training.csv").read_text().splitlines()) == 26
    assert (folder / "learning_curves.png").read_bytes().startswith(b"\x89PNG")
    card = json.loads((folder / "card.json").read_text())
    assert card["training"]["data"] == "made up"
    assert card["training"]["split"]["test"] == 24
    assert card["metrics"]["test"]["records"] == 24

    result = run(evaluate.command, "--split", "split.tsv", "-m", "model", "--json", "metrics.json")
    assert result.exit_code == 0
    [measured] = json.loads((here / "metrics.json").read_text())["models"]
    assert measured["sha256"] == card["files"]["model.onnx"]["sha256"]
    # The two kinds differ so plainly that a network which learns at all tells them apart.
    assert measured["metrics"]["auc"]["value"] > 0.95
    for name in ("sensitivity", "specificity", "auc"):
        value = measured["metrics"][name]["value"]
        assert value == pytest.approx(card["metrics"]["test"][name], abs=1e-4)


def test_same_seed_same_weights_and_validation_files(here):
    options = ("--epochs", "2", "-t", "1", "--seed", "7")
    validation = ("--validation-positive", "pos.dimers", "--validation-negative", "neg.dimers")
    for name, more in (("one", ()), ("two", ()), ("three", validation)):
        assert run(train.command, *options, *more, "-o", name).exit_code == 0
    x = np.eye(12, dtype=np.uint8)[np.random.default_rng(1).integers(0, 12, (5, 180))]
    one, two, three = (
        Predictor(load_model_files(name)).probabilities(x) for name in ("one", "two", "three")
    )
    assert (one == two).all()
    assert (one != three).any()
    card = json.loads((here / "three" / "card.json").read_text())
    assert card["training"]["split"]["validation"] == 120
    assert card["training"]["split"]["training"] == 120


def records(network: str) -> Records:
    if network == "genome":
        lines = [dimers(i, stem) for stem in (26, 8) for i in range(20)]
        hairpins = [Hairpin("", text[::3], text[1::3]) for text in lines]
        return Records(partners(hairpins), np.arange(40) < 20, published_split(40, 8, 0.25, 2))
    draw = np.random.default_rng(3)
    onehot = np.eye(12, dtype=np.uint8)[draw.integers(0, 12, (40, 180))]
    onehot[:, 40:] = 0
    return Records(onehot, np.arange(40) < 20, published_split(40, 8, 0.25, 2))


class Interrupted(Exception):
    """Stands for a power cut."""


@pytest.mark.parametrize("network", ["cnn", "rnn", "genome"])
def test_resumed_run_gives_the_weights_of_an_uninterrupted_one(tmp_path, network):
    load_tensorflow(1)
    recipe = Recipe(network, epochs=5, batch_size=8, seed=3, patience=None)
    whole = train_network(records(network), recipe)

    def fail(epoch):
        if epoch.epoch == 3:
            raise Interrupted

    # Ends in epoch 3 with the state after epoch 2 on disk.
    checkpoint = Checkpoint(tmp_path / "run.npz", {"network": network}, every=2)
    with pytest.raises(Interrupted):
        train_network(records(network), recipe, checkpoint=checkpoint, on_epoch=fail)
    assert checkpoint.load().history == whole.fit.history[:2]
    resumed = train_network(records(network), recipe, checkpoint=checkpoint)
    assert resumed.fit.history == whole.fit.history
    assert resumed.fit.best == whole.fit.best
    for ours, theirs in zip(
        resumed.network.get_weights(), whole.network.get_weights(), strict=True
    ):
        assert (ours == theirs).all()


def test_checkpoints_of_other_runs_and_damaged_ones(here):
    saved = here / "model.checkpoint.npz"
    saved.write_bytes(b"PK no archive")
    assert run(train.command, "-o", "model").exit_code == 2  # neither resumed nor removed
    with pytest.raises(FileError, match="damaged checkpoint"):
        run(train.command, "--epochs", "1", "-t", "1", "--resume", "-o", "model")
    saved.unlink()
    load_tensorflow(1)
    recipe = Recipe("cnn", epochs=1, batch_size=8, seed=3, patience=None)
    train_network(records("cnn"), recipe, checkpoint=Checkpoint(saved, {"seed": 3}, every=1))
    with pytest.raises(FileError, match="another run"):
        Checkpoint(saved, {"seed": 4}, every=1).load()


def test_any_damage_to_a_checkpoint_is_told(tmp_path):
    load_tensorflow(1)
    saved = tmp_path / "run.npz"
    checkpoint = Checkpoint(saved, {"seed": 3}, every=1)
    recipe = Recipe("cnn", epochs=1, batch_size=8, seed=3, patience=None)
    train_network(records("cnn"), recipe, checkpoint=checkpoint)
    good = saved.read_bytes()
    with np.load(saved) as archive:
        arrays = dict(archive)
    about = json.loads(str(arrays["about"]))
    changed = [
        *({**about, "best": 3}, {**about, "run": 3}, {**about, "history": []}, {}, [], 3),
        {**about, "history": [{**about["history"][0], "train_loss": "much"}]},
        {**about, "history": [{**about["history"][0], "epoch": 7}]},
    ]
    damaged = [b"", b"PK", good[:-1], good[: len(good) // 2], b"\x93NUMPY", b"(lp0\n."]
    for at in range(100, len(good), len(good) // 5):
        damaged.append(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
    for content in damaged:
        saved.write_bytes(content)
        with pytest.raises(FileError, match="damaged checkpoint"):
            checkpoint.load()
    for text in (*map(json.dumps, changed), "[" * 100_000, "x"):
        with saved.open("wb") as out:
            np.savez(out, **{**arrays, "about": np.array(text)})
        with pytest.raises(FileError, match="damaged checkpoint"):
            checkpoint.load()


def test_a_checkpoint_executes_nothing(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "made"), "w"))

    saved = tmp_path / "run.npz"
    with saved.open("wb") as out:
        np.savez(out, about=np.array([Evil()], dtype=object), allow_pickle=True)
    with pytest.raises(FileError, match="damaged checkpoint"):
        Checkpoint(saved, {}, every=1).load()
    assert not (tmp_path / "made").exists()


def test_wrong_use(here):
    run(split.command, "--folds", "4", "-o", "folds.tsv")
    (here / "full").mkdir()
    (here / "full" / "file").touch()
    for arguments in (
        ("-o", "full"),
        ("--fold", "1", "-o", "model"),
        ("--split", "folds.tsv", "-o", "model"),
        ("--split", "folds.tsv", "--fold", "5", "-o", "model"),
        ("--split", "folds.tsv", "--fold", "1", "--test-records", "5", "-o", "model"),
        ("--validation-positive", "pos.dimers", "-o", "model"),
        ("--test-records", "120", "-o", "model"),
    ):
        assert run(train.command, *arguments).exit_code == 2
    with open_lines("folds.tsv") as lines:
        assert read_split(lines).folds == 4
