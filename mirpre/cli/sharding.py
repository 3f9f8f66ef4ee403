"""Shards of a scan: the option, and what scan-genome does with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from mirpre.scanning.settings import Shard

if TYPE_CHECKING:
    from mirpre.cli.scan_calls import CallRun
    from mirpre.records import Call

MOST_SHARDS = 1_000_000


def read_shard(context: click.Context, param: click.Parameter, value: str | None) -> Shard | None:
    """``I/N``, such as 2/17; raises click.BadParameter."""
    if value is None:
        return None
    match = re.fullmatch(r"([0-9]{1,7})/([0-9]{1,7})", value)
    shard = Shard(int(match[1]), int(match[2])) if match else Shard(0, 0)
    if not 1 <= shard.number <= shard.of <= MOST_SHARDS:
        raise click.BadParameter(f"{value[:50]!r} is no I/N such as 2/17, with I from 1 to N.")
    return shard


def check_shard(shard: Shard | None, genome: str, classify: bool, others: bool) -> None:
    if shard is None:
        return
    if not classify:
        raise click.UsageError("--shard needs --classify.")
    if genome == "-":
        raise click.UsageError("--shard needs a genome file, not standard input.")
    if others:
        raise click.UsageError(
            "--format, --also, --report and --annotate do not go with --shard: give them to "
            "'mirpre merge', 'report' and 'annotate'."
        )


def write_shard(
    run: CallRun,
    parts: Iterable[tuple[list[Call], list[Call]]],
    shard: Shard,
    called_only: bool,
    max_copies: int | None,
) -> dict[str, Any]:
    """Write a shard, to be merged; what the summary says of it."""
    from mirpre.formats.output import open_output
    from mirpre.formats.shards import ShardHead, ShardWriter

    session, scan = run.session, run.scan
    folder, viennarna = session.folded_by
    head = ShardHead(
        number=shard.number,
        of=shard.of,
        letters=session.letters_in_all,
        regions_sha256=session.regions_sha256,
        head=run.header_lines(),
        q_values=run.q_values,
        called_only=called_only,
        structure=run.structure,
        max_copies=max_copies,
        prior=run.called_by.prior,
        preset=session.preset,
        folder=folder,
        viennarna=viennarna,
        model=run.called_by.summary(),
        search_networks=session.search_networks,
    )
    written = 0
    with open_output(run.targets[0][1]) as out:
        writer = ShardWriter(out, head)
        for calls, mirrored in parts:
            writer.write(calls, mirrored)
            written += len(calls)
        writer.finish(scan.counts())
    return {
        "records": {"written": written},
        "shard": {"number": shard.number, "of": shard.of},
        "model": run.called_by.summary(),
    }
