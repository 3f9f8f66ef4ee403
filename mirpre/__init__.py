"""Find microRNA precursors (pre-miRNA hairpins) with deep learning.

The functions and classes below are the public API, described in docs/api.md. They load when they
are first used, so that ``import mirpre`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirpre.annotation.records import Annotation
    from mirpre.api import annotate, classify, encode, find_candidates, fold, scan
    from mirpre.errors import MirpreError
    from mirpre.models.model import Model, load_model
    from mirpre.records import Call, Candidate, Hairpin, Locus

__version__ = "0.1.0"

__all__ = [
    "Annotation",
    "Call",
    "Candidate",
    "Hairpin",
    "Locus",
    "MirpreError",
    "Model",
    "__version__",
    "annotate",
    "classify",
    "encode",
    "find_candidates",
    "fold",
    "load_model",
    "scan",
]

_HOME = {
    **dict.fromkeys(
        ("annotate", "classify", "encode", "find_candidates", "fold", "scan"), "mirpre.api"
    ),
    **dict.fromkeys(("Model", "load_model"), "mirpre.models.model"),
    **dict.fromkeys(("Call", "Candidate", "Hairpin", "Locus"), "mirpre.records"),
    "Annotation": "mirpre.annotation.records",
    "MirpreError": "mirpre.errors",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mirpre' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
