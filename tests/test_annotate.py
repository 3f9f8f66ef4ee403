"""mirpre annotate: calls of any format in, one annotation out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mirpre
from mirpre.annotation.annotate import Annotator, stable_id, with_context
from mirpre.annotation.arms import ArmsPredictor
from mirpre.annotation.completeness import clades, expected_families
from mirpre.annotation.families import Context, FamilySearch
from mirpre.annotation.matures import (
    CONSERVED,
    DOUBTFUL,
    SINGLE,
    SUPPORTED,
    SUPPORTS,
    arm_of,
    family_of,
    known_matures,
    mirgenedb_family_of,
)
from mirpre.annotation.posterior import KNOWN_FAMILY, NOVEL_SEQUENCE, load_posterior
from mirpre.annotation.records import Arms, FamilyHits, KnownMature
from mirpre.folding import native
from mirpre.formats.annotations import ANNOTATION_COLUMNS, ANNOTATION_FORMATS, values
from mirpre.records import Call, Hairpin, Locus
from mirpre.scanning.letters import reverse_complement
from mirpre.timing import StageSeconds

LET7 = "UGGGAUGAGGUAGUAGGUUGUAUAGUUUUAGGGUCACACCCACCACUGGGAGAUAACUAUACAAUCUACUGUCUUUCCUA"
"""hsa-let-7a-1, MI0000060, the precursor's stem."""
LET7_5P = "UGAGGUAGUAGGUUGUAUAGUU"
LET7_3P = "CUAUACAAUCUACUGUCUUUC"
BASES = st.text("ACGU", min_size=1)
HAIRPINS = {
    "precursor": LET7,
    "other": "ACAACACCAACACAACCAACACAACACCAACAACACAACCACAACACAACACAAC",
}


def run(*args: object, data: Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mirpre", *map(str, args)],
        cwd=data,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def rows(table: str) -> list[dict[str, str]]:
    lines = [line for line in table.splitlines() if not line.startswith("#")]
    names = lines[0].split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in lines[1:]]


def known(name: str, sequence: str, support: str = SUPPORTED) -> KnownMature:
    return KnownMature(name, sequence, family_of(name), arm_of(name), support=support)


def hits_of(search: FamilySearch, hairpin: str, before: str = "", after: str = "") -> FamilyHits:
    return search.nearest([Context(before, hairpin, after)])[0]


@pytest.mark.parametrize(
    ("name", "family", "arm", "mirgenedb"),
    [
        ("hsa-miR-10b-5p", "mir-10", "5p", ""),
        ("ath-miR156a", "MIR156", None, ""),
        ("ebv-miR-BART16", "mir-BART16", None, ""),
        ("kshv-miR-K12-10a-3p", "mir-K12-10", "3p", ""),
        ("cel-let-7-5p", "let-7", "5p", ""),
        ("dme-bantam-3p", "bantam", "3p", ""),
        ("hsa-mir-9-1", "mir-9", None, ""),
        ("Hsa-Mir-10-P1b_5p*", "mir-10", "5p", "Mir-10"),
        ("Dme-Bantam_3p", "bantam", "3p", "Bantam"),
        ("mine", "mine", None, ""),
    ],
)
def test_names_tell_family_and_arm(name: str, family: str, arm: str | None, mirgenedb: str) -> None:
    assert (family_of(name), arm_of(name), mirgenedb_family_of(name)) == (family, arm, mirgenedb)


def test_the_nearest_mature_and_the_other_arm() -> None:
    search = FamilySearch([known("x-let-7-5p", LET7_5P), known("x-let-7-3p", LET7_3P)])
    found = hits_of(search, LET7)
    assert found.best is not None
    assert found.other is not None
    assert (found.best.start, found.best.mismatches, found.best.score) == (5, 0, 22)
    assert (found.best.arm, found.other.arm) == ("5p", "3p")
    assert found.best.seed == "GAGGUAG"
    assert LET7[found.other.start : found.other.end] == LET7_3P


def test_a_mature_on_the_wrong_arm_or_without_its_seed_is_no_hit() -> None:
    assert hits_of(FamilySearch([known("x-let-7-3p", LET7_5P)]), LET7).best is None
    other_seed = LET7_5P[:4] + "A" + LET7_5P[5:]
    assert hits_of(FamilySearch([known("x-let-7-5p", other_seed)]), LET7).best is None


def test_mismatches_behind_the_seed_cost_two() -> None:
    changed = LET7_5P[:12] + "CCAA" + LET7_5P[16:]
    wrong = sum(a != b for a, b in zip(changed, LET7_5P, strict=True))
    found = hits_of(FamilySearch([known("x-let-7-5p", changed)]), LET7)
    assert found.best is not None
    assert (found.best.mismatches, found.best.score) == (wrong, 22 - 3 * wrong)
    assert (found.family is not None) == (found.best.score >= 14)


def test_a_mature_may_reach_into_the_flank() -> None:
    search = FamilySearch([known("x-let-7-5p", LET7_5P)])
    found = hits_of(search, LET7[8:], before=LET7[:8])
    assert found.best is not None
    assert (found.best.start, found.best.score) == (-3, 22)
    alone = hits_of(search, LET7[8:])
    assert alone.best is None


def test_of_equal_scores_the_supported_and_the_most_published_wins() -> None:
    longer = LET7_5P + "UU"  # its first 22 letters are the same
    names = [
        known("a-let-7-5p", longer, SINGLE),
        known("b-let-7-5p", longer, CONSERVED),
        known("c-let-7-5p", LET7_5P, CONSERVED),
        known("d-let-7-5p", LET7_5P, CONSERVED),
        known("e-let-7-5p", LET7_5P, SINGLE),
    ]
    best = hits_of(FamilySearch(names), LET7).best
    assert best is not None
    assert best.mature.name == "c-let-7-5p"


def test_a_doubtful_mature_is_told_but_names_no_family() -> None:
    doubtful = known("a-let-7-5p", LET7_5P, DOUBTFUL)
    alone = hits_of(FamilySearch([doubtful]), LET7)
    assert alone.best is not None
    assert alone.best.mature == doubtful
    assert alone.family is None
    posterior = load_posterior()
    assert posterior.family_llr(alone) == posterior.no_family
    # Another one that names a family comes first, even with a mismatch.
    other = known("b-let-7-5p", LET7_5P[:-1] + "A", SINGLE)
    both = hits_of(FamilySearch([doubtful, other]), LET7)
    assert both.family == other


@pytest.mark.parametrize(
    ("sequence", "is_kept"),
    [
        ("AAAUAUAUAUAUAUAUGUACGUAU", False),  # hsa-miR-1277-5p
        ("ACACACACACACACACACACAC", False),
        ("UGAGGUAGNAGGUUGUAUAGUU", False),
        ("UGAGGUAGUAGGUU", False),
        (LET7_5P, True),
    ],
)
def test_low_complexity_other_letters_and_lengths_are_left_out(
    sequence: str, is_kept: bool
) -> None:
    search = FamilySearch([known("x-miR-1", sequence)])
    assert (len(search.matures), search.left_out) == ((1, 0) if is_kept else (0, 1))


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.text("ACGUN", max_size=90), max_size=5),
    st.text("ACGU", min_size=22, max_size=22),
)
def test_a_hit_does_not_depend_on_its_neighbours(texts: list[str], mature: str) -> None:
    """And its mismatches are those that one counts."""
    texts = [*texts, mature + "A" * 30, "C" * 30 + mature]
    search = FamilySearch([known("x-miR-1", mature)])
    contexts = [Context("", text, "") for text in texts]
    together = search.nearest(contexts)
    assert together == [search.nearest([context])[0] for context in contexts]
    for context, found in zip(contexts, together, strict=True):
        if found.best is not None and found.best.start >= 0:
            place = context.hairpin[found.best.start : found.best.end]
            wrong = sum(a != b for a, b in zip(place, mature, strict=False))
            assert found.best.mismatches == wrong
            assert found.best.score == len(place) - 3 * wrong


def test_the_bundled_index_holds_what_it_says() -> None:
    matures = list(known_matures(None))
    assert {m.support for m in matures} == set(SUPPORTS)
    let7 = next(m for m in matures if m.sequence == LET7_5P)
    assert (let7.family, let7.mirgenedb_family, let7.support) == ("let-7", "Let-7", SUPPORTED)
    assert let7.entries > 50
    assert FamilySearch(matures).left_out == 0


def test_every_kind_of_calls_gives_the_same_places(data: Path, tmp_path: Path) -> None:
    """GFF3, BED, table and JSON lines of the same regions; BED has three decimals only."""
    genome = data / "genome.fa"
    found = []
    for kind in ("tsv", "jsonl", "gff3", "bed"):
        calls = tmp_path / kind
        options = ["--bed", "regions.bed", "--genome", genome, "--format", kind, "-o", calls]
        assert run("classify", *options, data=data).returncode == 0
        done = run("annotate", calls, "--genome", genome, "--format", "tsv", "--all", data=data)
        assert done.returncode == 0, done.stderr
        own = ("id", "name", "contig", "start", "end", "strand", "family", "mature_5p", "mfe")
        found.append([[row[column] for column in own] for row in rows(done.stdout)])
    assert len(found[0]) == 6
    assert all(one == found[0] for one in found)


def test_annotations_compose_in_a_pipe(data: Path) -> None:
    """The scan's own way gives what the pipe gives."""
    pipe = (
        f"{sys.executable} -m mirpre scan-genome genome.fa --classify --all | "
        f"{sys.executable} -m mirpre annotate --genome genome.fa"
    )
    done = subprocess.run(
        ["bash", "-c", pipe], cwd=data, capture_output=True, text=True, check=True
    )
    whole = run("scan-genome", "genome.fa", "--annotate", data=data)

    def body(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith("# ")]

    assert len(body(done.stdout)) > 3
    # The table has six decimals of all that the scan knows.
    assert body(done.stdout) == body(whole.stdout)
    assert "# calls: model: genome" in done.stdout


def test_columns_are_those_of_the_table_and_formats_those_of_the_command() -> None:
    from mirpre.cli.annotation import FORMATS, MULTI, PROFILES
    from mirpre.formats import alignments

    (one,) = mirpre.annotate(mirpre.classify([LET7]))
    assert tuple(values(one)) == ANNOTATION_COLUMNS
    assert tuple(ANNOTATION_FORMATS) == FORMATS
    assert alignments.MULTI == MULTI
    from mirpre.annotation import criteria

    assert set(criteria.PROFILES) == set(PROFILES)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_mature_beyond_its_hairpin_lengthens_it(tmp_path: Path, strand: str) -> None:
    text = "C" * 40 + LET7 + "C" * 40
    if strand == "-":
        text = reverse_complement(text)
    (tmp_path / "g.fa").write_text(f">chr1\n{text}\n")
    start, end = (48, 120) if strand == "+" else (40, 112)
    place = Locus("chr1", start, end, strand)
    inside = text[start:end]
    hairpin = Hairpin(str(place), inside if strand == "+" else reverse_complement(inside))
    call = Call(hairpin, 0.5, False)
    (tmp_path / "known.fa").write_text(f">x-let-7-5p\n{LET7_5P}\n")
    (one,) = mirpre.annotate([call], genome=tmp_path / "g.fa", known=tmp_path / "known.fa")
    assert one.arms.five is not None
    assert one.mature(one.arms.five) == LET7_5P
    assert len(one.hairpin) == len(hairpin) + 3
    assert one.hairpin.structure is not None
    assert one.hairpin.structure.startswith("...")
    locus = one.locus_of(one.arms.five)
    assert locus is not None
    cut = text[locus.start : locus.end]
    assert (cut if strand == "+" else reverse_complement(cut)) == LET7_5P
    assert one.place is not None
    whole = text[one.place.start : one.place.end]
    assert (whole if strand == "+" else reverse_complement(whole)) == one.hairpin.sequence


def test_ids_come_from_sequence_and_place() -> None:
    one = Hairpin("a", "ACGU", locus=Locus("chr1", 10, 14, "+"))
    assert stable_id(one) == stable_id(Hairpin("b", "ACGU", locus=Locus("chr1", 10, 14, "+")))
    others = [
        Hairpin("a", "ACGA", locus=Locus("chr1", 10, 14, "+")),
        Hairpin("a", "ACGU", locus=Locus("chr1", 10, 14, "-")),
        Hairpin("a", "ACGU", locus=Locus("chr2", 10, 14, "+")),
        Hairpin("a", "ACGU"),
    ]
    assert len({stable_id(other) for other in [one, *others]}) == 5


def test_the_posterior_rises_with_evidence() -> None:
    posterior = load_posterior()
    call = Call(Hairpin("a", LET7), 0.01, False)
    with_family = hits_of(FamilySearch([known("x-let-7-5p", LET7_5P)]), LET7)
    none = FamilyHits(None, None)
    alone, tier = posterior.of(call, none)
    known_one, known_tier = posterior.of(call, with_family)
    assert alone < 0.01 < known_one
    assert (tier, known_tier) == (NOVEL_SEQUENCE, KNOWN_FAMILY)
    assert load_posterior(searched=False).of(call, none)[0] == 0.01


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_the_posterior_keeps_the_order_of_probabilities(one: float, other: float) -> None:
    posterior = load_posterior()
    low, high = (
        posterior.of(Call(Hairpin("a", "A"), p, False), FamilyHits(None, None))[0]
        for p in sorted((one, other))
    )
    assert 0 <= low <= high <= 1


def test_completeness_counts_families_of_a_clade() -> None:
    from collections import Counter

    expected = expected_families("nematoda")
    assert expected is not None
    assert "Let-7" in expected.families
    result = expected.compare(Counter({"Let-7": 2, "Mir-99999": 1}))
    assert (result.found, result.loci["Let-7"]) == (1, 2)
    assert f"1 of {len(expected.families)} families expected in Nematoda" in result.sentence()
    assert expected_families("Martians") is None
    assert {"Metazoa", "Mammalia", "Hexapoda", "Viridiplantae"} <= set(clades())


def test_completeness_is_written(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRPRE_QUIET", "0")
    options = ["--clade", "Metazoa", "--completeness", tmp_path / "c.tsv", "--json", tmp_path / "j"]
    done = run("scan-genome", "genome.fa", "--annotate", *options, data=data)
    assert done.returncode == 0, done.stderr
    table = {row["family"]: row["status"] for row in rows((tmp_path / "c.tsv").read_text())}
    assert table["Let-7"] == "found"
    assert "missing" in table.values()
    summary = json.loads((tmp_path / "j").read_text())["completeness"]
    assert summary["found"] + len(summary["missing"]) == summary["expected"] == len(table)
    assert f"{summary['found']} of {len(table)} families expected in Metazoa" in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (">a\nACGU\n", "calls of 'mirpre classify'"),
        ("what is this\n", "not understood"),
        ("id\tlength\tprobability\nchr1:0-9(+)\t9\t0.5\n", "hold no sequences"),
        ('{"header": "a", "sequence": "ACGU"}\n', "no probability"),
        ('{"header": "a"}\n', "no sequence"),
        ('{"header": "a", "sequence": "ACGX", "probability": 0.5}\n', "'X' is no nucleotide"),
        ('{"header": "a", "sequence": "ACGU", "probability": 2}\n', "not from 0 to 1"),
        ("{]\n", "not JSON"),
    ],
)
def test_what_is_no_call_is_one_clear_line(data: Path, text: str, message: str) -> None:
    done = run("annotate", data=data, text=text)
    assert (done.returncode, done.stdout.count("\nchr")) == (1, 0)
    assert done.stderr.startswith("mirpre: error: <stdin>")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chrZ:0-9(+)\t9\t0.5", "contig 'chrZ' is not in the genome"),
        ("chrA:999990-999999(+)\t9\t0.5", "outside of chrA"),
        ("nowhere\t9\t0.5", "no locus such as"),
        ("chrA:0-9(+)\tnine\t0.5", "length is 'nine'; a number"),
    ],
)
def test_a_call_that_is_not_in_the_genome_can_be_skipped(
    data: Path, tmp_path: Path, line: str, message: str
) -> None:
    text = f"id\tlength\tprobability\n{line}\nchrA:200-280(+)\t80\t0.5\n"
    options = ["--genome", "genome.fa", "--format", "tsv"]
    done = run("annotate", *options, data=data, text=text)
    assert done.returncode == 1
    assert message in done.stderr
    assert ":2: " in done.stderr
    done = run("annotate", *options, "--skip-invalid", tmp_path / "s", data=data, text=text)
    assert done.returncode == 0
    assert [row["family"] for row in rows(done.stdout)] == ["let-7"]
    assert line in (tmp_path / "s").read_text()


def test_calls_of_another_genome_are_told(data: Path, tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(">chrA\n" + "ACGT" * 300 + "\n>chrB\n" + "ACGT" * 300 + "\n")
    calls = data / "expected" / "regions.jsonl"
    done = run("annotate", calls, "--genome", tmp_path / "g.fa", data=data)
    assert done.returncode == 1
    assert "its sequence is not that of its place in the genome" in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--completeness", "x"],
        ["--clade", "Martians"],
        ["--clade", "Metazoa", "--known", "none"],
        ["--known", "missing.fa"],
    ],
)
def test_options_that_do_not_go_together_are_usage_errors(data: Path, options: list[str]) -> None:
    assert run("annotate", *options, data=data, text="").returncode == 2


@pytest.mark.parametrize(
    "options",
    [
        ["--known", "none"],
        ["--format", "mature-fasta"],
        ["--annotate", "--format", "folded"],
        ["--clade", "Metazoa"],
    ],
)
def test_a_scan_takes_evidence_with_annotate_only(data: Path, options: list[str]) -> None:
    assert run("scan-genome", "genome.fa", *options, data=data).returncode == 2


def test_no_calls_give_an_empty_annotation(data: Path) -> None:
    done = run("annotate", data=data, text="")
    assert (done.returncode, done.stdout.startswith("##gff-version 3\n")) == (0, True)


def test_known_none_and_own_matures(data: Path, tmp_path: Path) -> None:
    calls = data / "expected" / "regions.jsonl"
    options = ["--format", "tsv", "--all"]
    none = rows(run("annotate", calls, "--known", "none", *options, data=data).stdout)
    assert {row["family"] for row in none} == {"NA"}
    assert [row["posterior"] for row in none] == [row["probability"] for row in none]
    (tmp_path / "m.fa").write_text(f">xyz-miR-77-5p\n{LET7_5P.replace('U', 'T')}\n")
    own = rows(run("annotate", calls, "--known", tmp_path / "m.fa", *options, data=data).stdout)
    assert [row["family"] for row in own[:3]] == ["mir-77", "NA", "mir-77"]


def test_calls_without_a_place_need_no_genome_and_have_none() -> None:
    (one,) = mirpre.annotate(mirpre.classify([("let7", LET7)]))
    assert one.place is None
    assert one.hits.family is not None
    assert one.arms.five is not None
    assert one.locus_of(one.arms.five) is None
    with pytest.raises(mirpre.MirpreError, match="no place in this genome"):
        next(with_context(mirpre.classify([("let7", LET7)]), _Empty()))  # type: ignore[arg-type]


class _Empty:
    references: tuple[str, ...] = ()
    lengths: tuple[int, ...] = ()


@pytest.mark.parametrize(
    ("scanned", "options"),
    [(["-s", "plant"], []), ([], ["--profile", "plant"]), ([], ["--clade", "monocotyledons"])],
    ids=["preset", "profile", "clade"],
)
def test_of_plants_no_arms_are_told_from_the_sequence(
    data: Path, tmp_path: Path, scanned: list[str], options: list[str]
) -> None:
    calls = run("scan-genome", "genome.fa", "--classify", *scanned, data=data).stdout
    (tmp_path / "own.fa").write_text(">x-miR-7-5p\nUGGAAGACUAGUGAUUUUGUU\n")
    given = ["annotate", "-", "--genome", "genome.fa", "--known", tmp_path / "own.fa", *options]
    told = run(*given, "--format", "tsv", data=data, text=calls).stdout
    assert "# arms: not told from the sequence, since it is of plants" in told
    assert {row[f"source_{arm}"] for row in rows(told) for arm in ("5p", "3p")} == {"NA"}
    read = run(*given, "--format", "tsv", "--reads", "reads.bam", data=data, text=calls).stdout
    assert {row["source_5p"] for row in rows(read)} == {"reads", "NA"}


def test_a_scan_of_plants_tells_no_arms_from_the_sequence(data: Path) -> None:
    given = ["scan-genome", "genome.fa", "--annotate", "--known", "none", "--format", "tsv"]
    for options, sources in (([], {"model"}), (["-s", "plant"], {"NA"})):
        found = rows(run(*given, *options, data=data).stdout)
        assert {row["source_5p"] for row in found} == sources


def test_where_a_family_is_of_plants_no_arms_are_told_from_the_sequence(
    data: Path, tmp_path: Path
) -> None:
    calls = run("scan-genome", "genome.fa", "--classify", data=data).stdout
    for name, sources in (("x-miR7-5p", {"known", "NA"}), ("x-miR-7-5p", {"known", "model"})):
        own = tmp_path / f"{name}.fa"
        own.write_text(f">{name}\n{LET7_5P}\n")
        given = ["annotate", "-", "--genome", "genome.fa", "--format", "tsv", "--known", own]
        found = rows(run(*given, data=data, text=calls).stdout)
        let7 = [row for row in found if row["family"] != "NA"]
        assert {row[f"source_{arm}"] for row in let7 for arm in ("5p", "3p")} == sources


def test_the_network_is_asked_of_what_is_written_alone() -> None:
    asked: list[str] = []

    class Watched(ArmsPredictor):
        def arms(self, hairpins: list[Hairpin]) -> list[Arms]:
            asked.extend(hairpin.name for hairpin in hairpins)
            return super().arms(hairpins)

    calls = list(mirpre.classify(HAIRPINS.items()))
    annotator = Annotator(
        posterior=load_posterior(searched=False),
        folder=native.load(),
        arms=Watched(),
        arms_from=0.5,
    )
    placed = with_context(calls, None)
    found = list(annotator.annotate(placed, threads=1, times=StageSeconds()))
    believed = [one.call.hairpin.name for one in found if one.posterior >= 0.5]
    assert asked == believed == ["precursor"]
    assert [bool(one.arms.spans) for one in found] == [True, False]


def test_a_threshold_changes_nothing_of_what_is_written(data: Path) -> None:
    calls = run("scan-genome", "genome.fa", "--classify", "--all", data=data).stdout
    given = ["annotate", "-", "--genome", "genome.fa", "--known", "none", "--format", "tsv"]
    every = rows(run(*given, "--all", data=data, text=calls).stdout)
    some = rows(run(*given, "--threshold", 0.9, data=data, text=calls).stdout)
    assert some == [row for row in every if float(row["posterior"]) >= 0.9]
    assert 0 < len(some) < len(every)
    assert {row["source_3p"] for row in every} == {"model"}
