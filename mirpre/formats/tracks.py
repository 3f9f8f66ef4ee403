"""Tracks for genome browsers: sorted BED12 with colours, GFF3 with its contigs, an IGV session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO
from xml.sax.saxutils import quoteattr

from mirpre.annotation.posterior import TIERS
from mirpre.annotation.records import Span
from mirpre.errors import LocusError
from mirpre.formats.entries import Entry
from mirpre.records import Locus

Colour = tuple[int, int, int]

SHADES: Sequence[tuple[float, Colour]] = (
    (0.9, (0, 68, 136)),
    (0.5, (0, 114, 178)),
    (0.1, (86, 180, 233)),
    (0.0, (153, 163, 173)),
)
"""Blues by posterior or probability, from the first that it reaches."""
NOT_CALLED: Colour = (153, 163, 173)
TIER_COLOURS: Mapping[str, Colour] = dict(
    zip(TIERS, ((0, 68, 136), (0, 158, 115), (230, 159, 0), (204, 121, 167)), strict=False)
)
"""Of Okabe and Ito's colours, which colour-blind people tell apart."""
OTHER_TIER: Colour = (86, 180, 233)

LONGEST_NAME = 40


def sorted_places(entries: Iterable[Entry]) -> list[tuple[Locus, Entry]]:
    """Entries with their places as bedToBigBed wants them: by contig (bytes), start and end.

    Raises LocusError for one without a place.
    """
    placed = []
    for entry in entries:
        if entry.locus is None:
            raise LocusError(
                "no locus such as chr1:100-180(+) that fits its length stands in the name, and a "
                "track needs one",
                record=entry.name,
            )
        placed.append((entry.locus, entry))
    placed.sort(key=lambda one: (one[0].contig.encode(), one[0].start, one[0].end))
    return placed


def short_name(entry: Entry) -> str:
    """A name to stand beside a locus: its own, or its family, or else its length; no blanks."""
    own = entry.locus.name if entry.locus is not None else ""
    # IDs of annotations are long, and their families say more.
    name = entry.family or own or ("hairpin" if entry.is_positive is None else "pre-miRNA")
    if not entry.family and not own and entry.is_positive is False:
        name = "other"
    return "_".join(name.split())[:LONGEST_NAME]


def arm_places(entry: Entry) -> list[tuple[int, int]]:
    """Where the mature arms lie, sorted, 0-based on plus."""
    locus = entry.locus
    if locus is None or entry.arms is None:
        return []
    return sorted(
        _on_plus(locus, span) for span in (entry.arms.five, entry.arms.three) if span is not None
    )


def _on_plus(locus: Locus, span: Span) -> tuple[int, int]:
    if locus.strand == "-":
        return locus.end - span.end, locus.end - span.start
    return locus.start + span.start, locus.start + span.end


def track_colour(entry: Entry) -> Colour:
    """The colour of an entry: of its tier where it has one, else by its probability."""
    if entry.is_positive is False:
        return NOT_CALLED
    if entry.tier:
        return TIER_COLOURS.get(entry.tier, OTHER_TIER)
    believed = entry.belief
    if believed is None:
        return SHADES[1][1]
    return next(colour for least, colour in SHADES if believed >= least)


def write_bed12(
    out: TextIO, places: Sequence[tuple[Locus, Entry]], track: Mapping[str, str] | None = None
) -> None:
    """BED12, ready for bedToBigBed; with a track's settings a UCSC track line comes first.

    Thick is what lies from mature arm to mature arm, in two blocks with the loop between them;
    with no known arms all of it. The score is 1000 times the posterior or probability.
    """
    if track is not None:
        out.write("track " + " ".join(f"{key}={_quoted(value)}" for key, value in track.items()))
        out.write("\n")
    for locus, entry in places:
        arms = arm_places(entry)
        thick = (arms[0][0], arms[-1][1]) if arms else (locus.start, locus.end)
        blocks = [(locus.start, locus.end)]
        if len(arms) == 2 and arms[0][1] < arms[1][0]:
            blocks = [(locus.start, arms[0][1]), (arms[1][0], locus.end)]
        fields = (
            *(locus.contig, locus.start, locus.end, short_name(entry)),
            *(round(1000 * (entry.belief or 0)), locus.strand, *thick),
            ",".join(map(str, track_colour(entry))),
            len(blocks),
            ",".join(str(end - start) for start, end in blocks),
            ",".join(str(start - locus.start) for start, _ in blocks),
        )
        out.write("\t".join(map(str, fields)) + "\n")


def _quoted(value: str) -> str:
    # UCSC knows no escape of a quote within quotes.
    return value if value.isalnum() else '"' + value.replace('"', "'") + '"'


def write_track_gff3(
    out: TextIO, places: Sequence[tuple[Locus, Entry]], lengths: Mapping[str, int]
) -> None:
    """Sorted GFF3 with a ``##sequence-region`` for each contig whose length is known, the mature
    arms as ``miRNA``, and IGV's attribute ``color``."""
    out.write("##gff-version 3\n")
    for contig in sorted({locus.contig for locus, _ in places}, key=str.encode):
        if contig in lengths:
            out.write(f"##sequence-region {_escaped(contig)} 1 {lengths[contig]}\n")
    for number, (locus, entry) in enumerate(places, 1):
        kind = "stem_loop" if entry.is_positive is False else "pre_miRNA"
        believed = "." if entry.belief is None else f"{entry.belief:.6f}"
        red, green, blue = track_colour(entry)
        attributes = {"ID": f"hairpin{number}", "Name": short_name(entry)}
        attributes |= {"Alias": entry.name} if entry.name != short_name(entry) else {}
        attributes |= {"tier": entry.tier} if entry.tier else {}
        attributes["color"] = f"#{red:02x}{green:02x}{blue:02x}"
        out.write(_feature(locus, kind, locus.start, locus.end, believed, attributes))
        for arm, span in (("5p", entry.arms.five), ("3p", entry.arms.three)) if entry.arms else ():
            if span is not None:
                own = {"ID": f"hairpin{number}-{arm}", "Name": f"{short_name(entry)}-{arm}"}
                own |= {"Parent": f"hairpin{number}", "color": attributes["color"]}
                out.write(_feature(locus, "miRNA", *_on_plus(locus, span), ".", own))


def _feature(
    locus: Locus, kind: str, start: int, end: int, score: str, attributes: Mapping[str, str]
) -> str:
    pairs = ";".join(f"{key}={_escaped(value, ';=&,')}" for key, value in attributes.items())
    fields = (
        _escaped(locus.contig),
        "mirpre",
        kind,
        start + 1,
        end,
        score,
        locus.strand,
        ".",
        pairs,
    )
    return "\t".join(map(str, fields)) + "\n"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(c):02X}" if c in "%\t\n\r" + more else c for c in text)


def write_igv_session(
    out: TextIO, track: str, name: str, genome: str, places: Sequence[tuple[Locus, Entry]]
) -> None:
    """A session for IGV: the genome (IGV's ID such as hg38, or a FASTA file), the track's file,
    and the first locus in view."""
    locus = "All"
    if places:
        first = places[0][0]
        locus = f"{first.contig}:{max(1, first.start - 99)}-{first.end + 100}"
    out.write(
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        f'<Session genome={quoteattr(genome)} locus={quoteattr(locus)} version="8">\n'
        "    <Resources>\n"
        f"        <Resource path={quoteattr(track)}/>\n"
        "    </Resources>\n"
        '    <Panel name="FeaturePanel">\n'
        f'        <Track displayMode="EXPANDED" id={quoteattr(track)} name={quoteattr(name)} '
        'visible="true"/>\n'
        "    </Panel>\n"
        "</Session>\n"
    )
