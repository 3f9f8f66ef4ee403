"""What classify and scan-genome do with folded hairpins: call them and write the calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirpre.calls import Call
    from mirpre.cli.session import Session
    from mirpre.hairpin import Hairpin

BATCH_SIZE = 512


def write_calls(
    records: Iterable[Hairpin],
    session: Session,
    targets: Sequence[tuple[str, str]],
    *,
    model: str,
    threshold: float | None,
    only_positive: bool,
    structure: bool = False,
    batch_size: int = BATCH_SIZE,
    choose: Callable[[Iterable[Call]], Iterator[Call]] = iter,
) -> dict[str, Any]:
    """Call folded hairpins and write the calls; returns what the run's summary says of them.

    targets are formats and files, of which the first is the main output. Of all calls, those that
    choose gives are counted and written.
    To be called when the workers have been started: it loads libraries that start threads.
    """
    from mirpre.calling import call
    from mirpre.formats.calls import CALL_WRITERS
    from mirpre.formats.opening import open_output
    from mirpre.models.inference import Predictor
    from mirpre.models.registry import load_model_files
    from mirpre.provenance import Provenance

    files = load_model_files(model)
    cutoff = files.threshold if threshold is None else threshold
    calls = call(
        records,
        Predictor(files),
        threshold=cutoff,
        batch_size=batch_size,
        threads=session.threads,
        times=session.times,
    )
    counts = {"called": 0, "written": 0}

    def shown() -> Iterator[Call]:
        for result in choose(calls):
            session.flags.update(result.flags)
            counts["called"] += result.is_positive
            if result.is_positive or not only_positive:
                counts["written"] += 1
                yield result

    provenance = Provenance(session.command, files.name, files.sha256, cutoff, session.folded_by)
    with ExitStack() as outputs:
        writers = [
            CALL_WRITERS[kind](outputs.enter_context(open_output(path)), provenance, structure)
            for kind, path in targets
        ]

        def write(call: Call) -> None:
            for writer in writers:
                writer.write(call)

        session.write_each(shown(), write, targets[0][1])
    return {
        "records": counts,
        "model": {"name": files.name, "sha256": files.sha256, "threshold": cutoff},
    }
