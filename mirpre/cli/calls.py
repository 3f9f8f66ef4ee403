"""What classify and scan-genome do around calls: the model, where they come from, writing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirpre.cli.session import Session
    from mirpre.models.inference import Predictor
    from mirpre.models.model import Model
    from mirpre.records import Call
    from mirpre.report.collect import Collector


class CallingModel:
    """The model that was asked for, and the threshold that applies.

    To be made when worker processes, where there are any, have been started: it loads a library
    that starts threads.
    """

    def __init__(self, name: str, threshold: float | None) -> None:
        from mirpre.models.model import load_model

        self.model: Model = load_model(name)
        self.predictor: Predictor = self.model.predictor
        self.threshold = self.model.threshold if threshold is None else threshold

    prior: float | None = None
    """Precursors per Mb of genome that the probabilities are for."""

    def header_lines(
        self, session: Session, search: Sequence[str] = (), q_values: bool = False
    ) -> list[str]:
        """Where the calls come from, for the ``#`` lines of an output; search says how a scan
        found the records, q_values whether it tells them."""
        from mirpre.provenance import Provenance

        folder, viennarna = session.folded_by
        return Provenance(
            session.command,
            self.model.name,
            self.model.sha256,
            self.threshold,
            folder,
            viennarna,
            self.prior,
            q_values,
            tuple(search),
        ).header_lines()

    def summary(self) -> dict[str, Any]:
        """The same for the run's summary."""
        model = self.model
        prior = {} if self.prior is None else {"prior_per_mb": self.prior}
        return {
            "name": model.name,
            "sha256": model.sha256,
            "threshold": self.threshold,
            **prior,
        }


class ScanModel(CallingModel):
    """The same for a scan: what the model's probabilities mean in a genome."""

    def __init__(
        self,
        name: str,
        preset: str,
        *,
        prior: float | None,
        threshold: float | None,
        best_strand: bool,
    ) -> None:
        """Raises click.UsageError for a prior with a model that has no use for one."""
        import click

        from mirpre.scanning.pipeline import Caller

        super().__init__(name, threshold)
        try:
            self.caller = Caller.of(
                self.model, preset, prior=prior, threshold=threshold, best_strand=best_strand
            )
        except ValueError as error:
            raise click.UsageError(f"--prior does not go with this --model: {error}.") from error
        self.threshold, self.prior = self.caller.threshold, self.caller.prior


class Tally:
    """What is counted of the calls of a run."""

    def __init__(self) -> None:
        self.called = 0
        self.written = 0
        self.expected_false = 0.0
        """The sum of what is lacking to certainty over all that is called."""

    def add(self, call: Call) -> None:
        if call.is_positive:
            self.called += 1
            self.expected_false += 1 - call.probability

    def summary(self) -> dict[str, int]:
        """How many were called and written, for the run's summary."""
        return {"called": self.called, "written": self.written}


def write_calls(
    calls: Iterable[Call],
    session: Session,
    targets: Sequence[tuple[str, str]],
    head: Sequence[str],
    *,
    only_positive: bool = False,
    structure: bool = False,
    scan: bool = False,
    q_values: bool = False,
    collector: Collector | None = None,
) -> Tally:
    """Write calls to targets, which are formats and files, the main output first.

    With a collector what is written goes there, too. Returns what was counted of the calls.
    """
    from mirpre.formats.entries import entry_of
    from mirpre.formats.output import open_output
    from mirpre.formats.writer import Head
    from mirpre.formats.writers import FORMATS

    counts = Tally()
    session.count_flags()

    def shown() -> Iterator[Call]:
        for call in calls:
            session.flags.update(call.flags)
            counts.add(call)
            if call.is_positive or not only_positive:
                counts.written += 1
                yield call

    whole = Head(head, structure=structure, scan=scan, q_values=q_values)
    with ExitStack() as outputs:
        writers = [
            FORMATS[kind].make(outputs.enter_context(open_output(path)), whole)
            for kind, path in targets
        ]

        def write(call: Call) -> None:
            for writer in writers:
                writer.write(call)
            if collector is not None:
                collector.add(entry_of(call))

        session.write_each(shown(), write, targets[0][1])
    return counts
