"""A call's place, from a genome to every format and back, whatever its contig is called."""

from __future__ import annotations

import io
import tempfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pysam
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import mirpre
from mirpre.errors import FileError
from mirpre.formats.detect import read_hairpins
from mirpre.formats.dimers import write_encoded
from mirpre.formats.dotbracket import write_folded
from mirpre.formats.fasta import write_fasta
from mirpre.formats.opening import Lines, open_blocks
from mirpre.formats.regions import open_genome, parse_region, read_bed, read_regions
from mirpre.formats.writer import Head
from mirpre.formats.writers import FORMATS
from mirpre.records import Call, Hairpin, Locus, parse_locus
from mirpre.scanning.chunks import read_chunks

LET_7 = "TGGGATGAGGTAGTAGGTTGTATAGTTTTAGGGTCACACCCACCACTGGGAGATAACTATACAATCTACTGTCTTTCCTA"
PARTS = st.sampled_from(
    [
        *(":", "::", ":1-80", ":1-80(+)", "(+)", "(-)", "(.)", "#", ">", "track", "browser"),
        *("chr1", ".", "|", "%", "%23", ";", "=", ",", "&", '"', "'", "\\", "1", "-", "*"),
        *("é", "ß", "\u0663", "\xa0", "\x85", "\u2028", "\x1c", "\x01", "\U0001f9ec"),
    ]
)
CONTIGS = st.lists(PARTS, min_size=1, max_size=6).map("".join)
WORDS = st.sampled_from(["", " ", " two words", "\tx:1-80(+)", "  ::y:0-80(-) "])


def lines(text: str) -> Lines:
    return Lines(io.StringIO(text), "x")


def written(kind: str, call: Call) -> str:
    out = io.StringIO()
    FORMATS[kind].make(out, Head()).write(call)
    return out.getvalue()


def assert_place_survives(call: Call, place: Locus, length: int) -> None:
    """place is the one that every format must tell, on a contig of this length."""
    lengths = {place.contig: length}
    (region,) = read_bed(lines(written("bed", call)), lengths)
    assert (region.contig, region.start, region.end) == (place.contig, place.start, place.end)
    assert region.strand == place.strand

    fields = written("gff3", call).split("\n")[1].split("\t")
    assert not fields[0].startswith(("#", ">"))
    assert Locus(unquote(fields[0]), int(fields[3]) - 1, int(fields[4]), fields[6]) == place

    identifier = written("tsv", call).split("\n")[1].split("\t")[0]
    found = parse_locus(identifier, len(call.hairpin))
    assert found is not None
    assert (found.contig, found.start, found.end, found.strand) == (
        *(place.contig, place.start, place.end, place.strand),
    )
    assert parse_region(identifier, lengths) == place

    for write in (write_fasta, write_folded, write_encoded):
        text = io.StringIO()
        write(text, call.hairpin)
        (again,) = read_hairpins(lines(text.getvalue()))[1]
        assert again.place is not None
        assert str(again.place) == str(call.hairpin.place)
        same = replace(call, hairpin=again)
        assert written("bed", same) == written("bed", call)


@settings(max_examples=25, deadline=None)
@given(CONTIGS, WORDS)
@example("gi::x", "")
@example("#", " track")
@example(":", "")
@example("a::::b", "")
@example("::1-80(+)", "")
def test_from_a_genome_to_every_format_and_back(contig: str, words: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        genome = Path(folder) / "g.fa"
        flank = "ACGTTGCAAGTCCATGGACT" * 4
        genome.write_bytes(f">{contig}{words}\n{flank}{LET_7}{flank}\n>other\nACGT\n".encode())
        with open_blocks(str(genome)) as blocks:
            names = [chunk.contig for chunk in read_chunks(blocks, 1000, 10)]
        assert names == [contig, "other"]
        calls = list(mirpre.scan(genome, threshold=0))
        assert any(abs(c.hairpin.place.start - 80) < 20 for c in calls if c.hairpin.place)
        for call in calls:
            assert call.hairpin.place is not None
            assert call.hairpin.place.contig == contig
            assert_place_survives(call, call.hairpin.place, 240)
        if "\0" in contig or contig.startswith(">"):
            return
        # The same by an index and BED.
        with open_genome(str(genome)) as opened:
            bed = f"{contig}\t80\t160\tmir::x 1\t0\t-\n"
            (hairpin,) = read_regions(lines(bed), opened)
        call = Call(hairpin.folded("." * 80, -1), 0.5, True)
        assert_place_survives(call, Locus(contig, 80, 160, "-"), 240)


NAMES = st.lists(PARTS, max_size=4).map("".join)


@given(CONTIGS, NAMES, st.integers(0, 10**9), st.integers(1, 10**4), st.sampled_from("+-."))
def test_a_locus_survives_its_text(
    contig: str, name: str, start: int, length: int, strand: str
) -> None:
    bed = f"{contig}\t{start}\t{start + length}\t{name}\t0\t{strand}\n"
    (region,) = read_bed(lines(bed), {contig: start + length})
    assert parse_locus(str(region), length) == region
    assert region.name in (name, name.replace(":", "_"), "")


@pytest.mark.parametrize("digits", [16, 5000])
def test_numbers_that_no_genome_has_are_no_place(digits: int) -> None:
    big = "9" * digits
    assert parse_locus(f"a:0-{big}(+)", 80) is None
    assert Hairpin(f"a:{big}-{big}", "ACGU").place is None


def test_two_contigs_of_one_name_are_refused(tmp_path: Path) -> None:
    genome = tmp_path / "g.fa"
    genome.write_text(">a x\nACGT\n>b\nACGT\n>a y\nACGT\n")
    with pytest.raises(FileError, match="contig 'a' stands in this genome twice"):
        list(mirpre.find_candidates(genome))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_gives_the_same_contigs(tmp_path: Path, end: str) -> None:
    genome = tmp_path / "g.fa"
    genome.write_bytes(end.join([">a b", LET_7, LET_7, "", ">c", LET_7]).encode())
    with open_blocks(str(genome)) as blocks:
        found = [(chunk.contig, chunk.sequence) for chunk in read_chunks(blocks, 1000, 10)]
    assert found == [("a", 2 * LET_7.encode()), ("c", LET_7.encode())]


def test_a_mark_within_a_line_begins_no_contig(tmp_path: Path) -> None:
    genome = tmp_path / "g.fa"
    genome.write_text(">a\nACGT>b\nACGT\n")
    with pytest.raises(FileError, match="'>' at position 5 of contig 'a' is no nucleotide letter"):
        list(mirpre.find_candidates(genome))


def test_a_genome_with_names_that_are_not_utf8_is_refused_with_bed(tmp_path: Path) -> None:
    genome = tmp_path / "g.fa"
    genome.write_bytes(b">\xff\nACGT\n")
    with (
        pytest.raises(FileError, match="names of contigs must be UTF-8"),
        open_genome(str(genome)),
    ):
        pass


def test_bgzip_genomes_are_held_to_their_index_too(tmp_path: Path) -> None:
    genome = tmp_path / "g.fa"
    text = "".join(f">c{i} words\n{'ACGTTGCAAG' * 500}\n" for i in range(40))
    genome.write_text(text)
    packed = tmp_path / "g.fa.gz"
    pysam.tabix_compress(str(genome), str(packed))
    with open_genome(str(packed)) as opened:
        expected = opened.fetch("c39", 0, 10)
    assert (tmp_path / "g.fa.gz.gzi").exists()
    stale = [(path, path.read_bytes()) for path in tmp_path.glob("g.fa.gz.*i")]
    genome.write_text(">new\nTTTTT\n" + text)
    pysam.tabix_compress(str(genome), str(packed), force=True)
    for path, content in stale:
        path.write_bytes(content)
    with open_genome(str(packed)) as opened:
        assert opened.fetch("c39", 0, 10) == expected
        assert opened.references[0] == "new"
