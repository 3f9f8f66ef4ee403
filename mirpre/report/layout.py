"""Where the nucleotides of a drawn hairpin lie, by ViennaRNA's layouts.

RNApuzzler is that of Wiegreffe et al., Bioinformatics 2019, doi 10.1093/bioinformatics/bty817,
which draws without overlaps; simple is ViennaRNA's oldest, loops as regular polygons.
"""

from __future__ import annotations

import itertools
import math

LAYOUTS = {"puzzler": 4, "simple": 0}
"""Names, and ViennaRNA's numbers for them."""

STEP = 20.0
"""Distance of two neighbours in a stem, in the units of a drawing."""

LONGEST = 2_000
"""nt; longer ones are laid out by simple, whose time grows with the length alone."""

Point = tuple[float, float]


def lay_out(structure: str, layout: str = "puzzler") -> list[Point]:
    """Places of all nucleotides, y downwards, the smallest x and y being 0.

    The hairpin lies with its ends to the left and its 5' end above its 3' end, as in miRBase.
    layout is one of LAYOUTS. Raises ValueError for another, and for unbalanced structures.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"no layout {layout!r}: there are {', '.join(LAYOUTS)}")
    if structure.count("(") != structure.count(")"):
        raise ValueError("the structure leaves pairs open")
    if len(structure) < 2 or "(" not in structure:
        return [(STEP * place, 0.0) for place in range(len(structure))]
    import RNA

    kind = layout if len(structure) <= LONGEST else "simple"
    before = RNA.cvar.rna_plot_type
    try:
        RNA.cvar.rna_plot_type = LAYOUTS[kind]
        found = RNA.get_xy_coordinates(structure)
        points = [(found.get(i).X, found.get(i).Y) for i in range(len(structure))]
    finally:
        RNA.cvar.rna_plot_type = before
    return _laid_down(points, structure)


def _direction(points: list[Point], structure: str) -> Point:
    """Where most stems lead to: the most frequent direction, to 5 degrees, from pair to pair."""
    steps: dict[int, list[Point]] = {}
    opened: list[int] = []
    inner = (0, 0)
    for place, symbol in enumerate(structure):
        if symbol == "(":
            opened.append(place)
        elif symbol == ")":
            pair = (opened.pop(), place)
            if inner == (pair[0] + 1, pair[1] - 1):
                x, y = (
                    sum(points[inner[side]][axis] - points[pair[side]][axis] for side in (0, 1))
                    for axis in (0, 1)
                )
                steps.setdefault(round(math.degrees(math.atan2(y, x)) / 5), []).append((x, y))
            inner = pair
    # Without stacked pairs towards the middle of all.
    most = max(steps.values(), key=len) if steps else points
    x0, y0 = (0.0, 0.0) if steps else points[structure.index("(")]
    return sum(x - x0 for x, _ in most), sum(y - y0 for _, y in most)


def _laid_down(points: list[Point], structure: str) -> list[Point]:
    first, last = structure.index("("), structure.rindex(")")
    (x1, y1), (x2, y2) = points[first], points[last]
    start = ((x1 + x2) / 2, (y1 + y2) / 2)
    middle = _direction(points, structure)
    angle = math.atan2(middle[1], middle[0])
    cos, sin = math.cos(-angle), math.sin(-angle)
    turned = [
        ((x - start[0]) * cos - (y - start[1]) * sin, (x - start[0]) * sin + (y - start[1]) * cos)
        for x, y in points
    ]
    upright = -1.0 if turned[first][1] > turned[last][1] else 1.0
    steps = sorted(math.dist(a, b) for a, b in itertools.pairwise(turned))
    scale = STEP / (steps[len(steps) // 2] or 1.0)
    left = min(x for x, _ in turned)
    top = min(upright * y for _, y in turned)
    return [(scale * (x - left), scale * (upright * y - top)) for x, y in turned]
