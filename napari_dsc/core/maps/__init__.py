"""Perfusion maps from delta R2* curves.

`api` and `ratios` hold the public functions, `stages` the work beneath them, `scale` the units,
`inputs` what is refused at the door.
"""

from napari_dsc.core.maps.api import compute_perfusion_maps
from napari_dsc.core.maps.ratios import compute_cbv, compute_mtt
from napari_dsc.core.maps.scale import Scale
from napari_dsc.core.maps.stages import VoxelMaps, on_volume, perfusion_stages

__all__ = [
    "Scale",
    "VoxelMaps",
    "compute_cbv",
    "compute_mtt",
    "compute_perfusion_maps",
    "on_volume",
    "perfusion_stages",
]
