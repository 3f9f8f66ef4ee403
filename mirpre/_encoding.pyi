from typing import Any

from numpy.typing import NDArray

def one_hot(
    sequences: list[str], structures: list[str], array: NDArray[Any], length: int
) -> None: ...
def partners(
    sequences: list[str], structures: list[str], array: NDArray[Any], length: int
) -> None: ...
def unbalanced(structure: str) -> int: ...
