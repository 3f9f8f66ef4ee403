"""What classify and scan-genome do around calls: the model, where they come from, writing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirpre.cli.session import Session
    from mirpre.models.inference import Predictor
    from mirpre.records import Call


class CallingModel:
    """The model that was asked for, and the threshold that applies.

    To be made when worker processes, where there are any, have been started: it loads a library
    that starts threads.
    """

    def __init__(self, name: str, threshold: float | None) -> None:
        from mirpre.models.model import load_model

        self._model = load_model(name)
        self.predictor: Predictor = self._model.predictor
        self.threshold = self._model.threshold if threshold is None else threshold

    def header_lines(
        self, session: Session, search: Sequence[str] = (), q_values: bool = False
    ) -> list[str]:
        """Where the calls come from, for the ``#`` lines of an output; search says how a scan
        found the records, q_values whether it tells them."""
        from mirpre.provenance import Provenance

        folder, viennarna = session.folded_by
        return Provenance(
            session.command,
            self._model.name,
            self._model.sha256,
            self.threshold,
            folder,
            viennarna,
            q_values,
            tuple(search),
        ).header_lines()

    def summary(self) -> dict[str, Any]:
        """The same for the run's summary."""
        model = self._model
        return {"name": model.name, "sha256": model.sha256, "threshold": self.threshold}


def write_calls(
    calls: Iterable[Call],
    session: Session,
    targets: Sequence[tuple[str, str]],
    head: Sequence[str],
    *,
    only_positive: bool,
    structure: bool = False,
    q_values: bool = False,
) -> dict[str, int]:
    """Write calls to targets, which are formats and files, the main output first.

    Returns how many were called and written.
    """
    from mirpre.formats.opening import open_output
    from mirpre.formats.writer import Head
    from mirpre.formats.writers import FORMATS

    counts = {"called": 0, "written": 0}
    session.count_flags()

    def shown() -> Iterator[Call]:
        for call in calls:
            session.flags.update(call.flags)
            counts["called"] += call.is_positive
            if call.is_positive or not only_positive:
                counts["written"] += 1
                yield call

    whole = Head(head, structure=structure, q_values=q_values)
    with ExitStack() as outputs:
        writers = [
            FORMATS[kind].make(outputs.enter_context(open_output(path)), whole)
            for kind, path in targets
        ]

        def write(call: Call) -> None:
            for writer in writers:
                writer.write(call)

        session.write_each(shown(), write, targets[0][1])
    return counts
