"""Readers, given bytes that nobody would write: those of fuzzing, and mutations of good ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz_targets import TARGETS, run
from hypothesis import given, settings
from hypothesis import strategies as st

CORPORA = Path(__file__).parent / "fuzz"
SEEDS = [(file.parent.name, file) for file in sorted(CORPORA.glob("*/*"))]
PIECES = st.sampled_from(
    [
        *(b">", b"\n", b"\r", b"\t", b" ", b"#", b"::", b":", b"\0", b"\xff", b"9" * 5000, b"-"),
        *(b"(", b")", b"nan", b"1e999", b"\xc2\xa0", b"\xef\xbb\xbf", b"[" * 3000, b"ACGU", b"."),
    ]
)


@pytest.mark.parametrize(("target", "file"), SEEDS, ids=lambda value: getattr(value, "name", value))
def test_what_fuzzing_has_found_is_read_or_refused(target: str, file: Path) -> None:
    run(target, file.read_bytes())


def test_every_target_has_a_corpus() -> None:
    assert {target for target, _ in SEEDS} == set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_bytes_are_read_or_refused(target: str, data: st.DataObject) -> None:
    seeds = [file.read_bytes() for name, file in SEEDS if name == target]
    content = data.draw(st.sampled_from(seeds) | st.binary(max_size=60))
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 20)))
        new = data.draw(PIECES | st.binary(max_size=3) | st.just(content[start:end] * 2))
        content = content[:start] + new + content[end:]
    run(target, content)
