"""Known mature sequences: what their names say, and the index of them that comes with mirpre."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

from mirpre.annotation.records import FIVE, THREE, KnownMature
from mirpre.formats.columns import Columns
from mirpre.formats.fasta import read_fasta
from mirpre.formats.opening import Lines, open_lines
from mirpre.records import Hairpin

SUPPORTED = "supported"
"""By MirGeneDB, or given by the user."""
CONSERVED = "conserved"
"""Of a species that MirGeneDB has not looked at; other genera have the family, too."""
SINGLE = "single"
"""Of such a species, and one genus only has the family."""
DOUBTFUL = "doubtful"
"""MirGeneDB has the species and left it out."""

SUPPORTS = (SUPPORTED, CONSERVED, SINGLE, DOUBTFUL)
"""The best first."""
_ARMS = ("", FIVE, THREE)

INDEX_COLUMNS = (
    *("name", "accession", "sequence", "family", "arm", "mirgenedb_family", "support", "entries"),
)
BUNDLED = "mirbase22.tsv.gz"
SHORTEST, LONGEST = 16, 32
"""nt of a mature sequence that is searched for."""

_ARM = re.compile(r"-(5p|3p)\b.*$|_(5p|3p)\*?$")
_MIRGENEDB = re.compile(
    r"^[A-Z][a-z]{2}-(?P<family>(?:Mir|Let|Lin|Bantam|Iab|Novel|Lsy)(?:-[A-Za-z]*\d+)?)"
)
_NUMBERED = re.compile(r"^(mir|let|lin|lsy|iab)-?(\d+)", re.IGNORECASE)
_LETTERED = re.compile(r"^(mir)-([A-Za-z]+\d*(?:-\d+)?)", re.IGNORECASE)


def arm_of(name: str) -> str | None:
    """FIVE or THREE where the name of a mature sequence says so."""
    match = _ARM.search(name)
    return match and (match[1] or match[2])


def family_of(name: str) -> str:
    """The family in the name of a mature sequence or a precursor, as miRBase writes families.

    ``mir-10`` of ``hsa-miR-10b-5p``, ``MIR156`` of ``ath-miR156a``, ``mir-BART16`` of
    ``ebv-miR-BART16``; of MirGeneDB's names, such as ``Hsa-Mir-10-P1b_5p``, ``mir-10``. Any other
    name is its own family.
    """
    match = _MIRGENEDB.match(name)
    if match:
        return match["family"].lower()
    species, dash, rest = name.partition("-")
    if not dash or len(species) > 6:
        return name
    rest = _ARM.sub("", rest)
    numbered = _NUMBERED.match(rest)
    if numbered:
        kind, number = numbered[1].lower(), numbered[2]
        is_plant = kind == "mir" and rest[3:4].isdigit()
        return f"MIR{number}" if is_plant else f"{kind}-{number}"
    lettered = _LETTERED.match(rest)
    return f"mir-{lettered[2]}" if lettered else rest.rstrip("*")


def is_plant_family(family: str) -> bool:
    """Whether a family's name is that of plants in miRBase: ``MIR156``, not ``mir-156``."""
    return family.startswith("MIR")


def mirgenedb_family_of(identifier: str) -> str:
    """``Mir-10`` of ``Cel-Mir-10-P3m_5p``; empty for what is no such name."""
    match = _MIRGENEDB.match(identifier)
    return match["family"] if match else ""


def index_path(source: str | None) -> str:
    """The file of known matures; for None the bundled one."""
    return str(files("mirpre.annotation") / "known" / BUNDLED) if source is None else source


def known_matures(source: str | None) -> Iterator[KnownMature]:
    """The known matures of a file, or the bundled ones for None.

    A file is FASTA, or an index such as ``bench.weights.known_index`` writes, told by content.
    Those of a FASTA are SUPPORTED; low complexity and lengths out of SHORTEST to LONGEST are the
    caller's to look at. Raises FileError and RecordError for what is neither.
    """
    with open_lines(index_path(source)) as lines:
        head = lines.peek(1)
        if head and head[0].startswith("#"):
            yield from _of_index(lines)
        else:
            yield from map(of_fasta, read_fasta(lines))


def of_fasta(record: Hairpin) -> KnownMature:
    """A record of a FASTA of matures, such as miRBase's or MirGeneDB's."""
    name = record.name
    words = record.header.split()
    accession = next((word for word in words[1:2] if word.startswith("MIMAT")), "")
    return KnownMature(
        name,
        record.sequence,
        family_of(name),
        arm_of(name),
        accession,
        mirgenedb_family_of(name),
        SUPPORTED,
    )


def _of_index(lines: Lines) -> Iterator[KnownMature]:
    columns = Columns(lines, INDEX_COLUMNS)
    if tuple(columns.names) != INDEX_COLUMNS:
        raise columns.error("no index of known matures; make it again")
    for line in lines:
        try:
            name, accession, sequence, family, arm, group, support, number = line.split("\t")
            entries = int(number)
        except ValueError:
            raise columns.error("no row of an index; make the index again") from None
        if support not in SUPPORTS or arm not in _ARMS:
            raise columns.error(f"arm is {arm!r}, support {support!r}; make the index again")
        yield KnownMature(name, sequence, family, arm or None, accession, group, support, entries)
