"""``mirpre evaluate`` on tables of calls, and on hairpins with a bundled model."""

import json

import pytest
from click.testing import CliRunner

pytest.importorskip("sklearn", reason="needs mirpre[train]")

from mirpre.cli.evaluate import command
from mirpre.errors import FileError, MissingExtraError

LABELS = "id\tlabel\na\tpositive\nb\tnegative\nc\tpositive\nd\tnegative\n"
CALLS = "# threshold: 0.4\nid\tprobability\na\t0.9\nb\t0.45\nc\t0.42\nd\t0.1\n"


@pytest.fixture
def tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.tsv").write_text(LABELS)
    (tmp_path / "one.tsv").write_text(CALLS)
    (tmp_path / "two.tsv").write_text(CALLS.replace("0.1\n", "0.99\nother\t0.5\n"))
    return tmp_path


def evaluate(*arguments):
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


def rows(text):
    lines = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    assert lines[0] == ["model", "metric", "value", "low", "high"]
    return {(model, metric): value for model, metric, value, *_ in lines[1:]}


def test_calls_with_the_threshold_of_their_header(tables):
    result = evaluate("--calls", "one.tsv", "--calls", "two.tsv", "--labels", "labels.tsv")
    assert result.exit_code == 0
    found = rows(result.stdout)
    assert found["one", "records"] == "4"
    assert found["one", "sensitivity"] == "1.0000"
    assert found["one", "specificity"] == "0.5000"
    assert found["one", "auc"] == "0.7500"
    assert found["two", "specificity"] == "0.0000"
    assert "1 record without a label left out" in result.stderr


def test_threshold_of_the_user(tables):
    result = evaluate("--calls", "one.tsv", "--labels", "labels.tsv", "--threshold", "0.45")
    assert rows(result.stdout)["one", "sensitivity"] == "0.5000"


def test_json_and_figures(tables):
    options = ("--calls", "one.tsv", "--labels", "labels.tsv", "--json", "out.json")
    result = evaluate(*options, "--roc", "roc.svg", "--precision-recall", "pr.png", "-o", "out.tsv")
    assert result.exit_code == 0
    [model] = json.loads((tables / "out.json").read_text())["models"]
    assert model["metrics"]["auc"]["value"] == 0.75
    assert model["metrics"]["auc"]["low"] <= 0.75 <= model["metrics"]["auc"]["high"]
    svg = (tables / "roc.svg").read_text()
    assert svg.startswith("<?xml")
    assert "one (AUC 75.00 %, threshold" in svg
    assert (tables / "pr.png").read_bytes().startswith(b"\x89PNG")
    evaluate(*options, "--roc", "again.svg")
    assert (tables / "again.svg").read_text() == svg


def test_wrong_use(tables):
    for arguments in (
        (),
        ("--calls", "one.tsv"),
        ("--positive", "one.tsv", "--calls", "one.tsv", "--labels", "labels.tsv"),
        ("--calls", "one.tsv", "--labels", "labels.tsv", "--roc", "roc.pdf"),
        ("--positive", "one.tsv", "--roc", "roc.svg"),
        ("--positive", "one.tsv", "--negative", "one.tsv", "--set", "test"),
        ("--positive", "one.tsv", "--negative", "one.tsv", "--fold", "1"),
        ("--positive", "one.tsv", "--split", "labels.tsv"),
    ):
        assert evaluate(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("one.tsv", "id\tcall\na\tother\n", "one.tsv:1: no column 'probability'"),
        ("one.tsv", "id\tprobability\na\tx\n", "one.tsv:2: probability is 'x'"),
        ("one.tsv", "id\tprobability\na\t0.5\na\t0.6\n", "one.tsv:3: the ID 'a' stands here twice"),
        ("one.tsv", "id\tprobability\na\t0.5\n", "no call of 3 labelled records, such as 'b'"),
        ("labels.tsv", "id\tlabel\na\tyes\n", "labels.tsv:2: label is 'yes'"),
        ("labels.tsv", "id\tlabel\na\n", "labels.tsv:2: 1 fields, and there are 2 columns"),
        ("labels.tsv", "", "labels.tsv: no column 'id' and no 'label'"),
        ("labels.tsv", "id\tlabel\n", "labels.tsv: no labelled records"),
    ],
)
def test_bad_tables(tables, file, text, message):
    (tables / file).write_text(text)
    with pytest.raises(FileError) as error:
        evaluate("--calls", "one.tsv", "--labels", "labels.tsv")
    assert message in str(error.value)


def test_missing_extra(tables, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match=r"mirpre\[train\]"):
        evaluate("--calls", "one.tsv", "--labels", "labels.tsv")


def test_hairpins_give_what_their_calls_give(run, data, tmp_path):
    text = (data / "hairpins.fa").read_text()
    records = [">" + record for record in text.split(">")[1:]]
    is_precursor = [record.startswith(">hsa-") for record in records]
    for name, label in (("pos.fa", True), ("neg.fa", False)):
        some = [r for r, its in zip(records, is_precursor, strict=True) if its == label]
        (tmp_path / name).write_text("".join(some))
    labels = ["positive" if label else "negative" for label in is_precursor]
    ids = [record.split()[0][1:] for record in records]
    lines = [f"{name}\t{label}\n" for name, label in zip(ids, labels, strict=True)]
    (tmp_path / "labels.tsv").write_text("id\tlabel\n" + "".join(lines))
    run("classify", data / "hairpins.fa", "-o", "genome.tsv")
    found = run("evaluate", "--positive", "pos.fa", "--negative", "neg.fa").stdout
    called = run("evaluate", "--calls", "genome.tsv", "--labels", "labels.tsv").stdout
    assert rows(found) == rows(called)
    assert rows(found)["genome", "records"] == str(len(records))
    alone = rows(run("evaluate", "--negative", "neg.fa").stdout)
    assert alone["genome", "specificity"] == rows(found)["genome", "specificity"]
    assert alone["genome", "auc"] == "NA"
