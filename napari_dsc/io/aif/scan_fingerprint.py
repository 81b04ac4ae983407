"""Fingerprint of a scan: by what it holds, never by its name."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Series
from napari_dsc.io.record import input_fingerprint

__all__ = ["refuse_fingerprint", "scan_fingerprint"]

BLOCK = 64 * 2**20  # bytes of voxels that are turned into the order of a file at a time
SHA256 = re.compile(r"[0-9a-f]{64}")


def scan_fingerprint(series: Series, file: Path | None) -> str:
    """SHA-256 by which a scan is known again, in hexadecimal.

    Parameters
    ----------
    series : Series
        The scan.
    file : Path or None
        Where it came from.

    Returns
    -------
    str
        Of the bytes that it was read from, as in the record of an analysis; where its motion was
        corrected, of that and the moves. Without a file that can be read: of the shape, the kind
        of number, the affine and the samples, the first axis fastest and the lowest byte first,
        however they lie in memory.
    """
    if series.moves is not None and (series.hashes or series.files or file is not None):
        measured = scan_fingerprint(replace(series, moves=None), file)
        return hashlib.sha256(measured.encode() + series.moves.tobytes()).hexdigest()
    if known := input_fingerprint(series, file):
        return known
    signal = series.signal
    kind = signal.dtype.newbyteorder("<")
    affine = None if series.affine is None else series.affine.astype("<f8").ravel().tolist()
    digest = hashlib.sha256(f"{signal.shape} {kind.str} {affine}".encode())
    volume = max(1, signal[..., :1].nbytes)
    step = max(1, BLOCK // volume)
    for start in range(0, signal.shape[-1], step):
        block = signal[..., start : start + step].T  # the order of NIfTI, in which it is free
        digest.update(np.ascontiguousarray(block, dtype=kind).data)
    return digest.hexdigest()


def refuse_fingerprint(value: str) -> None:
    """Raise `DscError` for what is no fingerprint; what is one is safe as the name of a file."""
    if not SHA256.fullmatch(value):
        raise DscError(
            "fingerprint must be 64 hexadecimal digits, got something else. Open the scan again."
        )
