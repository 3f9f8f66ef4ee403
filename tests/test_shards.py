"""Shards of a scan, merged, are what one run writes."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from conftest import DATA, Run
from golden import EXPECTED
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scan_helpers import SMALL, fasta, precursors, random_letters, repeated, scanned

from mirpre.errors import FileError
from mirpre.formats.opening import Lines
from mirpre.formats.regions import open_genome, parse_region
from mirpre.formats.shards import ShardHead, ShardReader, ShardWriter
from mirpre.records import Call, Candidate, Hairpin, Locus
from mirpre.scanning.batches import batches
from mirpre.scanning.chunks import merged_regions, region_chunks, whole_contigs
from mirpre.scanning.settings import Shard
from mirpre.scanning.stages import scan_batch

SCAN = ("--classify", "--q-values", "-s", "sensitive", "--prior", "50")


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Precursors that borders of 3 and 17 shards cut, copies, a repeat, and small contigs."""
    let7, mir21, bantam = (
        precursors()[name].replace("U", "T")
        for name in ("hsa-let-7a-1", "hsa-mir-21", "dme-bantam")
    )
    copies = "".join(let7 + random_letters(20 + k, 300) for k in range(12))
    cut = random_letters(1, 2000) + copies + random_letters(3, 1500)
    contigs = {
        "one": cut + mir21 + random_letters(4, 3000) + bantam,
        "empty": "",
        "small": let7,
        "two": repeated(5, 900, 31) + random_letters(6, 1200, "ACGTacgtN") + mir21[::-1],
        "three": random_letters(7, 2500) + bantam + random_letters(8, 2000),
    }
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text(fasta(contigs))
    return path


def shards_of(run: Run, genome: Path, n: int, *options: str) -> list[str]:
    names = []
    for number in range(1, n + 1):
        name = f"{n}.{number}.jsonl" + ".gz" * (number % 2)
        done = run(
            *("scan-genome", genome, *options, "--shard", f"{number}/{n}", "-o", name),
            *("-t", 1 + number % 2),
        )
        assert done.returncode == 0, done.stderr
        names.append(name)
    return names


@pytest.mark.parametrize("n", [1, 3, 17])
def test_merged_shards_are_one_run_byte_for_byte(
    run: Run, genome: Path, tmp_path: Path, n: int
) -> None:
    formats = ("--format", "tsv", "--also", "gff3", "calls.gff3")
    whole = run("scan-genome", genome, *SCAN, *formats, "--json", "whole.json", "-t", 2)
    assert whole.returncode == 0, whole.stderr
    assert whole.stdout.count("pre-miRNA") > 12
    gff3 = (tmp_path / "calls.gff3").read_bytes()
    names = shards_of(run, genome, n, *SCAN)
    done = run("merge", *reversed(names), *formats, "--json", "merged.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout == whole.stdout
    assert (tmp_path / "calls.gff3").read_bytes() == gff3
    ours, one = (
        json.loads((tmp_path / f"{name}.json").read_text()) for name in ("merged", "whole")
    )
    assert ours["shards"] == n
    differ = {"shards", "command", "subcommand", "input_kind", "threads", "seconds"}
    assert {k: v for k, v in ours.items() if k not in differ} == {
        k: v for k, v in one.items() if k not in differ
    }


@pytest.mark.parametrize(
    "options",
    [
        ["--classify", "--all", "--structure"],
        ["--classify", "--max-copies", "5", "--threshold", "0.01", "-s", "fast"],
        ["--classify", "--strands", "best", "--all", "--prior", "200"],
        ["--classify", "--all", "--mask", "soft", "--repeats", "keep", "--model", "cnn"],
        ["--classify", "--all", "--regions", "one:2050-4000", "--regions", "two", "--q-values"],
    ],
)
def test_options_mean_in_shards_what_they_mean_in_one_run(
    run: Run, genome: Path, options: list[str]
) -> None:
    whole = run("scan-genome", genome, *options, "--format", "jsonl")
    assert whole.returncode == 0, whole.stderr
    assert whole.stdout
    names = shards_of(run, genome, 2, *options)
    done = run("merge", *names, "--format", "jsonl")
    assert (done.returncode, done.stdout) == (0, whole.stdout), done.stderr


def test_a_golden_file_is_made_of_shards_by_a_loop_in_the_shell(tmp_path: Path) -> None:
    mirpre = f"'{sys.executable}' -m mirpre"
    loop = (
        f"for i in 1 2 3; do {mirpre} scan-genome genome.fa --classify --all --q-values"
        f" --shard $i/3 -o '{tmp_path}'/$i.jsonl || exit; done;"
        f" {mirpre} merge '{tmp_path}'/*.jsonl | grep -v '^# '"
    )
    done = subprocess.run(loop, shell=True, cwd=DATA, capture_output=True, text=True, check=True)
    assert done.stdout == (EXPECTED / "scan.q_values.tsv").read_text()


def test_a_shard_can_be_resumed_but_not_as_another(run: Run, genome: Path, tmp_path: Path) -> None:
    whole = run("scan-genome", genome, *SCAN, "--shard", "2/3")
    options = ("scan-genome", genome, *SCAN, "--resume", "-o", "x", "--shard")
    process = subprocess.Popen(
        [sys.executable, "-m", "mirpre", *map(str, options), "2/3"], cwd=tmp_path
    )
    while not (tmp_path / "x.resume").exists() and process.poll() is None:
        pass
    process.kill()
    process.wait()
    if (tmp_path / "x.resume").exists() and (tmp_path / "x.resume").stat().st_size:
        other = run(*options, "1/3")
        assert other.returncode == 1
        assert "another command" not in other.stderr
        assert "shard" in other.stderr
    assert run(*options, "2/3").returncode == 0
    timeless = [
        re.sub(r'(?s)"seconds".*', "", text)
        for text in (whole.stdout, (tmp_path / "x").read_text())
    ]
    assert timeless[0] == timeless[1]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1500)), min_size=1, max_size=4),
    st.integers(1, 40),
    st.sampled_from([70, 1000, 100_000]),
    st.booleans(),
)
def test_shards_find_what_the_whole_has_each_once(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[tuple[int, int]],
    n: int,
    chunk: int,
    mirrored: bool,
) -> None:
    contigs = {f"c{k}": random_letters(*part) for k, part in enumerate(parts)}
    contigs["last"] = "ACGT"  # samtools faidx takes no empty one at the end
    path = tmp_path_factory.mktemp("genome") / "g.fa"
    path.write_text(fasta(contigs))
    found: list[Candidate] = []
    letters = 0
    with open_genome(str(path)) as opened:
        for number in range(1, n + 1):
            chunks = region_chunks(
                opened, whole_contigs(opened), chunk, SMALL.margin, Shard(number, n)
            )
            for part in batches(chunks, 20_000):
                letters += sum(piece.own_end - piece.own_start for piece in part)
                found += scan_batch(SMALL, part, mirrored=mirrored).candidates
    assert letters == sum(map(len, contigs.values()))
    assert found == scanned(fasta(contigs), SMALL, mirrored=mirrored)


def test_shards_of_regions_are_parts_of_the_regions(genome: Path) -> None:
    with open_genome(str(genome)) as opened:
        lengths = dict(zip(opened.references, opened.lengths, strict=True))
        wanted = [parse_region(text, lengths) for text in ("three:1-101", "one:11-60", "one:50-80")]
        merged = merged_regions(opened, wanted)
        own = [
            [
                (c.contig, c.own_start, c.own_end, c.limit)
                for c in region_chunks(opened, merged, 1000, 30, Shard(number, 2))
            ]
            for number in (1, 2)
        ]
    assert own == [[("one", 10, 80, 80), ("three", 0, 15, 101)], [("three", 15, 101, 101)]]


HEAD = ShardHead(
    number=1,
    of=2,
    letters=100,
    regions_sha256="ab",
    head=["mirpre 0", "command: x"],
    q_values=True,
    called_only=False,
    structure=False,
    max_copies=None,
    prior=1.0,
    preset="default",
    folder="native",
    viennarna="2",
    model={"name": "genome"},
    search_networks=[{"name": "animal"}],
)
COUNTS = {"letters": 50, "repeats": 0, "inverted_repeats": 0, "found": 3, "seconds": {"fold": 0.1}}


def text_of(calls: list[Call], mirrored: list[Call]) -> str:
    out = io.StringIO()
    writer = ShardWriter(out, HEAD)
    writer.write(calls, mirrored)
    writer.finish(COUNTS)
    return out.getvalue()


def reader_of(text: str) -> ShardReader:
    return ShardReader(Lines(io.StringIO(text), "x"))


@st.composite
def calls(draw: st.DrawFn, whole: bool = True) -> Call:
    sequence = draw(st.text("ACGUN", min_size=1, max_size=20))
    contig = draw(st.text(st.characters(codec=None, exclude_categories=[]), min_size=1))
    start = draw(st.integers(0, 10**12))
    place = Locus(contig, start, start + len(sequence), draw(st.sampled_from("+-")))
    probability, score = (round(draw(st.floats(0, 1)), 6) for _ in range(2))
    hairpin = Hairpin(str(place), sequence, locus=place)
    if not whole:
        candidate = Candidate(hairpin, 0)
        return Call(hairpin, probability, False, (), None, draw(st.booleans()), candidate, score)
    hairpin = dataclasses.replace(
        hairpin, structure="." * len(sequence), mfe=round(draw(st.floats(-90, 0)), 2)
    )
    return Call(
        hairpin,
        probability,
        draw(st.booleans()),
        tuple(draw(st.lists(st.sampled_from(["truncated", "ambiguous"]), max_size=2))),
        beaten=draw(st.booleans()),
        candidate=Candidate(hairpin, draw(st.integers(-999, 999)), outside_pairs=3),
        score=score,
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(calls(), max_size=5), st.lists(calls(whole=False), max_size=5))
def test_calls_come_back_as_they_were(some: list[Call], others: list[Call]) -> None:
    reader = reader_of(text_of(some, others))
    assert reader.head == HEAD
    parts = list(reader)
    for got, given_ in (
        ([c for part, _ in parts for c in part], some),
        ([c for _, part in parts for c in part], others),
    ):
        assert got == given_
        # A hairpin's place takes no part in its equality.
        assert [c.hairpin.locus for c in got] == [c.hairpin.locus for c in given_]
    assert reader.counts == COUNTS


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *((0, "chrA"), (1, ""), (2, 10**30), (2, -5), (3, 0), (3, 16), (4, "x")),
        *((5, ""), (5, "acguacguac"), (5, "ACGUACGUA\n"), (5, "ACGUACGUA\xe9")),
        *((6, 1.5), (7, -0.5), (7, 1e300)),
    ],
)
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_call_that_no_scan_gives_is_refused_though_its_shard_is_whole(
    column: int, value: object, mirrored: bool
) -> None:
    place = Locus("c", 5, 15, "+")
    hairpin = Hairpin(str(place), "ACGUACGUAC", "." * 10, -1.5, place)
    call = Call(hairpin, 0.5, True, candidate=Candidate(hairpin, 7, outside_pairs=0), score=0.25)
    lines = text_of([] if mirrored else [call], [call] if mirrored else []).splitlines()
    row = json.loads(lines[1])
    row[column] = value
    lines[1] = json.dumps(row)
    before = "".join(line + "\n" for line in lines[:-1])
    end = {"lines": len(lines) - 1, "crc32": zlib.crc32(before.encode())}
    with pytest.raises(FileError, match="damaged"):
        list(reader_of(before + json.dumps(end) + "\n"))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_changed_shard_is_refused(data: st.DataObject) -> None:
    place = Locus("c", 5, 15, "+")
    hairpin = Hairpin(str(place), "ACGUACGUAC", "." * 10, -1.5, place)
    call = Call(hairpin, 0.5, True, candidate=Candidate(hairpin, 7, outside_pairs=0), score=0.25)
    text = text_of([call], [call])
    at = data.draw(st.integers(0, len(text) - 2))
    letter = data.draw(st.one_of(st.just(""), st.sampled_from('0a"[]{},:\n-')))
    changed = text[:at] + letter + text[at + 1 :]
    if changed in (text, text[:-1]):
        return
    with pytest.raises(FileError):
        list(reader_of(changed))
