"""Loci in record names, and the interval formats."""

from __future__ import annotations

import io
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirpre.errors import LocusError
from mirpre.formats.bed import BedWriter
from mirpre.formats.gff3 import Gff3Writer
from mirpre.formats.writer import Head
from mirpre.records import Call, Hairpin, Locus, parse_locus


@pytest.mark.parametrize(
    ("name", "length", "locus"),
    [
        ("chr1:100-180(+)", 80, Locus("chr1", 100, 180, "+")),
        ("x::chr1:100-180(-)", 80, Locus("chr1", 100, 180, "-", "x")),
        ("HLA:A*01:100-180(-)", 80, Locus("HLA:A*01", 100, 180, "-")),
        ("chr1:100-180", 80, Locus("chr1", 100, 180)),
        ("chr1:101-180", 80, Locus("chr1", 100, 180)),  # samtools counts from 1
        ("chr1:101-180(+)", 80, None),
        ("chr1:0-80", 81, None),
        ("hsa-mir-21", 72, None),
    ],
)
def test_names_with_loci(name: str, length: int, locus: Locus | None) -> None:
    assert parse_locus(name, length) == locus


@given(
    st.text("abc:-_.()1", min_size=1).filter(lambda contig: "::" not in f":{contig}:"),
    st.integers(0, 10**9),
    st.integers(1, 10**4),
    st.sampled_from("+-."),
    st.sampled_from(["", "mir", "a::b"]),
)
def test_loci_survive_their_text(
    contig: str, start: int, length: int, strand: str, name: str
) -> None:
    locus = Locus(contig, start, start + length, strand, name)
    assert parse_locus(str(locus), length) == locus


HEAD = Head(["mirpre 0"])


def call(name: str, probability: float = 0.9876) -> Call:
    return Call(Hairpin(name, "ACGU" * 20, "." * 80, -1.0), probability, probability >= 0.5)


def body(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def test_bed_counts_from_0_and_gff3_from_1() -> None:
    bed, gff = io.StringIO(), io.StringIO()
    BedWriter(bed, HEAD).write(call("x::chr1:100-180(-)"))
    Gff3Writer(gff, HEAD).write(call("x::chr1:100-180(-)"))
    assert body(bed.getvalue()) == [["chr1", "100", "180", "x", "988", "-"]]
    assert body(gff.getvalue())[0][:8] == [
        "chr1", "mirpre", "pre_miRNA", "101", "180", "0.987600", "-", ".",
    ]  # fmt: skip


def test_gff3_escapes_and_numbers_its_rows() -> None:
    out = io.StringIO()
    writer = Gff3Writer(out, Head(structure=True))
    for _ in range(2):
        writer.write(call("a;b=c::chr%1:100-180(+)", 0.1))
    first, second = body(out.getvalue())
    assert first[0] == "chr%251"
    assert first[2] == "stem_loop"
    assert first[8].startswith("ID=hairpin1;Name=a%3Bb%3Dc;")
    assert second[8].startswith("ID=hairpin2;")
    assert out.getvalue().startswith("##gff-version 3\n")


@given(
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1),
    st.integers(0, 10**9),
    st.sampled_from("+-"),
)
def test_a_place_survives_any_contig_name(contig: str, start: int, strand: str) -> None:
    place = Locus(contig, start, start + 80, strand)
    found = Call(Hairpin(str(place), "ACGU" * 20, "." * 80, -1.0, place), 0.5, True)
    bed, gff = io.StringIO(), io.StringIO()
    BedWriter(bed, Head()).write(found)
    Gff3Writer(gff, Head()).write(found)
    fields = bed.getvalue().rstrip("\n").split("\t")
    assert fields[:3] == [contig, str(start), str(start + 80)]
    assert fields[5] == strand
    fields = gff.getvalue().splitlines()[1].split("\t")
    assert [unquote(fields[0]), *fields[3:5]] == [contig, str(start + 1), str(start + 80)]
    assert fields[6] == strand


def test_a_record_without_locus_is_a_clear_error() -> None:
    with pytest.raises(LocusError, match="record 'hsa-mir-21': no locus"):
        BedWriter(io.StringIO(), HEAD).write(call("hsa-mir-21"))
