"""What the public functions accept, and how they refuse the rest."""

import warnings

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.errors import DscError, DscWarning
from napari_dsc.core.masks import as_voxels, whole_numbers
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
    """Voxels to compute: all, or those of a mask; every integer label above 0 counts.

    A soft mask is cut at half, with a `DscWarning`; masked entries are not computed.
    """
    if mask is None:
        return np.ones(shape, dtype=np.bool_)
    judgement = as_voxels(mask, "mask", shape, several="all")
    voxels = judgement.voxels
    for notice in judgement.notices if _is_soft(mask) else ():
        warnings.warn(notice, DscWarning, stacklevel=3)
    if not voxels.any():
        raise DscError("mask must hold at least one voxel, got none. Draw the brain, or pass None.")
    return voxels


def _is_soft(mask: ArrayLike) -> bool:
    """Whether a mask holds values between labels: that all labels count is no news."""
    return whole_numbers(mask).dtype.kind not in "biu"
