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
    monkeypatch.setattr(os, "access", lambda *args: False)
    before = sorted(os.listdir(tmp_path))
    assert regions("c2\t0\t4\n", file)[0].sequence == "ACGU"
    assert sorted(os.listdir(tmp_path)) == before
