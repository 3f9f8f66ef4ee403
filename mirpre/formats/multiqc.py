"""Tables for MultiQC: a run's counts as a row, as its custom content reads them.

https://docs.seqera.io/multiqc/custom_content: a file that ends in ``_mqc.json`` is found by its
name; files with the same ``id`` become one table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from mirpre.formats.json_text import to_json

ENDING = "_mqc.json"


class Column(NamedTuple):
    """A column of a table, and where a run's summary has its value."""

    key: str
    """Names joined by dots; a table leaves out what a summary has not."""
    title: str
    description: str
    format: str = "{:,.0f}"
    scale: str = "Blues"
    highest: float | None = None
    lowest: float = 0


class Table(NamedTuple):
    """What a command's runs are shown as."""

    description: str
    columns: tuple[Column, ...]


_READ = Column("records.read", "Records", "Records read")
_SKIPPED = Column("records.skipped", "Skipped", "Records that could not be used", scale="Oranges")
_FRACTION = ("{:,.3f}", "Greens", 1)

_CALLED = (
    Column("genome_mb", "Mb", "Letters searched, in millions", "{:,.2f}"),
    Column("records.read", "Candidates", "Candidate hairpins"),
    Column("calls.called", "Calls", "Loci called pre-miRNA", scale="Greens"),
    Column("calls.per_mb", "Calls per Mb", "Calls by million letters", "{:,.2f}"),
    Column(
        "calls.expected_false",
        "Expected false",
        "By the calls' probabilities",
        "{:,.1f}",
        "Oranges",
    ),
)
"""Of a scan, at once or in shards."""

TABLES = {
    "classify": Table(
        "Hairpins, and how many of them are called precursors of microRNAs.",
        (
            _READ,
            Column("records.called", "Called", "Called pre-miRNA", scale="Greens"),
            Column("called_percent", "Called (%)", "Of the records", "{:,.1f}", "Greens", 100),
            Column(
                "records.truncated", "Truncated", "Longer than the model reads", scale="Oranges"
            ),
            Column(
                "records.ambiguous", "Ambiguous", "With other letters than ACGTU", scale="Oranges"
            ),
            _SKIPPED,
        ),
    ),
    "scan-genome": Table(
        "Genomes searched for precursors of microRNAs on both strands.",
        (
            *_CALLED,
            Column("annotations.written", "Annotated", "Precursors annotated", scale="Greens"),
            Column(
                "annotations.expected_false",
                "Expected false",
                "By their posteriors",
                "{:,.1f}",
                "Oranges",
            ),
        ),
    ),
    "merge": Table("Genomes searched in shards, and what the whole has.", _CALLED),
    "annotate": Table(
        "Annotated precursors by tier: what speaks for them beside their hairpin.",
        (
            Column("records.read", "Calls", "Calls read"),
            Column("annotations.written", "Written", "Annotations written", scale="Greens"),
            Column(
                "annotations.expected_false",
                "Expected false",
                "By their posteriors",
                "{:,.1f}",
                "Oranges",
            ),
            _SKIPPED,
        ),
    ),
    "evaluate": Table(
        "Models, or calls, measured on labelled hairpins.",
        (
            Column("records", "Records", "Labelled records"),
            Column("sensitivity", "Sensitivity", "Of the precursors, called", *_FRACTION),
            Column("specificity", "Specificity", "Of the others, not called", *_FRACTION),
            Column("f1", "F1", "Harmonic mean of precision and sensitivity", *_FRACTION),
            Column("mcc", "MCC", "Matthews' correlation coefficient", *_FRACTION, -1),
            Column("accuracy", "Accuracy", "Right calls, of all", *_FRACTION),
            Column("auc", "AUC", "Area under the ROC curve", *_FRACTION),
            Column(
                "average_precision",
                "Average precision",
                "Area under precision by recall",
                *_FRACTION,
            ),
        ),
    ),
}
"""By command."""


def sample_of(path: str) -> str:
    """The sample that a file's name tells: what stands before the ending."""
    return Path(path).name.removesuffix(ENDING)


def write_multiqc(out: TextIO, command: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a command's table; rows are summaries by sample."""
    table = TABLES[command]
    name = f"mirpre_{command.replace('-', '_')}"
    samples = {sample: dict(_row(table, summary)) for sample, summary in rows.items()}
    columns = [*table.columns, *_tiers(rows)]
    content = {
        "id": name,
        "section_name": f"mirpre {command}",
        "description": table.description,
        "plot_type": "table",
        "pconfig": {"id": f"{name}_table", "title": f"mirpre: {command}", "namespace": "mirpre"},
        "headers": {
            _key(column): {
                "title": column.title,
                "description": column.description,
                "format": column.format,
                "scale": column.scale,
                "min": column.lowest,
                **({} if column.highest is None else {"max": column.highest}),
            }
            for column in columns
            if any(_key(column) in row for row in samples.values())
        },
        "data": samples,
    }
    out.write(to_json(content, indent=2) + "\n")


def _row(table: Table, summary: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    records = summary.get("records")
    if isinstance(records, Mapping) and records.get("read") and "called" in records:
        summary = {**summary, "called_percent": 100 * records["called"] / records["read"]}
    if "genome_letters" in summary:
        summary = {**summary, "genome_mb": summary["genome_letters"] / 1e6}
    for column in [*table.columns, *_tiers({"": summary})]:
        value: Any = summary
        for part in column.key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            yield _key(column), value


def _tiers(rows: Mapping[str, Mapping[str, Any]]) -> list[Column]:
    """A column for each tier of annotations, in their order."""
    names = {
        tier: None for row in rows.values() for tier in row.get("annotations", {}).get("tiers", {})
    }
    return [
        Column(
            f"annotations.tiers.{tier}", tier.capitalize(), f"Of the tier '{tier}'", scale="Greens"
        )
        for tier in names
    ]


def _key(column: Column) -> str:
    return column.key.replace(".", "_").replace(" ", "_").replace(",", "")
