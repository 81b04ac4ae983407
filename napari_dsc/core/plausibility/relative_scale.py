"""Amounts relative to white matter that seems normal, where absolute values do not hold."""

from collections.abc import Iterable

import numpy as np

from napari_dsc.core.defaults import SLICE_AXIS
from napari_dsc.core.errors import DscError
from napari_dsc.core.plausibility.findings import DOUBTFUL, Finding
from napari_dsc.core.quantities import CBF, CBV, RELATIVE
from napari_dsc.core.regions import proposed_midline, proposed_reference
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray

__all__ = ["NORMAL", "does_not_hold", "factors_over", "normal_region"]

NORMAL = "white matter"  # that seems normal, as a proposal finds it: short, above a small map
OF_HEIGHT = (CBV.key, CBF.key)


def does_not_hold(findings: Iterable[Finding]) -> bool:
    """Whether the medians of an analysis say that its absolute values do not hold."""
    return any(one.level == DOUBTFUL and one.key in OF_HEIGHT for one in findings)


def normal_region(
    maps: DSCPerfusionMaps,
    brain: BoolArray,
    affine: FloatArray | None,
    *,
    slice_axis: int = SLICE_AXIS,
) -> BoolArray | None:
    """White matter that seems normal, as it is proposed.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (X, Y, Z).
    brain : ndarray of bool, shape (X, Y, Z)
        Where to look.
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres; None: nobody knows the sides.
    slice_axis : int
        Along which axis the slices lie.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z), or None
        None where none is found.
    """
    if affine is None:
        return None
    try:
        midline = proposed_midline(brain, affine)
        return proposed_reference(maps, brain, affine, midline, slice_axis=slice_axis)
    except DscError:
        return None


def factors_over(maps: DSCPerfusionMaps, region: BoolArray) -> dict[str, float]:
    """What amounts are multiplied by to be relative to a region, by symbol.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (...).
    region : ndarray of bool, shape (...)
        What is taken as normal.

    Returns
    -------
    dict
        Of CBV and CBF, one over the mean of the accepted voxels; without those whose mean is not
        positive.
    """
    factors = {}
    for one in maps:
        if one.symbol not in RELATIVE:
            continue
        values = one.values[region & one.quality_mask]
        mean = float(values[np.isfinite(values)].mean()) if values.size else np.nan
        if mean > 0:
            factors[one.symbol] = 1 / mean
    return factors
