"""A proposal of tissue that does not leak, from curves alone."""

from typing import NamedTuple

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.mask_rows import lay_out
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["LEAKAGE_REFERENCE_NAME", "Shapes", "proposed_tissue"]

LEAKAGE_REFERENCE_NAME = "Leakage reference (proposed)"  # of the mask on screen

HEIGHTS = 25.0, 90.0  # percentiles of the brain's peaks: below is fluid, above are vessels
TIMELY = 4.0  # s of the peak around the brain's median
USUAL_END = 2.0  # robust standard deviations of the brain's ends over peaks
NORMAL = 1.4826  # standard deviation over the median deviation
AROUND = 3  # voxels of a slice, along each axis, over which curves are compared
KNOWN = 0.5  # share of these that have to have a curve
FEWEST = 20  # voxels


class Shapes(NamedTuple):
    """What is looked at of each of the V curves of a brain."""

    height: FloatArray  # (V,) of the peak, 1/s
    peak: FloatArray  # (V,) time of it, s
    end: FloatArray  # (V,) mean of the last volumes, 1/s
    sound: BoolArray  # (V,) whether every sample is there and the signal is one of tissue


def proposed_tissue(
    shapes: Shapes, brain: BoolArray, *, slice_axis: int, without: BoolArray | None = None
) -> BoolArray:
    """Propose white and grey matter that does not enhance.

    Of voxels and their neighbours within a slice (3 × 3): the peak lies between the 25th and the
    90th percentile of the brain's (no fluid, no vessel) and within 4 s of the brain's median time,
    and the end of the curve over its peak is within two robust standard deviations of the brain's
    median. What T1 brightens ends low, what T2* darkens ends high: most of a brain does neither.

    Parameters
    ----------
    shapes : Shapes
        Of the curves.
    brain : ndarray of bool, shape (...)
        The V voxels.
    slice_axis : int
        Along which axis the slices lie.
    without : ndarray of bool, shape (...), optional
        What is none of it, such as what enhances.

    Returns
    -------
    ndarray of bool, shape (...)
        A proposal, to be looked at.

    Raises
    ------
    DscError
        If fewer than 20 voxels are found.
    """
    known = shapes.sound & (shapes.height > 0)
    sound = lay_out(known, brain, 0).astype(np.bool_)
    height, peak, end = (
        _around(lay_out(np.where(known, one, 0), brain, 0), sound, slice_axis)
        for one in (shapes.height, shapes.peak, shapes.end)
    )
    looked = sound & np.isfinite(height)
    if without is not None:
        looked &= ~without
    found = np.zeros_like(brain)
    if looked.any():
        ratio = end[looked] / height[looked]
        low, high = np.percentile(height[looked], HEIGHTS)
        usual = (height[looked] >= low) & (height[looked] <= high)
        usual &= np.abs(peak[looked] - np.median(peak[looked])) <= TIMELY
        if usual.any():
            middle = np.median(ratio[usual])
            spread = NORMAL * np.median(np.abs(ratio[usual] - middle))
            usual &= np.abs(ratio - middle) <= USUAL_END * spread
        found[looked] = usual
    if int(np.count_nonzero(found)) < FEWEST:
        raise DscError(
            f"tissue that does not leak must hold at least {FEWEST} voxels, got "
            f"{int(np.count_nonzero(found))} that seem to. Draw it, and give it as the leakage "
            "reference."
        )
    return found


def _around(values: FloatArray, sound: BoolArray, slice_axis: int) -> FloatArray:
    """Mean over the sound voxels around each within its slice; NaN where they are few."""
    from scipy import ndimage

    sizes = [1 if axis == slice_axis else AROUND for axis in range(values.ndim)]
    share = ndimage.uniform_filter(sound.astype(np.float64), sizes, mode="constant")
    total = ndimage.uniform_filter(values.astype(np.float64), sizes, mode="constant")
    with np.errstate(all="ignore"):
        return np.where(share >= KNOWN, total / share, np.nan)
