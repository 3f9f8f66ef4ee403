"""Whole outputs, byte for byte, with 1 and 2 threads."""

import pytest
from golden import EXPECTED, GOLDEN, run_golden


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", GOLDEN)
def test_output_is_as_kept(name: str, threads: int) -> None:
    assert run_golden(name, threads) == (EXPECTED / name).read_text()
