"""``mirpre scan-genome`` as a user runs it."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pysam
import pytest
from conftest import Run, rows
from scan_helpers import fasta, precursors, random_letters

HIDDEN = {"hsa-let-7a-1": "+", "hsa-mir-21": "-", "dme-bantam": "+"}
SWAP = bytes.maketrans(b"ACGU", b"CAUG")
COMPLEMENT = str.maketrans("ACGT", "TGCA")


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two contigs of random letters that hold three precursors, and an empty one."""
    text = random_letters(40, 3000)
    for name, strand in HIDDEN.items():
        sequence = precursors()[name].replace("U", "T")
        if strand == "-":
            sequence = sequence[::-1].translate(COMPLEMENT)
        text += sequence + random_letters(41, 2000)
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    other = {"empty": "", "chr:2 with words": random_letters(42, 5000, "ACGTacgtN")}
    path.write_text(fasta({"chr1": text, **other}))
    return path


def body(text: str) -> str:
    return "".join(line for line in text.splitlines(True) if not line.startswith("#"))


def test_hidden_precursors_are_found_on_their_strands(run: Run, genome: Path) -> None:
    done = run("scan-genome", genome, "--classify", "--prior", 1000)
    assert done.returncode == 0, done.stderr
    ids = [row["id"] for row in rows(done.stdout)]
    text = genome.read_text().split(">")[1].split("\n", 1)[1].replace("\n", "")
    for name, strand in HIDDEN.items():
        sequence = precursors()[name].replace("U", "T")
        if strand == "-":
            sequence = sequence[::-1].translate(COMPLEMENT)
        at = text.index(sequence)
        starts = [int(i.split(":")[1].split("-")[0]) for i in ids if i.endswith(f"({strand})")]
        assert any(abs(start - at) < 20 for start in starts), name


@pytest.mark.parametrize("form", ["fasta", "folded", "bed", "gff3", "tsv"])
def test_threads_change_no_byte(run: Run, genome: Path, form: str) -> None:
    outputs = [
        run("scan-genome", genome, "-s", "sensitive", "--format", form, "-t", threads).stdout
        for threads in (1, 2, 3)
    ]
    assert outputs[0]
    assert outputs[0] == outputs[1] == outputs[2]


def test_any_way_in_gives_the_same(run: Run, genome: Path, tmp_path: Path) -> None:
    text = genome.read_text()
    expected = run("scan-genome", genome).stdout
    assert expected.startswith(">chr1:")
    with gzip.open(tmp_path / "a.fa.gz", "wt") as out:
        out.write(text)
    (tmp_path / "crlf.fa").write_bytes(text.replace("\n", "\r\n").encode())
    pysam.tabix_compress(str(genome), str(tmp_path / "b.fa.gz"), force=True)
    assert run("scan-genome", "a.fa.gz").stdout == expected
    assert run("scan-genome", "b.fa.gz").stdout == expected
    assert run("scan-genome", "crlf.fa").stdout == expected
    assert run("scan-genome", "-", text=text).stdout == expected


@pytest.mark.parametrize("model", ["genome", "rnn"])
def test_the_scores_at_once_are_the_probabilities_of_the_pipe(
    run: Run, genome: Path, model: str
) -> None:
    options = ("--classify", "--all", "--alternatives", 1, "-m", model)
    at_once = run("scan-genome", genome, *options)
    assert at_once.returncode == 0
    scores = [(row["id"], row["mfe"], row["score"]) for row in rows(at_once.stdout)]
    found = run("scan-genome", genome).stdout
    piped = run("classify", "-m", model, text=found)
    folded = run("scan-genome", genome, "--format", "folded").stdout
    by_stages = run("classify", "-m", model, text=folded)
    assert body(piped.stdout) == body(by_stages.stdout)
    assert scores == [(r["id"], r["mfe"], r["probability"]) for r in rows(piped.stdout)]
    assert scores
    bed = body(run("scan-genome", genome, *options, "--format", "bed").stdout)
    same = body(run("classify", "-m", model, "--format", "bed", text=found).stdout) == bed
    assert same == (model == "rnn")  # which is not calibrated for genomes


def test_versions_are_as_likely_or_more(run: Run, genome: Path) -> None:
    best: list[list[float]] = []
    for many in (1, 2, 4):
        outputs = [
            run(
                *("scan-genome", genome, "--classify", "--all"),
                *("--alternatives", many, "-t", threads),
            ).stdout
            for threads in (1, 2)
        ]
        assert body(outputs[0]) == body(outputs[1])
        best.append([float(row["score"]) for row in rows(outputs[0])])
    assert len(best[0]) == len(best[1]) == len(best[2]) > 2
    assert sum(best[0]) < sum(best[1]) <= sum(best[2])


@pytest.mark.skipif(shutil.which("bedtools") is None, reason="needs bedtools")
def test_bedtools_accepts_bed_and_gff3(run: Run, genome: Path, tmp_path: Path) -> None:
    (tmp_path / "all.bed").write_text("chr1\t0\t100000\n")
    for form in ("bed", "gff3"):
        for options in ([], ["--classify", "--all"]):
            run("scan-genome", genome, "--format", form, "-o", f"found.{form}", *options)
            for command in (
                ["sort", "-i", f"found.{form}"],
                ["intersect", "-u", "-a", f"found.{form}", "-b", "all.bed"],
                ["merge", "-s", "-i", f"found.{form}"],
            ):
                done = subprocess.run(
                    ["bedtools", *command], cwd=tmp_path, check=True, capture_output=True, text=True
                )
                assert not done.stderr
                assert done.stdout.count("chr1\t") > 2


def test_readers_accept_bed_and_gff3(run: Run, genome: Path, tmp_path: Path) -> None:
    for form in ("bed", "gff3"):
        for name, options in (("candidates", []), ("calls", ["--classify", "--all"])):
            path = tmp_path / f"{name}.{form}"
            run("scan-genome", genome, "--format", form, "-o", path, *options)
            lines = path.read_text().splitlines(True)
            start = 1 if form == "bed" else 3
            data = [line for line in lines if not line.startswith("#")]
            data.sort(key=lambda line: (line.split("\t")[0], int(line.split("\t")[start])))
            path.write_text("".join([*[n for n in lines if n.startswith("#")], *data]))
            index = pysam.tabix_index(str(path), preset=form.removesuffix("3"), force=True)
            with pysam.TabixFile(index) as table:
                assert len(list(table.fetch("chr1"))) > 2


def test_regions_are_the_full_scans_rows_within_them(
    run: Run, genome: Path, tmp_path: Path
) -> None:
    whole = run("scan-genome", genome, "-s", "sensitive", "--format", "bed").stdout
    (tmp_path / "r.bed").write_text("chr1\t2800\t4200\n# words\nchr:2\t0\t5000\tx\t0\t-\n")
    options = ("--bed", "r.bed", "--regions", "chr1:2,001-3500")
    part = run("scan-genome", genome, "-s", "sensitive", "--format", "bed", *options)
    assert part.returncode == 0, part.stderr

    def inside(line: str) -> bool:
        contig, start, end = line.split("\t")[:3]
        return contig == "chr:2" or (int(start) >= 2000 and int(end) <= 4200)

    expected = "".join(line for line in body(whole).splitlines(True) if inside(line))
    assert body(part.stdout) == expected != ""


def test_an_index_is_not_needed_in_a_read_only_folder(
    run: Run, genome: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "fixed"
    folder.mkdir()
    (folder / "g.fa").write_text(genome.read_text())
    folder.chmod(0o500)
    try:
        done = run("scan-genome", folder / "g.fa", "--regions", "chr1:2500-4000")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(">chr1:")
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--regions", "chr9"], 1, "contig 'chr9' is not in the genome"),
        (["--regions", "chr1:5-900000"], 1, "lies beyond the end of chr1"),
        (["--bed", "r.bed"], 1, "r.bed:1: end 900000 lies beyond chr1"),
        (["--threshold", "0.5"], 2, "need --classify"),
        (["--format", "jsonl"], 2, "needs --classify"),
        (["--alternatives", "2"], 2, "--alternatives and --q-values need --classify"),
        (["--all"], 2, "need --classify"),
        (["--max-copies", "9"], 2, "need --classify"),
        (["--prior", "2"], 2, "need --classify"),
        (["--classify", "--prior", "nan"], 2, "'nan' is not a finite number"),
        (["--classify", "--prior", "inf"], 2, "'inf' is not a finite number"),
        (["--classify", "--prior", "0"], 2, "0.0 is not in the range x>0"),
        (["--classify", "--prior", "2", "-m", "cnn"], 2, "'cnn' is not calibrated for genomes"),
        (["--classify", "--threshold", "nan"], 2, "'nan' is not a finite number"),
        (["--classify", "--format", "folded"], 2, "does not go with --classify"),
        (["--min-length", "90", "--max-length", "80"], 2, "below --min-length"),
        (["--resume"], 2, "needs -o"),
        (["--classify", "-m", "nothing"], 1, "no model 'nothing'"),
    ],
)
def test_bad_options_are_one_clear_line(
    run: Run, genome: Path, tmp_path: Path, options: list[str], status: int, words: str
) -> None:
    (tmp_path / "r.bed").write_text("chr1\t0\t900000\n")
    done = run("scan-genome", genome, *options)
    assert done.returncode == status
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_strange_letter_is_said_with_its_place(run: Run, tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(">c\n" + "ACGT" * 20 + "\nAC-GT\n")
    for options in ([], ["--regions", "c"]):
        done = run("scan-genome", "g.fa", *options)
        assert done.returncode == 1
        assert "'-' at position 83 of contig 'c' is no nucleotide letter" in done.stderr


def test_genomes_without_hairpins(run: Run, tmp_path: Path) -> None:
    for text in ("", ">a\n", ">a\nACGT\n", ">a\n" + "N" * 5000 + "\n"):
        (tmp_path / "g.fa").write_text(text)
        done = run("scan-genome", "g.fa")
        assert done.returncode == 0
        assert done.stdout == ""
    assert "no sequence" in run("scan-genome", "-", text="").stderr
    assert run("scan-genome", "-", text="hello\n").returncode == 1


def test_many_tiny_contigs_take_no_longer_than_one(run: Run, tmp_path: Path) -> None:
    text = random_letters(50, 4_000_000)
    (tmp_path / "one.fa").write_text(fasta({"c": text}))
    tiny = {f"c{k}": text[40 * k : 40 * k + 40] for k in range(100_000)}
    (tmp_path / "many.fa").write_text(fasta(tiny))
    seconds = {}
    for name in ("one", "many"):
        start = time.perf_counter()
        done = run("scan-genome", f"{name}.fa", "-t", 1)
        seconds[name] = time.perf_counter() - start
        assert done.returncode == 0, done.stderr
    assert seconds["many"] < 4 * seconds["one"] + 5


def test_summary(run: Run, genome: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIRPRE_QUIET")
    done = run("scan-genome", genome, "--classify", "--prior", 300, "--json", "run.json")
    summary = json.loads((tmp_path / "run.json").read_text())
    assert summary["genome_letters"] > 8000
    assert summary["records"]["written"] == len(rows(done.stdout))
    assert {"stems", "hairpins", "network", "fold"} <= set(summary["seconds"])
    networks = summary["search_networks"]
    assert [network["name"] for network in networks] == ["animal", "animal-large"]
    header = [line for line in done.stdout.splitlines() if line.startswith("# ")]
    lines = [f"# search-network-sha256: {network['sha256']}" for network in networks]
    assert ["# preset: default", *lines] == header[-3:]
    assert "# prior: 300 per Mb" in header
    assert summary["model"]["prior_per_mb"] == 300
    called = rows(done.stdout)
    false = sum(1 - float(row["probability"]) for row in called)
    number, per_mb = len(called), len(called) / summary["genome_letters"] * 1e6
    assert number > 1
    assert summary["calls"] == {
        "called": number,
        "per_mb": pytest.approx(per_mb, abs=1e-3),
        "expected_false": pytest.approx(false, abs=1e-3),
    }
    words = f"{number} calls, {per_mb:.1f} per Mb; with 300 precursors expected per Mb about"
    assert f" nt, {words} {false:.1f} of them are false; " in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_is_called_is_written_and_with_all_the_rest(run: Run, genome: Path) -> None:
    options = ("scan-genome", genome, "--classify", "--prior", 300)
    everything = rows(run(*options, "--all").stdout)
    called = run(*options, "--only-positive").stdout  # the option's older name
    assert called.replace(" --only-positive", "") == run(*options).stdout
    assert rows(called) == [row for row in everything if row["call"] == "pre-miRNA"]
    assert 0 < len(rows(called)) < len(everything)
    for row in everything:
        assert (row["call"] == "pre-miRNA") == (float(row["probability"]) >= 0.1)
    least = sorted(float(row["probability"]) for row in everything)[-2]
    two = rows(run(*options, "--threshold", least).stdout)
    assert [row["call"] for row in two] == ["pre-miRNA"] * 2


def test_a_prior_changes_probabilities_and_no_score(run: Run, genome: Path) -> None:
    def scan(*options: object) -> list[dict[str, str]]:
        return rows(run("scan-genome", genome, "--classify", "--all", *options).stdout)

    by_preset, few, many = scan(), scan("--prior", 1), scan("--prior", 10)
    assert by_preset == few
    for less, more in zip(few, many, strict=True):
        assert less["score"] == more["score"]
        low, high = float(less["probability"]), float(more["probability"])
        assert high / (1 - high) == pytest.approx(10 * low / (1 - low), rel=0.02, abs=2e-5)
    plant = run("scan-genome", genome, "--classify", "-s", "plant").stdout
    assert "# prior: 2 per Mb\n" in plant


def test_a_model_without_a_genome_calibration_keeps_its_probability(
    run: Run, genome: Path, tmp_path: Path
) -> None:
    done = run("scan-genome", genome, "--classify", "--all", "-m", "rnn", "--json", "run.json")
    assert "prior" not in done.stdout
    found = rows(done.stdout)
    assert all(row["score"] == row["probability"] for row in found)
    summary = json.loads((tmp_path / "run.json").read_text())
    assert "prior_per_mb" not in summary["model"]
    assert set(summary["calls"]) == {"called", "per_mb"}
    assert "false" not in done.stderr


@pytest.mark.parametrize("form", ["tsv", "gff3", "jsonl", "bed", "fasta"])
def test_threads_change_no_byte_of_calls(run: Run, genome: Path, form: str) -> None:
    options = ("--classify", "--all", "--format", form)
    outputs = [run("scan-genome", genome, *options, "-t", threads).stdout for threads in (1, 2)]
    assert outputs[0] == outputs[1] != ""


def test_every_format_says_the_same_of_a_call(run: Run, genome: Path) -> None:
    def scan(form: str) -> list[str]:
        options = ("--classify", "--all", "--format", form)
        return body(run("scan-genome", genome, *options).stdout).splitlines()

    table = rows("\n".join(scan("tsv")))
    names = [*("id", "length", "mfe", "probability", "score", "call"), *("copies", "outside_pairs")]
    assert list(table[0]) == [*names, "flags"]
    for row, line in zip(table, scan("jsonl"), strict=True):
        call = json.loads(line)
        for name in ("probability", "score"):
            assert f"{call[name]:.6f}" == row[name]
        for name in ("copies", "outside_pairs"):
            assert str(call[name]) == row[name]
    for row, line in zip(table, scan("gff3"), strict=True):
        for name in ("score", "copies", "outside_pairs"):
            assert f"{name}={row[name]}" in line.split("\t")[8].split(";")
        assert line.split("\t")[5] == row["probability"]
    for row, line in zip(table, scan("bed"), strict=True):
        assert line.split("\t")[4] == str(round(1000 * float(row["probability"])))


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "mirpre", "scan-genome", *map(str, args)]


def test_a_killed_run_goes_on_and_ends_in_the_same_bytes(tmp_path: Path) -> None:
    text = {f"c{k}": random_letters(60 + k, 120_000) for k in range(10)}
    (tmp_path / "g.fa").write_text(fasta(text))
    base = ["g.fa", "--classify", "--all", "-t", "1"]
    whole = subprocess.run(
        command(*base, "-o", "whole.tsv"), cwd=tmp_path, check=True, capture_output=True
    )
    assert whole.returncode == 0
    checkpoint = tmp_path / "part.tsv.resume"
    with subprocess.Popen(command(*base, "-o", "part.tsv", "--resume"), cwd=tmp_path) as process:
        while not (checkpoint.exists() and checkpoint.read_bytes().count(b"\n") > 3):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "part.tsv").exists()
    # As if the kill had come in the middle of a line.
    kept = checkpoint.read_bytes()
    checkpoint.write_bytes(kept[: kept.rstrip(b"\n").rindex(b"\n") + 20])
    done_before = checkpoint.read_bytes().count(b"\n")
    # And as if a letter of a hairpin had changed on the disk.
    half_done = checkpoint.read_bytes()
    changed = [*base, "--max-length", "120"]
    for arguments, words in (
        (changed, "another command, settings"),
        (["-s", "fast", *base], "another command"),
    ):
        refused = subprocess.run(
            command(*arguments, "-o", "part.tsv", "--resume"),
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
        )
        assert refused.returncode == 1
        assert words in refused.stderr
    original = (tmp_path / "g.fa").read_text()
    (tmp_path / "g.fa").write_text(original.replace("A", "C", 10))
    refused = subprocess.run(
        command(*base, "-o", "part.tsv", "--resume"),
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert "genome has changed" in refused.stderr
    (tmp_path / "g.fa").write_text(original)
    assert checkpoint.read_bytes().count(b"\n") == done_before
    again = subprocess.run(
        command(*base, "-o", "part.tsv", "--resume"), cwd=tmp_path, check=True, capture_output=True
    )
    assert again.returncode == 0
    assert (tmp_path / "part.tsv").read_bytes() == (tmp_path / "whole.tsv").read_bytes()
    assert not checkpoint.exists()
    line = half_done.splitlines(True)[1]
    flipped = re.sub(rb'"[ACGU]{40}', lambda match: b'"' + match[0][1:].translate(SWAP), line)
    assert flipped != line
    checkpoint.write_bytes(half_done.replace(line, flipped))
    subprocess.run(
        command(*base, "-o", "part.tsv", "--resume"), cwd=tmp_path, check=True, capture_output=True
    )
    assert (tmp_path / "part.tsv").read_bytes() == (tmp_path / "whole.tsv").read_bytes()


@pytest.mark.parametrize("content", ["hello", "hello\n", "{}\n", "mirpre scan-genome --resume \n"])
def test_a_file_that_is_no_journal_is_left_alone(
    run: Run, data: Path, tmp_path: Path, content: str
) -> None:
    (tmp_path / "out.resume").write_text(content)
    done = run("scan-genome", data / "genome.fa", "-o", "out", "--resume")
    assert done.returncode == 1
    assert "no record of a run that can be resumed" in done.stderr
    assert (tmp_path / "out.resume").read_text() == content
    (tmp_path / "link.resume").symlink_to("out.resume")
    done = run("scan-genome", data / "genome.fa", "-o", "link", "--resume")
    assert done.returncode == 1
    assert "link.resume: cannot write: it is a symbolic link" in done.stderr
    assert sorted(f.name for f in tmp_path.iterdir()) == ["link.resume", "out.resume"]


def test_contigs_keep_their_names(run: Run, data: Path, tmp_path: Path) -> None:
    text = (
        (data / "genome.fa").read_text().replace(">chrA", ">gi::chrA").replace(">chrB", ">a:1-9(+)")
    )
    (tmp_path / "odd.fa").write_text(text)
    (tmp_path / "odd.bed").write_text("gi::chrA\t200\t280\thsa-let-7a-1\t0\t+\n")
    for options in (
        ["scan-genome", "odd.fa", "--classify", "--all", "--format", "bed"],
        ["scan-genome", "odd.fa", "--format", "bed"],
        ["classify", "--bed", "odd.bed", "--genome", "odd.fa", "--format", "bed"],
    ):
        rows = [line for line in run(*options).stdout.splitlines() if not line.startswith("#")]
        assert {row.split("\t")[0] for row in rows} <= {"gi::chrA", "a:1-9(+)"}
        assert rows


def test_an_id_of_a_scan_is_a_region(run: Run, data: Path) -> None:
    genome = data / "genome.fa"
    found = run("scan-genome", genome, "--format", "tsv").stdout
    name = next(row["id"] for row in rows(found) if row["id"].endswith("(+)"))
    of_region = rows(run("scan-genome", genome, "--format", "tsv", "--regions", name).stdout)
    assert name in [row["id"] for row in of_region]
    start, end = map(int, name.split(":")[1].removesuffix("(+)").split("-"))
    assert all(int(row["start"]) > start and int(row["end"]) <= end for row in of_region)


def test_an_unfolded_scan_names_no_viennarna(run: Run, data: Path, tmp_path: Path) -> None:
    run("scan-genome", data / "genome.fa", "--json", "summary.json")
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["folder"], summary["viennarna"]) == ("none", "not used")
    assert "truncated" not in summary["records"]


@pytest.mark.parametrize(
    ("old", "new"), [("--sensitivity", "--preset"), ("--versions", "--alternatives")]
)
def test_older_names_of_options_still_work(run: Run, data: Path, old: str, new: str) -> None:
    value = {"--preset": "strict", "--alternatives": "1"}[new]
    outputs = [
        body(run("scan-genome", data / "genome.fa", "--classify", "--all", option, value).stdout)
        for option in (old, new)
    ]
    assert outputs[0] == outputs[1]
    assert outputs[0]
