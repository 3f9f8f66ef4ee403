"""Regions of a genome as hairpins."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import pysam
import pytest
from Bio.Seq import reverse_complement

from mirpre.errors import FileError, RecordError
from mirpre.formats import genome_index
from mirpre.formats.opening import Lines
from mirpre.formats.regions import open_genome, read_regions
from mirpre.records import Hairpin

CONTIG = "ACGTTGCAAC" * 20 + "NNNRYacgtacgt"


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    file = tmp_path / "genome.fa"
    wrapped = "\n".join(CONTIG[i : i + 50] for i in range(0, len(CONTIG), 50))
    file.write_text(f">c:1 first\n{wrapped}\n>c2\nACGT\n")
    return file


def regions(bed: str, genome: Path) -> list[Hairpin]:
    with open_genome(str(genome)) as opened:
        return list(read_regions(Lines(io.StringIO(bed), "x.bed"), opened))


def test_strand_and_name_are_respected(genome: Path) -> None:
    bed = "#x\ntrack a\n\nc:1\t5\t40\tn 1\t0\t-\nc:1\t5\t40\t.\t0\t+\nc:1\t195\t213\n"
    minus, plus, neither = regions(bed, genome)
    dna = CONTIG[5:40]
    assert minus == Hairpin("n_1::c:1:5-40(-)", reverse_complement(dna).replace("T", "U"))
    assert plus == Hairpin("c:1:5-40(+)", dna.replace("T", "U"))
    assert neither == Hairpin("c:1:195-213(.)", "UGCAACNNNRYacgtacgt".upper()[1:].replace("T", "U"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("c9\t1\t5", "x.bed:1: contig 'c9' is not in the genome"),
        ("c2\t1\t5", "end 5 lies beyond c2, which has 4 nt"),
        ("c2\t3\t3", "start 3 is not before end 3"),
        ("c2\t-1\t3", "not BED"),
        ("c2\t1", "not BED"),
        ("c2\t1\t3\tn\t0\tx", "strand is 'x'"),
    ],
)
def test_bad_regions_are_clear_errors(genome: Path, line: str, message: str) -> None:
    with pytest.raises(RecordError) as caught:
        regions(line + "\n", genome)
    assert message in str(caught.value)


def test_lines_that_look_like_comments_are_regions_of_contigs_of_that_name(tmp_path: Path) -> None:
    genome = tmp_path / "g.fa"
    names = ["#x", "track", "track1", "browser"]
    genome.write_text("".join(f">{name}\nACGTACGT\n" for name in names))
    bed = "# x\ntrack name=a\nbrowser position b\n#x\t0\n"
    bed += "".join(f"{name}\t0\t5\n" for name in names)
    assert [h.place.contig for h in regions(bed, genome) if h.place] == names
    with pytest.raises(RecordError, match="contig 'track2' is not in the genome"):
        regions("track2\t0\t5\n", genome)


def test_an_index_that_is_older_or_does_not_fit_is_not_used(genome: Path) -> None:
    expected = regions("c2\t0\t4\n", genome)
    index = Path(f"{genome}.fai")
    good = index.read_bytes()
    genome.write_text(">c0\nTTTTTTTTTT\n" + genome.read_text())
    os.utime(genome, (1, 1))  # newer than its genome, but of another
    assert regions("c2\t0\t4\n", genome) == expected
    for bad in (b"", b"x", b"c2\t4\t9\t0\t0\n", b"c2\t4\t999999\t4\t5\n", b"c2\t" + b"9" * 5000):
        index.write_bytes(bad)
        assert regions("c2\t0\t4\n", genome) == expected
        assert index.read_bytes() == bad
    genome.write_text(">c2\nACGT\n>c:1\n" + CONTIG + "\n")
    index.write_bytes(good)
    os.utime(index, (1, 1))
    assert regions("c2\t0\t4\n", genome) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (">a\nACGT\n>b\nAC\n>a\nGG\n", "contig 'a' stands in this genome twice"),
        ("", "no sequence"),
        ("ACGT\n", "must start with '>name'"),
        (">a\nACGT\nAC\nACGT\n", "line 4 is no part of a contig with equally long lines"),
        (">a\rACGT\rAC\r", "its lines end with CR alone"),
        (">a\nACGT\n>b\n\n", "its last contig has no sequence"),
        (">a\nACGT\n>b", "its last contig has no sequence"),
    ],
)
def test_why_a_genome_cannot_be_indexed_is_told(tmp_path: Path, text: str, message: str) -> None:
    genome = tmp_path / "g.fa"
    genome.write_bytes(text.encode())
    with pytest.raises(FileError, match=message):
        regions("a\t0\t2\n", genome)
    assert sorted(os.listdir(tmp_path)) == ["g.fa"]


def test_bgzip_is_read_and_gzip_is_refused(genome: Path, tmp_path: Path) -> None:
    bgzip, plain_gzip = tmp_path / "b.fa.gz", tmp_path / "g.fa.gz"
    pysam.tabix_compress(str(genome), str(bgzip))
    plain_gzip.write_bytes(gzip.compress(genome.read_bytes()))
    assert regions("c2\t0\t4\n", bgzip)[0].sequence == "ACGU"
    with pytest.raises(FileError, match="compressed with bgzip"):
        regions("c2\t0\t4\n", plain_gzip)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_read_only_folder_is_fine(
    genome: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compressed: bool
) -> None:
    file = tmp_path / "b.fa.gz" if compressed else genome
    if compressed:
        pysam.tabix_compress(str(genome), str(file))

    def refuse(*args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(genome_index, "_copy", refuse)
    before = sorted(os.listdir(tmp_path))
    assert regions("c2\t0\t4\n", file)[0].sequence == "ACGU"
    assert sorted(os.listdir(tmp_path)) == before
