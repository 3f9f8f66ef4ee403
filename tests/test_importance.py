"""Which nucleotides matter: occlusion of what the networks read, and its text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st

from mirpre.models.importance import explain, hidden_at, importance
from mirpre.models.model import load_model
from mirpre.records import Hairpin, partners
from mirpre.timing import StageSeconds

LET7 = Hairpin(
    "hsa-let-7a-1",
    "UGGGAUGAGGUAGUAGGUUGUAUAGUUUUAGGGUCACACCCACCACUGGGAGAUAACUAUACAAUCUACUGUCUUUCCUA",
    "(((((.(((((((((((((((((((((.....(((...((((....)))).)))))))))))))))))))))))))))))",
    -34.2,
)
MODELS = ["cnn", "rnn", "genome"]


def by_hand(hairpin: Hairpin, place: int) -> Hairpin:
    """A nucleotide hidden, as the words say it."""
    partner = partners(hairpin.structure or "")[place]
    letters = list(hairpin.sequence)
    symbols = list(hairpin.structure or "")
    letters[place] = "N"
    symbols[place] = "."
    if partner >= 0:
        symbols[partner] = "."
    return Hairpin("", "".join(letters), "".join(symbols))


@pytest.mark.parametrize("name", MODELS)
def test_importance_is_what_the_log_odds_lose(name: str) -> None:
    model = load_model(name)
    found = importance(LET7, model)
    assert found.shape == (80,)
    p = model.probabilities([LET7, *(by_hand(LET7, place) for place in (0, 5, 30, 60))])
    odds = np.log(p.astype(float)) - np.log1p(-p.astype(float))
    assert found[[0, 5, 30, 60]] == pytest.approx(odds[0] - odds[1:], abs=2e-3)


@pytest.mark.parametrize("name", MODELS)
def test_the_stem_matters_more_than_a_tail(name: str) -> None:
    # Unpaired letters behind a hairpin are no part of it.
    tailed = Hairpin("", LET7.sequence + "ACACACACAC", (LET7.structure or "") + "." * 10)
    found = importance(tailed, load_model(name))
    assert np.abs(found[5:27]).mean() > np.abs(found[80:]).mean()


def test_log_odds_agree_with_probabilities() -> None:
    model = load_model("cnn")
    p = model.probabilities([LET7]).astype(float)
    assert 1 / (1 + np.exp(-model.log_odds([LET7]))) == pytest.approx(p, abs=1e-6)


def test_positions_that_are_not_read_have_none() -> None:
    long = Hairpin("", LET7.sequence * 3, (LET7.structure or "") * 3)
    found = importance(long, load_model("cnn"))
    assert found.shape == (240,)
    assert found[:180].any()
    assert not found[180:].any()


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_nothing(threads: int) -> None:
    model = load_model("cnn")
    hairpins = [LET7, Hairpin("b", "GGGAAAACCC", "(((....)))"), LET7]
    found = list(explain(hairpins, model, threads, StageSeconds()))
    assert [one.hairpin for one in found] == hairpins
    assert found[0].probability == 0.999321
    for one in found:
        assert one.importance == importance(one.hairpin, model).tolist()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 79))
def test_hiding_breaks_one_pair_and_no_more(place: int) -> None:
    partner = partners(LET7.structure or "")
    hidden = hidden_at(LET7, place, partner[place])
    changed = {k for k in range(80) if partners(hidden.structure or "")[k] != partner[k]}
    assert changed == {k for k in (place, partner[place]) if partner[place] >= 0}
    assert sum(a != b for a, b in zip(hidden.sequence, LET7.sequence, strict=True)) == 1


def test_a_model_of_ones_own_is_explained(run: Run, data: Path, tmp_path: Path) -> None:
    import shutil

    from mirpre.models import registry

    shutil.copytree(Path(registry.__file__).parent / "weights" / "rnn", tmp_path / "mine")
    one = run("explain", data / "hairpins.fa", "-m", "mine")
    other = run("explain", data / "hairpins.fa", "-m", "rnn")
    assert one.returncode == other.returncode == 0
    lines = [line for line in one.stdout.splitlines() if not line.startswith("# ")]
    assert lines == [line for line in other.stdout.splitlines() if not line.startswith("# ")]
    assert len(lines) == 1 + sum(len(h) for h in hairpins(data))


def hairpins(data: Path) -> list[Hairpin]:
    from mirpre.formats.fasta import read_fasta
    from mirpre.formats.opening import open_lines

    with open_lines(str(data / "hairpins.fa")) as lines:
        return list(read_fasta(lines))


def read(file: Path) -> list[str]:
    return file.read_text().splitlines()


def test_bedgraph_counts_backwards_on_minus(data: Path) -> None:
    expected = data / "expected"
    table = [line.split("\t") for line in read(expected / "regions.importance.tsv")[1:]]
    graph = [line.split("\t") for line in read(expected / "regions.importance.bedgraph")]
    minus = {line[1]: float(line[3]) for line in graph if line[0] == "chrA"}
    for row in table:
        if row[0].startswith("hsa-mir-21"):
            assert minus[str(502 - int(row[1]))] == pytest.approx(float(row[4]))


def test_bedgraph_needs_places(run: Run, data: Path) -> None:
    done = run("explain", data / "hairpins.fa", "--format", "bedgraph")
    assert done.returncode == 1
    assert "no locus such as chr1:100-180(+)" in done.stderr


def test_a_model_is_needed_that_is_there(run: Run, data: Path) -> None:
    done = run("explain", data / "hairpins.fa", "-m", "nowhere")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
