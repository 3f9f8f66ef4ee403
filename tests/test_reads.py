"""Evidence from aligned reads: counting, files, and what a pattern says."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reads_helpers import (
    CONTIG,
    FIVE,
    LENGTH,
    THREE,
    Read,
    hairpin,
    mirrored,
    on,
    write_bam,
)

from mirpre.annotation.criteria import (
    CONTRADICTS,
    PROFILES,
    ReadEvidence,
)
from mirpre.annotation.duplex import Duplex
from mirpre.annotation.reads import BIN, KEPT_BINS, ReadFiles
from mirpre.annotation.records import READS, Span
from mirpre.errors import FileError
from mirpre.formats.alignments import copies
from mirpre.records import Hairpin

ANIMAL = PROFILES["animal"]


@contextmanager
def folder() -> Iterator[Path]:
    """A new one for each example of a property."""
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


def evidence(*bams: str, at: Hairpin | None = None, multi: str = "all") -> ReadEvidence:
    with ReadFiles(bams, multi=multi) as reads:
        return reads.evidence(at or hairpin(), ANIMAL)


# Near the hairpin at 1000 or anywhere; some many times, some with other places.
READ = st.builds(
    lambda start, length, *rest: Read(start, start + length, *rest),
    st.integers(930, 1120) | st.integers(0, CONTIG - 40),
    st.integers(15, 40),
    st.booleans(),
    st.integers(1, 30),
    st.integers(1, 4),
)
SOME_READS = st.lists(READ, min_size=1, max_size=40)
HAIRPIN = st.builds(hairpin, st.just(1000), st.sampled_from("+-"))
MULTI = st.sampled_from(["all", "split", "unique"])
thorough = settings(max_examples=60, deadline=None)


@thorough
@given(SOME_READS, HAIRPIN, MULTI)
def test_the_five_counts_are_all_reads_of_the_locus(
    reads: list[Read], at: Hairpin, multi: str
) -> None:
    with folder() as path:
        found = evidence(write_bam(path / "a.bam", reads), at=at, multi=multi)
    assert at.locus is not None
    share = {"all": lambda n: 1, "split": lambda n: 1 / n, "unique": lambda n: float(n == 1)}[multi]
    inside = [
        read
        for read in reads
        if 2 * len(range(max(read.start, at.locus.start), min(read.end, at.locus.end)))
        >= read.end - read.start
    ]
    counted = sum(read.count * share(read.hits) for read in inside)
    assert found.pattern.total == pytest.approx(counted)
    minus = sum(read.count * share(read.hits) for read in inside if read.reverse)
    opposite = minus if at.locus.strand == "+" else counted - minus
    assert found.pattern.opposite == pytest.approx(opposite)
    left_out = sum(read.count for read in inside if read.hits > 1)
    assert found.left_out == (left_out if multi == "unique" else 0)


@thorough
@given(SOME_READS, HAIRPIN, MULTI)
def test_reverse_complementing_genome_and_reads_mirrors_the_evidence(
    reads: list[Read], at: Hairpin, multi: str
) -> None:
    assert at.locus is not None
    flipped = hairpin(CONTIG - at.locus.end, "-" if at.locus.strand == "+" else "+")
    with folder() as path:
        one = evidence(write_bam(path / "a.bam", reads), at=at, multi=multi)
        other_bam = write_bam(path / "b.bam", map(mirrored, reads))
        other = evidence(other_bam, at=flipped, multi=multi)
    turned = {"+": "-", "-": "+", ".": "."}[one.strand]
    assert other == replace(one, pattern=replace(one.pattern, strand=turned))


@thorough
@given(SOME_READS, HAIRPIN, MULTI)
def test_collapsed_and_expanded_reads_say_the_same(
    reads: list[Read], at: Hairpin, multi: str
) -> None:
    with folder() as path:
        one = evidence(write_bam(path / "a.bam", reads), at=at, multi=multi)
        expanded = write_bam(path / "b.bam", reads, collapsed=False)
        assert evidence(expanded, at=at, multi=multi) == one


@thorough
@given(SOME_READS, st.data(), HAIRPIN, MULTI)
def test_reads_in_several_files_in_any_order_are_those_of_one(
    reads: list[Read], data: st.DataObject, at: Hairpin, multi: str
) -> None:
    parts: list[list[Read]] = [[], [], []]
    for read in reads:
        parts[data.draw(st.integers(0, 2))].append(read)
    with folder() as path:
        bams = [write_bam(path / f"{i}.bam", part) for i, part in enumerate(parts) if part]
        shuffled = data.draw(st.permutations(bams))
        found = evidence(*bams, at=at, multi=multi)
        assert evidence(*shuffled, at=at, multi=multi) == found
        whole = evidence(write_bam(path / "all.bam", reads), at=at, multi=multi)
    files = found.pattern.files
    assert files <= len(bams)
    assert found == replace(whole, pattern=replace(whole.pattern, files=files))


@thorough
@given(SOME_READS, HAIRPIN)
def test_the_profile_along_the_hairpin_holds_every_base(reads: list[Read], at: Hairpin) -> None:
    assert at.locus is not None
    with folder() as path, ReadFiles([write_bam(path / "a.bam", reads)]) as files:
        found = files.coverage(at)
        total = files.evidence(at, ANIMAL).pattern
    assert {len(row) for row in (found.depth, found.starts, found.ends, found.opposite)} == {LENGTH}
    for position in range(LENGTH):
        at_position = (
            at.locus.start + position if at.locus.strand == "+" else at.locus.end - 1 - position
        )
        covering = [
            read
            for read in reads
            if read.start <= at_position < read.end
            and 2 * len(range(max(read.start, at.locus.start), min(read.end, at.locus.end)))
            >= read.end - read.start
        ]
        own = sum(r.count for r in covering if r.reverse == (at.locus.strand == "-"))
        assert found.depth[position] == own
        assert found.opposite[position] == sum(r.count for r in covering) - own
    assert sum(found.starts) <= total.on_strand
    assert sum(found.ends) <= total.on_strand


def test_a_hairpin_across_bins_has_the_reads_of_both(tmp_path: Path) -> None:
    at = hairpin(BIN - 20)
    assert at.locus is not None
    reads = [on(at.locus, *FIVE, 7), on(at.locus, *THREE, 5)]
    assert reads[0].start < BIN < reads[1].start
    found = evidence(write_bam(tmp_path / "a.bam", reads), at=at).pattern
    assert (found.five, found.three) == (7, 5)


def test_only_a_few_bins_are_kept_and_going_back_finds_the_same(tmp_path: Path) -> None:
    contigs = [f"c{i}" for i in range(20)]
    bam = write_bam(tmp_path / "a.bam", [Read(1014, 1036, count=9)], contigs=contigs)
    with ReadFiles([bam]) as reads:
        first = reads.evidence(hairpin(contig="c0"), ANIMAL)
        for contig in contigs[1:]:
            assert reads.evidence(hairpin(contig=contig), ANIMAL).pattern.total == 0
        assert len(reads._bins) == KEPT_BINS
        assert reads.evidence(hairpin(contig="c0"), ANIMAL) == first
    assert first.pattern.five == 9


@pytest.mark.parametrize("strand", "+-")
def test_what_is_measured_of_a_precursor(tmp_path: Path, strand: str) -> None:
    at = hairpin(strand=strand)
    assert at.locus is not None
    places: list[Any] = [
        (*FIVE, 80),
        (FIVE[0], FIVE[1] + 1, 8),
        (FIVE[0] + 1, FIVE[1], 4),
        (FIVE[0] - 2, FIVE[1] + 5, 2),
        (*THREE, 10),
        (THREE[0] - 2, THREE[1], 1),
        (FIVE[1], THREE[0], 3),
        (0, 22, 5),
    ]
    reads = [on(at.locus, *place) for place in places]
    reads.append(on(at.locus, *FIVE, 7, opposite=True))
    found = evidence(write_bam(tmp_path / "a.bam", reads), at=at).pattern
    counts = found.five, found.three, found.loop, found.elsewhere, found.opposite
    assert counts == (94, 11, 3, 5, 7)
    assert (found.mature, found.mature_arm, found.strand) == (FIVE, "5p", strand)
    assert (found.star, found.star_seen) == (THREE, THREE)
    assert (found.star_reads, found.overhang_reads) == (11, 10)
    assert found.precision == pytest.approx((80 + 8 + 4 + 10) / 120)
    assert found.homogeneity == pytest.approx(88 / 94)
    assert found.star_homogeneity == pytest.approx(10 / 11)
    assert found.duplex == Duplex(20, 0, 0)
    assert (found.loop_length, found.precursor_length) == (24, 68)
    assert found.arms.five == Span(*FIVE, READS)
    assert found.arms.three == Span(*THREE, READS)


def test_the_depth_is_that_of_small_reads_counted_once(tmp_path: Path) -> None:
    reads = [Read(10, 32, count=500), Read(10, 28), Read(10, 27), Read(50, 80), Read(50, 81)]
    with ReadFiles([write_bam(tmp_path / "a.bam", reads)]) as files:
        assert (files.library.reads, files.library.small) == (504, 502)
        assert files.evidence(hairpin(), ANIMAL).expected == pytest.approx(502e-6)
    with ReadFiles([str(tmp_path / "a.bam")], least_rpm=50_000) as files:
        found = files.evidence(hairpin(), ANIMAL)
        assert found.expected == pytest.approx(25.1)
        assert found.outcome == CONTRADICTS


@pytest.mark.parametrize("flag", [4, 256, 0x80, 0x200, 0x800])
def test_what_is_no_read_of_its_own_is_not_counted(tmp_path: Path, flag: int) -> None:
    plain = write_bam(tmp_path / "a.bam", [Read(1014, 1036, count=3)] * 2)
    flagged = str(tmp_path / "b.bam")
    with (
        pysam.AlignmentFile(plain) as source,
        pysam.AlignmentFile(flagged, "wb", template=source) as out,
    ):
        for i, read in enumerate(source):
            read.flag |= flag if i else 0
            out.write(read)
    pysam.index(flagged)
    with ReadFiles([flagged]) as files:
        assert files.library.reads == 3
        counted = 6 if flag == 256 else 3  # another place of the read counts at that place
        assert files.evidence(hairpin(), ANIMAL).pattern.five == counted


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("seq_0_x149538", 149538),
        ("x12", 12),
        ("a-x3", 3),
        ("HWI:1:x", 1),
        ("max5", 1),
        ("0x5", 1),
        ("r_x5_2", 1),
        ("", 1),
    ],
)
def test_collapsed_names(name: str, number: int) -> None:
    assert copies(name) == number


def test_cram_without_its_reference_and_csi_say_what_bam_says(tmp_path: Path) -> None:
    reads = [Read(1014, 1036, count=30), Read(1060, 1082, hits=2, count=9), Read(5, 30, True)]
    reference = tmp_path / "c.fa"
    reference.write_text(">c\n" + "A" * CONTIG + "\n")
    bam = write_bam(tmp_path / "a.bam", reads)
    csi = write_bam(tmp_path / "b.bam", reads, csi=True)
    cram = write_bam(tmp_path / "c.cram", reads, reference=reference)
    reference.unlink()
    (tmp_path / "c.fa.fai").unlink()
    wanted = evidence(bam, multi="split")
    assert wanted.pattern.three == 4.5
    assert evidence(csi, multi="split") == wanted
    assert evidence(cram, multi="split") == wanted


def test_errors_name_the_file_and_the_remedy(tmp_path: Path) -> None:
    reads = [Read(1014 + i, 1036 + i) for i in range(9000)]
    bam = write_bam(tmp_path / "a.bam", reads, collapsed=False)
    bare = write_bam(tmp_path / "bare.bam", reads, index=False)
    empty = write_bam(tmp_path / "empty.bam", [])
    text = tmp_path / "a.sam"
    text.write_text("@SQ\tSN:c\tLN:40000\n")
    other = tmp_path / "other.bam"
    other.write_text("hello\n")
    content, index = Path(bam).read_bytes(), Path(bam + ".bai").read_bytes()
    cut, damaged = tmp_path / "cut.bam", tmp_path / "damaged.bam"
    cut.write_bytes(content[: len(content) // 2])
    middle = len(content) // 2
    damaged.write_bytes(content[:middle] + bytes(200) + content[middle + 200 :])
    for file in (cut, damaged):
        Path(f"{file}.bai").write_bytes(index)
    for files, message in [
        ([tmp_path / "none.bam"], "none.bam: no such file of reads"),
        (["-"], "must be a file with an index"),
        ([bare], f"bare.bam: no index .* samtools index {bare}"),
        ([empty], "empty.bam: has no aligned reads"),
        ([text], "a.sam: not BAM or CRAM; convert it: samtools sort"),
        ([other], "other.bam: neither BAM nor CRAM"),
        ([cut], "cut.bam: truncated"),
        ([damaged], "damaged.bam: damaged or truncated"),
        ([bam, bam], "a.bam: named twice"),
    ]:
        with pytest.raises(FileError, match=message), ReadFiles(list(map(str, files))):
            pass


@pytest.mark.parametrize("multi", ["split", "unique"])
def test_multi_mapped_reads_cannot_be_told_without_nh(tmp_path: Path, multi: str) -> None:
    bam = write_bam(tmp_path / "a.bam", [Read(1014, 1036)], tags=False)
    assert evidence(bam).pattern.five == 1
    with pytest.raises(FileError, match=r"a\.bam: record 'made_0_x1': no NH tag.* choose 'all'"):
        evidence(bam, multi=multi)


def test_hairpins_of_another_genome_are_an_error(tmp_path: Path) -> None:
    bam = write_bam(tmp_path / "a.bam", [Read(1014, 1036)], contigs=["1", "2", "3", "4"])
    with pytest.raises(FileError, match=r"contig 'c' is not among .*\('1', '2', '3', \.\.\.\)"):
        evidence(bam)
    with pytest.raises(FileError, match="contig '1' has 40000 nt, but a hairpin ends at 40050"):
        evidence(bam, at=hairpin(40_050 - LENGTH, contig="1"))


def test_hairpins_need_structure_and_locus(tmp_path: Path) -> None:
    with ReadFiles([write_bam(tmp_path / "a.bam", [Read(0, 22)])]) as reads:
        with pytest.raises(ValueError, match="no structure"):
            reads.evidence(Hairpin("c:0-5(+)", "AAAAA"), ANIMAL)
        with pytest.raises(ValueError, match="no locus"):
            reads.evidence(Hairpin("x", "AAAAA", "....."), ANIMAL)
