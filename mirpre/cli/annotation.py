"""What annotate and scan-genome do around annotations: options, evidence, writing, summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mirpre.cli import talk
from mirpre.cli.options import OUTPUT_FILE, KnownFile
from mirpre.cli.session import plural

if TYPE_CHECKING:
    from mirpre.annotation.annotate import Annotator
    from mirpre.annotation.completeness import Expected
    from mirpre.annotation.reads import ReadFiles
    from mirpre.annotation.records import Annotation
    from mirpre.cli.session import Session
    from mirpre.report.collect import Collector

Function = TypeVar("Function", bound=Callable[..., Any])

PROFILES = ("animal", "mirdeep2", "plant")
MULTI = ("all", "split", "unique")
"""Of criteria.py and alignments.py, which load more than a help page needs."""
FORMATS = ("gff3", "tsv", "jsonl", "bed", "fasta", "mature-fasta")
"""Those of formats/annotations.py, which loads more than a help page needs."""


clade_option = click.option(
    "--clade",
    metavar="NAME",
    help="Clade of the genome, such as Mammalia, Hexapoda or Nematoda: what families are expected.",
)
multi_option = click.option(
    "--multi",
    type=click.Choice(MULTI),
    default=MULTI[0],
    show_default=True,
    help="What a read with several places counts at each: one, 1 / NH, or nothing.",
)
reads_option = click.option(
    "--reads",
    type=click.Path(exists=True, dir_okay=False),
    multiple=True,
    metavar="BAM",
    help="Aligned small RNA reads, BAM or CRAM with an index; may be repeated.",
)


def evidence_options(function: Function) -> Function:
    """--known, --reads and what goes with them, --clade and --completeness."""
    for option in (
        click.option(
            "--completeness",
            type=OUTPUT_FILE,
            metavar="FILE",
            help="Write which conserved families of --clade are found here; needs --clade.",
        ),
        clade_option,
        multi_option,
        click.option(
            "--profile",
            type=click.Choice(PROFILES),
            default=PROFILES[0],
            show_default=True,
            help="Criteria that reads are held against: see docs/reads.md.",
        ),
        reads_option,
        click.option(
            "--known",
            type=KnownFile(),
            metavar="FILE|none",
            show_default="the bundled matures of miRBase 22",
            help="Known mature sequences, FASTA or an index; none: leave families out.",
        ),
    ):
        function = option(function)
    return function


def expected_of(clade: str | None) -> Expected | None:
    """The families of --clade, where it is given; raises click.UsageError for an unknown one."""
    if clade is None:
        return None
    from mirpre.annotation.completeness import clades, expected_families

    expected = expected_families(clade)
    if expected is None:
        raise click.UsageError(f"--clade {clade!r} is none that is known: {', '.join(clades())}.")
    return expected


def open_reads(
    paths: Sequence[str], multi: str, session: Session, stack: ExitStack
) -> ReadFiles | None:
    """The files of --reads, where there are any, open as long as the stack."""
    if not paths:
        return None
    from mirpre.annotation.reads import ReadFiles

    with session.times.of("reads"):
        return stack.enter_context(ReadFiles(paths, multi=multi, threads=session.threads))


class Evidence:
    """The evidence that was asked for."""

    def __init__(
        self,
        known: str | None,
        clade: str | None,
        completeness: str | None,
        reads: Sequence[str],
        profile: str,
        multi: str,
    ) -> None:
        """Raises click.UsageError for options that do not go together, and for another clade."""
        if completeness is not None and clade is None:
            raise click.UsageError("--completeness needs --clade.")
        if clade is not None and known == "none":
            raise click.UsageError("--clade does not go with --known none.")
        self._known = known
        self._reads, self._profile, self._multi = list(reads), profile, multi
        self._completeness = completeness
        self.expected = expected_of(clade)
        self.read_files: ReadFiles | None = None
        """Open as long as the annotator's stack."""
        self.left_out = 0
        self._arms = ""

    def annotator(
        self, session: Session, stack: ExitStack, header: Iterable[str], written_from: float
    ) -> Annotator:
        """The step, with the session's folder for calls without a structure.

        header: lines of the calls, which tell a scan of plants. written_from: the posterior from
        which annotations are written. Files of reads stay open on the stack.
        """
        from mirpre.annotation.annotate import Annotator
        from mirpre.annotation.families import FamilySearch
        from mirpre.annotation.matures import known_matures
        from mirpre.annotation.posterior import load_posterior

        search = None
        if self._known != "none":
            with session.times.of("index"):
                search = FamilySearch(known_matures(self._known))
            self.left_out = search.left_out
        self.read_files = open_reads(self._reads, self._multi, session, stack)
        arms = None
        if self._of_plants(header):
            self._arms = "arms: not told from the sequence, since it is of plants"
        else:
            from mirpre.annotation.arms import ArmsPredictor

            arms = ArmsPredictor()
            self._arms = f"arms-sha256: {arms.files.sha256}"
        return Annotator(
            posterior=load_posterior(searched=search is not None),
            search=search,
            folder=session.folder,
            reads=self.read_files,
            profile=self._profile,
            arms=arms,
            arms_from=written_from,
        )

    def _of_plants(self, header: Iterable[str]) -> bool:
        """Whether the scan's preset, the profile or the clade says so."""
        from mirpre.annotation.matures import is_plant_family

        families = self.expected.families if self.expected else ()
        return (
            self._profile == "plant"
            or any(line.strip() == "preset: plant" for line in header)
            or any(map(is_plant_family, families))
        )

    def header_lines(self) -> list[str]:
        """Where the evidence comes from, when the annotator has been made."""
        from mirpre.annotation.matures import index_path
        from mirpre.annotation.posterior import table_path
        from mirpre.formats.opening import sha256_of

        known = "none"
        if self._known != "none":
            name = self._known or "miRBase 22"
            known = f"{name}, sha256 {sha256_of(index_path(self._known))}"
        reads = [f"reads: {path}" for path in self._reads]
        if reads:
            reads += [f"profile: {self._profile}", f"multi: {self._multi}"]
        return [
            f"known: {known}",
            *reads,
            self._arms,
            f"posterior-sha256: {sha256_of(table_path())}",
        ]

    def finish(self, found: Counter[str]) -> dict[str, Any]:
        """Write and say how complete the annotation is; what the summary says of it."""
        if self.expected is None:
            return {}
        from mirpre.formats.completeness import write_completeness
        from mirpre.formats.output import open_output

        result = self.expected.compare(found)
        talk.say(result.sentence())
        if self._completeness is not None:
            with open_output(self._completeness) as out:
                write_completeness(out, result)
        return {"completeness": result.summary()}


def write_annotations(
    annotations: Iterable[Annotation],
    session: Session,
    targets: Sequence[tuple[str, str]],
    head: Sequence[str],
    evidence: Evidence,
    *,
    threshold: float,
    write_all: bool,
    collector: Collector | None = None,
) -> dict[str, Any]:
    """Write annotations to targets, which are formats and files, the main output first.

    With a collector what is written goes there, too. Returns what the summary says of them.
    """
    from mirpre.annotation.posterior import TIERS
    from mirpre.formats.annotations import ANNOTATION_FORMATS, entry_of_annotation
    from mirpre.formats.output import open_output
    from mirpre.formats.writer import Head

    tiers: Counter[str] = Counter(dict.fromkeys(TIERS, 0))
    families: Counter[str] = Counter()
    written = 0
    expected_false = 0.0

    def shown() -> Iterator[Annotation]:
        nonlocal written, expected_false
        for one in annotations:
            believed = one.posterior >= threshold
            if believed:
                tiers[one.tier] += 1
                expected_false += 1 - one.posterior
                mature = one.hits.family
                if mature is not None:
                    families.update({mature.mirgenedb_family, mature.family})
            if believed or write_all:
                written += 1
                yield one

    with ExitStack() as outputs:
        writers = [
            ANNOTATION_FORMATS[kind](outputs.enter_context(open_output(path)), Head(head))
            for kind, path in targets
        ]

        def write(annotation: Annotation) -> None:
            for writer in writers:
                writer.write(annotation)
            if collector is not None:
                collector.add(entry_of_annotation(annotation, threshold))

        session.write_each(shown(), write, targets[0][1])
    counts = "; ".join(f"{tier}: {number:,}" for tier, number in tiers.items())
    line = f"{plural(sum(tiers.values()), 'precursor')}, about {expected_false:.1f} of them false"
    talk.fact(f"{line} ({counts})")
    return {
        "annotations": {
            "written": written,
            "tiers": dict(tiers),
            "expected_false": round(expected_false, 3),
            **({"known_matures_left_out": evidence.left_out} if evidence.left_out else {}),
        },
        **evidence.finish(families),
    }
