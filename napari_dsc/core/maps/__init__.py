"""Perfusion maps from delta R2* curves.

`compute_maps` and `cbv_and_mtt` hold the public functions. Beneath them `tissue_curves` prepares
what no AIF changes, `stages` does what every AIF costs, both in parallel blocks; `map_volumes` lays
the results out, `scale` holds the units, `mask_argument` what a mask may be.
"""

from napari_dsc.core.maps.cbv_and_mtt import compute_cbv, compute_mtt
from napari_dsc.core.maps.compute_maps import compute_perfusion_maps
from napari_dsc.core.maps.map_volumes import on_volume
from napari_dsc.core.maps.residue import Residue, residue, residue_at, residue_reader
from napari_dsc.core.maps.scale import Scale, arterial_area
from napari_dsc.core.maps.stages import Partial, perfusion_stages
from napari_dsc.core.maps.tissue_curves import Tissue, times_of, tissue_stages, windowed
from napari_dsc.core.maps.voxel_maps import VoxelMaps

__all__ = [
    "Partial",
    "Residue",
    "Scale",
    "Tissue",
    "VoxelMaps",
    "arterial_area",
    "compute_cbv",
    "compute_mtt",
    "compute_perfusion_maps",
    "on_volume",
    "perfusion_stages",
    "residue",
    "residue_at",
    "residue_reader",
    "times_of",
    "tissue_stages",
    "windowed",
]
