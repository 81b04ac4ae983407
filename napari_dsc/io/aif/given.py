"""An AIF that is given as a file: a curve as text, or what `write_aif` has saved."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Aif, BoolArray, FloatArray, Series
from napari_dsc.io.aif.curves import UNITS, load_curve, resampled_curve
from napari_dsc.io.aif.saved import AnotherScan, SavedAif, read_aif
from napari_dsc.io.aif.scan import scan_fingerprint
from napari_dsc.io.header import begins_as_nifti
from napari_dsc.io.volumes import is_nifti

__all__ = ["GivenCurve", "is_mask", "read_given"]

TEXTS = (".csv", ".tsv", ".txt")
GIVEN = "The AIF is a curve that was given, not read from this scan: laid on its times by lines."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GivenCurve:
    """Curve of an artery without voxels on this scan.

    Parameters
    ----------
    time : ndarray, shape (N,)
        Times of its samples from the start of the scan, s.
    curve : ndarray, shape (N,)
        Delta R2*, in `unit`.
    unit : str
        "1/s", or "1 (TE-scaled)".
    notices : tuple of str
        What was done to it, in words.
    """

    time: FloatArray
    curve: FloatArray
    unit: str = UNITS[0]
    notices: tuple[str, ...] = ()

    def over(self, time: FloatArray, series: Series) -> Aif:
        """Lay the curve on the times of the volumes that are used, in the unit of their curves.

        Parameters
        ----------
        time : ndarray, shape (T,)
            Times of the retained volumes, s.
        series : Series
            The scan: while its echo time is unknown its curves are scaled by it.

        Raises
        ------
        DscError
            If the curve does not cover the times, or the unit of the one cannot be brought to
            that of the other.
        """
        echo_time, scaled = series.echo_time, self.unit != UNITS[0]
        if not scaled and echo_time is None:
            raise DscError(
                "the echo time must be known for an AIF in 1/s, got none from the scan. Give it "
                "in seconds (--te)."
            )
        if scaled and series.quantity != "signal":
            raise DscError(
                "the AIF must be in 1/s for a scan of ΔR2*, got a curve scaled by an echo time "
                "that nobody knows. Give an AIF in 1/s, or a mask."
            )
        curve = self.curve / echo_time if scaled and echo_time is not None else self.curve
        voxels = np.zeros(series.signal.shape[:-1], dtype=np.bool_)
        onto = resampled_curve(self.time, curve, time)
        return Aif(curve=onto, voxels=voxels, notices=(GIVEN, *self.notices))


def is_mask(path: Path) -> bool:
    """Whether a vessel is given as a volume: what it holds tells, or how it is called."""
    return is_nifti(path) or (path.is_file() and begins_as_nifti(path))


def read_given(
    path: Path, series: Series, file: Path | None, *, kind: str = "AIF", as_curve: bool = False
) -> BoolArray | GivenCurve:
    """Read an AIF that is no mask: its voxels if it was saved on this scan, else its curve.

    Parameters
    ----------
    path : Path
        JSON from `write_aif`, or text as for `load_curve`.
    series : Series
        The scan on which it is to be used.
    file : Path or None
        Where that came from.
    kind : str
        "AIF" or "VOF": what it must be.
    as_curve : bool
        Take the curve of a JSON, also if it was made on another scan.

    Raises
    ------
    AnotherScan
        If it was made on another scan, and its curve is not wanted.
    DscError
        If there is no such file, or it is no AIF.
    """
    if not path.is_file():
        raise DscError(f"the {kind} must be a file, got none at {path}. Check its name.")
    if path.suffix.lower() in TEXTS:
        found = load_curve(path, series)
        return GivenCurve(
            time=found.time, curve=found.curve, unit=found.unit, notices=found.notices
        )
    if path.suffix.lower() != ".json":
        raise DscError(
            f"the {kind} must be a mask (NIfTI), a curve ({', '.join(TEXTS)}) or one that was "
            f"saved as .json, got {path.name!r}. Give one of these."
        )
    try:
        saved = read_aif(path, scan_fingerprint(series, file), series.signal.shape[:-1])
    except AnotherScan as error:
        if not as_curve:
            raise
        saved = error.saved
    if saved.kind != kind:
        raise DscError(f"{path.name} must be saved as {kind}, got a {saved.kind}. Give another.")
    if saved.voxels is None or as_curve:
        return _curve_of(saved)
    return saved.voxels


def _curve_of(saved: SavedAif) -> GivenCurve:
    return GivenCurve(time=saved.time, curve=saved.curve, unit=saved.unit)
