"""Readers and writers of FASTA, folded and dimer text, and telling them apart."""

from __future__ import annotations

import gzip
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirpre.errors import FileError, RecordError
from mirpre.formats.detect import read_hairpins
from mirpre.formats.dimers import write_encoded
from mirpre.formats.dotbracket import write_folded
from mirpre.formats.fasta import read_fasta, write_fasta
from mirpre.formats.json_text import to_json
from mirpre.formats.labels import read_calls, read_labels
from mirpre.formats.opening import Lines, open_lines
from mirpre.formats.output import open_output
from mirpre.formats.splits import read_split
from mirpre.records import Hairpin


def lines(text: str) -> Lines:
    return Lines(io.StringIO(text), "x.fa")


def fasta(text: str) -> list[Hairpin]:
    return list(read_fasta(lines(text)))


def parse(text: str) -> tuple[str, list[Hairpin]]:
    kind, records = read_hairpins(lines(text))
    return kind, list(records)


def problem(text: str) -> str:
    with pytest.raises(RecordError) as caught:
        parse(text)
    return str(caught.value)


def test_fasta_becomes_upper_case_rna_and_keeps_its_header() -> None:
    (record,) = fasta(">id some  words\tmore\nacgt\n  TTRy \n\n")
    assert record == Hairpin("id some  words\tmore", "ACGUUURY")
    assert record.name == "id"


def test_duplicate_names_and_a_missing_final_newline_are_fine() -> None:
    assert [r.sequence for r in fasta(">a\nAC\n>a\nGU")] == ["AC", "GU"]


@pytest.mark.parametrize("text", ["", "\n", "  \n\n"])
def test_empty_input_is_no_records(text: str) -> None:
    assert parse(text) == ("fasta", [])


def test_errors_name_file_line_and_record() -> None:
    assert problem(">a\nAC\n>b x\nACGU\nAC-U\n").startswith("x.fa:5: record 'b': gap '-'")
    assert problem(">a\nACGE\n").startswith("x.fa:2: record 'a': 'E' is no nucleotide letter")
    assert problem("\n\n>a\n>b\nAC\n") == "x.fa:3: record 'a': no sequence"
    assert problem("ACGU\n").startswith("x.fa:1: sequence without a header")
    assert "10,001 nt" in problem(">a\n" + "A" * 10_001)


def test_letters_that_viennarna_would_pair_but_are_no_iupac_codes_are_refused() -> None:
    assert "'X' is no nucleotide letter" in problem(">a\nACXGU\n")
    assert "'I' is no nucleotide letter" in problem(">a\nACIGU\n")


def test_invalid_records_can_be_set_aside() -> None:
    seen: list[tuple[str, Sequence[str]]] = []
    records = read_fasta(
        lines(">a\nAC-U\nAC\n>b\nACGU\n>c\n"), lambda e, raw: seen.append((e.kind, list(raw)))
    )
    assert [r.name for r in records] == ["b"]
    assert seen == [("gap", [">a", "AC-U", "AC"]), ("empty", [">c"])]


def test_folded_text_is_told_by_content() -> None:
    kind, (record,) = parse(">a b\nGGGAAATCCC\n(((....))) ( -1.20)\n")
    assert kind == "folded"
    assert record == Hairpin("a b", "GGGAAAUCCC", "(((....)))", -1.2)


def test_folded_text_without_energy_has_no_mfe() -> None:
    assert parse(">a\nGGGAAAUCCC\n(((....)))\n")[1][0].mfe is None


def test_broken_folded_text_is_refused() -> None:
    good = ">a\nGGGAAAUCCC\n(((....))) (-1.20)\n"
    assert "10 letters, structure 9" in problem(">b\nGGGAAAUCCC\n(((...))) (-1.20)\n")
    assert "leaves 1 pairs open" in problem(">b\nGGGAAAUCCC\n(((.....)) (-1.20)\n")
    assert "')' at position 1" in problem(">b\nGGGAAAUCCC\n)((....))) (-1.20)\n")
    assert "x.fa:4: record 'b'" in problem(good + ">b\nGGGAAAUCCC\n")
    # RNAfold -p writes more lines, which must not be dropped silently
    assert "without -p" in problem(good + "(((....))) [ -1.50]\n")


def test_dimer_text_is_told_by_content() -> None:
    kind, (record,) = parse("a b\tc\t-1.20\tG( A. N. C)\n")
    assert kind == "encoded"
    assert record == Hairpin("a b\tc", "GANC", "(..)", -1.2)


def test_broken_dimer_text_is_refused() -> None:
    good = "a\t-1.20\tG( A. C)\n"
    for bad in ("b\t-1.20\tG( A. C", "b\tx\tG( A. C)", "b\t-1.20\tG( A. CC)", "b G( A. C)"):
        assert "x.fa:2: record 'b': not a header" in problem(good + bad)
    assert "leaves 1 pairs open" in problem("b\tNA\tG( A. C.\n")


def test_binary_input_is_refused() -> None:
    with pytest.raises(FileError, match="binary content"):
        parse("PK\x03\x04\0\0\n")


HEADERS = st.text(
    st.characters(exclude_characters="\r\n", codec="utf-8", categories=["L", "P", "Zs"])
)


@st.composite
def folded_hairpins(draw: st.DrawFn) -> Hairpin:
    """Any hairpin: a stem of any width around any loop."""
    arm = draw(st.integers(0, 20))
    loop = draw(st.integers(1, 30))
    n = 2 * arm + loop
    sequence = draw(st.text("ACGUNRYKM", min_size=n, max_size=n))
    energy = draw(st.none() | st.integers(-9999, 999).map(lambda e: e / 100))
    return Hairpin(draw(HEADERS), sequence, "(" * arm + "." * loop + ")" * arm, energy)


@given(st.lists(folded_hairpins(), min_size=1, max_size=5))
def test_every_text_format_gives_its_records_back(hairpins: list[Hairpin]) -> None:
    for writer in (write_folded, write_encoded):
        out = io.StringIO()
        for hairpin in hairpins:
            writer(out, hairpin)
        assert parse(out.getvalue())[1] == hairpins
    out = io.StringIO()
    for hairpin in hairpins:
        write_fasta(out, hairpin)
    assert [(r.header, r.sequence) for r in fasta(out.getvalue())] == [
        (h.header, h.sequence) for h in hairpins
    ]


TEXT = ">a\r\nACGU\r\n>b é\r\nAC\r\n"


def test_input_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    expected = [Hairpin("a", "ACGU"), Hairpin("b é", "AC")]
    file = tmp_path / "plain.gz"
    contents = [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        gzip.compress(TEXT.encode()),
        gzip.compress(TEXT[:8].encode()) + gzip.compress(TEXT[8:].encode()),
    ]
    for content in contents:
        file.write_bytes(content)
        with open_lines(str(file)) as opened:
            assert list(read_fasta(opened)) == expected


def test_headers_in_an_unknown_encoding_come_out_as_they_went_in(tmp_path: Path) -> None:
    file, copy = tmp_path / "in.fa", tmp_path / "out.fa"
    file.write_bytes(b">caf\xe9\nACGU\n")
    with open_lines(str(file)) as opened, open_output(str(copy)) as out:
        for record in read_fasta(opened):
            write_fasta(out, record)
    assert copy.read_bytes() == file.read_bytes()


def test_damaged_gzip_is_an_error_with_a_place(tmp_path: Path) -> None:
    file = tmp_path / "x.fa.gz"
    whole = gzip.compress((">a\n" + "ACGU" * 10_000 + "\n").encode(), compresslevel=0)
    for content in (whole[:-20], whole[:500] + b"XX" + whole[502:]):
        file.write_bytes(content)
        with (
            pytest.raises(FileError, match="damaged or incomplete gzip"),
            open_lines(str(file)) as x,
        ):
            list(x)


def test_output_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    target.write_text("before")

    def fail() -> None:
        with open_output(str(target)) as out:
            out.write("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text() == "before"
    with open_output(str(target)) as out:
        out.write("after")
        assert target.read_text() == "before"
    assert target.read_text() == "after"
    assert [file.name for file in tmp_path.iterdir()] == ["out.txt"]


def test_output_keeps_mode_and_link_of_the_file_it_replaces(tmp_path: Path) -> None:
    target, link = tmp_path / "real.txt", tmp_path / "link.txt"
    target.touch(0o640)
    link.symlink_to(target)
    with open_output(str(link)) as out:
        out.write("x")
    assert link.is_symlink()
    assert target.read_text() == "x"
    assert target.stat().st_mode & 0o777 == 0o640


def test_output_named_gz_is_bgzip(tmp_path: Path) -> None:
    import pysam

    target = tmp_path / "out.txt.gz"
    with open_output(str(target)) as out:
        for i in range(20_000):
            out.write(f"line é {i}\n")
    with gzip.open(target, "rt", encoding="utf-8") as text:
        assert text.read() == "".join(f"line é {i}\n" for i in range(20_000))
    with pysam.BGZFile(str(target)) as bgzip:
        assert bgzip.read(7) == "line é".encode()


def test_an_unwritable_folder_is_one_clear_line(tmp_path: Path) -> None:
    with (
        pytest.raises(FileError, match="cannot write: No such file"),
        open_output(str(tmp_path / "no" / "out.txt")),
    ):
        pass


@pytest.mark.parametrize("letter", ["ß", "\u017f", "\xa0", "\u202f", "\x1c", "\uff41", "\udcff"])
def test_letters_are_those_of_ascii(letter: str) -> None:
    assert "is no nucleotide letter" in problem(f">a\nGGG{letter}CCC\n")


def test_words_end_at_blanks_of_ascii() -> None:
    assert fasta(">a\xa0b\x1cc\u2028d e\nACGU\n")[0].name == "a\xa0b\x1cc\u2028d"


@pytest.mark.parametrize(
    "energy", ["-1" + 400 * "0", "-\u0661.\u0665", "nan", "-inf", "1e5", "1_0"]
)
def test_energies_are_plain_numbers(energy: str) -> None:
    assert "not '>name'" in problem(f">b\nGAC\n(.) (-1.00)\n>a\nGAC\n(.) ({energy})\n")
    assert "not a header" in problem(f"b\t-1.00\tG( A. C)\na\t{energy}\tG( A. C)\n")


def test_rows_of_ids_with_a_hash_are_no_comments() -> None:
    table = "# made by hand\nid\tlabel\n#a\tpositive\n# a comment\nb\tnegative\n"
    assert read_labels(lines(table)) == {"#a": True, "b": False}
    with pytest.raises(FileError, match="3 fields"):
        read_labels(lines("id\tlabel\n#a\tpositive\tx\n"))


@pytest.mark.parametrize(
    "number", ["nan", "inf", "1_0", "\u0660.\u0665", "1.5", "-0.1", "", "9" * 5000]
)
def test_probabilities_are_plain_numbers_from_0_to_1(number: str) -> None:
    with pytest.raises(FileError, match="no number from 0 to 1"):
        read_calls(lines(f"id\tprobability\na\t{number}\n"))


@pytest.mark.parametrize("fold", ["0", "-1", "\u0663", "9" * 5000, "1.0", ""])
def test_folds_are_plain_numbers(fold: str) -> None:
    with pytest.raises(FileError, match="folds are numbers from 1"):
        read_split(lines(f"label\tnumber\tid\tgroup\tfold\npositive\t1\ta\t1\t{fold}\n"))


def test_json_is_what_every_parser_takes() -> None:
    assert to_json({"\udcff": ["a\udce9", 1.5, None]}) == '{"\\u00ff": ["a\\u00e9", 1.5, null]}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json([float("nan")])
