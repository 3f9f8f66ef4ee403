"""``mirpre classify``."""

from __future__ import annotations

import click

from mirpre.cli.options import (
    call_options,
    make_source,
    output_option,
    resolve_threads,
    run_options,
    source_options,
    threads_option,
)

if TYPE_CHECKING:
    from mirpre.calls import Call
    from mirpre.cli.calls import write_calls
    from mirpre.cli.session import Session

    session = Session(resolve_threads(threads))
    with session.folded(source, skip_invalid) as records:
        details = write_calls(
            records,
            session,
            output,
            output_format,
            model=model,
            threshold=threshold,
            only_positive=only_positive,
            structure=structure,
            batch_size=batch_size,
        )
    session.finish(json_file, **details)
