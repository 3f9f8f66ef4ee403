"""The list of formats that annotations are written in, and all but GFF3.

GFF3 is in annotation_gff3.py. A new format is a writer and a line in ANNOTATION_FORMATS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol, TextIO

from mirpre.annotation.criteria import ReadEvidence
from mirpre.annotation.records import Annotation, FamilyHits, Span
from mirpre.formats.annotation_gff3 import AnnotationGff3Writer, located, title
from mirpre.formats.dotbracket import format_mfe
from mirpre.formats.entries import Entry
from mirpre.formats.entry_fields import entry_from
from mirpre.formats.json_text import to_json
from mirpre.formats.tracks import OTHER_TIER, TIER_COLOURS
from mirpre.formats.writer import Head, format_probability, format_q_value
from mirpre.records import Locus

READ_COUNTS = {
    **{"5p": "five", "3p": "three", "loop": "loop", "elsewhere": "elsewhere"},
    **{"opposite": "opposite", "star": "star_reads"},
}
"""Counts of a read pattern by the ends of their columns' names."""
FAMILY_COLUMNS = (
    *("family", "mirgenedb_family", "known_mature", "known_support", "known_arm"),
    *("mismatches", "seed"),
)
READ_COLUMNS = (
    *("reads", "reads_failed"),
    *(f"reads_{kind}" for kind in READ_COUNTS),
    *("precision", "homogeneity"),
)

Value = str | int | float | None


def values(annotation: Annotation) -> dict[str, Value]:
    """What is written of an annotation by column; None where it is not known or does not apply.

    Positions are 1-based, ends included, of the contig's plus strand.
    """
    call, hairpin, place = annotation.call, annotation.hairpin, annotation.place
    return {
        "id": annotation.id,
        "name": call.hairpin.name,
        "contig": None if place is None else place.contig,
        **_ends("", place),
        "strand": None if place is None else place.strand,
        "length": len(hairpin),
        "mfe": None if hairpin.mfe is None else float(format_mfe(hairpin.mfe)),
        "tier": annotation.tier,
        "posterior": annotation.posterior,
        "probability": call.probability,
        "score": call.score,
        "q_value": None if call.q_value is None else float(format_q_value(call.q_value)),
        "copies": call.copies,
        **_family(annotation.hits),
        **_reads(annotation.reads),
        **_arm(annotation, "5p", annotation.arms.five),
        **_arm(annotation, "3p", annotation.arms.three),
        "five_dominates": annotation.arms.five_dominates,
        "sequence": hairpin.sequence,
        "structure": hairpin.structure,
    }


def _ends(prefix: str, place: Locus | None) -> dict[str, Value]:
    start, end = (None, None) if place is None else (place.start + 1, place.end)
    return {f"{prefix}start": start, f"{prefix}end": end}


def _family(hits: FamilyHits) -> dict[str, Value]:
    best, family = hits.best, hits.family
    if best is None:
        return dict.fromkeys(FAMILY_COLUMNS)
    return {
        "family": None if family is None else family.family,
        "mirgenedb_family": None if family is None else family.mirgenedb_family or None,
        "known_mature": best.mature.name,
        "known_support": best.mature.support,
        "known_arm": best.arm,
        "mismatches": best.mismatches,
        "seed": best.seed,
    }


def _arm(annotation: Annotation, arm: str, span: Span | None) -> dict[str, Value]:
    name = f"mature_{arm}"
    if span is None:
        others = (f"source_{arm}", f"confidence_{arm}")
        return dict.fromkeys((name, *_ends(f"{name}_", None), *others))
    return {
        name: annotation.mature(span),
        **_ends(f"{name}_", annotation.locus_of(span)),
        f"source_{arm}": span.source,
        f"confidence_{arm}": span.confidence,
    }


def _reads(evidence: ReadEvidence | None) -> dict[str, Value]:
    if evidence is None:
        return dict.fromkeys(READ_COLUMNS)
    found = evidence.pattern
    return {
        "reads": evidence.outcome,
        "reads_failed": ",".join(evidence.failures) or None,
        **{f"reads_{kind}": getattr(found, name) for kind, name in READ_COUNTS.items()},
        "precision": found.precision,
        "homogeneity": found.homogeneity,
    }


def fields(annotation: Annotation) -> dict[str, Any]:
    """The same with the flags."""
    return {**values(annotation), "flags": list(annotation.call.flags)}


def entry_of_annotation(annotation: Annotation, threshold: float) -> Entry:
    """The same as an entry, called where the posterior reaches the threshold."""
    return replace(entry_from(fields(annotation), threshold), arms=annotation.arms)


class AnnotationWriter(Protocol):
    """Writes annotations one by one; what stands at the head is written when it is made."""

    def write(self, annotation: Annotation) -> None: ...


class AnnotationTableWriter:
    """``#`` header lines, a line of column names, and a row for each; ``NA`` for None."""

    def __init__(self, out: TextIO, head: Head) -> None:
        self._out = out
        out.writelines(f"# {line}\n" for line in head.lines)
        out.write("\t".join(ANNOTATION_COLUMNS) + "\n")

    def write(self, annotation: Annotation) -> None:
        row = values(annotation)
        self._out.write("\t".join(_text(name, row[name]) for name in ANNOTATION_COLUMNS) + "\n")


class AnnotationJsonWriter:
    """JSON, one object a line, with the table's columns as keys, null for None, and the flags."""

    def __init__(self, out: TextIO, head: Head) -> None:
        self._out = out

    def write(self, annotation: Annotation) -> None:
        self._out.write(to_json(fields(annotation)) + "\n")


class AnnotationBedWriter:
    """BED12: thick from mature to mature, in two blocks with the loop between them.

    With one mature it is thick, in one block; with none nothing is. Score is 1000 times the
    posterior, and the colour that of the tier.
    """

    def __init__(self, out: TextIO, head: Head) -> None:
        self._out = out
        out.writelines(f"# {line}\n" for line in head.lines)

    def write(self, annotation: Annotation) -> None:
        place = located(annotation, "BED")
        loci = [annotation.locus_of(span) for _, span in annotation.arms.spans]
        thick = sorted((locus.start, locus.end) for locus in loci if locus is not None)
        low, high = (thick[0][0], thick[-1][1]) if thick else (place.start, place.start)
        blocks = [(place.start, place.end)]
        if len(thick) == 2 and thick[0][1] < thick[1][0]:
            blocks = [(place.start, thick[0][1]), (thick[1][0], place.end)]
        fields = (
            *(place.contig, place.start, place.end, title(annotation)),
            *(round(1000 * annotation.posterior), place.strand, low, high),
            ",".join(map(str, TIER_COLOURS.get(annotation.tier, OTHER_TIER))),
            len(blocks),
            ",".join(str(end - start) for start, end in blocks),
            ",".join(str(start - place.start) for start, _ in blocks),
        )
        self._out.write("\t".join(map(str, fields)) + "\n")


class PrecursorFastaWriter:
    """FASTA of the precursors: ID, name, place and tier in the header."""

    def __init__(self, out: TextIO, head: Head) -> None:
        self._out = out

    def write(self, annotation: Annotation) -> None:
        words = [annotation.id, title(annotation), str(annotation.place or "."), annotation.tier]
        self._out.write(f">{' '.join(words)}\n{annotation.hairpin.sequence}\n")


class MatureFastaWriter:
    """FASTA of the mature sequences that are known: ID, name, place and source in the header."""

    def __init__(self, out: TextIO, head: Head) -> None:
        self._out = out

    def write(self, annotation: Annotation) -> None:
        for arm, span in annotation.arms.spans:
            words = [
                f"{annotation.id}-{arm}",
                f"{title(annotation)}-{arm}",
                str(annotation.locus_of(span) or "."),
                span.source,
            ]
            self._out.write(f">{' '.join(words)}\n{annotation.mature(span)}\n")


_PROBABILITIES = ("posterior", "probability", "score")


def _text(name: str, value: Value) -> str:
    if value is None:
        return "NA"
    if isinstance(value, float):
        if name in _PROBABILITIES:
            return format_probability(value)
        if name.startswith("reads"):
            return f"{value:.10g}"
        return f"{value:.2f}" if name == "mfe" else f"{value:.4g}"
    return str(value)


ANNOTATION_COLUMNS = (
    *("id", "name", "contig", "start", "end", "strand", "length", "mfe", "tier", "posterior"),
    *("probability", "score", "q_value", "copies"),
    *FAMILY_COLUMNS,
    *READ_COLUMNS,
    *(
        f"{name}_{arm}{more}"
        for arm in ("5p", "3p")
        for name, more in (
            *(("mature", ""), ("mature", "_start"), ("mature", "_end")),
            *(("source", ""), ("confidence", "")),
        )
    ),
    *("five_dominates", "sequence", "structure"),
)
"""Of the table, in their order."""

ANNOTATION_FORMATS: dict[str, Callable[[TextIO, Head], AnnotationWriter]] = {
    "gff3": AnnotationGff3Writer,
    "tsv": AnnotationTableWriter,
    "jsonl": AnnotationJsonWriter,
    "bed": AnnotationBedWriter,
    "fasta": PrecursorFastaWriter,
    "mature-fasta": MatureFastaWriter,
}
