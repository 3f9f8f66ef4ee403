"""Drawings and tracks from the shell."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from conftest import Run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirpre.annotation.records import KNOWN, Arms, Span
from mirpre.errors import LocusError
from mirpre.formats.entries import Entry
from mirpre.formats.tracks import arm_places, sorted_places, write_bed12
from mirpre.records import Locus
from mirpre.report.drawing import FIVE, RADIUS, colours, draw

SVG = "{http://www.w3.org/2000/svg}"


def test_every_record_gets_a_file(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "two.fa").write_text(">a/b c\nGGGAAAACCC\n>a/b c\nGGGAAAACCC\n>../x\nGGGAAAACCC\n")
    done = run("draw", "two.fa", "--each", "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(os.listdir(tmp_path / "out")) == ["a_b.svg", "a_b_2.svg", "x.svg"]


@pytest.mark.parametrize("colour", ["pairing", "importance", "none"])
def test_svg_is_valid_and_has_each_nucleotide(
    run: Run, data: Path, tmp_path: Path, colour: str
) -> None:
    done = run("draw", data / "hairpins.fa", "--name", "cel-let-7", "--colour", colour)
    root = ET.fromstring(done.stdout)
    assert len(root.findall(f"{SVG}circle")) == 99
    fills = {disc.get("fill") for disc in root.findall(f"{SVG}circle")}
    assert (len(fills) == 1) == (colour == "none")
    places = [(float(d.get("cx", 0)), float(d.get("cy", 0))) for d in root.iter(f"{SVG}circle")]
    apart = [abs(x - u) + abs(y - v) for k, (x, y) in enumerate(places) for u, v in places[:k]]
    assert min(apart) > RADIUS


def test_reads_colour_a_drawing(run: Run, data: Path) -> None:
    options = ("--reads", data / "reads.bam", "--colour", "reads")
    done = run("draw", data / "expected" / "annotated.jsonl", *options)
    fills = {disc.get("fill") for disc in ET.fromstring(done.stdout).iter(f"{SVG}circle")}
    assert {"#003c6e", "#f0f4f8"} <= fills


def test_png_has_the_same_shape(run: Run, data: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    run("draw", data / "hairpins.fa", "--name", "hsa-mir-21", "-o", "a.svg")
    done = run("draw", data / "hairpins.fa", "--name", "hsa-mir-21", "-o", "a.png")
    assert (done.returncode, done.stderr) == (0, "")
    head = (tmp_path / "a.png").read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', (tmp_path / "a.svg").read_text())
    assert size
    for text, at in ((size[1], 16), (size[2], 20)):
        assert int.from_bytes(head[at : at + 4], "big") == pytest.approx(2 * float(text), abs=2)


def test_names_in_a_drawing_are_escaped(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text("><script>alert(1)</script>&\nGGGAAAACCC\n")
    root = ET.fromstring(run("draw", "a.fa").stdout)
    assert root.findtext(f"{SVG}title") == "<script>alert(1)</script>&"
    assert not list(root.iter(f"{SVG}script"))


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        (("--name", "nobody"), 1, "record 'nobody': no such record"),
        (("-o", "a.pdf"), 2, "a drawing is .svg or .png"),
        (("-o", "a.svg", "--each", "b"), 2, "Give either --output"),
        (("--name", "hsa-mir-21", "--name", "cel-let-7"), 2, "need --each"),
        (("--colour", "reads"), 1, "it has no reads"),
    ],
)
def test_wrong_use_of_draw(
    run: Run, data: Path, args: tuple[str, ...], status: int, message: str
) -> None:
    done = run("draw", data / "hairpins.fa", *args)
    assert done.returncode == status
    assert message in done.stderr


def test_calls_without_sequence_or_structure_cannot_be_drawn(run: Run, data: Path) -> None:
    done = run("draw", data / "expected" / "scan.called.tsv")
    assert done.returncode == 1
    assert "neither sequence nor structure is there" in done.stderr
    done = run("draw", data / "expected" / "scan.called.tsv", "--genome", data / "genome.fa")
    assert done.stdout.count("<circle") == 80


def test_arms_lie_below_their_nucleotides() -> None:
    drawing = draw("a", "((((....))))", arms=Arms(Span(0, 4, KNOWN), None))
    assert drawing.lines[0].colour == FIVE
    assert list(drawing.lines[0].points) == [disc.centre for disc in drawing.discs[:4]]


def test_importance_is_white_where_there_is_none() -> None:
    assert colours("importance", [2.0, 0.0, -2.0]) == [(0, 114, 178), (255, 255, 255), (213, 94, 0)]


loci = st.builds(
    lambda contig, start, length, strand: Locus(contig, start, start + length, strand),
    st.sampled_from(["chr1", "chr10", "chr2", "Z", "a b"]),
    st.integers(0, 1000),
    st.integers(50, 120),
    st.sampled_from("+-."),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(loci, st.booleans(), st.floats(0, 1)), max_size=20))
def test_bed12_is_what_bedtobigbed_takes(made: list[tuple[Locus, bool, float]]) -> None:
    import io

    arms = Arms(Span(2, 22, KNOWN), Span(28, 48, KNOWN))
    entries = [
        Entry(f"x::{locus}", locus.end - locus.start, locus, probability=p, is_positive=True,
              arms=arms if has_arms else None)
        for locus, has_arms, p in made
    ]  # fmt: skip
    out = io.StringIO()
    write_bed12(out, sorted_places(entries))
    rows = [line.split("\t") for line in out.getvalue().splitlines()]
    assert len(rows) == len(made)
    keys = [(row[0].encode(), int(row[1])) for row in rows]
    assert keys == sorted(keys)
    for row in rows:
        assert len(row) == 12
        start, end, thick, thin = (int(row[k]) for k in (1, 2, 6, 7))
        sizes, starts = (list(map(int, row[k].split(","))) for k in (10, 11))
        assert start <= thick < thin <= end
        assert 0 <= int(row[4]) <= 1000
        assert len(sizes) == len(starts) == int(row[9])
        assert starts[0] == 0
        assert starts[-1] + sizes[-1] == end - start
        assert all(a + n <= b for a, n, b in zip(starts, sizes, starts[1:], strict=False))


def test_arms_are_counted_from_the_5_end() -> None:
    arms = Arms(Span(2, 22, KNOWN), None)
    plus, minus = (Entry("x", 80, Locus("c", 100, 180, strand), arms=arms) for strand in ("+", "-"))
    assert arm_places(plus) == [(102, 122)]
    assert arm_places(minus) == [(158, 178)]


def test_a_record_without_a_place_is_told() -> None:
    with pytest.raises(LocusError, match="a track needs one"):
        sorted_places([Entry("x", 80)])


def test_a_session_leads_to_its_track(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    done = run(
        *("tracks", data / "expected" / "scan.tsv", "--only-positive", "-o", "sub/a & b.bed"),
        *("--igv-session", "s.xml", "--assembly", "hg38"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    root = ET.parse(tmp_path / "s.xml").getroot()
    resource = root.find("Resources/Resource")
    assert resource is not None
    assert resource.get("path") == "sub/a & b.bed"
    assert (root.get("genome"), root.get("locus")) == ("hg38", "chrA:101-380")
    rows = (tmp_path / "sub" / "a & b.bed").read_text().splitlines()
    assert len(rows) == 3


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--track-line", "--format", "gff3"), "goes with --format bed12"),
        (("--igv-session", "s.xml"), "needs -o FILE"),
        (("--igv-session", "s.xml", "-o", "s.xml", "--assembly", "x"), "files of their own"),
    ],
)
def test_wrong_use_of_tracks(run: Run, data: Path, args: tuple[str, ...], message: str) -> None:
    done = run("tracks", data / "expected" / "scan.tsv", *args)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_pipe_from_scan_to_tracks(data: Path) -> None:
    import subprocess
    import sys

    command = "{0} -m mirpre scan-genome genome.fa --classify 2>/dev/null | {0} -m mirpre tracks -"
    done = subprocess.run(
        ["bash", "-c", command.format(sys.executable)],
        cwd=data, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert [line.split("\t")[1] for line in done.stdout.splitlines()] == ["200", "430", "94"]
