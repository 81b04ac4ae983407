"""Enhancement: T1 before contrast subtracted from T1 after it, and a proposal of what enhances.

Both volumes lie on the grid of the scan: `napari_dsc.anatomy` brings them there.
"""

import numpy as np

from napari_dsc.core.defaults import ENHANCEMENT, SLICE_AXIS
from napari_dsc.core.errors import DscError
from napari_dsc.core.real_numbers import as_number, as_reals
from napari_dsc.core.regions import voxel_volume
from napari_dsc.core.regions.input_checks import as_region
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["ENHANCEMENT_NAME", "enhancement_mask", "subtraction"]

ENHANCEMENT_NAME = "Enhancement"  # of the layer and of the mask
NOISY = 4.0  # robust standard deviations of the difference: noise reaches no farther
WIDE = 1.4826  # standard deviations of a normal distribution in its median absolute deviation
SMALLEST = 0.2  # mL: smaller pieces are vessels, or edges that do not lie on one another
FEWEST = 20  # voxels with a signal in both volumes


def subtraction(pre: FloatArray, post: FloatArray, brain: BoolArray) -> FloatArray:
    """T1 after contrast minus T1 before it, over the brain's usual signal.

    The volumes may differ in gain: that after contrast is scaled first, so that the median of the
    brain's ratios is one, for most of a brain does not enhance.

    Parameters
    ----------
    pre, post : ndarray, shape (X, Y, Z)
        T1-weighted signals before and after contrast on one grid, a.u.; NaN where unknown.
    brain : ndarray of bool, shape (X, Y, Z)
        Its voxels.

    Returns
    -------
    ndarray, shape (X, Y, Z)
        Difference over the median signal of the brain before contrast: 0.3 is 30 % of it. NaN
        where either is unknown.

    Raises
    ------
    DscError
        If the shapes differ, or fewer than 20 voxels of the brain have a signal in both.

    Examples
    --------
    >>> pre = np.full((3, 3, 3), 100.0)
    >>> post = 2 * pre
    >>> post[1, 1, 1] = 300.0
    >>> change = subtraction(pre, post, np.ones((3, 3, 3), bool))
    >>> float(change[1, 1, 1]), float(change[0, 0, 0])
    (0.5, 0.0)
    """
    before, after, inside = _checked(pre, post, brain)
    known = inside & np.isfinite(before) & np.isfinite(after) & (before > 0) & (after > 0)
    if np.count_nonzero(known) < FEWEST:
        raise DscError(
            f"T1 before and after contrast must both show at least {FEWEST} voxels of the brain, "
            f"got {np.count_nonzero(known)}. Check that they lie on the scan."
        )
    gain = float(np.median(after[known] / before[known]))
    return np.asarray((after / gain - before) / float(np.median(before[known])))


def enhancement_mask(
    pre: FloatArray,
    post: FloatArray,
    brain: BoolArray,
    *,
    affine: FloatArray | None = None,
    threshold: float = ENHANCEMENT,
    vessels: BoolArray | None = None,
    slice_axis: int = SLICE_AXIS,
) -> BoolArray:
    """Propose the voxels that enhance: to be looked at, and edited.

    A voxel enhances where the subtraction (see `subtraction`) exceeds the threshold and four robust
    standard deviations of the brain's own differences. The outermost voxels of the brain within
    each slice are left out, where skull, dura and edges that do not lie on one another shine, and
    so are vessels and pieces below 0.2 mL. Necrosis within a rim stays out.

    Parameters
    ----------
    pre, post, brain : ndarray, shape (X, Y, Z)
        As for `subtraction`.
    affine : ndarray, shape (4, 4), optional
        Voxel indices to RAS millimetres; without it pieces of any size are kept.
    threshold : float
        Share of the brain's median signal.
    vessels : ndarray of bool, shape (X, Y, Z), optional
        Voxels that are left out.
    slice_axis : int
        Along which axis the slices lie.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z)
        A proposal; it may be empty.

    Raises
    ------
    DscError
        As `subtraction`, or if the threshold is not positive.
    """
    from scipy import ndimage

    least = as_number("threshold", threshold)
    if not 0 < least < np.inf:
        raise DscError(
            f"threshold must be positive, got {least:g}. It is a share of the brain's signal, "
            f"{ENHANCEMENT:g} by default."
        )
    change = subtraction(pre, post, brain)
    inside = np.asarray(brain, dtype=np.bool_)
    cross = np.expand_dims(ndimage.generate_binary_structure(2, 1), slice_axis % 3)
    inner = ndimage.binary_erosion(inside, cross)
    usual = change[inside & np.isfinite(change)]
    middle = float(np.median(usual))
    noise = WIDE * float(np.median(np.abs(usual - middle)))
    found = inner & (np.nan_to_num(change, nan=-np.inf) > max(least, middle + NOISY * noise))
    if vessels is not None:
        found &= ~as_region("vessels", vessels, found.shape)
    if affine is None:
        return np.asarray(found)
    pieces, _ = ndimage.label(found, np.ones((3, 3, 3)))
    sizes = np.bincount(pieces.ravel()) * voxel_volume(affine)
    sizes[0] = 0.0
    return np.asarray(sizes[pieces] >= SMALLEST)


def _checked(
    pre: FloatArray, post: FloatArray, brain: BoolArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Two volumes of real numbers and a brain on one grid."""
    before = as_reals("pre", pre, "Pass a volume.").astype(np.float64)
    after = as_reals("post", post, "Pass a volume.").astype(np.float64)
    if before.ndim != 3 or before.shape != after.shape:
        raise DscError(
            f"pre and post must be volumes of one shape (X, Y, Z), got {before.shape} and "
            f"{after.shape}. Bring both onto the scan."
        )
    return before, after, as_region("brain", brain, before.shape)
