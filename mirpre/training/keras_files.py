"""The Keras networks of models, for training them further or looking into them.

Nothing here runs them but Keras, so that wheels leave those of the bundled models out; the source
distribution has them, and a model folder of one's own keeps its own.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from mirpre import __version__
from mirpre.errors import ModelError
from mirpre.formats.output import open_binary_output
from mirpre.models.registry import KERAS, load_model_files

SOURCE = "MIRPRE_SOURCE"
"""Environment variable: where the source distribution is, see keras_file."""

RELEASED = f"https://files.pythonhosted.org/packages/source/m/mirpre/mirpre-{__version__}.tar.gz"
_SECONDS = 60


def keras_file(name: str, source: str | None = None) -> Path:
    """The path of ``model.keras`` of a model, by bundled name or folder.

    Where the model's folder has none, it is taken from source: an unpacked source distribution, or
    its ``.tar.gz`` as a path or URL; by default what MIRPRE_SOURCE names, or else the release of
    this version at PyPI. The file is kept in the user's cache folder (XDG_CACHE_HOME), and is held
    against the SHA-256 on the model's card. Raises ModelError where it cannot be had.
    """
    files = load_model_files(name)
    beside = files.folder / KERAS
    if beside.is_file():
        return beside
    try:
        expected = str(files.card["files"][KERAS]["sha256"])
    except (KeyError, TypeError) as error:
        raise ModelError(f"its card names no {KERAS}", file=str(files.folder)) from error
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    kept = Path(cache, "mirpre", expected, KERAS)
    if kept.is_file() and hashlib.sha256(kept.read_bytes()).hexdigest() == expected:
        return kept
    source = source or os.environ.get(SOURCE) or RELEASED
    try:
        content = _from_source(source, f"mirpre/models/weights/{files.folder.name}/{KERAS}")
    except (OSError, URLError, tarfile.TarError, EOFError, KeyError) as error:
        raise ModelError(
            f"cannot get {KERAS} of {name!r} ({error}); {SOURCE} may name the source distribution "
            f"of mirpre {__version__}, packed or unpacked",
            file=source,
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ModelError(
            f"{KERAS} of {name!r} has SHA-256 {found[:12]}..., its card says {expected[:12]}...; "
            f"take the source distribution of mirpre {__version__}",
            file=source,
        )
    kept.parent.mkdir(parents=True, exist_ok=True)
    with open_binary_output(str(kept)) as out:
        out.write(content)
    return kept


def _from_source(source: str, member: str) -> bytes:
    """A file of a source distribution; its parent folder in the archive has any name."""
    if os.path.isdir(source):
        return Path(source, member).read_bytes()
    if source.startswith(("https://", "http://", "file://")):
        with urlopen(source, timeout=_SECONDS) as response:
            content = response.read()
    else:
        content = Path(source).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as archive:
        for one in archive:
            if one.isfile() and one.name.partition("/")[2] == member:
                file = archive.extractfile(one)
                if file is not None:
                    return file.read()
    raise KeyError(f"no {member} in it")
