"""Head and air of a scan: an artery lies in the head, never in the air."""

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.mask_rows import places_of
from napari_dsc.core.types import BoolArray, FloatArray, Series

__all__ = ["in_air", "refuse_air", "refuse_mask", "refuse_much", "with_vessels"]

LOW = 0.15  # of the tissue's signal: air has less, also at a signal-to-noise ratio of 20
SAMPLE = 20_000  # voxels that tell the tissue's signal
BRIGHTEST, TISSUE = 98, 0.2  # percentile of the sample, and the share of it that is tissue
LARGEST_SHARE, FEW = 0.1, 50  # of the brain's voxels, and voxels: more is no vessel
AROUND = 3  # voxels around the brain in which there may be arteries, where no signal tells


def refuse_air(series: Series, name: str, vessel: BoolArray) -> None:
    """Raise `DscError` for a vessel with voxels in the air around the head."""
    if (air := in_air(series, vessel)).any():
        _refuse_at(name, np.argwhere(air), "in air")


def _refuse_at(name: str, outside: NDArray[np.intp], where: str) -> None:
    if outside.size:
        named = ", ".join(str(tuple(map(int, voxel))) for voxel in outside[:3])
        raise DscError(
            f"{name} must lie inside the head, got {len(outside)} voxel(s) {where}, in the file at "
            f"{named}. Erase them from the {name}, or choose the mask that was drawn on this scan."
        )


def refuse_mask(series: Series, name: str, mask: BoolArray) -> None:
    """Raise `DscError` for a mask that does not fit a scan, or is empty."""
    shape = series.signal.shape[:-1]
    if mask.shape != shape:
        raise DscError(
            f"{name} must have the shape of the scan's volumes, {shape}, got {mask.shape}. "
            "Draw it on this scan."
        )
    if not mask.any():
        raise DscError(f"{name} must hold at least one voxel, got none. Draw it on the scan.")


def refuse_much(series: Series, name: str, vessel: BoolArray, brain: BoolArray) -> None:
    """Raise `DscError` for more voxels than a vessel has, unless somebody has checked the scan.

    All vessels together take about 4 % of a brain: a tenth of it is a brain mask, or a mask
    turned inside out.
    """
    count, size = int(np.count_nonzero(vessel)), int(np.count_nonzero(brain))
    if not series.checked and count > max(FEW, LARGEST_SHARE * size):
        raise DscError(
            f"{name} must mark a vessel, at most {LARGEST_SHARE:.0%} of the {size} voxels to "
            f"compute, got {count}. Mark arteries or veins only: is this a brain mask, or one that "
            "is 1 outside?"
        )


def in_air(series: Series, vessel: BoolArray) -> BoolArray:
    """Voxels of a vessel that lie in air: dark before the bolus, and outside the head.

    Parameters
    ----------
    series : Series
        The scan.
    vessel : ndarray of bool, shape (...)
        Voxels to look at.

    Returns
    -------
    ndarray of bool, shape (...)
        Those in air. A dark voxel within the outline of the head, such as a flow void, is not;
        nor is any where the scan holds delta R2*, unless it never changes.
    """
    air = np.zeros_like(vessel)
    at = places_of(vessel) if vessel.ndim else vessel
    curves = series.signal[at]
    dead = (curves == curves[:, :1]).all(axis=1)
    if series.quantity == "delta R2*" or vessel.ndim < 2:
        air[at] = dead
        return air
    few = slice(min(5, series.n_volumes // 4), min(9, series.n_volumes))
    least = LOW * _tissue_level(series, few)
    air[at] = dead | ~(np.median(curves[:, few], axis=1) >= least)
    return air & ~_head(series, few, least) if air.any() else air


def _tissue_level(series: Series, few: slice) -> float:
    """Signal of tissue before the bolus, from some voxels of the whole image."""
    size = series.signal[..., 0].size
    apart = slice(None, None, max(1, round((size / SAMPLE) ** (1 / (series.signal.ndim - 1)))))
    sample = np.median(series.signal[(apart,) * (series.signal.ndim - 1)][..., few], axis=-1)
    known = sample[np.isfinite(sample)]
    bright = known[known > TISSUE * np.percentile(known, BRIGHTEST)] if known.size else known
    return float(np.median(bright)) if bright.size else 0.0


def _head(series: Series, few: slice, least: float) -> BoolArray:
    """Outline of the head, filled slice by slice, and a voxel around it."""
    from scipy import ndimage

    volume: FloatArray = series.signal[..., few].mean(axis=-1, dtype=np.float32)
    plane = ndimage.generate_binary_structure(2, 1)
    element = plane[(...,) + (np.newaxis,) * (volume.ndim - 2)]
    pieces, count = ndimage.label(ndimage.binary_opening(volume >= least, element))
    if not count:
        return np.asarray(volume >= least)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    head = ndimage.binary_closing(pieces == sizes.argmax(), element, iterations=2)
    filled = [ndimage.binary_fill_holes(one) for one in np.moveaxis(head, -1, 0)]
    return np.asarray(ndimage.binary_dilation(np.stack(filled, axis=-1), element))


def with_vessels(series: Series, brain: BoolArray, *vessels: BoolArray | None) -> BoolArray:
    """Add an AIF, and a VOF, to a brain that was proposed; those in air are refused before.

    Parameters
    ----------
    series : Series
        The scan.
    brain : ndarray of bool, shape (...)
        As it was proposed.
    *vessels : ndarray of bool, shape (...), or None
        The AIF, then the VOF.

    Returns
    -------
    ndarray of bool, shape (...)
        The brain and the vessels.

    Raises
    ------
    DscError
        If a vessel is empty, of another shape, in air, or most of the brain.
    """
    made = brain
    for name, vessel in zip(("AIF", "VOF"), vessels, strict=False):
        if vessel is None:
            continue
        refuse_mask(series, name, vessel)
        refuse_much(series, name, vessel, brain)
        refuse_air(series, name, vessel)
        if series.quantity == "delta R2*":
            _refuse_far(name, vessel, brain)
        made = made | vessel
    return made


def _refuse_far(name: str, vessel: BoolArray, brain: BoolArray) -> None:
    """Raise for voxels that lie away from the brain, where no signal tells air from tissue."""
    from scipy import ndimage

    around = ndimage.binary_dilation(brain, iterations=AROUND)
    _refuse_at(name, np.argwhere(vessel & ~around), f"more than {AROUND} voxels from the brain")
