"""The native folder gives ViennaRNA's structures and energies, in every variant of its C code."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import RNA
from hypothesis import given, settings
from hypothesis import strategies as st

from mirpre.errors import FolderError
from mirpre.folding import Fold, _fold, native, open_folder, viennarna
from mirpre.folding.parameters import read_parameters
from mirpre.folding.viennarna import fold_sequences

VARIANTS = [(instructions, bits) for instructions in range(_fold.BEST + 1) for bits in (16, 32)]
LEAST_16_BITS = -327.68
PARTNER = str.maketrans("ACGU", "UGCA")


def check(sequences: Sequence[str]) -> list[Fold]:
    """What all variants and ViennaRNA agree on."""
    expected = fold_sequences(sequences)
    for variant in VARIANTS:
        found = _fold.fold(native.load()._tables, sequences, *variant)
        for sequence, ours, theirs in zip(sequences, found, expected, strict=True):
            assert ours == theirs, (sequence, variant)
    return expected


def random_letters(draw: random.Random, n: int, gc: float = 0.5) -> str:
    return "".join(draw.choices("ACGU", [1 - gc, gc, gc, 1 - gc], k=n))


def opposite(sequence: str) -> str:
    return sequence[::-1].translate(PARTNER)


def free_letters(most: int, letters: str = "ACGUN") -> st.SearchStrategy[str]:
    return st.text(letters, max_size=most)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.text("ACGU" * 3 + "NRYSWKMBDHV", min_size=1, max_size=60), min_size=1, max_size=5)
)
def test_any_letters_fold_as_viennarna_folds_them(sequences: list[str]) -> None:
    check(sequences)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 120), st.floats(0, 1), st.integers(0, 2**32))
def test_any_length_and_gc_folds_as_viennarna_folds_it(n: int, gc: float, seed: int) -> None:
    check([random_letters(random.Random(seed), n, gc)])


@pytest.mark.parametrize("n", [180, 256, 333, 400])
def test_long_records_fold_as_viennarna_folds_them(n: int) -> None:
    draw = random.Random(n)
    outer, inner = random_letters(draw, n // 4), random_letters(draw, n // 5, 0.4)
    check([random_letters(draw, n, draw.random()), outer + inner + opposite(outer)])


@settings(max_examples=100, deadline=None)
@given(st.text("ACGU", min_size=1, max_size=8), st.integers(1, 50), st.booleans())
def test_repeats_fold_as_viennarna_folds_them(unit: str, n: int, back: bool) -> None:
    sequence = (unit * n)[:n]
    check([sequence + opposite(sequence) if back else sequence])


@settings(max_examples=200, deadline=None)
@given(
    st.text("ACGU", min_size=5, max_size=40),
    free_letters(12),
    st.lists(st.tuples(st.integers(0, 79), st.sampled_from(["A", "N", "", "GG"])), max_size=4),
)
def test_stems_with_a_few_changes_fold_as_viennarna_folds_them(
    arm: str, loop: str, changes: list[tuple[int, str]]
) -> None:
    letters = list(arm + loop + opposite(arm))
    for at, instead in changes:
        letters[at % len(letters)] = instead
    check(["".join(letters) or "A"])


def test_energies_around_the_end_of_16_bits_are_right() -> None:
    draw = random.Random(5)
    energies = []
    for pairs in range(80, 126, 3):
        arm = random_letters(draw, pairs, 0.9)
        ((structure, energy),) = check([arm + "GAAA" + opposite(arm)])
        assert structure.count("(") >= pairs - 5
        energies.append(energy)
    assert max(energies) > -280
    assert min(energies) < LEAST_16_BITS
    assert sum(-335 < energy < -275 for energy in energies) >= 5


def test_a_long_perfect_stem_is_folded_with_32_bits() -> None:
    arm = random_letters(random.Random(1), 198, 0.8)
    ((structure, energy),) = check([arm + "GAAA" + opposite(arm)])
    assert structure == "(" * 198 + "...." + ")" * 198
    assert energy < 1.5 * LEAST_16_BITS


def test_loops_with_an_energy_of_their_own_have_it() -> None:
    loops = read_parameters(native._parameter_file()).special_loops
    assert {len(letters) for letters, _ in loops} == {5, 6, 8}
    folds = check([f"GGGCC{letters}GGCCC" for letters, _ in loops])
    inside = [structure[5:-5] for structure, _ in folds]
    as_listed = [f"({'.' * (len(letters) - 2)})" for letters, _ in loops]
    assert sum(a == b for a, b in zip(inside, as_listed, strict=True)) > len(loops) / 2
    for letters, _ in loops:  # one letter from a listed loop there is none, or another
        check([f"GGGCC{letters[:2]}{x}{letters[3:]}GGCCC" for x in "ACGUN"])


def test_interior_loops_and_bulges_of_every_size_are_found() -> None:
    outer, inner = "GGCGCGGAGG", "GACGGACGG"
    sizes = [(five, three) for five in range(32) for three in range(32 - five)]
    folds = check(
        [
            f"{outer}{'A' * five}{inner}GAAA{opposite(inner)}{'A' * three}{opposite(outer)}"
            for five, three in sizes
        ]
    )
    for (five, three), (structure, _) in zip(sizes, folds, strict=True):
        loop = f"{'(' * 10}{'.' * five}{'(' * 9}....{')' * 9}{'.' * three}{')' * 10}"
        # No interior loop has more than 30 letters.
        assert (structure == loop) == (five + three <= 30)


@settings(max_examples=200, deadline=None)
@given(free_letters(16), free_letters(16), st.sampled_from(["GGC", "GCUA", "CGGAU", "UGGGC"]))
def test_letters_in_and_around_loops_count_as_in_viennarna(five: str, three: str, arm: str) -> None:
    inner = f"CUGCC{five[::-1]}UUCG{three[::-1]}GGCAG"
    check([arm + five + inner + three + opposite(arm)])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.text("ACGU", min_size=3, max_size=7), free_letters(6)), max_size=5),
    st.text("GC", min_size=3, max_size=6),
    free_letters(5),
)
def test_stems_side_by_side_fold_as_viennarna_folds_them(
    stems: list[tuple[str, str]], arm: str, end: str
) -> None:
    inside = "".join(f"{free}{stem}GAAA{opposite(stem)}" for stem, free in stems)
    check([arm + inside + end + opposite(arm), inside + end or "A"])


def test_a_multiloop_is_found() -> None:
    stems = ["GGACGAAAGUCC", "CCAGGAAACUGG", "GCUCGAAAGAGC"]
    ((structure, _),) = check(["GGGAGC" + "A".join(stems) + "GCUCCC"])
    assert structure == "((((((" + ".".join(["((((....))))"] * 3) + "))))))"


def test_two_threads_give_what_one_gives() -> None:
    draw = random.Random(2)
    lists = [[random_letters(draw, draw.randint(1, 300)) for _ in range(200)] for _ in range(4)]
    folder = native.load()
    alone = [folder.fold(sequences) for sequences in lists]
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(folder.fold, lists * 3)) == alone * 3


def test_no_sequences_and_no_letters_are_no_error() -> None:
    assert native.load().fold([]) == []
    assert native.load().fold(["", "A"]) == [("", 0.0), (".", 0.0)]


def test_what_is_too_long_is_folded_by_viennarna(monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = [random_letters(random.Random(n), n) for n in (30, 61, 60, 80, 10)]
    given: list[str] = []

    def record(sequences: Sequence[str]) -> list[Fold]:
        given.extend(sequences)
        return fold_sequences(sequences)

    monkeypatch.setattr(viennarna, "fold_sequences", record)
    folder = native.load()
    monkeypatch.setattr(native, "LONGEST", 60)
    assert folder.fold(sequences) == fold_sequences(sequences)
    assert [len(sequence) for sequence in given] == [61, 80]


def test_the_longest_record_is_folded_and_one_longer_is_refused() -> None:
    longest = "A" * native.LONGEST
    folder = native.load()
    assert folder.fold([longest]) == [("." * native.LONGEST, 0.0)]
    with pytest.raises(ValueError, match="too long"):
        _fold.fold(folder._tables, [longest + "A"])


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Loads the native folder anew, in the test and after it."""
    native.load.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    RNA.params_load_RNA_Turner2004()
    native.load.cache_clear()


def check_refusal(reason: str) -> None:
    """The native folder gives the reason, and auto falls back to ViennaRNA for it."""
    with pytest.raises(FolderError, match=reason), open_folder("native"):
        pass
    with open_folder("auto") as (folder, trouble):
        assert folder.name == "viennarna"
        assert reason in trouble
        assert folder.fold(["GGGGAAAACCCC"]) == fold_sequences(["GGGGAAAACCCC"])


@pytest.mark.parametrize(
    ("name", "value", "reported"),
    [
        ("temperature", 25.0, "temperature"),
        ("dangles", 0, "dangles"),
        ("tetra_loop", 0, "special_hp"),
        ("noLonelyPairs", 1, "noLP"),
        ("noGU", 1, "noGU"),
        ("no_closingGU", 1, "noGUclosure"),
        ("energy_set", 1, "energy_set"),
        ("max_bp_span", 30, "max_bp_span"),
        ("salt", 0.5, "salt"),
    ],
)
def test_other_settings_of_viennarna_are_refused(
    fresh: pytest.MonkeyPatch, name: str, value: float, reported: str
) -> None:
    fresh.setattr(RNA.cvar, name, value)
    check_refusal(f"ViennaRNA is set to another {reported}")


def test_parameters_that_the_library_reads_are_used(fresh: pytest.MonkeyPatch) -> None:
    sequences = [random_letters(random.Random(n), 80) for n in range(50)]
    turner_2004 = fold_sequences(sequences)
    RNA.params_load_RNA_Turner1999()
    turner_1999 = check(sequences)
    assert turner_1999 != turner_2004


def test_names_of_sections_are_those_of_any_viennarna() -> None:
    text = native._parameter_file()
    older, newer = (
        re.sub(r"^(# .*)inter(nal|ior)", rf"\1{name}", text, flags=re.MULTILINE)
        for name in ("interior", "internal")
    )
    assert older != newer
    assert read_parameters(older) == read_parameters(newer)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("RNA_Langdon2018", "a parameter is too large"),  # forbids some loops
        ("RNA_Andronescu2007", "unpaired letters in multiloops have an energy"),
        ("DNA_Mathews1999", "unknown kind of loop: CTTTG"),
    ],
)
def test_parameters_of_another_kind_are_refused(
    fresh: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    getattr(RNA, f"params_load_{name}")()
    check_refusal(reason)


def test_the_largest_parameters_do_not_wrap_around(fresh: pytest.MonkeyPatch) -> None:
    # Those of multiloops are added to each other, and to what stands for infinity.
    text = native._parameter_file()
    for old, new in [("930  3000   -90", "1100 3000 1100"), ("360     50   370", "360 1100 370")]:
        words = r"\s+".join(old.split())
        assert len(re.findall(words, text)) == 1
        text = re.sub(words, new, text)
    RNA.params_load_from_string(text)
    draw = random.Random(3)
    check([random_letters(draw, draw.randint(1, 90)) for _ in range(50)])


@pytest.mark.parametrize(
    "text",
    ["", "# stack\n1 2 3\n", "## RNAfold parameter file v3.0\n# hairpin\n" + "INF " * 31],
)
def test_an_unknown_parameter_file_is_refused(fresh: pytest.MonkeyPatch, text: str) -> None:
    fresh.setattr(native, "_parameter_file", lambda: text)
    check_refusal("unknown parameters of ViennaRNA")


@pytest.mark.parametrize("section", ["stack", "bulge", "int22", "NINIO", "Misc", "ML_params"])
def test_a_parameter_file_without_a_section_is_refused(
    fresh: pytest.MonkeyPatch, section: str
) -> None:
    text = native._parameter_file().replace(f"# {section}\n", "# something else\n")
    fresh.setattr(native, "_parameter_file", lambda: text)
    check_refusal("unknown parameters of ViennaRNA")


def test_a_viennarna_that_folds_differently_is_refused(fresh: pytest.MonkeyPatch) -> None:
    text = native._parameter_file().replace("   540   560   570", "   530   560   570")
    fresh.setattr(native, "_parameter_file", lambda: text)
    check_refusal("folds differently")


def test_the_checks_before_the_first_use_take_some_milliseconds(
    fresh: pytest.MonkeyPatch,
) -> None:
    seconds = []
    for _ in range(5):
        native.load.cache_clear()
        start = time.perf_counter()
        native.load()
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.05
