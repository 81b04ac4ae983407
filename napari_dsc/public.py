"""Public names of the package, which `napari_dsc` gives out when the first is asked for.

Importing this loads neither Qt nor napari.
"""

from napari_dsc.analysis import Analysis, Setup, analyse, read_setup, write_setup
from napari_dsc.core.aif import propose_aif, propose_vof
from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.errors import DscError, DscWarning, NoArteryError
from napari_dsc.core.leakage import LEAKAGE_MODELS, Leakage, correct_leakage
from napari_dsc.core.maps import (
    Residue,
    compute_bolus_maps,
    compute_cbv,
    compute_mtt,
    compute_perfusion_maps,
    residue,
)
from napari_dsc.core.phantom import Artefacts, Phantom, phantom
from napari_dsc.core.pipeline import Proposal, propose
from napari_dsc.core.plausibility import Finding, plausibility
from napari_dsc.core.settings import SETTINGS
from napari_dsc.core.signal import brain_mask, delta_r2_star, propose_baseline
from napari_dsc.core.tumour import (
    StandardScale,
    TumourChoice,
    TumourReading,
    enhancement_mask,
    hot_spots,
    make_standard_scale,
    read_tumour,
    standardised,
    tumour_burden,
    vessel_mask,
)
from napari_dsc.core.types import Aif, BolusMaps, DSCPerfusionMaps, ParameterMap, Series
from napari_dsc.installation import verify
from napari_dsc.io import read
from napari_dsc.io.record_schema import record_schema
from napari_dsc.tables import as_xarray, region_statistics
from napari_dsc.version import __version__

__all__ = [
    "DECONVOLVERS",
    "LEAKAGE_MODELS",
    "SETTINGS",
    "Aif",
    "Analysis",
    "Artefacts",
    "BolusMaps",
    "DSCPerfusionMaps",
    "DscError",
    "DscWarning",
    "Finding",
    "Leakage",
    "NoArteryError",
    "ParameterMap",
    "Phantom",
    "Proposal",
    "Residue",
    "Series",
    "Setup",
    "StandardScale",
    "TumourChoice",
    "TumourReading",
    "__version__",
    "analyse",
    "as_xarray",
    "brain_mask",
    "compute_bolus_maps",
    "compute_cbv",
    "compute_mtt",
    "compute_perfusion_maps",
    "correct_leakage",
    "delta_r2_star",
    "enhancement_mask",
    "hot_spots",
    "make_standard_scale",
    "phantom",
    "plausibility",
    "propose",
    "propose_aif",
    "propose_baseline",
    "propose_vof",
    "read",
    "read_setup",
    "read_tumour",
    "record_schema",
    "region_statistics",
    "residue",
    "standardised",
    "tumour_burden",
    "verify",
    "vessel_mask",
    "write_setup",
]
