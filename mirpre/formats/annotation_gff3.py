"""Annotations as GFF3 in miRBase's manner: 1-based inclusive."""

from __future__ import annotations

from typing import TextIO

from mirpre.annotation.records import Annotation
from mirpre.errors import LocusError
from mirpre.formats.dotbracket import format_mfe
from mirpre.formats.gff3 import feature
from mirpre.formats.writer import Head, format_probability, format_q_value
from mirpre.records import Locus


class AnnotationGff3Writer:
    """A ``miRNA_primary_transcript``, as miRBase calls a precursor, and a ``miRNA`` for each of
    its mature sequences, which derives from it. The score column is the posterior.
    """

    def __init__(self, out: TextIO, head: Head) -> None:
        self._out = out
        out.write("##gff-version 3\n")
        out.writelines(f"# {line}\n" for line in head.lines)

    def write(self, annotation: Annotation) -> None:
        place = located(annotation, "GFF3")
        name = title(annotation)
        score = format_probability(annotation.posterior)
        whole = {"ID": annotation.id, "Alias": annotation.id, "Name": name}
        whole |= _attributes(annotation)
        self._out.write(feature(place, "miRNA_primary_transcript", score, whole))
        for arm, span in annotation.arms.spans:
            locus = annotation.locus_of(span)
            if locus is None:
                continue
            own = f"{annotation.id}-{arm}"
            part = {"ID": own, "Alias": own, "Name": f"{name.replace('mir-', 'miR-')}-{arm}"}
            part |= {"Derives_from": annotation.id, "source": span.source}
            if span.confidence is not None:
                part["confidence"] = f"{span.confidence:.3f}"
            self._out.write(feature(locus, "miRNA", ".", part))


def _attributes(annotation: Annotation) -> dict[str, str]:
    call, hit = annotation.call, annotation.hits.best
    found = {"tier": annotation.tier, "probability": format_probability(call.probability)}
    family = annotation.hits.family
    if family is not None:
        found["family"] = family.family
        if family.mirgenedb_family:
            found["mirgenedb_family"] = family.mirgenedb_family
    if hit is not None:
        found |= {"known_mature": hit.mature.name, "known_support": hit.mature.support}
        found["mismatches"] = str(hit.mismatches)
    if annotation.reads is not None:
        found["reads"] = annotation.reads.outcome
        if annotation.reads.failures:
            found["reads_failed"] = " ".join(annotation.reads.failures)
    found["mfe"] = format_mfe(annotation.hairpin.mfe)
    if call.copies is not None:
        found["copies"] = str(call.copies)
    if call.q_value is not None:
        found["q_value"] = format_q_value(call.q_value)
    if call.flags:
        found["flags"] = " ".join(call.flags)
    return found


def title(annotation: Annotation) -> str:
    """The family, or ``novel``."""
    mature = annotation.hits.family
    return mature.family if mature else "novel"


def located(annotation: Annotation, output: str) -> Locus:
    """Its place; raises LocusError where it has none."""
    if annotation.place is None:
        raise LocusError(
            f"no locus such as chr1:100-180(+) stands in the name, and {output} needs one; take "
            "another --format",
            record=annotation.call.hairpin.name,
        )
    return annotation.place
