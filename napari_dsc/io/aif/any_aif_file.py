"""An AIF that is given as a file: a curve as text, or what `write_aif` has saved."""

from pathlib import Path

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray, Series
from napari_dsc.io.aif.aif_json import AnotherScan, SavedAif, read_aif
from napari_dsc.io.aif.curve_text import GivenCurve, load_curve
from napari_dsc.io.aif.scan_fingerprint import scan_fingerprint
from napari_dsc.io.nifti.header import begins_as_nifti
from napari_dsc.io.volume_files import is_nifti

__all__ = ["is_mask", "read_given"]

TEXTS = (".csv", ".tsv", ".txt")


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
        return load_curve(path, series)
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
    return GivenCurve(saved.time, saved.curve, saved.unit, saved.scaled_by)
