"""The genome read backwards: what is found there, on what it depends, and the q-values."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Run, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scan_helpers import SMALL, fasta, precursors, random_letters, scanned

import mirpre
from mirpre.formats.records import to_rna

CONTIGS = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(0, 2000), st.sampled_from(["ACGT", "ACGTNa"])),
    min_size=1,
    max_size=3,
)
WANTED = dataclasses.replace(SMALL, alternatives=2, opposite_strands=True)


def made(parts: list[tuple[int, int, str]]) -> dict[str, str]:
    return {f"c{k}": random_letters(*part) for k, part in enumerate(parts)}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CONTIGS, st.integers(50, 4000), st.integers(1, 20_000))
def test_chunks_change_nothing(parts: list[tuple[int, int, str]], chunk: int, batch: int) -> None:
    genome = fasta(made(parts))
    wanted = dataclasses.replace(SMALL, mirror=True)
    whole = scanned(genome, wanted, mirrored=True)
    assert scanned(genome, wanted, chunk, batch, mirrored=True) == whole


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CONTIGS)
def test_the_mirror_of_the_mirror_is_the_genome(parts: list[tuple[int, int, str]]) -> None:
    genome = made(parts)
    there = scanned(fasta(genome), WANTED)
    back = scanned(fasta({name: s[::-1] for name, s in genome.items()}), WANTED, mirrored=True)
    turned = []
    for candidate in back:
        place, length = candidate.locus, len(genome[candidate.locus.contig])
        key = (place.contig, length - place.end, length - place.start, place.strand)
        turned.append((*key, candidate.hairpin.sequence, candidate.score))
    assert sorted(turned) == sorted(
        (c.locus.contig, c.locus.start, c.locus.end, c.locus.strand, c.hairpin.sequence, c.score)
        for c in there
    )


def test_a_candidate_has_the_place_whose_letters_it_is_made_of() -> None:
    genome = {"a": random_letters(8, 4000, "ACGTacgtRN"), "b": random_letters(9, 4000)}
    found = scanned(fasta(genome), SMALL, mirrored=True)
    assert {candidate.locus.strand for candidate in found} == {"+", "-"}
    complement = str.maketrans("ACGURN", "UGCAYN")
    for candidate in found:
        place = candidate.locus
        backwards = to_rna(genome[place.contig][place.start : place.end])[::-1]
        if place.strand == "-":
            backwards = backwards.translate(complement)[::-1]
        assert candidate.hairpin.sequence == backwards


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    found = "".join(random_letters(k, 4000) + s for k, s in enumerate(precursors().values()))
    path = tmp_path / "genome.fa"
    path.write_text(fasta({"chr1": found.replace("U", "T")}))
    return path


OPTIONS = ("--classify", "--all", "--q-values", "-s", "sensitive")


def test_q_values_in_every_format(run: Run, genome: Path) -> None:
    outputs = [run("scan-genome", genome, *OPTIONS, "-t", threads) for threads in (1, 2)]
    table = outputs[0].stdout
    assert outputs[0].returncode == 0, outputs[0].stderr
    assert outputs[1].stdout == table
    assert "# q-values: against the genome read backwards\n" in table
    found = rows(table)
    assert {row["id"] for row in found if float(row["q_value"]) < 0.5}
    plain = rows(run("scan-genome", genome, "--classify", "--all", "-s", "sensitive").stdout)
    assert plain == [{k: v for k, v in row.items() if k != "q_value"} for row in found]
    best = rows(run("scan-genome", genome, *OPTIONS, "--strands", "best").stdout)
    kept = [row for row in found if row["id"] in {b["id"] for b in best}]
    # Of strands that are not reported no copies are counted.
    assert [row | {"copies": ""} for row in kept] == [row | {"copies": ""} for row in best]
    lines = run("scan-genome", genome, *OPTIONS, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["q_value"] for line in lines] == [float(r["q_value"]) for r in found]
    gff3 = run("scan-genome", genome, *OPTIONS, "--format", "gff3").stdout
    assert gff3.count(f"q_value={found[0]['q_value']}") >= 1


def test_q_values_do_not_depend_on_chunks(genome: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(mirpre.scan(genome, preset="sensitive", q_values=True))
    for size in (1000, 7777):
        monkeypatch.setattr("mirpre.scanning.batches.CHUNK_LETTERS", size)
        assert list(mirpre.scan(genome, preset="sensitive", q_values=True, threads=2)) == whole


def test_a_resumed_run_has_the_same_q_values(run: Run, genome: Path) -> None:
    whole = run("scan-genome", genome, *OPTIONS, "-o", "out.tsv", "--resume", "--json", "a.json")
    assert whole.returncode == 0, whole.stderr
    folder = genome.parent
    table = (folder / "out.tsv").read_text()
    evidence = json.loads((folder / "a.json").read_text())["q_values"]
    assert set(evidence) == {
        *("evidence", "smallest", "exchange_ratio", "target_places", "mirror_places")
    }
    assert evidence["evidence"]
    assert f"{evidence['smallest']:.4g}" in {row["q_value"] for row in rows(table)}
    assert "no evidence" not in whole.stderr
    # An output that cannot be written ends the run when all is searched; its parts are kept.
    command = [sys.executable, "-m", "mirpre", "scan-genome", genome, *OPTIONS]
    with subprocess.Popen([*command, "-o", "late", "--resume"], cwd=folder) as process:
        while not (folder / "late.resume").exists():
            assert process.poll() is None
            time.sleep(0.01)
        (folder / "late").mkdir()
        assert process.wait() == 1
    assert (folder / "late.resume").exists()
    (folder / "late").rmdir()
    resumed = run("scan-genome", genome, *OPTIONS, "-o", "late", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert (folder / "late").read_text() == table


def test_a_genome_of_chance_gives_no_evidence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "made.fa").write_text(fasta({"c": random_letters(10, 60_000)}))
    done = run("scan-genome", "made.fa", *OPTIONS, "--json", "run.json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("no evidence of precursors: ") == 1
    found = json.loads((tmp_path / "run.json").read_text())["q_values"]
    assert not found["evidence"]
    assert found["smallest"] > 0.5
    assert found["target_places"] > 3
    assert found["mirror_places"] > 3


def test_nothing_found_is_no_evidence_either(run: Run, tmp_path: Path) -> None:
    (tmp_path / "made.fa").write_text(fasta({"c": "A" * 500}))
    done = run("scan-genome", "made.fa", *OPTIONS, "--json", "run.json")
    assert done.returncode == 0, done.stderr
    assert "no evidence" not in done.stderr
    found = json.loads((tmp_path / "run.json").read_text())["q_values"]
    assert (found["evidence"], found["smallest"]) == (False, None)


def test_the_older_option_means_the_same(run: Run, data: Path) -> None:
    new = run("scan-genome", data / "genome.fa", "--classify", "--q-values")
    old = run("scan-genome", data / "genome.fa", "--classify", "--decoys", 3)
    assert rows(old.stdout) == rows(new.stdout)
    lines = [line for line in old.stderr.splitlines() if line not in new.stderr]
    assert len(lines) == 1
    assert "--decoys means --q-values now" in lines[0]
    none = run("scan-genome", data / "genome.fa", "--classify", "--decoys", 0)
    assert "q_value" not in none.stdout
    assert "--decoys" not in run("scan-genome", "--help").stdout


def test_q_values_need_calls(run: Run, genome: Path) -> None:
    for option in (["--q-values"], ["--decoys", 1]):
        done = run("scan-genome", genome, *option)
        assert done.returncode == 2
        assert "--q-values need --classify" in done.stderr
