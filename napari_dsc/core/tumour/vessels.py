"""Vessels on a map of blood volume: a rule that is shown, because it leaves voxels out."""

import numpy as np

from napari_dsc.core.defaults import VESSEL
from napari_dsc.core.errors import DscError
from napari_dsc.core.real_numbers import as_number
from napari_dsc.core.regions.input_checks import as_region
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps

__all__ = ["vessel_mask", "vessel_words"]


def vessel_mask(maps: DSCPerfusionMaps, brain: BoolArray, *, times: float = VESSEL) -> BoolArray:
    """Voxels that are taken as vessels: their blood volume is many times the brain's median.

    The median is that of the brain's accepted voxels; of maps without an artery the area under the
    bolus stands for blood volume, and the rule gives the same voxels. A very vascular tumour may
    exceed it too: look at what is left out.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (...).
    brain : ndarray of bool, shape (...)
        Voxels that were computed.
    times : float
        How many times the median.

    Returns
    -------
    ndarray of bool, shape (...)
        Within the brain.

    Raises
    ------
    DscError
        If the brain is not of the maps' shape, or `times` is not above 1.
    """
    factor = as_number("times", times)
    if not 1 < factor < np.inf:
        raise DscError(
            f"times must be above 1, got {factor:g}. A vessel has many times the blood volume of "
            f"the brain, {VESSEL:g} by default."
        )
    one = maps.blood_volume
    inside = as_region("brain", brain, one.values.shape)
    stands = inside & one.quality_mask & np.isfinite(one.values)
    if not stands.any():
        return np.zeros_like(inside)
    level = factor * float(np.median(one.values[stands]))
    return np.asarray(inside & (np.nan_to_num(one.values, nan=-np.inf) > level))


def vessel_words(times: float = VESSEL) -> str:
    """The rule in words, for whoever sees what it leaves out."""
    return f"blood volume above {times:g} times the brain's median"
