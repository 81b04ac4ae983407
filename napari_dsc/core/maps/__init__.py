"""Perfusion maps from delta R2* curves.

`api` and `ratios` hold the public functions. Beneath them `tissue` prepares what no AIF changes,
`stages` does what every AIF costs, both in `blocks`; `volume` lays the results out, `scale` holds
the units, `inputs` what is refused at the door.
"""

from napari_dsc.core.maps.api import compute_perfusion_maps
from napari_dsc.core.maps.ratios import compute_cbv, compute_mtt
from napari_dsc.core.maps.refresh import VoxelMaps
from napari_dsc.core.maps.residue import Residue, residue, residue_at, residue_reader
from napari_dsc.core.maps.scale import Scale, arterial_area
from napari_dsc.core.maps.stages import Partial, perfusion_stages
from napari_dsc.core.maps.tissue import Tissue, times_of, tissue_stages, windowed
from napari_dsc.core.maps.volume import on_volume

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
