"""The functions of ``import mirpre``: what the commands do, for Python. See docs/api.md.

Records are sequences as text, (name, sequence) pairs or Hairpins; DNA or RNA, any case. One
thread works unless more are asked for, and no processes are started.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirpre.errors import RecordError
from mirpre.folding import Folder, open_folder
from mirpre.formats.records import length_problem, letter_problem, to_rna
from mirpre.models import DEFAULT_MODEL
from mirpre.parallel import available_cpus
from mirpre.records import Call, Candidate, Hairpin
from mirpre.timing import StageSeconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mirpre.annotation.records import Annotation
    from mirpre.models.model import Model
    from mirpre.scanning.chunks import Chunk
    from mirpre.scanning.settings import ScanSettings

Record = str | tuple[str, str] | Hairpin
"""A sequence, a name and a sequence, or a hairpin."""
Genome = str | os.PathLike[str] | Iterable[tuple[str, str]]
"""The path of a FASTA file, or (name, sequence) pairs."""


def fold(records: Iterable[Record], *, threads: int = 1, folder: str = "auto") -> Iterator[Hairpin]:
    """The records with structure and MFE (kcal/mol), as ViennaRNA folds them, in their order.

    threads: 0 for all CPUs. folder: auto, native or viennarna; the results are the same.
    Raises RecordError for what is no sequence of 1 to 10,000 nucleotide letters.
    """
    from mirpre.folding.step import fold as fold_all

    with _folder(folder) as found:
        yield from fold_all(_hairpins(records), found, threads or available_cpus(), StageSeconds())


def encode(records: Iterable[Record], *, model: str | Model = "cnn") -> NDArray[Any]:
    """The records as the array that a model reads; they are folded where they have no structure.

    For cnn and rnn one-hot dimers, shape (N, 180, 12), uint8; for genome dimers and partners,
    shape (N, L, 2), int16. Raises as fold does.
    """
    from mirpre.folding.step import fold_chunk

    with _folder("auto") as folder:
        encoded: NDArray[Any] = _model(model).encoding.encode(
            fold_chunk(list(_hairpins(records)), folder)
        )
    return encoded


def classify(
    records: Iterable[Record],
    *,
    model: str | Model = DEFAULT_MODEL,
    threshold: float | None = None,
    threads: int = 1,
) -> Iterator[Call]:
    """A call for each record, in their order; those without a structure are folded first.

    model: a bundled one (genome, cnn, rnn), a folder, or what load_model gave. threshold: the
    model's own unless named. threads: 0 for all CPUs. Raises as fold does, and ModelError.
    """
    from mirpre.calling import call

    used = _model(model)
    with _folder("auto") as folder:
        yield from call(
            _hairpins(records),
            used.predictor,
            threshold=used.threshold if threshold is None else threshold,
            threads=threads or available_cpus(),
            times=StageSeconds(),
            folder=folder,
        )


def find_candidates(
    genome: Genome, *, preset: str = "default", regions: Sequence[str] = (), threads: int = 1
) -> Iterator[Candidate]:
    """Hairpins on both strands of a genome that may be precursors, in the order of the genome.

    preset: strict, fast, default, sensitive or plant. regions: as samtools writes them, of a file
    that is plain or compressed with bgzip. Raises FileError for what is no nucleotide FASTA.
    """
    from mirpre.scanning.pipeline import Scan
    from mirpre.scanning.settings import settings_of

    settings = settings_of(preset)
    with _chunks(genome, regions, settings) as chunks:
        scan = Scan(settings, threads=threads or available_cpus())
        yield from scan.candidates(chunks)


def scan(
    genome: Genome,
    *,
    preset: str = "default",
    model: str | Model = "genome",
    prior: float | None = None,
    threshold: float | None = None,
    regions: Sequence[str] = (),
    best_strand: bool = False,
    max_copies: int | None = None,
    q_values: bool = False,
    threads: int = 1,
) -> Iterator[Call]:
    """A call for each candidate locus of a genome, in its order, those not called among them.

    They come when the whole genome has been searched, since each tells its copies there.
    prior: precursors per Mb of the genome that are expected, which the probability is for; by
    preset unless named. threshold: of that probability, 0.1 unless named. A model that is not
    calibrated for genomes takes no prior (ValueError): probability and threshold are its own.
    best_strand: of both strands of a place only the more probable one. max_copies: none of which
    the genome has more copies. q_values: the genome is scanned read backwards, too, for them.
    Otherwise as find_candidates and classify.
    """
    from mirpre.scanning.pipeline import Caller, Scan
    from mirpre.scanning.settings import settings_of

    used = _model(model)
    settings = settings_of(preset, classify=True, best_strand=best_strand, mirror=q_values)
    caller = Caller.of(used, preset, prior=prior, threshold=threshold, best_strand=best_strand)
    with _folder("auto") as folder, _chunks(genome, regions, settings) as chunks:
        run = Scan(settings, threads=threads or available_cpus(), folder=folder)
        yield from run.calls(chunks, caller, max_copies=max_copies)


def annotate(
    calls: Iterable[Call],
    *,
    genome: str | os.PathLike[str] | None = None,
    known: str | os.PathLike[str] | None = None,
    reads: Sequence[str | os.PathLike[str]] = (),
    profile: str = "animal",
    multi: str = "all",
    threads: int = 1,
) -> Iterator[Annotation]:
    """An annotation for each call, in their order: family, reads, mature arms and posterior.

    genome: FASTA, plain or bgzip; without it mature sequences that reach beyond a hairpin are
    missed. known: FASTA or an index of mature sequences, the bundled one of miRBase 22 unless
    named, "none" for none. reads: BAM or CRAM files with an index, held against the criteria of
    profile: animal, mirdeep2 or plant; with plant no mature arms are told from the sequence alone.
    multi: what a read with several places counts (all, split, unique). threads: 0 for all CPUs.
    Raises FileError, RecordError and LocusError.
    """
    from mirpre.annotation.annotate import Annotator, with_context
    from mirpre.annotation.arms import ArmsPredictor
    from mirpre.annotation.families import FamilySearch
    from mirpre.annotation.matures import known_matures
    from mirpre.annotation.posterior import load_posterior
    from mirpre.annotation.reads import ReadFiles
    from mirpre.formats.regions import open_genome

    count = threads or available_cpus()
    searched = known is None or str(known) != "none"
    search = (
        FamilySearch(known_matures(None if known is None else str(known))) if searched else None
    )
    with ExitStack() as stack:
        folder = stack.enter_context(_folder("auto"))
        fasta = stack.enter_context(open_genome(str(genome))) if genome is not None else None
        files = None
        if reads:
            opened = ReadFiles([str(path) for path in reads], multi=multi, threads=count)
            files = stack.enter_context(opened)
        annotator = Annotator(
            posterior=load_posterior(searched=searched),
            search=search,
            folder=folder,
            reads=files,
            profile=profile,
            arms=None if profile == "plant" else ArmsPredictor(),
        )
        records = with_context(calls, fasta)
        yield from annotator.annotate(records, threads=count, times=StageSeconds())


def _hairpins(records: Iterable[Record]) -> Iterator[Hairpin]:
    """Records of any kind as hairpins; those of strings are named sequence1, sequence2 ..."""
    if isinstance(records, str | Hairpin):
        raise TypeError("records must be a list or another iterable; put a single one in a list")
    for number, record in enumerate(records, 1):
        if isinstance(record, Hairpin):
            yield record
            continue
        name, text = (f"sequence{number}", record) if isinstance(record, str) else record
        sequence = to_rna(text)
        problem = letter_problem(sequence) or length_problem(len(sequence))
        if problem:
            raise RecordError(problem, record=name)
        yield Hairpin(name, sequence)


def _model(model: str | Model) -> Model:
    from mirpre.models.model import Model, load_model

    return model if isinstance(model, Model) else load_model(model)


@contextmanager
def _folder(wanted: str) -> Iterator[Folder]:
    with open_folder(wanted) as (folder, trouble):
        if trouble:
            warnings.warn(
                f"ViennaRNA itself folds, which is slower: {trouble}", RuntimeWarning, stacklevel=4
            )
        yield folder


@contextmanager
def _chunks(
    genome: Genome, regions: Sequence[str], settings: ScanSettings
) -> Iterator[Iterator[Chunk]]:
    from mirpre.formats.opening import open_blocks
    from mirpre.formats.regions import open_genome, parse_region
    from mirpre.scanning.batches import CHUNK_LETTERS
    from mirpre.scanning.chunks import chunks_of, merged_regions, read_chunks, region_chunks

    with ExitStack() as stack:
        if not isinstance(genome, str | os.PathLike):
            if regions:
                raise ValueError("regions are taken of a file; cut the sequences yourself")
            yield chunks_of(genome, CHUNK_LETTERS, settings.margin)
        elif regions:
            fasta = stack.enter_context(open_genome(str(Path(genome))))
            lengths = dict(zip(fasta.references, fasta.lengths, strict=True))
            wanted = [parse_region(region, lengths) for region in regions]
            merged = merged_regions(fasta, wanted)
            yield region_chunks(fasta, merged, CHUNK_LETTERS, settings.margin)
        else:
            blocks = stack.enter_context(open_blocks(str(Path(genome))))
            yield read_chunks(blocks, CHUNK_LETTERS, settings.margin)
