"""Voxels that are left blank on pictures: those without an answer, where there is no tissue."""

import numpy as np

from napari_dsc.core.defaults import SLICE_AXIS
from napari_dsc.core.regions.input_checks import as_region
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray

__all__ = ["blank_voxels", "without_tissue"]

WINDOW = 5  # voxels along each side of a square in the slice
PERFUSED = 0.125  # of the median CBV of the accepted voxels: tissue, however little blood it has


def blank_voxels(
    maps: DSCPerfusionMaps, brain: BoolArray, *, slice_axis: int = SLICE_AXIS
) -> BoolArray:
    """Voxels of a brain that a picture leaves blank.

    Rejected ones, unless they are perfused together: a single voxel of tissue with hardly any flow
    drowns in the noise and is rejected, though it is what a reader looks for. Blood volume is
    linear in the curve, and its mean over the rejected voxels of a square of 5 × 5 in the slice
    is far less noisy: about zero in a ventricle, and not in a lesion. Only pictures follow this:
    numbers and files keep every value, and statistics count accepted voxels alone.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (X, Y, Z).
    brain : ndarray of bool, shape (X, Y, Z)
        Voxels that were computed.
    slice_axis : int
        Along which axis the slices lie.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z)
        True within the brain only.

    Raises
    ------
    DscError
        If the brain is not of the maps' shape.
    """
    cbv = maps.blood_volume
    inside = as_region("brain", brain, cbv.values.shape)
    return without_tissue(cbv.values, cbv.quality_mask, inside, slice_axis)


def without_tissue(
    cbv: FloatArray, accepted: BoolArray, brain: BoolArray, slice_axis: int
) -> BoolArray:
    """Voxels that a picture leaves blank, as `blank_voxels`, of arrays of one shape.

    Parameters
    ----------
    cbv : ndarray
        Blood volume, or the area under the bolus.
    accepted, brain : ndarray of bool
        Voxels whose answer was accepted; voxels that were computed.
    slice_axis : int
        Along which axis the slices lie.
    """
    from scipy import ndimage

    rejected = brain & ~accepted
    amounts = cbv[brain & accepted]
    amounts = amounts[np.isfinite(amounts)]
    if not rejected.any() or not amounts.size:
        return rejected
    known = rejected & np.isfinite(cbv)
    window = [WINDOW] * brain.ndim
    if brain.ndim > 2:
        window[slice_axis % brain.ndim] = 1
    sums = ndimage.uniform_filter(
        np.where(known, cbv, 0).astype(np.float64), window, mode="constant"
    )
    share = ndimage.uniform_filter(known.astype(np.float64), window, mode="constant")
    together = np.divide(sums, share, out=np.zeros_like(sums), where=share > 1e-9)
    return np.asarray(rejected & ~(known & (together > PERFUSED * float(np.median(amounts)))))
