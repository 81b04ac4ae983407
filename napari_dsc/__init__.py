"""DSC-MRI perfusion maps: CBV, CBF, MTT, TTP, Tmax and delay. Research use only.

The public names. Importing this loads neither Qt nor napari.
"""

from napari_dsc.core.aif import propose_aif, propose_vof
from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.errors import DscError, DscWarning
from napari_dsc.core.maps import Residue, compute_cbv, compute_mtt, compute_perfusion_maps, residue
from napari_dsc.core.phantom import Artefacts, Phantom, phantom
from napari_dsc.core.plausibility import Finding, plausibility
from napari_dsc.core.signal import delta_r2_star
from napari_dsc.core.types import Aif, DSCPerfusionMaps, ParameterMap, Series
from napari_dsc.io import read
from napari_dsc.tables import region_statistics
from napari_dsc.version import __version__

__all__ = [
    "DECONVOLVERS",
    "Aif",
    "Artefacts",
    "DSCPerfusionMaps",
    "DscError",
    "DscWarning",
    "Finding",
    "ParameterMap",
    "Phantom",
    "Residue",
    "Series",
    "__version__",
    "compute_cbv",
    "compute_mtt",
    "compute_perfusion_maps",
    "delta_r2_star",
    "phantom",
    "plausibility",
    "propose_aif",
    "propose_vof",
    "read",
    "region_statistics",
    "residue",
]
