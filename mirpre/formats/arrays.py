"""Encoded hairpins as a NumPy ``.npz`` archive."""

from __future__ import annotations

import shutil
import zipfile
from array import array
from collections.abc import Iterable
from typing import IO, BinaryIO

import numpy as np

from mirpre.encoding import DIMERS, LENGTH, one_hot
from mirpre.formats.output import open_scratch
from mirpre.records import Hairpin
from mirpre.streams import chunked

_BATCH = 1024


def write_npz(out: BinaryIO, hairpins: Iterable[Hairpin]) -> None:
    """Write folded hairpins as an archive that ``numpy.load`` reads.

    Arrays, N records each: ``onehot`` (N, 180, 12) uint8; ``header`` unicode; ``mfe`` float64 in
    kcal/mol (nan where unknown); ``length`` int64 in nt. Only the last two stay in memory:
    an array's size stands at its start, so the others wait in temporary files until N is known.
    """
    mfe, length = array("d"), array("q")
    width = 1
    with open_scratch() as onehot, open_scratch() as headers:
        for batch in chunked(hairpins, lambda batch: len(batch) == _BATCH):
            onehot.write(one_hot(batch).tobytes())
            for hairpin in batch:
                headers.write(hairpin.header.encode("utf-8", "surrogateescape") + b"\n")
                width = max(width, len(hairpin.header))
                mfe.append(np.nan if hairpin.mfe is None else hairpin.mfe)
                length.append(len(hairpin))
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            n = len(length)
            with _member(archive, "onehot", np.dtype(np.uint8), (n, LENGTH, len(DIMERS))) as target:
                onehot.seek(0)
                shutil.copyfileobj(onehot, target)
            with _member(archive, "header", np.dtype((np.str_, width)), (n,)) as target:
                headers.seek(0)
                for line in headers:
                    text = line[:-1].decode("utf-8", "surrogateescape")
                    target.write(np.array(text, dtype=f"<U{width}").tobytes())
            for name, values in (("mfe", np.array(mfe)), ("length", np.array(length, np.int64))):
                with _member(archive, name, values.dtype, values.shape) as target:
                    target.write(values.tobytes())


def _member(
    archive: zipfile.ZipFile, name: str, dtype: np.dtype[np.generic], shape: tuple[int, ...]
) -> IO[bytes]:
    """An open ``.npy`` member whose header is already written."""
    member = archive.open(f"{name}.npy", "w", force_zip64=True)
    header = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": shape,
    }
    np.lib.format.write_array_header_1_0(member, header)
    return member
