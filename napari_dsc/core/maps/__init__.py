"""Perfusion maps from delta R2* curves.

`compute_maps` and `cbv_and_mtt` hold the public functions, `optimal_weights` another way to CBV.
Beneath them `tissue_curves` prepares what no AIF changes, `stages` does what every AIF costs, both
in parallel blocks; `map_volumes` lays the results out, `scale` holds the units, `mask_argument`
what a mask may be, `used_samples` which samples a public function uses, `denoised_tissue` replaces
curves by means of similar ones. `bolus_shape` and `compute_bolus_maps` need no artery.
"""

from napari_dsc.core.maps.answered import region_answers
from napari_dsc.core.maps.bolus_shape import BolusShape, bolus_stages
from napari_dsc.core.maps.cbv_and_mtt import compute_cbv, compute_mtt
from napari_dsc.core.maps.compute_bolus_maps import compute_bolus_maps
from napari_dsc.core.maps.compute_maps import compute_perfusion_maps
from napari_dsc.core.maps.denoised_tissue import denoised_stages, measured_apart
from napari_dsc.core.maps.map_volumes import on_volume
from napari_dsc.core.maps.optimal_weights import (
    CBV_WAYS,
    VolumeWeights,
    as_cbv,
    optimal_weights,
)
from napari_dsc.core.maps.residue import Residue, residue, residue_at, residue_reader
from napari_dsc.core.maps.scale import Scale, arterial_area
from napari_dsc.core.maps.stages import Partial, Quantification, perfusion_stages
from napari_dsc.core.maps.tissue_curves import Tissue, times_of, tissue_stages, windowed
from napari_dsc.core.maps.voxel_maps import VoxelMaps

__all__ = [
    "CBV_WAYS",
    "BolusShape",
    "Partial",
    "Quantification",
    "Residue",
    "Scale",
    "Tissue",
    "VolumeWeights",
    "VoxelMaps",
    "arterial_area",
    "as_cbv",
    "bolus_stages",
    "compute_bolus_maps",
    "compute_cbv",
    "compute_mtt",
    "compute_perfusion_maps",
    "denoised_stages",
    "measured_apart",
    "on_volume",
    "optimal_weights",
    "perfusion_stages",
    "region_answers",
    "residue",
    "residue_at",
    "residue_reader",
    "times_of",
    "tissue_stages",
    "windowed",
]
