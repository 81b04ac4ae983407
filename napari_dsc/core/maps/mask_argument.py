"""Masks as the public functions take them, and the refusal of what is none."""

import warnings

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.errors import DscError, DscWarning
from napari_dsc.core.masks import as_voxels, whole_numbers
from napari_dsc.core.types import BoolArray

__all__ = ["as_mask"]


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
