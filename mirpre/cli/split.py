"""``mirpre split``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mirpre.cli.files import FileCommand
from mirpre.cli.options import INPUT_FILE, FiniteRange, output_option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mirpre.records import Hairpin


@click.command("split", cls=FileCommand, short_help="Divide labelled hairpins into sets or folds.")
@click.option("--positive", type=INPUT_FILE, required=True, help="FASTA, folded or dimer text.")
@click.option("--negative", type=INPUT_FILE, required=True, help="In the same formats.")
@output_option
@click.option(
    "--method",
    type=click.Choice(["stratified", "published"]),
    default="stratified",
    show_default=True,
    help="published: the shuffle and blocks of Zheng et al. 2020.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=3),
    help="Folds of equal size instead of training, validation and test sets.",
)
@click.option(
    "--test-fraction",
    type=FiniteRange(0, 1, max_open=True),
    default=0.2,
    show_default=True,
    help="Part of the records that is for testing.",
)
@click.option(
    "--validation-fraction",
    type=FiniteRange(0, 1, min_open=True, max_open=True),
    default=0.2,
    show_default=True,
    help="Part of the others that chooses the best epoch.",
)
@click.option(
    "--group-by",
    multiple=True,
    type=click.Choice(["sequence", "family"]),
    help="Keep together: near-duplicates by sequence, or the members of a family; may be repeated.",
)
@click.option(
    "--identity",
    type=FiniteRange(0, 1, min_open=True),
    default=0.8,
    show_default=True,
    help="Near-duplicates for --group-by sequence: estimated from shared 8-mers.",
)
@click.option(
    "--families",
    type=INPUT_FILE,
    metavar="TABLE",
    help="For --group-by family: tab-separated, with a line of column names.",
)
@click.option("--id-column", default="id", show_default=True, help="Of --families.")
@click.option("--family-column", default="family", show_default=True, help="Of --families.")
@click.option("--seed", type=click.IntRange(min=0), default=2, show_default=True)
def command(
    positive: str,
    negative: str,
    output: str | None,
    method: str,
    folds: int | None,
    test_fraction: float,
    validation_fraction: float,
    group_by: tuple[str, ...],
    identity: float,
    families: str | None,
    id_column: str,
    family_column: str,
    seed: int,
) -> None:
    """Divide labelled hairpins into training, validation and test sets, or into folds.

    The table has a row for each record, the positives first: label, number (of the record within
    its file), id, group, and set (train, validation or test) or fold (from 1). train and
    evaluate take it with --split. Records of one group are never in two sets.

    With --group-by sequence two records are near-duplicates where the shorter one shares at
    least IDENTITY to the power of 8 of its 8-mers with the other; chains of near-duplicates are
    one group. With --group-by family a record that the table does not name is alone.
    Needs: pip install 'mirpre[train]'.
    """
    if ("family" in group_by) != (families is not None):
        raise click.UsageError("--group-by family and --families belong together.")
    if method == "published" and group_by:
        raise click.UsageError("The published split knows no groups: leave out --group-by.")
    from mirpre.cli import talk
    from mirpre.cli.command import command_line
    from mirpre.errors import FileError
    from mirpre.formats.opening import open_lines
    from mirpre.formats.output import open_output
    from mirpre.formats.splits import read_families, write_split
    from mirpre.training.extra import require

    require("splitting", "scipy")
    records = _read(positive), _read(negative)
    for path, some in zip((positive, negative), records, strict=True):
        if not some:
            raise FileError("no records to divide", file=path)
    family: dict[str, str] = {}
    if families is not None:
        with open_lines(families) as lines:
            family = read_families(lines, id_column, family_column)
    groups = _groups([*records[0], *records[1]], group_by, identity, family)
    try:
        column, parts = _parts(
            (len(records[0]), len(records[1])),
            groups,
            method,
            folds,
            (test_fraction, validation_fraction),
            seed,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    names = [hairpin.name for hairpin in records[0]], [hairpin.name for hairpin in records[1]]
    with open_output(output) as out:
        header = (f"command: {command_line()}",)
        write_split(out, header, names, (groups + 1).tolist(), column, parts)
    sizes = ", ".join(f"{part} {parts.count(part):,}" for part in sorted(set(parts)))
    talk.fact(f"{len(parts):,} records in {int(groups.max()) + 1:,} groups ({column}: {sizes})")
    talk.hint(f"mirpre train --split {output or 'TABLE'}, and then evaluate with the same table")


def _read(path: str) -> list[Hairpin]:
    from mirpre.formats.detect import read_hairpins
    from mirpre.formats.opening import open_lines

    with open_lines(path) as lines:
        return list(read_hairpins(lines)[1])


def _groups(
    records: list[Hairpin], group_by: tuple[str, ...], identity: float, family: dict[str, str]
) -> NDArray[np.int64]:
    from mirpre.evaluation.groups import linked, near_duplicates, same_family

    links = []
    if "sequence" in group_by:
        links.append(near_duplicates([hairpin.sequence for hairpin in records], identity))
    if "family" in group_by:
        links.append(same_family([hairpin.name for hairpin in records], family))
    return linked(len(records), links)


def _parts(
    sizes: tuple[int, int],
    groups: NDArray[np.int64],
    method: str,
    folds: int | None,
    fractions: tuple[float, float],
    seed: int,
) -> tuple[str, list[str]]:
    """The column's name and each record's part; raises ValueError where a part is empty."""
    import numpy as np

    from mirpre.evaluation.splits import published_folds, published_split, stratified
    from mirpre.formats.splits import SETS

    n = sum(sizes)
    test, validation = fractions
    if folds is not None and folds > n:
        raise ValueError(f"{n} records cannot be divided into {folds} folds")
    if method == "published" and folds is not None:
        part = published_folds(n, folds, seed)
    elif method == "published":
        split = published_split(n, int(n * test), validation, seed)
        part = np.zeros(n, np.int64)
        part[split.validation], part[split.test] = 1, 2
    else:
        rest = 1 - test
        shares = (
            [1 / folds] * folds if folds else [rest * (1 - validation), rest * validation, test]
        )
        part = stratified(np.arange(n) < sizes[0], groups, shares, seed)
    if folds is not None:
        return "fold", [str(fold + 1) for fold in part.tolist()]
    return "set", [SETS[number] for number in part.tolist()]
