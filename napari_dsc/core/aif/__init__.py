"""Vascular curves: of drawn voxels, what is measured of them, proposals, fits.

`voxels` makes a curve of voxels, `measures` judges them, `clusters` and `proposal` find them,
`api` is that search for whoever has delta R2* of a whole scan, `gamma` fits a curve.
"""

from napari_dsc.core.aif.api import propose_aif, propose_vof
from napari_dsc.core.aif.gamma import GammaVariate, fit_gamma_variate
from napari_dsc.core.aif.measures import measure, saturated_samples
from napari_dsc.core.aif.proposal import Found, largest_areas, propose_rows
from napari_dsc.core.aif.verdicts import COLUMNS, GOOD, RULES, VENOUS_RULES, verdicts
from napari_dsc.core.aif.voxels import aif_from_voxels, mean_curve

__all__ = [
    "COLUMNS",
    "GOOD",
    "RULES",
    "VENOUS_RULES",
    "Found",
    "GammaVariate",
    "aif_from_voxels",
    "fit_gamma_variate",
    "largest_areas",
    "mean_curve",
    "measure",
    "propose_aif",
    "propose_rows",
    "propose_vof",
    "saturated_samples",
    "verdicts",
]
