"""The report page: one HTML file that holds all it needs."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from typing import Any, TextIO

from mirpre.annotation.completeness import Completeness
from mirpre.annotation.records import Arms, Span
from mirpre.formats.entries import Entry
from mirpre.records import CALLED, NOT_CALLED
from mirpre.report import charts
from mirpre.report.collect import Totals
from mirpre.report.layout import lay_out

SCRIPTS = ("drawing.js", "table.js", "downloads.js", "page.js")


@dataclass(frozen=True)
class Drawn:
    """What is drawn of one entry."""

    layout: str = "puzzler"
    pairing: Sequence[float] = ()
    """Probability of each nucleotide to be paired."""
    importance: Sequence[float] = ()
    """Of each nucleotide, in log-odds."""
    starts: Sequence[float] = ()
    """Reads that begin at each nucleotide."""
    opposite: Sequence[float] = ()
    """Depth of reads of the opposite strand."""


@dataclass(frozen=True)
class Page:
    """All that a page shows."""

    title: str
    entries: Sequence[Entry]
    """Those with a row, in the order of the table."""
    totals: Totals
    drawn: Mapping[int, Drawn] = field(default_factory=dict)
    """By the number of the entry."""
    about: Sequence[tuple[str, str]] = ()
    """Where the results come from, name and value."""
    notes: Sequence[str] = ()
    """What was left out, and why."""
    threshold: float | None = None
    assembly: str | None = None
    contig_lengths: Mapping[str, int] = field(default_factory=dict)
    explained_by: str | None = None
    """The model that the importance is of."""
    completeness: Completeness | None = None
    """Which families of a clade are found, where one is named."""


def write_page(out: TextIO, page: Page) -> None:
    """Write the page as HTML; everything that comes from a file is escaped."""
    script = "\n".join(_part(name) for name in SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    about = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in page.about
    )
    values = {
        "title": escape(page.title),
        "style": _part("page.css"),
        "policy": (
            f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
            "img-src data: blob:; base-uri 'none'; form-action 'none'"
        ),
        "tiles": _tiles(page),
        "charts": _charts(page),
        "notes": "".join(f"<li>{escape(note)}</li>" for note in page.notes),
        "about": about,
        "data": as_json(_data(page)),
        "script": script,
    }
    template = _part("page.html")
    # Each value goes in once, where its mark stands, and is not looked at again.
    for piece in template.split("{{"):
        name, mark, rest = piece.partition("}}")
        out.write(values[name] + rest if mark else piece)


def as_json(value: Any) -> str:
    """JSON that may stand in a script element: no ``<``, ``>`` or ``&`` is left in it."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _part(name: str) -> str:
    return (files("mirpre.report") / "page" / name).read_text(encoding="utf-8")


def _tiles(page: Page) -> str:
    totals = page.totals
    shown: list[tuple[str, str, str]] = [("loci", f"{totals.entries:,}", "")]
    if totals.judged:
        shown.append(("called as precursors", f"{totals.called:,}", "good"))
    if totals.called and totals.with_probability:
        shown.append(("of these expected to be false", f"{totals.expected_false:,.1f}", "bad"))
    for name, count in totals.tiers.most_common(4):
        shown.append((name, f"{count:,}", ""))
    if totals.families:
        shown.append(("families", f"{len(totals.families):,}", ""))
    if page.completeness is not None:
        complete = page.completeness
        share = f"{complete.found} of {len(complete.loci)}"
        shown.append((f"families expected in {complete.clade}", share, "good"))
    places = {entry.locus.contig for entry in page.entries if entry.locus is not None}
    if places:
        shown.append(("contigs with loci", f"{len(places):,}", ""))
    return "".join(
        f'<div class="tile {kind}"><b>{escape(number)}</b><span>{escape(name)}</span></div>'
        for name, number, kind in shown
    )


def _charts(page: Page) -> str:
    totals = page.totals
    found: list[tuple[str, str, str]] = []
    if totals.with_probability:
        found.append(
            (
                "How probable",
                charts.probability_histogram(
                    totals, page.threshold, "posterior" if totals.posteriors else "probability"
                ),
                '<i class="key true"></i> expected true <i class="key false"></i> expected false '
                "(the sum of 1 - probability)",
            )
        )
    plot = charts.length_and_energy(page.entries)
    if plot:
        key = (
            '<i class="dot called"></i> called <i class="dot other"></i> other'
            if totals.judged
            else ""
        )
        if len(page.entries) > charts.MOST_DOTS:
            key += f" (the best {charts.MOST_DOTS:,})"
        found.append(("Length and energy", plot, key))
    if totals.tiers:
        found.append(
            ("Tiers", charts.bars("Loci by tier", totals.tiers, sum(totals.tiers.values())), "")
        )
    if totals.families:
        if max(totals.families.values()) > 1:
            found.append(("Families", charts.bars("Loci by family", totals.families), ""))
        else:
            found.append(("Families", charts.names(totals.families), "one locus each"))
    if page.completeness is not None:
        complete = page.completeness
        key = (
            f"families that at least four fifths of {complete.species} well-known species of "
            f"{complete.clade} have; dashed: missing here"
        )
        found.append((complete.sentence(), charts.completeness(complete), key))
    where = charts.contigs(page.entries, page.contig_lengths)
    if where:
        more = charts.contigs_left_out(page.entries)
        key = "plus strand above the line, minus below; follow a mark to its locus"
        key += f"; {more:,} contigs with fewer loci are not drawn" if more else ""
        found.append(("Where", where, key))
    return "".join(
        f'<figure class="{"wide" if name == "Where" else ""}"><h3>{escape(name)}</h3>{plot}'
        f"<figcaption>{key}</figcaption></figure>"
        for name, plot, key in found
        if plot
    )


def _data(page: Page) -> dict[str, Any]:
    return {
        "title": page.title,
        "assembly": page.assembly,
        "explainedBy": page.explained_by,
        "loci": [
            _locus(entry, page.drawn.get(number)) for number, entry in enumerate(page.entries)
        ],
    }


def _locus(entry: Entry, drawn: Drawn | None) -> dict[str, Any]:
    """One locus for the page's script, without what is not known."""
    place = entry.locus
    call = None if entry.is_positive is None else CALLED if entry.is_positive else NOT_CALLED
    found: dict[str, Any] = {
        "id": entry.name or ".",
        "header": entry.header if entry.header != entry.name else None,
        "at": [place.contig, place.start, place.end, place.strand] if place else None,
        "label": place.name if place else None,
        "call": call,
        "tier": entry.tier,
        "p": entry.probability,
        "post": entry.posterior,
        "score": entry.score,
        "q": entry.q_value,
        "len": entry.length,
        "mfe": entry.mfe,
        "copies": entry.copies,
        "outside": entry.outside_pairs,
        "odds": entry.log_odds,
        "family": entry.family,
        "known": entry.known,
        "flags": list(entry.flags),
        "seq": entry.sequence,
        "str": entry.structure,
        "arms": _arms(entry.arms),
        "evidence": [[one.name, one.passed, one.detail] for one in entry.evidence],
        "reads": _counts(entry.reads),
        "starts": _counts(drawn.starts) if drawn and any(drawn.starts) else None,
        "opposite": _counts(drawn.opposite) if drawn and any(drawn.opposite) else None,
        "more": dict(entry.more),
    }
    if drawn is not None and entry.structure:
        found |= _drawing(entry.structure, drawn)
    return {key: value for key, value in found.items() if value not in (None, [], {}, "")}


def _counts(numbers: Sequence[float]) -> list[float]:
    """To a tenth; whole ones without a point."""
    rounded = (round(number, 1) for number in numbers)
    return [int(number) if number == int(number) else number for number in rounded]


def _arms(arms: Arms | None) -> dict[str, Any]:
    def span(one: Span) -> list[Any]:
        return [one.start, one.end, one.source, one.confidence]

    found = {} if arms is None else {"5p": arms.five, "3p": arms.three}
    return {name: span(one) for name, one in found.items() if one is not None}


def _drawing(structure: str, drawn: Drawn) -> dict[str, Any]:
    """Coordinates and colours in few bytes: base64 of little-endian numbers, times a factor."""
    points = lay_out(structure, drawn.layout)
    flat = [value for point in points for value in point]
    factor = min(10.0, 32_000 / max(flat, default=1.0)) if flat else 1.0
    found: dict[str, Any] = {
        "xy": _packed("h", [round(value * factor) for value in flat]),
        "k": round(factor, 6),
    }
    # Rounded factors must lead back to the same places.
    if drawn.pairing:
        found["pairing"] = _packed("B", [round(255 * min(max(p, 0), 1)) for p in drawn.pairing])
    if drawn.importance:
        most = max(map(abs, drawn.importance)) or 1.0
        found["importance"] = _packed("b", [round(127 * v / most) for v in drawn.importance])
        found["most"] = float(f"{most:.4g}")
    return found


def _packed(kind: str, numbers: Sequence[int]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}{kind}", *numbers)).decode()
