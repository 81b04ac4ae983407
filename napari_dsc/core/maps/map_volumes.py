"""Results of voxels, laid out as maps on the volume they came from."""

from dataclasses import replace

import numpy as np

from napari_dsc.core.maps.voxel_maps import VoxelMaps
from napari_dsc.core.mask_rows import lay_out
from napari_dsc.core.quality import REJECTING
from napari_dsc.core.quantities import AUC, CBV, COMPUTED, PEAK, Quantity
from napari_dsc.core.types import (
    BolusMaps,
    BoolArray,
    DeconvolvedMaps,
    DSCPerfusionMaps,
    FloatArray,
    ParameterMap,
)

__all__ = ["on_volume"]


def on_volume(
    values: VoxelMaps,
    voxels: BoolArray,
    affine: FloatArray | None = None,
    *,
    scaled: bool = False,
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
    scaled : bool
        Whether the curves are scaled by an echo time that nobody knows: then heights and areas
        have no unit of their own.

    Returns
    -------
    DSCPerfusionMaps
        Maps of shape (...); NaN elsewhere. `BolusMaps` where there is none that needs an artery.
    """
    bits = lay_out(values.flags, voxels, 0)
    stands = voxels & ((bits & REJECTING) == 0)
    maps = {}
    for key, column in values.columns.items():
        beside = {
            kind: lay_out(one, voxels, np.nan) for kind, one in values.spreads.get(key, {}).items()
        }
        laid = lay_out(column, voxels, np.nan)
        one = _map_of(COMPUTED[key], values.deconvolved, laid, affine, stands)
        maps[key] = replace(one, **beside)  # type: ignore[arg-type]  # fields of its own
    if scaled:
        maps = {key: _scaled(one) for key, one in maps.items()}
    kind: type[DSCPerfusionMaps] = DeconvolvedMaps if values.deconvolved else DSCPerfusionMaps
    if CBV.key not in maps:
        kind = BolusMaps
    return kind.from_keys(maps, quality_mask=stands, quality=bits)


def _scaled(one: ParameterMap) -> ParameterMap:
    """Map of a height or an area, in the unit that it has without an echo time."""
    units = {PEAK.symbol: "1 (TE-scaled)", AUC.symbol: "s (TE-scaled)"}.get(one.symbol)
    return one if units is None else replace(one, units=units)


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
