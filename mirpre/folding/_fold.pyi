from collections.abc import Sequence
from typing import Any

BEST: int
MOST_LETTERS: int

def tables(parameters: bytes, log_factor: float, special: Sequence[tuple[str, int]]) -> Any: ...
def fold(
    tables: Any, sequences: Sequence[str], instructions: int = ..., bits: int = ...
) -> list[tuple[str, float]]: ...
