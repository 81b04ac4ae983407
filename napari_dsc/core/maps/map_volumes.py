"""Results of voxels, laid out as maps on the volume they came from."""

import numpy as np

from napari_dsc.core.maps.voxel_maps import VoxelMaps
from napari_dsc.core.mask_rows import lay_out
from napari_dsc.core.quality import REJECTING
from napari_dsc.core.quantities import COMPUTED, Quantity
from napari_dsc.core.types import (
    BoolArray,
    DeconvolvedMaps,
    DSCPerfusionMaps,
    FloatArray,
    ParameterMap,
)

__all__ = ["on_volume"]


def on_volume(
    values: VoxelMaps, voxels: BoolArray, affine: FloatArray | None = None
) -> DSCPerfusionMaps:
    """Lay results of voxels out on the volume they came from.

    Parameters
    ----------
    values : VoxelMaps
        Results of the V voxels that `voxels` marks, in the order of `curves_of`.
    voxels : ndarray of bool, shape (...)
        Which voxels these are.
    affine : ndarray, shape (4, 4), optional
        Voxel indices to RAS millimetres.

    Returns
    -------
    DSCPerfusionMaps
        Maps of shape (...); NaN elsewhere.
    """
    bits = lay_out(values.flags, voxels, 0)
    stands = voxels & ((bits & REJECTING) == 0)
    maps = {
        key: _map_of(
            COMPUTED[key], values.deconvolved, lay_out(column, voxels, np.nan), affine, stands
        )
        for key, column in values.columns.items()
    }
    kind = DeconvolvedMaps if values.deconvolved else DSCPerfusionMaps
    return kind.from_keys(maps, quality_mask=stands, quality=bits)


def _map_of(
    quantity: Quantity,
    deconvolved: bool,
    values: FloatArray,
    affine: FloatArray | None,
    stands: BoolArray,
) -> ParameterMap:
    """Map of a quantity under the name that it has with deconvolution, or without."""
    symbol, name, units = quantity.symbol, quantity.name, quantity.units
    if quantity.peak_ratio is not None and not deconvolved:
        (symbol, name), units = quantity.peak_ratio, "1"
    return ParameterMap(
        values=values, name=name, symbol=symbol, units=units, affine=affine, quality_mask=stands
    )
