"""An AIF as JSON: its voxels, its curve, and the scan on which they mean something."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.short_repr import brief
from napari_dsc.core.types import BoolArray, FloatArray
from napari_dsc.io.aif.curve_text import UNITS, refuse_curve, refuse_factor
from napari_dsc.io.aif.scan_fingerprint import refuse_fingerprint
from napari_dsc.io.atomic_files import read_json, write_json
from napari_dsc.io.mask_files import listed_voxels
from napari_dsc.io.record import RESEARCH_USE

__all__ = ["AnotherScan", "SavedAif", "read_aif", "write_aif"]

FORMAT, EARLIER = "napari-dsc AIF 2", "napari-dsc AIF 1"  # whose curves were never scaled
KINDS = ("AIF", "VOF")
LARGEST = 8 * 2**20  # bytes of JSON
LONGEST_AXIS = 2**31  # voxels
LONGEST_WORDS = 80  # characters of one verdict
REMEDY = "Save the AIF again, or choose another file."


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SavedAif:
    """An AIF, or a VOF, as it is kept.

    Parameters
    ----------
    name : str
        What it is called on the screen. Never written: the name of its file is read instead.
    voxels : ndarray of bool, shape (X, Y, Z), or None
        Where it was read, on the file's axes; None where only a curve is known.
    curve : ndarray, shape (T,)
        Delta R2*, in `unit`.
    time : ndarray, shape (T,)
        Times of its samples from the start of the scan, s.
    unit : str
        "1/s", or "1 (TE-scaled)" where the echo time was unknown.
    fingerprint : str
        Of its scan, from `scan_fingerprint`.
    verdicts : tuple of tuple of str
        Of each voxel in the order of `np.argwhere(voxels)`; empty where nobody judged them.
    kind : str
        "AIF" or "VOF".
    scaled_by : float
        By what `curve` was multiplied to have the area of a VOF; 1 if it was not. The voxels
        give the curve without it.

    Raises
    ------
    DscError
        If a curve, a time or a word makes no sense.
    """

    name: str
    voxels: BoolArray | None
    curve: FloatArray
    time: FloatArray
    unit: str
    fingerprint: str
    verdicts: tuple[tuple[str, ...], ...] = ()
    kind: str = "AIF"
    scaled_by: float = 1.0

    def __post_init__(self) -> None:
        refuse_curve(self.time, self.curve)
        if self.unit not in UNITS:
            raise DscError(f"unit must be {' or '.join(UNITS)}, got something else. {REMEDY}")
        if self.kind not in KINDS:
            raise DscError(f"kind must be {' or '.join(KINDS)}, got something else. {REMEDY}")
        refuse_factor(self.scaled_by)
        refuse_fingerprint(self.fingerprint)
        count = 0 if self.voxels is None else int(self.voxels.sum())
        if self.verdicts and len(self.verdicts) != count:
            raise DscError(
                f"verdicts must be one for each of the {count} voxels, got "
                f"{len(self.verdicts)}. {REMEDY}"
            )
        words = (one for verdict in self.verdicts for one in verdict)
        if not all(one.isprintable() and 0 < len(one) <= LONGEST_WORDS for one in words):
            raise DscError(
                f"verdicts must be words of at most {LONGEST_WORDS} characters, got something "
                f"else. {REMEDY}"
            )


class AnotherScan(DscError):  # noqa: N818  what it is says more than an ending
    """An AIF whose voxels mean nothing here: `saved` is what is left of it, its curve."""

    def __init__(self, words: str, saved: SavedAif) -> None:
        super().__init__(words)
        self.saved = saved


def write_aif(path: Path, saved: SavedAif, shape: tuple[int, ...]) -> None:
    """Write an AIF as JSON; it holds no name, identifier, date or path.

    Parameters
    ----------
    path : Path
        Replaced if it exists; complete or absent.
    saved : SavedAif
        What to keep.
    shape : tuple of int
        Of one volume of its scan, (X, Y, Z).

    Raises
    ------
    DscError
        If the voxels lie on another volume, there are too many, or the file cannot be written.
    """
    voxels = saved.voxels
    if voxels is not None and voxels.shape != shape:
        raise DscError(
            f"voxels must lie on the scan's volume of shape {shape}, got shape {voxels.shape}. "
            "Mark them on this scan."
        )
    content = {
        "record": FORMAT,
        "statement": RESEARCH_USE,
        "kind": saved.kind,
        "scan": {"sha256": saved.fingerprint, "shape": [int(size) for size in shape]},
        "voxels": None if voxels is None else np.argwhere(voxels).tolist(),
        "verdicts": [list(words) for words in saved.verdicts],
        "time_s": saved.time.tolist(),
        "curve": saved.curve.tolist(),
        "curve_unit": saved.unit,
        "scaled_by": float(saved.scaled_by),
    }
    try:
        write_json(path, content, largest=LARGEST)
    except OSError as error:
        raise DscError(
            f"{path.name} must be writable, got: {error.strerror}. Choose another folder."
        ) from error


def read_aif(path: Path, fingerprint: str | None, shape: tuple[int, ...]) -> SavedAif:
    """Read an AIF that `write_aif` wrote.

    Parameters
    ----------
    path : Path
        The JSON file.
    fingerprint : str or None
        Of the scan on which it is to be used; None if that is not known.
    shape : tuple of int
        Of one volume of that scan, (X, Y, Z).

    Returns
    -------
    SavedAif
        Named like its file.

    Raises
    ------
    AnotherScan
        If it was made on another scan, or nobody knows whether it was; its curve is in 1/s.
    DscError
        If the file is damaged or is no AIF; or of another scan, and scaled by the echo time of
        that.
    """
    try:
        content = read_json(path, LARGEST)
    except OSError as error:
        raise DscError(
            f"{path.name} must be readable, got: {error.strerror}. Choose another file."
        ) from error
    try:
        saved = _without_voxels(path.stem, content)
        marked = _marked(content)
        if saved.fingerprint == fingerprint:
            return replace(saved, **_placed(marked, shape))
    except DscError as error:
        raise DscError(f"{path.name}: {error}") from error
    if saved.unit != UNITS[0]:
        raise DscError(
            f"{path.name} must be of this scan, got one made on "
            f"{_whose(saved, fingerprint, marked, shape)}, with a curve scaled by the echo time of "
            "that. Enter the echo time there, and save the AIF again."
        )
    raise AnotherScan(
        f"{path.name} was made on {_whose(saved, fingerprint, marked, shape)}: its voxels mean "
        "nothing here. Its curve can be used.",
        saved,
    )


@dataclass(frozen=True, slots=True)
class _Marked:
    """Voxels as the file lists them, on a volume of `shape`; None where it knows none."""

    shape: tuple[int, ...]
    index: NDArray[np.int64] | None
    verdicts: list[tuple[str, ...]]


def _whose(saved: SavedAif, ours: str | None, marked: _Marked, shape: tuple[int, ...]) -> str:
    """Words for the scan of an AIF that is not, or may not be, the one at hand."""
    if ours is None:
        return "a scan that may be another one (this one has no fingerprint)"
    if marked.shape != shape:
        return f"another scan (volumes of shape {marked.shape}, here {shape})"
    return f"another scan (fingerprint {saved.fingerprint[:8]}…, here {ours[:8]}…)"


def _without_voxels(name: str, content: dict[str, Any]) -> SavedAif:
    """Everything that means something without its scan."""
    if content.get("record") not in (FORMAT, EARLIER):
        raise DscError(f"record must be {FORMAT!r}, got something else. {REMEDY}")
    scan = _entry(content, "scan", dict)
    scaled_by: Any = 1.0 if content["record"] == EARLIER else content.get("scaled_by")
    refuse_factor(scaled_by)
    return SavedAif(
        name=name,
        voxels=None,
        curve=_numbers(content, "curve"),
        time=_numbers(content, "time_s"),
        unit=_entry(content, "curve_unit", str),
        fingerprint=_entry(scan, "sha256", str),
        kind=_entry(content, "kind", str),
        scaled_by=float(scaled_by),
    )


def _marked(content: dict[str, Any]) -> _Marked:
    """Voxels and verdicts, each possible by itself and all of them together."""
    shape = _whole_numbers(_entry(_entry(content, "scan", dict), "shape", list))
    if shape is None or not shape or not all(0 < one < LONGEST_AXIS for one in shape):
        raise DscError(f"shape must be positive whole numbers, got something else. {REMEDY}")
    verdicts = [_verdict(one) for one in _entry(content, "verdicts", list)]
    if content.get("voxels", ()) is None:
        index = None
    else:
        index = listed_voxels(_entry(content, "voxels", list), shape, REMEDY)
        if repeated := _repeated(index):
            raise DscError(f"voxels must be listed once, got {repeated} repeated. {REMEDY}")
    count = 0 if index is None else len(index)
    if len(verdicts) not in (0, count):
        raise DscError(
            f"verdicts must be one for each of the {count} voxels, got {len(verdicts)}. {REMEDY}"
        )
    return _Marked(shape, index, verdicts)


def _placed(marked: _Marked, shape: tuple[int, ...]) -> dict[str, Any]:
    """Fields `voxels` and `verdicts` on this scan's volume, the verdicts in its order."""
    if marked.shape != shape:
        raise DscError(
            f"shape must be that of this scan's volumes, {shape}, got {marked.shape}. {REMEDY}"
        )
    if marked.index is None:
        return {}
    voxels = np.zeros(shape, dtype=np.bool_)
    voxels[tuple(marked.index.T)] = True
    order = _sorted(marked.index).tolist() if marked.verdicts else ()
    return {"voxels": voxels, "verdicts": tuple(marked.verdicts[one] for one in order)}


def _sorted(index: NDArray[np.int64]) -> NDArray[np.intp]:
    """Order of voxels by their first index, then by the next ones."""
    return np.lexsort(index.T[::-1])


def _repeated(index: NDArray[np.int64]) -> int:
    """How many voxels are listed again."""
    each = index[_sorted(index)]
    return int((np.diff(each, axis=0) == 0).all(axis=1).sum())


def _entry(content: dict[str, Any], key: str, kind: type[Any]) -> Any:
    value = content.get(key)
    if not isinstance(value, kind):
        said = "nothing" if value is None else f"a {type(value).__name__}"  # never its text
        raise DscError(f"{key} must be a {kind.__name__}, got {said}. {REMEDY}")
    return value


def _numbers(content: dict[str, Any], key: str) -> FloatArray:
    values = _entry(content, key, list)
    if not all(type(one) in (int, float) for one in values):  # True is no number here
        raise DscError(f"{key} must be numbers, got something else among them. {REMEDY}")
    try:
        return np.array([float(one) for one in values], dtype=np.float64)
    except OverflowError as error:  # a whole number of 400 digits
        raise DscError(f"{key} must be finite, got a number too large. {REMEDY}") from error


def _whole_numbers(values: Any) -> tuple[int, ...] | None:
    alike = isinstance(values, list) and all(type(one) is int for one in values)
    return tuple(values) if alike else None


def _verdict(value: Any) -> tuple[str, ...]:
    if not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise DscError(f"verdicts must be lists of words, got something else. {REMEDY}")
    return tuple(value)
