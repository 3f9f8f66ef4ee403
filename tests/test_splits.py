"""Splits, groups and the split command: no group on two sides, whatever the groups."""

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("sklearn", reason="needs mirpre[train]")

from sklearn.utils import shuffle

from mirpre.cli.split import command
from mirpre.errors import FileError
from mirpre.evaluation.groups import linked, near_duplicates, same_family
from mirpre.evaluation.splits import (
    published_folds,
    published_split,
    split_of_table,
    stratified,
)
from mirpre.formats.opening import open_lines
from mirpre.formats.splits import read_split
from mirpre.records import Hairpin

labelled_groups = st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=1, max_size=80)
shares = st.sampled_from([(0.64, 0.16, 0.2), (0.2,) * 5, (0.1,) * 10])


def random_sequence(seed, length=80):
    return "".join(np.random.default_rng(seed).choice(list("ACGU"), length))


def mutated(sequence, every):
    swap = str.maketrans("ACGU", "CGUA")
    return "".join(
        c.translate(swap) if i % every == every // 2 else c for i, c in enumerate(sequence)
    )


@given(labelled_groups, shares, st.integers(0, 2**31))
@settings(max_examples=200, deadline=None)
def test_no_group_stands_in_two_parts(records, parts, seed):
    labels = np.array([label for label, _ in records])
    group = np.unique([number for _, number in records], return_inverse=True)[1]
    part = stratified(labels, group, parts, seed)
    assert set(part) <= set(range(len(parts)))
    for number in set(group):
        assert len(set(part[group == number])) == 1
    assert (stratified(labels, group, parts, seed) == part).all()


@given(st.lists(st.booleans(), min_size=1, max_size=200), shares, st.integers(0, 2**31))
@settings(max_examples=100, deadline=None)
def test_without_groups_each_class_is_divided_exactly(labels, parts, seed):
    labels = np.array(labels)
    part = stratified(labels, np.arange(len(labels)), parts, seed)
    for label in (True, False):
        counts = np.bincount(part[labels == label], minlength=len(parts))
        assert np.abs(counts - np.array(parts) * (labels == label).sum()).max() < 1 + 1e-9


def test_published_split_is_the_shuffle_of_scikit_learn():
    order = shuffle(np.arange(3762), random_state=2)
    split = published_split(3762, 752, 0.2, 2)
    assert (split.test == order[:752]).all()
    # Keras takes the last part of what is left for validation.
    assert (split.train == order[752 : 752 + 2408]).all()
    assert (split.validation == order[752 + 2408 :]).all()
    # The positives are the first 1881; their number in the test set is published.
    assert (split.test < 1881).sum() == 385
    fold = published_folds(3762, 10, 2)
    for k in range(10):
        block = order[376 * k : 376 * (k + 1) if k < 9 else None]
        assert sorted(block) == sorted(np.flatnonzero(fold == k))
    assert (fold == 9).sum() == 378


def test_near_duplicates():
    one = random_sequence(1)
    records = [one, random_sequence(2), mutated(one, 20), one[10:70], "ACGU", "ACGU", "ACG"]
    found = {(int(i), int(j)) for i, j in near_duplicates(records, 0.8)}
    assert found == {(0, 2), (0, 3), (2, 3), (4, 5)}
    # One substitution in every 20 letters leaves an identity of 0.95.
    assert (0, 2) not in {(int(i), int(j)) for i, j in near_duplicates(records, 0.99)}
    across = near_duplicates([one, random_sequence(3)], 0.8, [random_sequence(4), one])
    assert across.tolist() == [[0, 1]]


def test_groups_are_chains_of_links():
    pairs = same_family(["a", "b", "c", "d", "e"], {"a": "x", "c": "x", "d": "y"})
    assert pairs.tolist() == [[0, 2]]
    assert linked(5, [pairs, np.array([[2, 4]])]).tolist() == [0, 1, 0, 2, 0]
    assert linked(3, []).tolist() == [0, 1, 2]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sequences = [random_sequence(n // 3) for n in range(60)]  # each three times
    for name, some in (("pos.fa", sequences[:30]), ("neg.fa", sequences[30:])):
        (tmp_path / name).write_text("".join(f">{name}{i} x\n{s}\n" for i, s in enumerate(some)))
    (tmp_path / "families.tsv").write_text(
        "name\tfam\n" + "".join(f"pos.fa{i}\tmir-{i % 3}\n" for i in range(9))
    )
    return tmp_path


def run(*arguments):
    arguments = ("--positive", "pos.fa", "--negative", "neg.fa", "-o", "out.tsv", *arguments)
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


def table(path="out.tsv"):
    with open_lines(str(path)) as lines:
        return read_split(lines)


def test_split_by_sequence_and_family(files):
    options = ("--group-by", "sequence", "--group-by", "family", "--families", "families.tsv")
    assert run(*options, "--id-column", "name", "--family-column", "fam").exit_code == 0
    found = table()
    assert found.positives == [f"pos.fa{i}" for i in range(30)]
    split = split_of_table(found, None)
    together = [{*range(9)}, *({3 * i, 3 * i + 1, 3 * i + 2} for i in range(3, 20))]
    for rows in (split.train, split.validation, split.test):
        assert len(rows)
        for group in together:
            assert group <= set(rows.tolist()) or not group & set(rows.tolist())


def test_folds_of_a_table(files):
    assert run("--folds", "5").exit_code == 0
    found = table()
    tested = []
    for fold in range(1, 6):
        split = split_of_table(found, fold)
        rows = [split.train.tolist(), split.validation.tolist(), split.test.tolist()]
        assert sorted(rows[0] + rows[1] + rows[2]) == list(range(60))
        assert [len(row) for row in rows] == [36, 12, 12]
        tested += rows[2]
    assert sorted(tested) == list(range(60))
    for fold in (None, 6):
        with pytest.raises(ValueError, match="5 folds"):
            split_of_table(found, fold)


def test_published_method_of_the_command(files):
    assert run("--method", "published").exit_code == 0
    expected = published_split(60, 12, 0.2, 2)
    found = split_of_table(table(), None)
    assert found.test.tolist() == sorted(expected.test)
    assert found.validation.tolist() == sorted(expected.validation)


def test_table_of_other_records(files):
    run()
    records = [Hairpin(f"pos.fa{i}", "ACGU") for i in range(30)]
    assert len(list(table().matched(records, "positive"))) == 30
    for wrong, message in (
        (records[:9], "30 positive ones here, 9 in their file"),
        ([*records, records[0]], "positive 31 is missing here"),
        (records[::-1], "positive 1 is 'pos.fa0' here and 'pos.fa29' in its file"),
    ):
        with pytest.raises(FileError, match=message):
            list(table().matched(wrong, "positive"))


def test_wrong_use(files):
    for arguments in (
        ("--group-by", "family"),
        ("--families", "families.tsv"),
        ("--method", "published", "--group-by", "sequence"),
        ("--folds", "2"),
        ("--folds", "61"),
    ):
        assert run(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("label\tnumber\tid\n", "no column 'set' or 'fold'"),
        ("label\tnumber\tid\tset\nyes\t1\ta\ttrain\n", "split.tsv:2: label is 'yes'"),
        ("label\tnumber\tid\tset\npositive\t2\ta\ttrain\n", "split.tsv:2: number is '2'"),
        ("label\tnumber\tid\tset\npositive\t1\ta\tother\n", "split.tsv:2: set is 'other'"),
        ("label\tnumber\tid\tfold\npositive\t1\ta\t0\n", "split.tsv:2: fold is '0'"),
    ],
)
def test_bad_tables(tmp_path, rows, message):
    (tmp_path / "split.tsv").write_text(rows)
    with pytest.raises(FileError) as error:
        table(tmp_path / "split.tsv")
    assert message in str(error.value)


def test_record_of_two_families(files):
    (files / "families.tsv").write_text("id\tfamily\na\tx\na\ty\n")
    with pytest.raises(FileError, match=r"families.tsv:3: 'a' is of two families"):
        run("--group-by", "family", "--families", "families.tsv")
