"""The scan gives the same whatever the chunks, and deals with any genome."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scan_helpers import (
    LOOSE,
    SMALL,
    blocks,
    chosen,
    fasta,
    precursors,
    random_letters,
    repeated,
    scanned,
)

from mirpre.errors import FileError, LocusError
from mirpre.formats.records import to_rna
from mirpre.formats.regions import parse_region
from mirpre.records import Call, Candidate, Hairpin, Locus, parse_locus
from mirpre.scanning.best import best_calls
from mirpre.scanning.chunks import Chunk, read_chunks

contigs = st.lists(
    st.tuples(
        st.integers(0, 10_000), st.integers(0, 3000), st.sampled_from(["ACGT", "ACGTNa", 31])
    ),
    min_size=1,
    max_size=4,
)
"""Seed, length, and either the letters or the unit of a repeat that lies in random letters."""


def contig(seed: int, length: int, kind: str | int) -> str:
    if isinstance(kind, str):
        return random_letters(seed, length, kind)
    beside = random_letters(seed + 1, length // 2)
    return beside + repeated(seed, length // 2, kind) + beside[::-1]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contigs, st.integers(50, 4000), st.integers(1, 20_000))
def test_chunks_change_nothing(
    parts: list[tuple[int, int, str | int]], chunk: int, batch: int
) -> None:
    genome = fasta({f"c{k}": contig(*part) for k, part in enumerate(parts)})
    assert scanned(genome, SMALL, chunk, batch) == scanned(genome, SMALL)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contigs, st.integers(50, 4000), st.integers(1, 20_000), st.integers(1, 5), st.booleans())
@example([(0, 173, "ACGT")], 60, 1, 1, True)
def test_chunks_change_nothing_with_alternatives(
    parts: list[tuple[int, int, str | int]],
    chunk: int,
    batch: int,
    many: int,
    both: bool,
) -> None:
    genome = fasta({f"c{k % 3}": contig(*part) for k, part in enumerate(parts)})
    wanted = dataclasses.replace(SMALL, alternatives=many, opposite_strands=both)
    whole = chosen(genome, wanted, 100_000, 100_000)
    assert chosen(genome, wanted, chunk, batch) == whole
    if both:
        marked = chosen(genome, wanted, 100_000, 100_000, keep_beaten=True)
        assert chosen(genome, wanted, chunk, batch, keep_beaten=True) == marked
        assert whole == [call for call in marked if not call.beaten]
        alone = dataclasses.replace(wanted, opposite_strands=False)
        assert chosen(genome, alone, 100_000, 100_000) == [
            dataclasses.replace(call, beaten=False) for call in marked
        ]
    else:
        assert len(whole) == len(scanned(genome, SMALL))


def test_the_first_hairpin_is_reported_with_the_highest_probability() -> None:
    made = [(5, 0, 0.25), (3, 0, 0.75), (4, 0, 0.75), (1, 1, 0.5), (9, 2, 0.125), (2, 2, 1.0)]
    calls = []
    for start, group, probability in made:
        place = Locus("c", start, start + 60, "+")
        hairpin = Hairpin(str(place), "ACGU" * 15, locus=place)
        candidate = Candidate(hairpin, 0, group, is_own=group != 2)
        calls.append(Call(hairpin, probability, True, candidate=candidate))
    best = best_calls(calls, opposite_strands=False, keep_beaten=False)
    kept = [(call.hairpin.name, call.probability) for call in best]
    # The last locus is another chunk's.
    assert kept == [("c:1-61(+)", 0.5), ("c:5-65(+)", 0.75)]
    assert best_calls([], opposite_strands=True, keep_beaten=True) == []


def test_of_both_strands_the_better_is_reported_and_the_plus_strand_of_equals() -> None:
    made = [
        (0, 60, "+", 0.5, True),
        (30, 90, "-", 0.75, True),  # shares half with both neighbours
        (61, 121, "+", 0.25, True),  # shares less than half
        (200, 260, "-", 0.5, True),
        (200, 240, "+", 0.5, True),  # equal: the plus strand stays
        (300, 360, "+", 0.5, True),
        (300, 360, "-", 1.0, False),  # another batch's, but it wins here, too
        (400, 460, "+", 0.5, True),
        (400, 460, "+", 0.25, True),  # on the same strand
    ]
    calls = []
    for group, (start, end, strand, probability, is_own) in enumerate(made):
        place = Locus("c", start, end, strand)
        hairpin = Hairpin(str(place), "A" * (end - start), locus=place)
        candidate = Candidate(hairpin, 0, group, is_own=is_own)
        calls.append(Call(hairpin, probability, True, candidate=candidate))
    best = best_calls(calls, opposite_strands=True, keep_beaten=False)
    kept = [(call.hairpin.name, call.probability) for call in best]
    assert kept == [
        ("c:30-90(-)", 0.75),
        ("c:61-121(+)", 0.25),
        ("c:200-240(+)", 0.5),
        ("c:400-460(+)", 0.5),
        ("c:400-460(+)", 0.25),
    ]


@pytest.mark.parametrize("at", [700, 940, 999, 1000, 1001, 1060])
def test_a_hairpin_across_a_border_is_found_once_and_whole(at: int) -> None:
    sequence = precursors()["hsa-let-7a-1"]
    text = random_letters(5, at) + sequence.replace("U", "T") + random_letters(6, 1500)
    found = scanned(fasta({"c": text}), LOOSE, chunk=1000, batch=1)
    assert found == scanned(fasta({"c": text}))
    best = max(found, key=lambda candidate: candidate.score)
    assert abs(best.locus.start - at) < 15
    assert abs(best.locus.end - at - len(sequence)) < 15
    assert best.locus.strand == "+"


def test_candidates_hold_the_letters_of_their_locus() -> None:
    contigs = {"a b": random_letters(8, 4000, "ACGTacgtRN"), "x:1-9": random_letters(9, 4000)}
    found = scanned(fasta(contigs), SMALL)
    assert {candidate.locus.contig for candidate in found} == {"a", "x:1-9"}
    assert {candidate.locus.strand for candidate in found} == {"+", "-"}
    by_name = {name.split()[0]: to_rna(text) for name, text in contigs.items()}
    complement = str.maketrans("ACGURN", "UGCAYN")
    for candidate in found:
        hairpin, locus = candidate.hairpin, candidate.locus
        expected = by_name[locus.contig][locus.start : locus.end]
        if locus.strand == "-":
            expected = expected.translate(complement)[::-1]
        assert hairpin.sequence == expected
        assert parse_locus(hairpin.name, len(hairpin)) == locus


def test_a_precursor_is_found_on_its_own_strand() -> None:
    sequence = precursors()["hsa-mir-17"].replace("U", "T")
    other = sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))
    for inserted, strand in ((sequence, "+"), (other, "-")):
        text = random_letters(20, 500) + inserted + random_letters(21, 500)
        found = [c for c in scanned(fasta({"c": text})) if c.locus.strand == strand]
        assert [c for c in found if to_rna(sequence)[20:60] in c.hairpin.sequence]


def test_lengths_are_kept() -> None:
    text = fasta({"c": random_letters(11, 20_000)})
    wanted = dataclasses.replace(LOOSE, min_length=70)
    lengths = [len(candidate.hairpin) for candidate in scanned(text, wanted)]
    assert lengths
    assert min(lengths) >= 70
    assert max(lengths) <= wanted.search.span


def test_soft_masking() -> None:
    sequence = precursors()["hsa-mir-21"].replace("U", "T")
    text = fasta({"c": random_letters(1, 300) + sequence.lower() + random_letters(2, 300)})
    masked = dataclasses.replace(LOOSE, soft_mask=True)
    inside = [c for c in scanned(text) if 280 < c.locus.start < 330 and c.locus.strand == "+"]
    assert inside
    assert inside[0].hairpin.sequence.isupper()
    assert not [c for c in scanned(text, masked) if 300 <= c.locus.start < 340]


def test_small_contigs_share_a_batch() -> None:
    genome = fasta({f"c{k}": random_letters(k, 60) for k in range(5000)})
    sizes = [len(part) for part in _batches(genome)]
    assert sum(sizes) == 5000
    assert len(sizes) < 10
    assert scanned(genome, SMALL) == scanned(genome, SMALL, batch=700)


def _batches(genome: str) -> list[list[Chunk]]:
    from mirpre.scanning.batches import batches

    return list(batches(read_chunks(blocks(genome), 100_000, 100)))


def test_chunks_own_every_letter_once() -> None:
    text = {"one": random_letters(1, 2500), "empty": "", "two": random_letters(2, 1000)}
    chunks = list(read_chunks(blocks(fasta(text)), 1000, 300))
    owned = [(s.contig, s.own_start, s.own_end) for s in chunks]
    assert owned == [("one", 0, 1000), ("one", 1000, 2000), ("one", 2000, 2500), ("two", 0, 1000)]
    for chunk in chunks:
        n = len(chunk.sequence)
        assert text[chunk.contig][chunk.start : chunk.start + n] == chunk.sequence.decode()
        assert chunk.start == max(0, chunk.own_start - 300)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ACGT\n", "no FASTA"),
        (">\nACGT\n", "without a name"),
        (">a\nACGT\n>b\nACGTAC!T\n", "'!' at position 7 of contig 'b'"),
        (">a\nAC-GT\n", "'-' at position 3"),
    ],
)
def test_what_is_no_genome_is_said(text: str, words: str) -> None:
    with pytest.raises(FileError, match=words):
        list(read_chunks(blocks(text), 1000, 100))


def test_regions_as_samtools_writes_them() -> None:
    lengths = {"chr1": 1000, "HLA:01:02": 50}
    for text, expected in [
        ("chr1", ("chr1", 0, 1000)),
        ("chr1:11-20", ("chr1", 10, 20)),
        ("chr1:11", ("chr1", 10, 1000)),
        ("chr1:1,000-1,000", ("chr1", 999, 1000)),
        ("HLA:01:02", ("HLA:01:02", 0, 50)),
        ("HLA:01:02:5-9", ("HLA:01:02", 4, 9)),
    ]:
        region = parse_region(text, lengths)
        assert (region.contig, region.start, region.end) == expected
    for text, words in [
        ("chr2:1-5", "'chr2' is not in the genome"),
        ("chr1:900-1001", "beyond the end of chr1, which has 1000"),
        ("chr1:0-5", "at least 1"),
        ("chr1:9-5", "at least 1"),
        ("chr1:x", "not in the genome"),
    ]:
        with pytest.raises(LocusError, match=words):
            parse_region(text, lengths)
