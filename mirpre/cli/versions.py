"""What is installed beside mirpre, for reports of bugs."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator

LIBRARIES = ("biopython", "click", "numpy", "onnxruntime", "pysam", "tqdm")
EXTRAS = ("tensorflow", "keras", "tf2onnx", "onnx", "scikit-learn", "scipy", "matplotlib")


def lines() -> Iterator[str]:
    """A line for Python, for each library that is used, and for the system."""
    from importlib.metadata import PackageNotFoundError, version

    yield f"Python {platform.python_version()} ({sys.executable})"
    try:
        from mirpre.folding import viennarna_version

        yield f"ViennaRNA {viennarna_version()}"
    except ImportError as error:
        yield f"ViennaRNA cannot be loaded: {error}"
    for name in (*LIBRARIES, *EXTRAS):
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            if name in LIBRARIES:
                yield f"{name} has no metadata"
    yield f"{platform.platform()}, {platform.machine()}"
