"""The summary's charts, as SVG that takes its colours from the page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from mirpre.annotation.completeness import Completeness
from mirpre.formats.entries import Entry
from mirpre.report.collect import BINS, Totals

WIDTH, HEIGHT = 420, 230
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 12, 40
MOST_CONTIGS = 16
MOST_BARS = 12
MOST_NAMES = 60
MOST_DOTS = 3_000
MOST_TICKS = 400
"""Of one contig: more would lie on one another."""


def probability_histogram(
    totals: Totals, threshold: float | None, what: str = "probability"
) -> str:
    """Entries by probability, with the share of each bin that is expected to be false.

    Where nine tenths and more lie in the lowest bin, as in lists of all candidates, that bin is
    cut off at the height of the others, and its number written beside it.
    """
    others = max(totals.histogram[1:], default=0)
    cut = totals.histogram[0] > 0.9 * totals.with_probability and others > 0
    highest = others if cut else max(totals.histogram)
    ticks = _ticks(0, max(highest, 1), whole=True)
    across, up = _Scale(0, 1, LEFT, WIDTH - RIGHT), _Scale(0, ticks[-1], HEIGHT - BOTTOM, TOP)
    parts = [_y_axis(ticks, up, "loci"), _x_axis([0, 0.25, 0.5, 0.75, 1], across, what)]
    width = across(1 / BINS) - across(0) - 1.5
    for place, count in enumerate(totals.histogram):
        if not count:
            continue
        x = across(place / BINS) + 0.75
        doubt = totals.doubt[place]
        top = min(count, ticks[-1])
        title = (
            f"{place / BINS:.2f} to {(place + 1) / BINS:.2f}: {count:,} loci, "
            f"{count - doubt:,.1f} expected true, {doubt:,.1f} expected false"
        )
        false = up(0) - up(min(doubt, top))
        true = up(min(doubt, top)) - up(top)
        parts.append(
            f"<g><title>{title}</title>"
            f'<rect class="false" x="{x:.1f}" y="{up(0) - false:.1f}" width="{width:.1f}" '
            f'height="{false:.1f}"/>'
            f'<rect class="true" x="{x:.1f}" y="{up(top):.1f}" width="{width:.1f}" '
            f'height="{true:.1f}"/></g>'
        )
        if count > ticks[-1]:
            parts.append(
                f'<text class="note" x="{x + width + 4:.1f}" y="{TOP + 10}">'
                f"\N{LEFTWARDS ARROW} {count:,} loci, cut off</text>"
            )
    if threshold is not None and 0 < threshold < 1:
        x = across(threshold)
        anchor, shift = ("end", -4) if threshold > 0.7 else ("start", 4)
        parts.append(
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
            f'<text class="note" text-anchor="{anchor}" x="{x + shift:.1f}" y="{TOP + 24}">'
            f"threshold {threshold:g}</text>"
        )
    return _svg("Histogram of probabilities", parts)


def length_and_energy(entries: Sequence[Entry]) -> str:
    """A dot for each entry, called ones above the others."""
    known = [(e.length, e.mfe, e) for e in entries if e.length is not None and e.mfe is not None]
    known = known[:MOST_DOTS]
    if not known:
        return ""
    along = _ticks(min(x for x, _, _ in known), max(x for x, _, _ in known))
    energies = _ticks(min(y for _, y, _ in known), min(0.0, max(y for _, y, _ in known)))
    across = _Scale(along[0], along[-1], LEFT + 4, WIDTH - RIGHT)
    up = _Scale(energies[0], energies[-1], HEIGHT - BOTTOM, TOP)
    parts = [_y_axis(energies, up, "MFE (kcal/mol)"), _x_axis(along, across, "length (nt)")]
    for called in (False, True):
        for x, y, entry in known:
            if (entry.is_positive is not False) == called:
                kind = "called" if called else "other"
                parts.append(
                    f'<circle class="{kind}" cx="{across(x):.1f}" cy="{up(y):.1f}" r="3">'
                    f"<title>{escape(entry.name)}: {x} nt, {y:.2f} kcal/mol</title></circle>"
                )
    return _svg("Minimum free energy against length", parts)


def bars(label: str, counts: Mapping[str, int], total: int | None = None) -> str:
    """A horizontal bar for each of the most frequent, the rest in one."""
    most = Counter(counts).most_common(MOST_BARS)
    rest = sum(counts.values()) - sum(n for _, n in most)
    rows = [*most, *([(f"{len(counts) - MOST_BARS} more", rest)] if rest else [])]
    if not rows:
        return ""
    height = 22 * len(rows) + 8
    longest = max(n for _, n in rows)
    parts = []
    for row, (name, count) in enumerate(rows):
        y = 4 + 22 * row
        width = max(1.5, (WIDTH - 210) * count / longest)
        share = f" ({100 * count / total:.0f} %)" if total else ""
        parts.append(
            f'<text x="132" y="{y + 13}" text-anchor="end">{escape(_short(name, 20))}'
            f"<title>{escape(name)}</title></text>"
            f'<rect class="bar" x="140" y="{y}" width="{width:.1f}" height="16" '
            f'rx="2"/>'
            f'<text class="note" x="{146 + width:.1f}" y="{y + 13}">{count:,}{share}</text>'
        )
    return _svg(label, parts, height)


def names(counts: Mapping[str, int]) -> str:
    """Names as a list, where a bar for each would say nothing."""
    shown = sorted(counts, key=_natural)[:MOST_NAMES]
    items = "".join(f'<li class="chip">{escape(name)}</li>' for name in shown)
    more = len(counts) - len(shown)
    return f'<ul class="names">{items}{f"<li>and {more:,} more</li>" if more else ""}</ul>'


def completeness(result: Completeness) -> str:
    """The families of a clade, found ones with their loci, missing ones marked."""
    order = sorted(result.loci, key=lambda family: (result.loci[family] > 0, _natural(family)))
    items = "".join(
        f'<li class="chip yes">{escape(family)}{f" (&times;{n})" if n > 1 else ""}</li>'
        if (n := result.loci[family])
        else f'<li class="chip missing" title="missing">{escape(family)}</li>'
        for family in order
    )
    return f'<ul class="names">{items}</ul>'


def contigs(entries: Sequence[Entry], lengths: Mapping[str, int]) -> str:
    """Ticks for loci along the contigs that have most, plus strand above, minus below."""
    placed: dict[str, list[tuple[int, Entry]]] = {}
    for number, entry in enumerate(entries):
        if entry.locus is not None:
            placed.setdefault(entry.locus.contig, []).append((number, entry))
    if not placed:
        return ""
    shown = sorted(placed, key=lambda contig: -len(placed[contig]))[:MOST_CONTIGS]
    shown = [contig for contig in placed if contig in shown]
    shown.sort(key=_natural)
    ends = {
        contig: lengths.get(contig)
        or max(e.locus.end for _, e in placed[contig] if e.locus is not None)
        for contig in shown
    }
    row_height = 26
    height = row_height * len(shown) + 34
    ticks = _ticks(0, max(ends.values()))
    unit, name = next(
        ((size, name) for size, name in ((1e6, "Mb"), (1e3, "kb")) if ticks[-1] >= 2 * size),
        (1.0, "nt"),
    )
    across = _Scale(0, max(ends.values()), 182, 2 * WIDTH - 60)
    parts = [
        f'<line class="grid" x1="{across(t):.1f}" x2="{across(t):.1f}" y1="4" '
        f'y2="{height - 30}"/><text class="tick" x="{across(t):.1f}" y="{height - 16}" '
        f'text-anchor="middle">{t / unit:g}</text>'
        for t in ticks
        if t <= max(ends.values())
    ]
    parts.append(f'<text class="tick" x="{2 * WIDTH - 50}" y="{height - 16}">{name}</text>')
    for row, contig in enumerate(shown):
        y = 4 + row_height * row + row_height / 2
        parts.append(
            f'<text x="174" y="{y + 4:.1f}" text-anchor="end">{escape(_short(contig, 26))}'
            f"<title>{escape(contig)}</title></text>"
            f'<rect class="contig" x="{across(0):.1f}" y="{y - 2:.1f}" '
            f'width="{max(across(ends[contig]) - across(0), 2):.1f}" height="4" rx="2"/>'
        )
        for number, entry in placed[contig][:MOST_TICKS]:
            locus = entry.locus
            assert locus is not None
            kind = "other" if entry.is_positive is False else "called"
            x, minus = across((locus.start + locus.end) / 2), locus.strand == "-"
            parts.append(
                f'<a href="#locus-{number + 1}"><rect class="{kind}" x="{x - 1.25:.1f}" '
                f'y="{y + 2.5 if minus else y - 11:.1f}" width="2.5" height="8.5">'
                f"<title>{escape(entry.name)}</title></rect></a>"
            )
        parts.append(
            f'<text class="note" x="{2 * WIDTH - 50}" y="{y + 4:.1f}">'
            f"{len(placed[contig]):,}</text>"
        )
    return _svg("Loci along the contigs", parts, height, 2 * WIDTH)


def contigs_left_out(entries: Sequence[Entry]) -> int:
    """Contigs with loci that ``contigs`` does not draw."""
    found = {entry.locus.contig for entry in entries if entry.locus is not None}
    return max(0, len(found) - MOST_CONTIGS)


class _Scale:
    """From values to places in the drawing."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self._low, self._start = low, start
        self._factor = (end - start) / ((high - low) or 1)

    def __call__(self, value: float) -> float:
        return self._start + (value - self._low) * self._factor


def _ticks(low: float, high: float, whole: bool = False) -> list[float]:
    """Some round numbers, the first not above low, the last not below high."""
    if high <= low:
        high = low + 1
    rough = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * k for k in (1, 2, 2.5, 5, 10) if size * k >= rough)
    if whole:
        step = max(1.0, math.ceil(step))
    first, last = math.floor(low / step), math.ceil(high / step)
    return [step * k for k in range(first, last + 1)]


def _x_axis(ticks: Sequence[float], scale: _Scale, label: str) -> str:
    y = HEIGHT - BOTTOM
    marks = "".join(
        f'<text class="tick" x="{scale(t):.1f}" y="{y + 15}" text-anchor="middle">{t:g}</text>'
        for t in ticks
    )
    middle = (LEFT + WIDTH - RIGHT) / 2
    return (
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>{marks}'
        f'<text class="label" x="{middle:.0f}" y="{HEIGHT - 7}" text-anchor="middle">{label}</text>'
    )


def _y_axis(ticks: Sequence[float], scale: _Scale, label: str) -> str:
    marks = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{scale(t):.1f}" '
        f'y2="{scale(t):.1f}"/><text class="tick" x="{LEFT - 6}" y="{scale(t) + 4:.1f}" '
        f'text-anchor="end">{_count(t)}</text>'
        for t in ticks
    )
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return (
        f'{marks}<text class="label" transform="translate(11 {middle:.0f}) rotate(-90)" '
        f'text-anchor="middle">{label}</text>'
    )


def _count(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _natural(text: str) -> list[tuple[int, int, str]]:
    """A key that puts chr2 before chr10."""
    import re

    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in re.split(r"(\d+)", text)
    ]


def _svg(label: str, parts: Sequence[str], height: float = HEIGHT, width: float = WIDTH) -> str:
    return (
        f'<svg class="chart" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {width:g} {height:g}">{"".join(parts)}</svg>'
    )
