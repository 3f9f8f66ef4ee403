"""What classify and scan-genome do with folded hairpins: call them and write the calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirpre.calls import Call
    from mirpre.cli.session import Session
    from mirpre.hairpin import Hairpin

    Choose = Callable[[Iterable[Call]], Iterator[Call]]


def write_calls(
    records: Iterable[Hairpin],
    session: Session,
    targets: Sequence[tuple[str, str]],
    *,
    model: str,
    threshold: float | None,
    only_positive: bool,
    structure: bool = False,
    batch_size: int = 512,
    choose: Choose = iter,
    decoys: Sequence[Hairpin] = (),
    choose_decoys: Choose = iter,
    copies: int = 0,
    search: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Call hairpins and write the calls; returns what the run's summary says of them.

    targets are formats and files, of which the first is the main output. Of all calls, those that
    choose gives are counted and written. With copies, q-values come from decoys, which are
    complete when the records have been read; the calls then wait for the last of them.
    search has header lines on how records were found.
    """
    from mirpre.calling import call
    from mirpre.formats.calls import CALL_WRITERS
    from mirpre.formats.opening import open_output
    from mirpre.models.inference import Predictor
    from mirpre.models.registry import load_model_files
    from mirpre.provenance import Provenance

    files = load_model_files(model)
    cutoff = files.threshold if threshold is None else threshold
    call_all = partial(
        call,
        predictor=Predictor(files),
        threshold=cutoff,
        batch_size=batch_size,
        threads=session.threads,
        times=session.times,
        folder=session.folder,
    )
    calls = choose(call_all(records))
    if copies:
        calls = _with_q_values(calls, lambda: choose_decoys(call_all(decoys)), copies)
    counts = {"called": 0, "written": 0}

    def shown() -> Iterator[Call]:
        for result in calls:
            session.flags.update(result.flags)
            counts["called"] += result.is_positive
            if result.is_positive or not only_positive:
                counts["written"] += 1
                yield result

    provenance = Provenance(
        session.command, files.name, files.sha256, cutoff, *session.folded_by, copies, search
    )
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


def _with_q_values(
    calls: Iterable[Call], decoys: Callable[[], Iterable[Call]], copies: int
) -> Iterator[Call]:
    from mirpre.fdr import places, q_values

    found = list(calls)
    scores = [call.probability for call in found]
    estimates = q_values(scores, places(found), places(decoys()), copies)
    for result, q in zip(found, estimates, strict=True):
        yield replace(result, q_value=q)
