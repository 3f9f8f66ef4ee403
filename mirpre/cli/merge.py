"""``mirpre merge``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from mirpre.cli.files import FileCommand, is_special
from mirpre.cli.options import (
    INPUT_FILE,
    also_option,
    json_option,
    multiqc_option,
    output_option,
)
from mirpre.errors import FileError
from mirpre.formats.writers import CALL_FORMATS, WITH_STRUCTURE

if TYPE_CHECKING:
    from mirpre.formats.shards import ShardHead
    from mirpre.records import Call
    from mirpre.scanning.whole import WholeGenome


@click.command(
    "merge", cls=FileCommand, short_help="Make one list of calls of the shards of a scan."
)
@click.argument("shards", type=INPUT_FILE, nargs=-1, required=True)
@output_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(CALL_FORMATS),
    show_default="tsv",
    help="Of the calls, as of scan-genome --classify.",
)
@also_option(CALL_FORMATS)
@json_option
@multiqc_option
def command(
    shards: tuple[str, ...],
    output: str | None,
    output_format: str | None,
    also: tuple[tuple[str, str], ...],
    json_file: str | None,
    multiqc: str | None,
) -> None:
    """Make of the shards of a scan what one run over the whole genome writes.

    SHARDS are all N files of 'mirpre scan-genome --classify --shard I/N', in any order. Copies are
    counted and q-values made here, over the whole genome; the calls are those of one run of the
    same command without --shard, byte for byte.
    """
    targets = [(output_format or "tsv", output or "-"), *also]
    for path in shards:
        if path == "-" or is_special(path):
            raise click.UsageError(f"{path}: shards are read twice, and so must be files.")
    from mirpre.cli.calls import write_calls
    from mirpre.cli.scan_calls import whole_summary
    from mirpre.cli.scan_session import WholeSession
    from mirpre.scanning.whole import WholeGenome

    heads = _heads(shards)
    head, ordered = heads[0][1], [path for path, _ in heads]
    if head.structure and not WITH_STRUCTURE & {kind for kind, _ in targets}:
        raise click.UsageError(
            f"The shards have --structure, which does not go with --format {targets[0][0]}."
        )
    session = WholeSession(1)
    session.kind, session.letters_in_all = "shards", head.letters
    session.not_folded_here = (head.folder, head.viennarna)
    whole = WholeGenome()
    counts = write_calls(
        whole.joined(
            _calls(ordered, whole),
            q_values=head.q_values,
            called_only=head.called_only,
            max_copies=head.max_copies,
        ),
        session,
        targets,
        _with_options(head.head, output_format, also),
        structure=head.structure,
        scan=True,
        q_values=head.q_values,
    )
    session.read = whole.found
    session.times.add_all(whole.times)
    session.say("these shards", whole)
    session.finish(
        json_file,
        multiqc=multiqc,
        **session.search_summary(whole, head.preset, head.search_networks),
        shards=head.of,
        records=counts.summary(),
        calls=session.calls(counts, whole.letters, head.prior),
        **whole_summary(whole, head.model),
    )


def _heads(shards: Sequence[str]) -> list[tuple[str, ShardHead]]:
    """Files and heads in the order of the genome; raises FileError unless they are all shards of
    one run, each once."""
    from mirpre.formats.opening import open_lines
    from mirpre.formats.shards import ShardReader

    found: dict[int, tuple[str, ShardHead]] = {}
    for path in shards:
        with open_lines(path) as lines:
            head = ShardReader(lines).head
        first_path, first = next(iter(found.values()), (path, head))
        difference = head.difference(first)
        if difference:
            raise FileError(f"no shard of the same run as {first_path}: {difference}", file=path)
        if head.number in found:
            raise FileError(
                f"shard {head.number} of {head.of}, as {found[head.number][0]} is; give each once",
                file=path,
            )
        found[head.number] = path, head
    of = head.of
    missing = [number for number in range(1, of + 1) if number not in found]
    if missing:
        shown = ", ".join(map(str, missing[:10])) + (", ..." if len(missing) > 10 else "")
        raise FileError(f"of {of} shards there are {len(found)}; missing: {shown}")
    return [found[number] for number in sorted(found)]


def _calls(paths: Sequence[str], whole: WholeGenome) -> Iterator[tuple[list[Call], list[Call]]]:
    """The calls of all shards, and of their mirrors; their counts go to the whole."""
    from mirpre.formats.opening import open_lines
    from mirpre.formats.shards import ShardReader

    for path in paths:
        with open_lines(path) as lines:
            shard = ShardReader(lines)
            yield from shard
        try:
            whole.add(shard.counts)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileError("a damaged shard; copy or make it again", file=path) from error


def _with_options(
    head: Sequence[str], output_format: str | None, also: Sequence[tuple[str, str]]
) -> list[str]:
    """The head of the run, whose command has the options on formats, which shards have not."""
    words = [] if output_format is None else ["--format", output_format]
    words += [word for kind, path in also for word in ("--also", kind, path)]
    more = f" {shlex.join(words)}".replace("\n", " ") if words else ""
    return [f"{line}{more}" if line.startswith("command: ") else line for line in head]
