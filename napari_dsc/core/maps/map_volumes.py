"""Results of voxels, laid out as maps on the volume they came from."""

import numpy as np

from napari_dsc.core.maps.voxel_maps import VoxelMaps
from napari_dsc.core.mask_rows import lay_out
from napari_dsc.core.quality import REJECTING
from napari_dsc.core.types import (
    BoolArray,
    DeconvolvedMaps,
    DSCPerfusionMaps,
    FloatArray,
    ParameterMap,
)

__all__ = ["on_volume"]

MAPS = {  # what each map is, in the words of the field
    "cbv": ("Cerebral blood volume", "CBV", "mL/100g"),
    "cbf": ("Cerebral blood flow", "CBF", "mL/100g/min"),
    "mtt": ("Mean transit time", "MTT", "s"),
    "ttp": ("Time to peak", "TTP", "s"),
    "tmax": ("Time to maximum of the residue function", "Tmax", "s"),
    "delay": ("Arterial delay", "Delay", "s"),
}
RELATIVE = {  # without deconvolution
    "cbf": ("Relative cerebral blood flow (ratio of peaks)", "rCBF", "1"),
    "mtt": ("Relative mean transit time (CBV over ratio of peaks)", "rMTT", "1"),
}


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
    words = MAPS if values.tmax is not None else {**MAPS, **RELATIVE}
    maps: dict[str, ParameterMap | None] = {}
    for key, (name, symbol, units) in words.items():
        column: FloatArray | None = getattr(values, key)
        if column is None:
            maps[key] = None
            continue
        maps[key] = ParameterMap(
            values=lay_out(column, voxels, np.nan),
            name=name,
            symbol=symbol,
            units=units,
            affine=affine,
            quality_mask=stands,
        )
    kind = DSCPerfusionMaps if values.tmax is None else DeconvolvedMaps
    return kind(**maps, quality_mask=stands, quality=bits)  # type: ignore[arg-type]
