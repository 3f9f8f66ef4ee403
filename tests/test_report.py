"""What a page is made of: entries of any format, the best of them, coordinates, safe text."""

from __future__ import annotations

import base64
import itertools
import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st

from mirpre.annotation.records import Span
from mirpre.errors import MirpreError
from mirpre.formats.entries import Entry
from mirpre.formats.entry_files import EntryFile
from mirpre.formats.opening import open_lines
from mirpre.records import Locus
from mirpre.report.build import LONGEST_PAIRING
from mirpre.report.charts import probability_histogram
from mirpre.report.collect import Collector
from mirpre.report.layout import STEP, lay_out
from mirpre.report.page import as_json


def entries(file: Path) -> list[Entry]:
    with open_lines(str(file)) as lines:
        return list(EntryFile(lines))


def data_of(page: Path) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text())
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize(
    ("file", "number", "has"),
    [
        ("hairpins.tsv", 13, {"structure", "probability", "is_positive", "mfe"}),
        ("hairpins.folded", 13, {"sequence", "structure", "mfe"}),
        ("hairpins.dimers", 13, {"sequence", "structure", "mfe"}),
        ("hairpins.positive.fa", 9, {"sequence"}),
        ("regions.bed", 6, {"locus"}),
        ("regions.gff3", 6, {"locus", "probability", "is_positive", "mfe"}),
        ("regions.jsonl", 6, {"locus", "sequence", "structure", "probability", "is_positive"}),
        ("scan.tsv", 7, {"locus", "probability", "score", "copies", "outside_pairs"}),
        ("scan.q_values.tsv", 7, {"locus", "q_value"}),
        ("scan.fa", 7, {"locus", "sequence"}),
    ],
)
def test_each_format_gives_what_it_carries(
    data: Path, file: str, number: int, has: set[str]
) -> None:
    found = entries(data / "expected" / file)
    assert len(found) == number
    for entry in found:
        assert entry.length
        assert all(getattr(entry, name) is not None for name in has)


def test_the_formats_agree(run: Run, data: Path, tmp_path: Path) -> None:
    also = [part for kind in ("gff3", "bed", "jsonl") for part in ("--also", kind, f"c.{kind}")]
    run(
        *("classify", "--bed", data / "regions.bed", "--genome", data / "genome.fa"),
        *("-o", tmp_path / "c.tsv", *also),
    )
    table = entries(tmp_path / "c.tsv")
    for kind in ("gff3", "bed", "jsonl"):
        for one, other in zip(table, entries(tmp_path / f"c.{kind}"), strict=True):
            assert (one.name, one.locus, one.is_positive) == (
                other.name,
                other.locus,
                other.is_positive,
            )
            assert other.probability == pytest.approx(one.probability, abs=0.0005)


ROW = {
    "id": "mp-1",
    "name": "chr1:100-180(-)",
    "contig": "chr1",
    "start": 101,
    "end": 180,
    "strand": "-",
    "length": 80,
    "tier": "known family",
    "posterior": 0.98,
    "probability": 0.4,
    "family": "let-7",
    "known_mature": "hsa-let-7a-5p",
    "mature_5p": "UGAGG",
    "mature_5p_start": 154,
    "mature_5p_end": 175,
    "source_5p": "known",
    "confidence_5p": 0.9,
    "mature_3p": None,
    "seed": "GAGGUAG",
    "reads": "contradicts",
    "reads_failed": "star",
    "reads_5p": 40,
    "reads_3p": 2,
}


def check_annotation(entry: Entry) -> None:
    assert (entry.tier, entry.posterior, entry.family) == ("known family", 0.98, "let-7")
    assert entry.locus is not None
    assert (entry.locus.contig, entry.locus.start, entry.locus.end) == ("chr1", 100, 180)
    assert entry.arms is not None
    # On the minus strand the 5' end of a hairpin has the highest number.
    assert entry.arms.five == Span(5, 27, "known", 0.9)
    assert entry.arms.three is None


def test_an_annotation_has_tier_family_and_arms(tmp_path: Path) -> None:
    table, lines = tmp_path / "a.tsv", tmp_path / "a.jsonl"
    row = {key: "NA" if value is None else str(value) for key, value in ROW.items()}
    table.write_text("# threshold: 0.5\n" + "\t".join(row) + "\n" + "\t".join(row.values()) + "\n")
    lines.write_text(json.dumps(ROW) + "\n")
    (one,), (other,) = entries(table), entries(lines)
    for entry in (one, other):
        check_annotation(entry)
        assert [(c.name, c.passed) for c in entry.evidence] == [
            ("family", True),
            ("reads", False),
            ("reads, star", False),
        ]
        assert entry.evidence[1].detail == "contradicts; 5p 40, 3p 2"
        assert entry.evidence[2].detail.startswith("the star is seen")
        assert entry.more.items() >= {"name": "chr1:100-180(-)", "seed": "GAGGUAG"}.items()
    assert one.is_positive
    gff3 = tmp_path / "a.gff3"
    gff3.write_text(
        "##gff-version 3\n"
        "chr1\tmirpre\tmiRNA_primary_transcript\t101\t180\t0.98\t-\t.\t"
        "ID=mp-1;Name=let-7;tier=known family;family=let-7;mfe=-30.00\n"
        "chr1\tmirpre\tmiRNA\t154\t175\t.\t-\t.\t"
        "ID=mp-1-5p;Name=let-7-5p;Derives_from=mp-1;source=known;confidence=0.9\n"
    )
    (entry,) = entries(gff3)
    check_annotation(entry)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id\tprobability\na\t2\n", ":2: record 'a': probability is 2.0, not from 0 to 1"),
        ("id\tlength\na\tlong\n", ":2: record 'a': length is 'long'; a number belongs here"),
        ('{"sequence": "ACGU"}\n', ":1: a JSON object with the key 'id' or 'header'"),
        ('{"id": "a", \n', ":1: not JSON"),
        ("chr1\t5\t3\n", ":1: start 5 is not before end 3"),
        ("some words\n", "not understood"),
        ('{"id": "a", "sequence": "ACGU", "structure": "((.)"}\n', "leaves 1 pairs open"),
        ("id\tstructure\na\t((.)\n", ":2: record 'a': structure leaves 1 pairs open"),
        (
            "id\tlength\tstructure\na\t9\t(.)\n",
            ":2: record 'a': length is 9, and",
        ),
        ("id\tstructure\na\t[[..]]\n", "symbols '.', '(' and ')' only"),
        ('{"id": "a", "sequence": "AC-U"}\n', "gap '-' in the sequence"),
    ],
)
def test_wrong_input_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "in").write_text(text)
    with pytest.raises(MirpreError, match=re.escape(message)):
        entries(tmp_path / "in")


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=40), st.integers(1, 45))
def test_the_best_are_kept_and_all_are_counted(calls: list[tuple[bool, int]], most: int) -> None:
    made = [
        Entry(f"e{k}", probability=p / 10, is_positive=called)
        for k, (called, p) in enumerate(calls)
    ]
    collector = Collector(most)
    for entry in made:
        collector.add(entry)
    order = sorted(made, key=lambda e: (not e.is_positive, -(e.probability or 0)))
    assert collector.entries == order[:most]
    assert collector.totals.entries == len(made)
    assert collector.totals.called == sum(called for called, _ in calls)
    false = sum(1 - p / 10 for called, p in calls if called)
    assert collector.totals.expected_false == pytest.approx(false)
    assert collector.left_out == max(0, len(made) - most)
    assert probability_histogram(collector.totals, 0.5).startswith("<svg")


structures = st.recursive(
    st.integers(3, 6).map(lambda n: "." * n),
    lambda inner: (
        st.tuples(st.integers(0, 3), st.integers(1, 5), inner, st.integers(0, 3)).map(
            lambda t: "." * t[0] + "(" * t[1] + t[2] + ")" * t[1] + "." * t[3]
        )
        | st.tuples(inner, inner).map("".join)
    ),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None)
@given(structures, st.sampled_from(["puzzler", "simple"]))
def test_neighbours_lie_beside_each_other_and_the_5_end_above(structure: str, layout: str) -> None:
    points = lay_out(structure, layout)
    assert len(points) == len(structure)
    assert min(x for x, _ in points) == pytest.approx(0, abs=1e-6)
    assert min(y for _, y in points) == pytest.approx(0, abs=1e-6)
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        assert 0.2 * STEP < ((x1 - x2) ** 2 + (y1 - y2) ** 2) ** 0.5 < 4 * STEP


def test_a_hairpin_lies_with_its_ends_to_the_left_and_the_5_end_above() -> None:
    points = lay_out("((((((((....))))))))")
    assert points[0][0] == pytest.approx(points[-1][0], abs=1e-3)
    assert points[0][1] < points[-1][1]
    assert max(points)[0] == pytest.approx(max(points[8:12])[0])
    stem = points[:8]
    assert {round(y, 3) for _, y in stem} == {round(points[0][1], 3)}


def test_coordinates_come_back_from_the_page(run: Run, data: Path, tmp_path: Path) -> None:
    run("classify", data / "hairpins.fa", "-o", "c.tsv", "--report", "r.html")
    for locus in data_of(tmp_path / "r.html")["loci"]:
        numbers = struct.unpack(f"<{2 * locus['len']}h", base64.b64decode(locus["xy"]))
        flat = [value for point in lay_out(locus["str"]) for value in point]
        assert [n / locus["k"] for n in numbers] == pytest.approx(flat, abs=0.06)
        assert ("pairing" in locus) == (locus["len"] <= LONGEST_PAIRING)
        assert len(base64.b64decode(locus.get("pairing", ""))) in (0, locus["len"])
        assert len(base64.b64decode(locus["importance"])) == locus["len"]


@given(st.text())
def test_json_in_a_page_ends_no_script(text: str) -> None:
    made = as_json({text: [text]})
    assert not set("<>&\u2028\u2029") & set(made)
    assert json.loads(made) == {text: [text]}


@pytest.mark.parametrize("file", ["hairpins.tsv", "hairpins.folded"])
def test_sequences_and_folds_are_added(run: Run, data: Path, tmp_path: Path, file: str) -> None:
    done = run(
        *("report", data / "expected" / file, "--sequences", data / "hairpins.fa"),
        *("-o", tmp_path / "r.html", "--model", "cnn", "--explain", 3, "--title", "A <b> title"),
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    page = (tmp_path / "r.html").read_text()
    assert "<title>A &lt;b&gt; title</title>" in page
    assert "The best 3 loci have the importance of each nucleotide as a colour." in page
    loci = data_of(tmp_path / "r.html")["loci"]
    assert all("xy" in locus and "seq" in locus for locus in loci)
    assert sum("importance" in locus for locus in loci) == 3


def test_a_page_holds_all_it_needs(run: Run, data: Path, tmp_path: Path) -> None:
    run("classify", data / "hairpins.fa", "-o", "c.tsv", "--report", "r.html")
    page = (tmp_path / "r.html").read_text()
    assert "default-src 'none'" in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert not re.search(r"@import|url\(", page)
    assert "model-sha256" in page
    assert "ViennaRNA" in page


def test_places_get_their_sequences_from_the_genome(run: Run, data: Path, tmp_path: Path) -> None:
    run("scan-genome", data / "genome.fa", "--classify", "-o", "c.bed", "--format", "bed")
    run("report", "c.bed", "--genome", data / "genome.fa", "-o", "r.html", "--explain", 0)
    run(
        *("scan-genome", data / "genome.fa", "--classify", "-o", "d.bed", "--format", "bed"),
        *("--report", "d.html"),
    )
    one, other = data_of(tmp_path / "r.html")["loci"], data_of(tmp_path / "d.html")["loci"]
    assert {(a["id"], a["seq"], a["str"]) for a in one} == {
        (b["id"], b["seq"], b["str"]) for b in other
    }
    assert len(one) == 3


@pytest.mark.parametrize("threads", [1, 2])
def test_a_pipe_makes_the_same_page(run: Run, data: Path, tmp_path: Path, threads: int) -> None:
    calls = (data / "expected" / "regions.jsonl").read_text()
    run("report", data / "expected" / "regions.jsonl", "-o", "r.html", "-m", "cnn", "-t", 1)
    done = run("report", "-", "-m", "cnn", "-t", threads, text=calls)
    assert done.stderr == ""
    (tmp_path / "s.html").write_text(done.stdout)
    assert data_of(tmp_path / "s.html")["loci"] == data_of(tmp_path / "r.html")["loci"]


def test_what_is_left_out_is_said(run: Run, data: Path, tmp_path: Path) -> None:
    run(
        *("report", data / "expected" / "scan.tsv", "-o", "r.html", "--loci", 4),
        *("--drawings", 2),
    )
    page = (tmp_path / "r.html").read_text()
    assert "The table has the best 4 of 7 loci" in page
    assert "The best 2 loci have drawings." in page
    assert "2 of them have no drawing" in page
    assert len(data_of(tmp_path / "r.html")["loci"]) == 4


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("classify", "hairpins.fa", "--report", "-"), "need files of their own"),
        (("scan-genome", "genome.fa", "--report", "r.html"), "--report needs --classify"),
        (("scan-genome", "genome.fa", "--classify", "--report", "-"), "need files of their own"),
    ],
)
def test_wrong_use_is_told(run: Run, data: Path, args: tuple[str, ...], message: str) -> None:
    done = run(*args, cwd=data)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_model_that_is_not_here_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c.tsv").write_text("# model: mine\nid\tlength\na\t3\n")
    done = run("report", "c.tsv", "-o", "r.html")
    assert done.returncode == 0
    assert "name the folder of the model 'mine' with --model" in done.stderr


def test_a_locus_far_beyond_its_contig_stays_without_sequence(
    run: Run, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "c.bed").write_text("chrA\t100000\t100080\tx\t900\t+\nchrZ\t1\t80\ty\t3\t-\n")
    done = run("report", "c.bed", "--genome", data / "genome.fa", "-o", "r.html")
    assert done.returncode == 0
    loci = data_of(tmp_path / "r.html")["loci"]
    assert [locus["more"] for locus in loci] == [{"BED score": "900"}, {"BED score": "3"}]
    assert not any("seq" in locus for locus in loci)
    assert str(Locus("chrA", 100000, 100080, "+", "x")) in {locus["id"] for locus in loci}


ANNOTATE = ("annotate", "--all", "--reads", "reads.bam", "--clade", "Metazoa")


def in_data(run: Run, data: Path, *args: object) -> None:
    done = run(*args, cwd=data)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("kind", ["tsv", "jsonl", "gff3"])
def test_annotations_get_their_page_at_once_or_later(
    run: Run, data: Path, tmp_path: Path, kind: str
) -> None:
    """The same loci, whether a run has them at hand or a file says them."""
    genome = ("--genome", "genome.fa")
    calls = tmp_path / f"a.{kind}"
    in_data(
        run, data, *ANNOTATE, "expected/scan.tsv", *genome, "--format", kind, "-o", calls,
        "--report", tmp_path / "one.html",
    )  # fmt: skip
    in_data(
        run, data, "report", calls, *genome, *ANNOTATE[2:], "-m", "genome",
        "-o", tmp_path / "other.html",
    )  # fmt: skip
    one, other = (data_of(tmp_path / f"{name}.html") for name in ("one", "other"))
    assert len(one["loci"]) == 7
    same = ["at", "tier", "p", "len", "family", "known", "arms", "seq", "reads", "starts"]
    # JSON lines have no head, which tells the threshold.
    same += [] if kind == "jsonl" else ["call"]
    same += [] if kind == "gff3" else ["str", "post", "mfe", "evidence", "more", "xy"]
    for first, second in zip(one["loci"], other["loci"], strict=True):
        for key in same:
            if key == "arms" and kind == "gff3":
                assert sorted(first[key]) == sorted(second[key])
            else:
                assert first.get(key) == second.get(key), key
    for name in ("one", "other"):
        page = (tmp_path / f"{name}.html").read_text()
        assert "1 of 17 families expected in Metazoa found" in page
        assert 'title="missing">Mir-10<' in page


def test_a_scan_that_annotates_makes_the_same_page(run: Run, data: Path, tmp_path: Path) -> None:
    options = (*ANNOTATE[1:], "-o", tmp_path / "out")
    in_data(
        run, data, "scan-genome", "genome.fa", "--annotate", *options,
        "--report", tmp_path / "one.html",
    )  # fmt: skip
    in_data(
        run, data, "annotate", "expected/scan.tsv", "--genome", "genome.fa", *options,
        "--report", tmp_path / "other.html",
    )  # fmt: skip
    one, other = (data_of(tmp_path / f"{name}.html")["loci"] for name in ("one", "other"))
    for first, second in zip(one, other, strict=True):
        # The scan knows its structures, and the table has none.
        for key in first.keys() - {"importance", "most", "flags"}:
            assert first[key] == second[key], key


def test_reads_along_the_hairpin_are_those_of_the_file(
    run: Run, data: Path, tmp_path: Path
) -> None:
    from mirpre.annotation.reads import ReadFiles
    from mirpre.records import Hairpin

    in_data(
        run, data, "report", "expected/regions.jsonl", "--reads", "reads.bam", "--explain", 0,
        "-o", tmp_path / "r.html",
    )  # fmt: skip
    loci = data_of(tmp_path / "r.html")["loci"]
    covered = 0
    with ReadFiles([str(data / "reads.bam")]) as reads:
        for locus in loci:
            hairpin = Hairpin("", locus["seq"], locus=Locus(*locus["at"]))
            found = reads.coverage(hairpin)
            for name, counts in (("starts", found.starts), ("opposite", found.opposite)):
                assert locus.get(name, [0] * locus["len"]) == list(counts)
            assert locus["reads"] == list(found.depth)
            covered += any(found.depth)
    assert covered


def test_bed12_brings_its_arms_and_posterior(run: Run, data: Path) -> None:
    bed, table = entries(data / "expected" / "annotated.bed"), entries(
        data / "expected" / "annotated.tsv"
    )  # fmt: skip
    known = {entry.locus and (entry.locus.contig, entry.locus.start): entry for entry in table}
    assert bed
    for entry in bed:
        assert entry.locus is not None
        other = known[entry.locus.contig, entry.locus.start]
        assert entry.arms is not None
        assert other.arms is not None
        for one, two in ((entry.arms.five, other.arms.five), (entry.arms.three, other.arms.three)):
            assert (one and (one.start, one.end)) == (two and (two.start, two.end))


def test_wrong_records_of_a_report_are_told(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "c.gff3").write_text(
        "##gff-version 3\nchr1\tmirpre\tpre_miRNA\t20\t10\t0.9\t+\t.\tID=a\n"
        "chr1\tmirpre\tmiRNA\t1\t3\t.\t+\t.\tID=b\n"
    )
    done = run("report", "c.gff3", "-o", "r.html")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "c.gff3:2: record 'a': start must be at least 1" in done.stderr
    done = run("report", data / "expected" / "regions.jsonl", "--clade", "Martians", "-o", "r.html")
    assert done.returncode == 2
    assert "'Martians' is none that is known" in done.stderr
