"""What every record-streaming subcommand does around its work: input, counts, summary."""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TextIO, TypeVar

import click

from mirpre import __version__
from mirpre.cli import talk
from mirpre.cli.command import command_line
from mirpre.cli.options import Source
from mirpre.errors import FileError, RecordError
from mirpre.folding import Folder, open_folder, viennarna_version
from mirpre.folding.step import fold
from mirpre.formats.detect import read_hairpins
from mirpre.formats.json_text import to_json
from mirpre.formats.multiqc import sample_of, write_multiqc
from mirpre.formats.opening import Lines, file_size, open_lines
from mirpre.formats.output import open_output
from mirpre.formats.records import InvalidHandler, raise_invalid
from mirpre.formats.regions import open_genome, read_regions
from mirpre.records import AMBIGUOUS, TRUNCATED, Hairpin
from mirpre.timing import StageSeconds

Item = TypeVar("Item")


class Session:
    """One run of a subcommand."""

    def __init__(self, threads: int, folder_name: str = "auto") -> None:
        self.threads = threads
        self.command = command_line()
        self.times = StageSeconds()
        self.kind = "fasta"
        """What the input is: fasta, folded or encoded."""
        self.folder: Folder | None = None
        """Folds the records, unless they come folded."""
        self.not_folded_here: tuple[str, str] | None = None
        """What folded_by says where another run has folded."""
        self.read = 0
        self.skipped: Counter[str] = Counter()
        self.flags: Counter[str] = Counter()
        """Of the records; empty in commands that do not look at them, see count_flags."""
        self._folder_name = folder_name
        self._read_share: Callable[[], float | None] = lambda: None
        self._bar: Any = None
        self._bar_lock = threading.Lock()
        self._is_watched = False
        self._start = time.perf_counter()

    @property
    def folded_by(self) -> tuple[str, str]:
        """The folder's name, and ViennaRNA's version or a word on why it is not used."""
        if self.not_folded_here is not None:
            return self.not_folded_here
        if self.folder is not None:
            return self.folder.name, viennarna_version()
        return "none", "not used" if self.kind == "fasta" else "not used, input is folded"

    @contextmanager
    def records(
        self,
        source: Source,
        skip_invalid: str | None,
        takes: tuple[str, ...] = ("fasta", "folded", "encoded"),
    ) -> Iterator[Iterator[Hairpin]]:
        """The source's records; where they have no structures there is a folder, too.

        Raises FileError for an input of a kind that the command does not take.
        """
        with ExitStack() as stack:
            on_invalid = self.invalid_handler(skip_invalid, stack)
            first, *others = source.names
            lines = stack.enter_context(open_lines(first))
            self._read_share = lambda: lines.read_share
            if source.genome is None:
                self.kind, records = read_hairpins(lines, on_invalid)
                if others:
                    records = self._with_others(records, lines, others, on_invalid)
            else:
                genome = stack.enter_context(open_genome(source.genome))
                records = read_regions(lines, genome, on_invalid)
            if self.kind not in takes:
                raise FileError(
                    f"this is {self.kind} text already; {' or '.join(takes)} input belongs here",
                    file=first,
                )
            if self.kind == "fasta":
                self.folder = stack.enter_context(self.open_folder())
            yield self.counted(records)

    @contextmanager
    def folded(
        self,
        source: Source,
        skip_invalid: str | None,
        takes: tuple[str, ...] = ("fasta", "folded", "encoded"),
    ) -> Iterator[Iterator[Hairpin]]:
        """The source's records with structures: folded here, unless they came so."""
        with self.records(source, skip_invalid, takes) as records:
            if self.folder is None:
                yield records
            else:
                yield fold(records, self.folder, self.threads, self.times)

    @contextmanager
    def open_folder(self) -> Iterator[Folder]:
        """The folder that was asked for, with a warning where auto is not native."""
        with open_folder(self._folder_name, self.threads) as (folder, trouble):
            if trouble:
                warn(f"ViennaRNA itself folds, which is slower: {trouble}")
            yield folder

    def count_flags(self) -> None:
        """Flags will be counted: the summary says so where there are none."""
        self.flags.update({TRUNCATED: 0, AMBIGUOUS: 0})

    def invalid_handler(self, skip_invalid: str | None, stack: ExitStack) -> InvalidHandler:
        """The strict one, or one that writes to the file of --skip-invalid."""
        if skip_invalid is None:
            return raise_invalid
        return self._skip_to(stack.enter_context(open_output(skip_invalid)))

    def _with_others(
        self,
        records: Iterator[Hairpin],
        first: Lines,
        others: Sequence[str],
        on_invalid: InvalidHandler,
    ) -> Iterator[Hairpin]:
        """The records, and then those of other files, which are opened one after another.

        Raises FileError for a file of another kind than the first.
        """
        sizes = [file_size(name) for name in (first.name, *others)]
        done = 0

        def share_of(lines: Lines, done: int, size: int | None) -> float | None:
            if None in sizes or not sum(filter(None, sizes)):
                return None
            return (done + (lines.read_share or 0) * (size or 0)) / sum(filter(None, sizes))

        self._read_share = lambda: share_of(first, 0, sizes[0])
        yield from records
        for name, size, before in zip(others, sizes[1:], sizes, strict=False):
            done += before or 0
            with open_lines(name) as lines:
                self._read_share = functools.partial(share_of, lines, done, size)
                kind, more = read_hairpins(lines, on_invalid)
                if kind != self.kind and lines.peek(1):
                    raise FileError(
                        f"this is {kind} text, and {first.name} is {self.kind} text; give files "
                        "of one kind at once",
                        file=name,
                    )
                yield from more

    def _skip_to(self, out: TextIO) -> InvalidHandler:
        def skip(error: RecordError, lines: Sequence[str]) -> None:
            self.skipped[error.kind] += 1
            out.write(f"# {error}\n")
            out.writelines(f"{line}\n" for line in lines)

        return skip

    def counted(self, records: Iterable[Item]) -> Iterator[Item]:
        """The records, with how many were read and how long that took."""
        clock = time.perf_counter
        spent, start = 0.0, clock()
        for record in records:
            spent += clock() - start
            self.read += 1
            yield record
            start = clock()
        self.times.add("read", spent + clock() - start)

    def progress(self, items: Iterable[Item], output: str | None) -> Iterator[Item]:
        """The items, with a bar on a terminal that does not show the results.

        It moves with the items, or with what watch is told of.
        """
        if not talk.shows_progress(output):
            yield from items
            return
        from tqdm import tqdm

        with tqdm(unit=" records", file=sys.stderr, leave=False) as self._bar:
            for item in items:
                yield item
                if not self._is_watched:
                    self._move(1)
        self._bar = None

    def watch(self, records: int) -> None:
        """So many records more are done, though not yet written; by any thread."""
        self._is_watched = True
        if self._bar is not None:
            self._move(records)

    def _move(self, records: int) -> None:
        with self._bar_lock:
            share = self._read_share()
            self._bar.total = max(self.read, round(self.read / share)) if share else None
            self._bar.update(records)

    def write_each(
        self, items: Iterable[Item], write: Callable[[Item], object], output: str | None
    ) -> None:
        """Write the items one by one, with progress."""
        clock = time.perf_counter
        spent = 0.0
        for item in self.progress(items, output):
            start = clock()
            write(item)
            spent += clock() - start
        self.times.add("write", spent)

    def finish(self, json_file: str | None, *, multiqc: str | None = None, **details: Any) -> None:
        """Say once what the user should know, and write the summary where one is wanted.

        multiqc is a file for the row of the command's table.
        """
        skipped = sum(self.skipped.values())
        talk.fact(self.done(details))
        if skipped:
            kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(self.skipped.items()))
            warn(f"{plural(skipped, 'record')} skipped as invalid ({kinds})")
        if self.flags[TRUNCATED]:
            warn(
                f"{plural(self.flags[TRUNCATED], 'record')} longer than 180 nt: the model read "
                f"the first 180 (flag '{TRUNCATED}')"
            )
        folder, viennarna = self.folded_by
        talk.detail(f"threads {self.threads}; folder {folder}; ViennaRNA {viennarna}")
        for stage, spent in self.times.seconds.items():
            talk.detail(f"{stage}: {spent:.2f} s, all threads together")
        if json_file is None and multiqc is None:
            return
        seconds = {stage: round(value, 3) for stage, value in self.times.seconds.items()}
        seconds["total"] = round(time.perf_counter() - self._start, 3)
        summary = {
            **about_run(self.command),
            "input_kind": self.kind,
            "folder": folder,
            "viennarna": viennarna,
            "threads": self.threads,
            "records": {
                "read": self.read + skipped,
                **details.pop("records", {}),
                **self.flags,
                "skipped": skipped,
                "skipped_by_reason": dict(sorted(self.skipped.items())),
            },
            **details,
            "seconds": seconds,
        }
        if json_file is not None:
            with open_output(json_file) as out:
                out.write(to_json(summary, indent=2) + "\n")
        if multiqc is not None:
            write_for_multiqc(multiqc, {sample_of(multiqc): summary})

    def done(self, details: dict[str, Any]) -> str:
        """The run's records in words, for its last line."""
        words = plural(self.read, "record")
        if "called" in details.get("records", {}):
            words += f", {details['records']['called']:,} called pre-miRNA"
        return words


def write_for_multiqc(path: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """The table of the command that runs, with these summaries by sample."""
    command = click.get_current_context().command.name or ""
    with open_output(path) as out:
        write_multiqc(out, command, rows)


SUMMARY_SCHEMA = 1
"""Version of schemas/summary-1.json, which every summary keeps to: additions only."""


def about_run(command: str) -> dict[str, Any]:
    """How each summary begins."""
    return {
        "schema": SUMMARY_SCHEMA,
        "subcommand": click.get_current_context().info_name,
        "mirpre": __version__,
        "command": command,
    }


def plural(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def warn(message: str) -> None:
    """One line for the user, beside the results."""
    talk.warn(message)
