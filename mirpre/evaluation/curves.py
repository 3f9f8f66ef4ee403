"""Figures: ROC and precision-recall curves, and the course of a training run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from mirpre.evaluation.scoring import Scored
from mirpre.training.fit import Epoch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (5.0, 4.6)
_STYLE: Any = {
    "font.size": 10,
    "axes.titlesize": 10,
    "legend.title_fontsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "mirpre",  # the same figure is the same file
}


_MARKS = "dots: the thresholds"


def _title(kind: str, scored: Sequence[Scored]) -> str:
    """What is drawn, and of how many records."""
    counts = sorted({(int(s.is_precursor.sum()), len(s.is_precursor)) for s in scored})
    if len(counts) > 1:
        return f"{kind}s"
    ((precursors, records),) = counts
    return f"{kind}: {precursors:,} precursors, {records - precursors:,} other hairpins"


def _mark(axes: Axes, x: float, y: float, colour: Any) -> None:
    """A dot at the threshold; its value stands in the legend, where nothing overlaps."""
    axes.plot([x], [y], "o", color=colour, markersize=7, clip_on=False, zorder=3)


def write_roc(out: BinaryIO, scored: Sequence[Scored], file_format: str) -> None:
    """Sensitivity against 1 - specificity, one curve a model, with its area in the legend and a
    dot at its threshold."""
    from sklearn.metrics import roc_auc_score, roc_curve

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color="0.8", linewidth=1)
        for one in scored:
            false, true, _ = roc_curve(one.is_precursor, one.probability)
            area = roc_auc_score(one.is_precursor, one.probability)
            label = f"{one.name} (AUC {100 * area:.2f} %, threshold {one.threshold:g})"
            (line,) = axes.plot(false, true, linewidth=1.5, label=label)
            called = one.probability >= one.threshold
            x, y = called[~one.is_precursor].mean(), called[one.is_precursor].mean()
            _mark(axes, float(x), float(y), line.get_color())
        axes.set(xlabel="1 - specificity", ylabel="sensitivity", xlim=(0, 1), ylim=(0, 1.01))
        axes.set_title(_title("ROC curve", scored))
        axes.legend(loc="lower right", frameon=False, title=_MARKS)

    _write(out, draw, file_format)


def write_precision_recall(out: BinaryIO, scored: Sequence[Scored], file_format: str) -> None:
    """Precision against sensitivity, one curve a model with a dot at its threshold and its
    average precision (AP); the grey line is calling at random."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    def draw(axes: Axes) -> None:
        for share in sorted({float(one.is_precursor.mean()) for one in scored}):
            axes.axhline(share, color="0.8", linewidth=1)
        for one in scored:
            precision, recall, _ = precision_recall_curve(one.is_precursor, one.probability)
            area = average_precision_score(one.is_precursor, one.probability)
            label = f"{one.name} (AP {100 * area:.2f} %, threshold {one.threshold:g})"
            (line,) = axes.plot(
                recall, precision, linewidth=1.5, drawstyle="steps-post", label=label
            )
            called = one.probability >= one.threshold
            if called.any():  # else there is no precision
                x, y = called[one.is_precursor].mean(), one.is_precursor[called].mean()
                _mark(axes, float(x), float(y), line.get_color())
        axes.set(xlabel="sensitivity (recall)", ylabel="precision", xlim=(0, 1), ylim=(0, 1.01))
        axes.set_title(_title("Precision-recall curve", scored))
        axes.legend(loc="lower left", frameon=False, title=_MARKS)

    _write(out, draw, file_format)


def write_learning_curves(out: BinaryIO, history: Sequence[Epoch], best: Epoch) -> None:
    """Losses and validation accuracy by epoch, as PNG; a line marks the epoch that was kept.

    The training loss holds dropout and the regularisation term, the validation loss neither.
    """

    def draw(axes: Axes) -> None:
        epochs = [epoch.epoch for epoch in history]
        axes.plot(epochs, [epoch.train_loss for epoch in history], label="training loss")
        axes.plot(epochs, [epoch.validation_loss for epoch in history], label="validation loss")
        accuracy = [epoch.validation_accuracy for epoch in history]
        axes.plot(epochs, accuracy, label="validation accuracy")
        axes.axvline(best.epoch, color="0.8", linewidth=1, label=f"kept: epoch {best.epoch}")
        axes.set(xlabel="epoch", ylabel="cross-entropy (nats) or fraction", ylim=(0, 1.5))
        axes.legend(loc="upper right", frameon=False)

    _write(out, draw, "png")


def _write(out: BinaryIO, draw: Callable[[Axes], None], file_format: str) -> None:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=_SIZE, layout="constrained")
        draw(figure.subplots())
        metadata = {"Date": None} if file_format == "svg" else None
        figure.savefig(out, format=file_format, dpi=150, metadata=metadata)
