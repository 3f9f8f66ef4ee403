COLUMNS: int

def peaks(letters: bytes, span: int, scores: tuple[int, int, int, int, int]) -> bytes: ...
def places(peaks: bytes, least: int, radius: int) -> bytes: ...
def hairpins(
    letters: bytes,
    places: bytes,
    span: int,
    band: int,
    costs: tuple[int, int, int, int, int],
    prices: tuple[int, int],
) -> tuple[bytes, bytes]: ...
