"""Volumes of late tissue as they are told: one definition, and one spelling of the numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from napari_dsc.core.defaults import FILL_HOLES, SLICE_AXIS, SMALLEST_LATE
from napari_dsc.core.quantities import TMAX
from napari_dsc.core.regions.late_tissue import LateTissue, hir, late_tissue
from napari_dsc.core.regions.means import ABOVE, LATE
from napari_dsc.core.regions.uncounted import uncounted_volume, uncounted_words
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps

__all__ = [
    "HIR",
    "HIR_WORDS",
    "LIMITS",
    "Cleaning",
    "LateVolume",
    "LateVolumes",
    "as_told",
    "late_volumes",
    "limits_words",
    "ratio_words",
    "volume_words",
]

NOT_CLEANED = "not cleaned: every accepted voxel, however small its piece"
NO_SIZE = f"{NOT_CLEANED}; the size of a voxel is not known"
APART = 0.1  # of the larger one: where two figures differ by more, both are told
UNSTABLE = 0.1  # of the HIR: where cleaning changes it by more, it hangs on how it is cleaned
MOST_LATE = ABOVE[-1]
LIMITS = f"Limits of {TMAX.symbol}"
HIR = f"Hypoperfusion intensity ratio (HIR: > {MOST_LATE:g} s over > {LATE:g} s)"
HIR_WORDS = HIR[0].lower() + HIR[1:]
UNSTABLE_WORDS = "unstable"
Limited = TypeVar("Limited", bound="Above")


class Above(Protocol):
    """Something that is measured above a limit of Tmax."""

    @property
    def above(self) -> float:
        """The limit, s."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaning:
    """How late tissue is cleaned before its volume is told.

    Parameters
    ----------
    smallest : float
        Pieces smaller than this are removed, mL; 0 removes none.
    fill_holes : bool
        Whether holes in a slice up to this volume are filled.
    """

    smallest: float = SMALLEST_LATE
    fill_holes: bool = FILL_HOLES

    @property
    def words(self) -> str:
        """What is done, in words."""
        if not self.smallest:
            return NOT_CLEANED
        filled = ", enclosed gaps up to that size filled" if self.fill_holes else ""
        return f"cleaned: without pieces below {self.smallest:g} mL{filled}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LateVolume:
    """Volume of the brain above a limit of Tmax.

    Parameters
    ----------
    above : float
        The limit, s.
    cleaned, raw : float
        Cleaned, and every accepted voxel before that, mL; NaN without an affine.
    """

    above: float
    cleaned: float
    raw: float

    @property
    def name(self) -> str:
        """What it is: "Tmax > 6 s"."""
        return f"{TMAX.symbol} > {self.above:g} s"

    @property
    def words(self) -> str:
        """Cleaned volume; the raw one too, where they are apart."""
        if not np.isfinite(self.cleaned):
            return "mL unknown"
        raw = f" ({volume_words(self.raw)} mL before cleaning)"
        return f"{volume_words(self.cleaned)} mL{raw if _apart(self.cleaned, self.raw) else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LateVolumes:
    """All that is told of late tissue.

    Parameters
    ----------
    cleaning : Cleaning
        How it was cleaned.
    rows : tuple of LateVolume
        By limit.
    ratio, raw_ratio : float
        Hypoperfusion intensity ratio, of the cleaned and of the raw volumes.
    uncounted : float or None
        From `uncounted_volume`, mL: late tissue beside it that has no answer; None: it was not
        measured, as by earlier versions.
    tmax_by : str
        Method whose Tmax is another quantity than that for which the limits were found, from
        `napari_dsc.core.deconvolution.other_tmax`; empty: the limits hold.
    """

    cleaning: Cleaning
    rows: tuple[LateVolume, ...]
    ratio: float
    raw_ratio: float
    uncounted: float | None = None
    tmax_by: str = ""

    @property
    def limits_words(self) -> str:
        """That the limits do not hold, and why; empty where they do."""
        return limits_words(self.tmax_by)

    @property
    def limits_lines(self) -> str:
        """The same in two short lines, for the corner of a picture."""
        return f"{self.tmax_by}: limits of SVD\ndo not hold" if self.tmax_by else ""

    @property
    def told(self) -> tuple[LateVolume, ...]:
        """Its rows in the order in which they are told."""
        return as_told(self.rows)

    @property
    def cleaning_words(self) -> str:
        """How it was cleaned; without a size of a voxel nothing is."""
        sized = any(np.isfinite(one.raw) for one in self.rows)
        return self.cleaning.words if sized else NO_SIZE

    @property
    def uncounted_words(self) -> str:
        """What lies beside it and has no answer; empty if there is nothing."""
        late = next((one.cleaned for one in self.rows if one.above == LATE), np.nan)
        return uncounted_words(self.uncounted or 0.0, late)

    @property
    def ratio_words(self) -> str:
        """HIR; the raw one too, where they are apart; and that it is unstable, and why."""
        if not _apart(self.ratio, self.raw_ratio):
            return ratio_words(self.ratio)
        raw = f"{ratio_words(self.raw_ratio)} before cleaning"
        unstable = f"; {self.unstable_words}" if self.unstable_words else ""
        return f"{ratio_words(self.ratio)} ({raw}{unstable})"

    @property
    def unstable_words(self) -> str:
        """Why the HIR is unstable: empty unless cleaning changes it by more than 0.1.

        Named is the volume that cleaning changes by the larger share.
        """
        if not abs(self.ratio - self.raw_ratio) > UNSTABLE:
            return ""
        rows = [one for one in self.rows if one.above in (LATE, MOST_LATE) and one.raw > 0]
        if not rows:
            return UNSTABLE_WORDS
        one = max(rows, key=lambda row: abs(row.cleaned - row.raw) / row.raw)
        left, found = volume_words(one.cleaned), volume_words(one.raw)
        small = f"without pieces below {self.cleaning.smallest:g} mL"
        how = small if one.cleaned < one.raw else "with gaps filled"
        return f"{UNSTABLE_WORDS}: {found} mL above {one.above:g} s become {left} mL {how}"

    @property
    def words(self) -> str:
        """All of it in one sentence."""
        told = ", ".join(f"> {one.above:g} s {one.words}" for one in self.told)
        beside = f"; {self.uncounted_words}" if self.uncounted else ""
        limits = f"; {self.limits_words}" if self.tmax_by else ""
        return (
            f"{TMAX.symbol} {told}{beside}; {HIR_WORDS} {self.ratio_words} "
            f"({self.cleaning_words}){limits}."
        )


def as_told(rows: Iterable[Limited]) -> tuple[Limited, ...]:
    """Put what is above limits into the order in which it is told.

    Tmax > 6 s, by which late tissue is defined, stands first; then what is later. Lower limits
    come last: there noise and healthy tissue count too.

    Parameters
    ----------
    rows : iterable
        Each with its limit, `above`, s.

    Examples
    --------
    >>> rows = [LateVolume(above=limit, cleaned=1.0, raw=1.0) for limit in (4.0, 6.0, 8.0, 10.0)]
    >>> [one.above for one in as_told(rows)]
    [6.0, 8.0, 10.0, 4.0]
    """
    return tuple(sorted(rows, key=lambda one: (one.above < LATE, one.above)))


def late_volumes(
    maps: DSCPerfusionMaps,
    brain: BoolArray,
    cleaning: Cleaning | None = None,
    *,
    slice_axis: int = SLICE_AXIS,
    found: Iterable[LateTissue] | None = None,
    tmax_by: str = "",
) -> LateVolumes | None:
    """Measure late tissue as every display tells it.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (X, Y, Z).
    brain : ndarray of bool, shape (X, Y, Z)
        Where to look.
    cleaning : Cleaning, optional
        How; None: as by default.
    slice_axis : int
        Along which axis the slices lie.
    found : iterable of LateTissue, optional
        What `late_tissue` has found so already.
    tmax_by : str
        Method whose Tmax is another quantity than that for which the limits were found; empty:
        the limits hold.

    Returns
    -------
    LateVolumes or None
        None without Tmax (no deconvolution), or where the maps are no volume.
    """
    how = cleaning or Cleaning()
    if maps.tmax is None or brain.ndim != 3:
        return None
    late = tuple(found or ()) or late_tissue(
        maps, brain, smallest=how.smallest, fill_holes=how.fill_holes, slice_axis=slice_axis
    )
    silent = uncounted_volume(
        maps, smallest=how.smallest, fill_holes=how.fill_holes, slice_axis=slice_axis
    )
    return LateVolumes(
        cleaning=how,
        rows=tuple(LateVolume(above=one.above, cleaned=one.cleaned, raw=one.raw) for one in late),
        ratio=hir(late),
        raw_ratio=hir(late, cleaned=False),
        uncounted=silent,
        tmax_by=tmax_by,
    )


def limits_words(tmax_by: str) -> str:
    """Say that the limits of Tmax do not hold for a method; empty without one.

    Examples
    --------
    >>> limits_words("Posterior")[18:]
    'to 10 s) were found for deconvolution by SVD and do not hold for Posterior'
    """
    if not tmax_by:
        return ""
    return (
        f"{LIMITS[0].lower()}{LIMITS[1:]} ({ABOVE[0]:g} to {ABOVE[-1]:g} s) were found for "
        f"deconvolution by SVD and do not hold for {tmax_by}"
    )


def volume_words(volume: float) -> str:
    """A volume in mL as every display writes it.

    Examples
    --------
    >>> volume_words(120.84), volume_words(float("nan"))
    ('120.8', '–')
    """
    return f"{volume:.1f}" if np.isfinite(volume) else "–"


def ratio_words(ratio: float) -> str:
    """A ratio as every display writes it.

    Examples
    --------
    >>> ratio_words(0.174), ratio_words(float("nan"))
    ('0.17', '–')
    """
    return f"{ratio:.2f}" if np.isfinite(ratio) else "–"


def _apart(one: float, other: float) -> bool:
    """Whether two figures differ by more than a tenth of the larger one."""
    if not (np.isfinite(one) and np.isfinite(other)):
        return bool(np.isfinite(one)) != bool(np.isfinite(other))
    return abs(one - other) > APART * max(abs(one), abs(other))
