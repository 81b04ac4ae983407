"""Reading of a tumour: enhancement, vessels, relative blood volume, burden and hot spots."""

from napari_dsc.core.tumour.burden import Burden, tumour_burden
from napari_dsc.core.tumour.enhancement import ENHANCEMENT_NAME, enhancement_mask, subtraction
from napari_dsc.core.tumour.hot_spots import HotSpot, HotSpots, hot_spots
from napari_dsc.core.tumour.reading import TumourChoice, TumourReading, read_tumour
from napari_dsc.core.tumour.standard_scale import (
    PERCENTILES,
    StandardScale,
    make_standard_scale,
    standardised,
)
from napari_dsc.core.tumour.vessels import vessel_mask, vessel_words

__all__ = [
    "ENHANCEMENT_NAME",
    "PERCENTILES",
    "Burden",
    "HotSpot",
    "HotSpots",
    "StandardScale",
    "TumourChoice",
    "TumourReading",
    "enhancement_mask",
    "hot_spots",
    "make_standard_scale",
    "read_tumour",
    "standardised",
    "subtraction",
    "tumour_burden",
    "vessel_mask",
    "vessel_words",
]
