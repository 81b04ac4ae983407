"""Volumes of late tissue as they are told: one definition, and one spelling of the numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from napari_dsc.core.defaults import FILL_HOLES, SLICE_AXIS, SMALLEST_LATE
from napari_dsc.core.quantities import TMAX
from napari_dsc.core.regions.late_tissue import LateTissue, hir, late_tissue
from napari_dsc.core.regions.means import ABOVE, LATE
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps

__all__ = [
    "HIR",
    "Cleaning",
    "LateVolume",
    "LateVolumes",
    "late_volumes",
    "ratio_words",
    "volume_words",
]

APART = 0.1  # of the larger one: where two figures differ by more, both are told
MOST_LATE = ABOVE[-1]
HIR = f"HIR = V(> {MOST_LATE:g} s) / V(> {LATE:g} s)"


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
            return "as found"
        filled = ", holes up to that filled" if self.fill_holes else ""
        return f"without pieces below {self.smallest:g} mL{filled}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LateVolume:
    """Volume of the brain above a limit of Tmax.

    Parameters
    ----------
    above : float
        The limit, s.
    cleaned, raw : float
        Cleaned, and every accepted voxel as found, mL; NaN without an affine.
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
        raw = f" (as found {volume_words(self.raw)} mL)"
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
    """

    cleaning: Cleaning
    rows: tuple[LateVolume, ...]
    ratio: float
    raw_ratio: float

    @property
    def ratio_words(self) -> str:
        """HIR; the raw one too, where they are apart."""
        raw = f" (as found {ratio_words(self.raw_ratio)})"
        apart = _apart(self.ratio, self.raw_ratio)
        return f"{ratio_words(self.ratio)}{raw if apart else ''}"

    @property
    def words(self) -> str:
        """All of it in one sentence."""
        told = ", ".join(f"> {one.above:g} s {one.words}" for one in self.rows)
        return f"{TMAX.symbol} {told}; HIR {self.ratio_words} ({self.cleaning.words})."


def late_volumes(
    maps: DSCPerfusionMaps,
    brain: BoolArray,
    cleaning: Cleaning | None = None,
    *,
    slice_axis: int = SLICE_AXIS,
    found: Iterable[LateTissue] | None = None,
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
    return LateVolumes(
        cleaning=how,
        rows=tuple(LateVolume(above=one.above, cleaned=one.cleaned, raw=one.raw) for one in late),
        ratio=hir(late),
        raw_ratio=hir(late, cleaned=False),
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
