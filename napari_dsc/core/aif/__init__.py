"""Vascular curves: measured, judged, proposed and fitted as the input function.

`arterial_input` makes a curve of voxels, `arterial_recipe` of that what tissue is deconvolved with;
`curve_measures` judges them, `curve_clusters` and
`candidates` find them, `vessel_search` is that search for whoever has delta R2* of a whole scan,
`gamma_variate` fits a curve.
"""

from napari_dsc.core.aif.arterial_input import aif_from_voxels, average_curve, mean_curve
from napari_dsc.core.aif.arterial_recipe import MOST_SHIFT, ArterialRecipe, as_shift, in_words
from napari_dsc.core.aif.candidates import Found, SearchedCurves, largest_areas, propose_rows
from napari_dsc.core.aif.curve_measures import ARRIVAL, measure, saturated_samples
from napari_dsc.core.aif.gamma_variate import GammaVariate, fit_gamma_variate
from napari_dsc.core.aif.verdicts import COLUMNS, GOOD, RULES, VENOUS_RULES, verdicts
from napari_dsc.core.aif.vessel_search import propose_aif, propose_vof

__all__ = [
    "ARRIVAL",
    "COLUMNS",
    "GOOD",
    "MOST_SHIFT",
    "RULES",
    "VENOUS_RULES",
    "ArterialRecipe",
    "Found",
    "GammaVariate",
    "SearchedCurves",
    "aif_from_voxels",
    "as_shift",
    "average_curve",
    "fit_gamma_variate",
    "in_words",
    "largest_areas",
    "mean_curve",
    "measure",
    "propose_aif",
    "propose_rows",
    "propose_vof",
    "saturated_samples",
    "verdicts",
]
