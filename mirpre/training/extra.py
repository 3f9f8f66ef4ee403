"""The optional packages that training and measuring need."""

from __future__ import annotations

from importlib import import_module

from mirpre.errors import MissingExtraError


def require(what: str, *modules: str) -> None:
    """Import the modules; raises MissingExtraError, which names ``what``, where one is missing."""
    try:
        for module in modules:
            import_module(module)
    except ImportError as error:
        raise MissingExtraError(what, "train") from error
