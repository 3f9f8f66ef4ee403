"""A hairpin as lines, discs and letters, and these as SVG or PNG.

The page draws the same in the browser (page/drawing.js).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import BinaryIO, TextIO

from mirpre.annotation.records import Arms
from mirpre.errors import MissingExtraError
from mirpre.records import partners
from mirpre.report.layout import Point, lay_out

RADIUS = 8.6
EDGE = 34.0
INK, SOFT, BACK, PLAIN = (27, 36, 48), (91, 103, 117), (154, 165, 177), (238, 241, 244)
FIVE, THREE = (0, 114, 178), (213, 94, 0)
"""Of the mature arms; as those of the bases from Okabe and Ito, for the colour-blind, too."""
BASES = {"A": (230, 159, 0), "C": (0, 114, 178), "G": (0, 158, 115), "U": (204, 121, 167)}

Colour = tuple[int, int, int]
Ramp = Sequence[Colour]
RAMPS: Mapping[str, Ramp] = {
    "importance": [(213, 94, 0), (255, 255, 255), (0, 114, 178)],
    "pairing": [(253, 231, 150), (86, 180, 160), (0, 68, 104)],
    "reads": [(240, 244, 248), (86, 180, 233), (0, 60, 110)],
}


@dataclass(frozen=True)
class Line:
    """A line through points."""

    points: Sequence[Point]
    colour: Colour
    width: float
    opacity: float = 1.0


@dataclass(frozen=True)
class Disc:
    centre: Point
    colour: Colour
    title: str


@dataclass(frozen=True)
class Text:
    """Centred text; y is its baseline."""

    at: Point
    text: str
    size: float
    colour: Colour
    bold: bool = False


@dataclass
class Drawing:
    """What is drawn, from the bottom up."""

    title: str
    width: float
    height: float
    lines: list[Line] = field(default_factory=list)
    discs: list[Disc] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


def colours(kind: str, values: Sequence[float]) -> list[Colour]:
    """Colours of values by one of RAMPS.

    Importance spreads from the highest absolute value on either side of zero, pairing from 0 to
    1, reads by their logarithm up to the highest.
    """
    if kind == "importance":
        most = max(map(abs, values), default=0.0) or 1.0
        shares = [0.5 + value / (2 * most) for value in values]
    elif kind == "reads":
        most = math.log1p(max(1.0, *values)) if values else 1.0
        shares = [math.log1p(value) / most for value in values]
    else:
        shares = list(values)
    return [on_ramp(RAMPS[kind], share) for share in shares]


def on_ramp(ramp: Ramp, share: float) -> Colour:
    """The colour at a share, 0 to 1, of a ramp."""
    at = min(max(share, 0.0), 1.0) * (len(ramp) - 1)
    low = min(int(at), len(ramp) - 2)
    first, second = ramp[low], ramp[low + 1]
    red, green, blue = (round(a + (b - a) * (at - low)) for a, b in zip(first, second, strict=True))
    return red, green, blue


def draw(
    title: str,
    structure: str,
    sequence: str | None = None,
    *,
    fill: Sequence[Colour] = (),
    arms: Arms | None = None,
    layout: str = "puzzler",
) -> Drawing:
    """The drawing of a hairpin; fill has a colour for each nucleotide.

    Without a sequence the discs are empty. Raises ValueError as lay_out does.
    """
    points = [(x + EDGE, y + EDGE) for x, y in lay_out(structure, layout)]
    drawing = Drawing(
        title,
        max((x for x, _ in points), default=EDGE) + EDGE,
        max((y for _, y in points), default=EDGE) + EDGE,
    )
    partner = partners(structure)
    for span, colour in ((arms.five, FIVE), (arms.three, THREE)) if arms else ():
        if span is not None:
            drawing.lines.append(Line(points[span.start : span.end], colour, 27, 0.3))
    drawing.lines.append(Line(points, BACK, 1.6))
    for i, j in enumerate(partner):
        if j > i:
            drawing.lines.append(Line([points[i], points[j]], BACK, 2.6))
    for i, (x, y) in enumerate(points):
        base = sequence[i] if sequence else ""
        colour = fill[i] if fill else BASES.get(base, PLAIN)
        drawing.discs.append(Disc((x, y), colour, f"{base}{i + 1}"))
        if base:
            letter = (255, 255, 255) if _is_dark(colour) else (16, 22, 29)
            drawing.texts.append(Text((x, y + 4), base, 11.5, letter, bold=True))
        is_end = i in (0, len(points) - 1)
        if is_end or ((i + 1) % 10 == 0 and len(points) - i > 4):
            mark = "5\N{PRIME}" if i == 0 else "3\N{PRIME}" if is_end else str(i + 1)
            left, top = _free_spot(i, points, partner, is_end)
            drawing.texts.append(
                Text((left, top + 4), mark, 14 if is_end else 11, INK if is_end else SOFT, is_end)
            )
    return drawing


def _free_spot(i: int, points: Sequence[Point], partner: Sequence[int], is_end: bool) -> Point:
    """A place for the mark of a position: away from what it pairs with or its loop's middle, and
    on no other nucleotide."""
    x, y = points[i]
    middle = points[partner[i]] if partner[i] >= 0 else _loop_middle(i, points, partner)
    away = math.pi if is_end else math.atan2(y - middle[1], x - middle[0])
    best: tuple[float, Point] = (-1.0, (x, y))
    for far in (21.0, 30.0):
        for turn in (0.0, 0.6, -0.6, 1.2, -1.2):
            spot = (x + far * math.cos(away + turn), y + far * math.sin(away + turn))
            room = min(math.dist(spot, point) for point in points)
            if room > 16:
                return spot
            best = max(best, (room, spot))
    return best[1]


def _loop_middle(i: int, points: Sequence[Point], partner: Sequence[int]) -> Point:
    """The middle of the loop that an unpaired position lies in; outside of pairs that of all."""
    members: list[int] = []
    first = i
    while first >= 0 and not partner[first] > first:
        members.append(first)
        first = partner[first] if partner[first] >= 0 else first
        members.append(first)
        first -= 1
    last = i
    while last < len(points) and not 0 <= partner[last] < last:
        members.append(last)
        last = partner[last] if partner[last] >= 0 else last
        members.append(last)
        last += 1
    some = [*members, first, partner[first]] if first >= 0 else range(len(points))
    return (
        sum(points[m][0] for m in some) / len(some),
        sum(points[m][1] for m in some) / len(some),
    )


def _is_dark(colour: Colour) -> bool:
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] < 140


def write_svg(out: TextIO, drawing: Drawing) -> None:
    """Write it as an SVG file."""

    def css(colour: Colour) -> str:
        return "#{:02x}{:02x}{:02x}".format(*colour)

    width, height = f"{drawing.width:.1f}", f"{drawing.height:.1f}"
    out.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" '
        f"font-family=\"'DejaVu Sans', Arial, sans-serif\">\n"
        f"<title>{escape(drawing.title)}</title>\n"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
    )
    for line in drawing.lines:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in line.points)
        out.write(
            f'<polyline points="{points}" fill="none" stroke="{css(line.colour)}" '
            f'stroke-width="{line.width:g}" stroke-opacity="{line.opacity:g}" '
            f'stroke-linecap="round" stroke-linejoin="round"/>\n'
        )
    for disc in drawing.discs:
        x, y = disc.centre
        out.write(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" fill="{css(disc.colour)}" '
            f'stroke="{css(BACK)}" stroke-width="0.8"><title>{escape(disc.title)}</title>'
            "</circle>\n"
        )
    for text in drawing.texts:
        x, y = text.at
        weight = ' font-weight="700"' if text.bold else ""
        out.write(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{text.size:g}" text-anchor="middle" '
            f'fill="{css(text.colour)}"{weight}>{escape(text.text)}</text>\n'
        )
    out.write("</svg>\n")


def write_png(out: BinaryIO, drawing: Drawing, scale: float = 2.0) -> None:
    """Write it as PNG with so many pixels a unit; raises MissingExtraError without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.lines import Line2D
        from matplotlib.patches import Circle
    except ImportError as error:
        raise MissingExtraError("drawing PNG", "plot") from error

    def rgb(colour: Colour) -> tuple[float, float, float]:
        return colour[0] / 255, colour[1] / 255, colour[2] / 255

    inch = 72.0  # a unit of the drawing is a typographic point
    figure = Figure(figsize=(drawing.width / inch, drawing.height / inch), dpi=inch * scale)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, drawing.width), ylim=(drawing.height, 0))
    axes.axis("off")
    for line in drawing.lines:
        xs, ys = [x for x, _ in line.points], [y for _, y in line.points]
        axes.add_line(
            Line2D(
                xs,
                ys,
                color=rgb(line.colour),
                linewidth=line.width,
                alpha=line.opacity,
                solid_capstyle="round",
                solid_joinstyle="round",
            )
        )
    for disc in drawing.discs:
        axes.add_patch(
            Circle(
                disc.centre,
                RADIUS,
                facecolor=rgb(disc.colour),
                edgecolor=rgb(BACK),
                linewidth=0.8,
                zorder=3,
            )
        )
    for text in drawing.texts:
        axes.text(
            *text.at,
            text.text,
            fontsize=text.size,
            color=rgb(text.colour),
            fontweight="bold" if text.bold else "normal",
            ha="center",
            va="baseline",
            zorder=4,
        )
    figure.savefig(out, format="png", metadata={"Software": "mirpre", "Title": drawing.title})
