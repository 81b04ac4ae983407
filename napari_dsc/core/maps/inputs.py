"""What the public functions accept, and how they refuse the rest."""

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["as_aif", "as_mask"]


def as_aif(aif: ArrayLike, n_samples: int) -> FloatArray:
    """Arterial curve in float64, one finite value for each volume that is retained."""
    artery = np.asarray(aif, dtype=np.float64)
    if artery.shape != (n_samples,):
        raise DscError(
            f"aif must have shape ({n_samples},) like the curves of delta_r2, got {artery.shape}. "
            "Give one value for each volume."
        )
    if not np.isfinite(artery).all():
        first = int(np.flatnonzero(~np.isfinite(artery))[0])
        raise DscError(
            f"aif must be finite, got {artery[first]} at volume {first}. Interpolate that "
            "sample or choose other arterial voxels."
        )
    return artery


def as_mask(mask: ArrayLike | None, shape: tuple[int, ...]) -> BoolArray:
    """Voxels to compute: all, or those where a mask is positive."""
    if mask is None:
        return np.ones(shape, dtype=np.bool_)
    voxels = np.asarray(np.asarray(mask) > 0)
    if voxels.shape != shape:
        raise DscError(
            f"mask must have shape {shape} like the volumes of delta_r2, got {voxels.shape}. "
            "Draw it on this scan."
        )
    if not voxels.any():
        raise DscError("mask must hold at least one voxel, got none. Draw the brain, or pass None.")
    return voxels
