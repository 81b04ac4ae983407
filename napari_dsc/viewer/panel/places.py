"""Places of the panel's widgets: in the workbench, and in the steps of the rail.

Names are those of `Inputs.elements`, and of the few that come from the bar above the pictures, or
are the rail's own. Each name stands in each of the two once.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

__all__ = ["ACTIONS", "FOOT", "OF_THE_FOOT", "SECTIONS", "STEP_ROWS"]

Rows: TypeAlias = Sequence[Sequence[str]]

# Sections of the workbench, by their titles.
SECTIONS: Mapping[str, Rows] = MappingProxyType(
    {
        "Scan": [
            ("scan",),
            ("edit_tr", "header_tr", "edit_te", "header_te"),
            ("slice_timing", "correct_motion"),
            ("orientation", "beside"),
            ("open_scan", "automatic"),
            ("open_cohort",),
            ("facts",),
        ],
        "Regions": [("arteries",), ("brains",), ("volumes",), ("propose", "compare")],
        "AIF workshop": [
            ("vessels",),
            ("propose_vof", "new_aif"),
            ("save_aif", "load_aif"),
            ("rescale", "gamma"),
            ("aif_gamma_variate",),
            ("recipe",),
        ],
        "Method": [
            ("deconvolution",),
            ("spread",),
            ("leakage",),
            ("region_leaks", "region_tight"),
            ("leakage_masks",),
            ("protocol",),
        ],
        "Units": [("units",)],
        "Shape of the bolus": [("shape",)],
    }
)
# Below them.
ACTIONS: Rows = [
    ("status",),
    ("confirm",),
    ("restore",),
    ("compute", "cancel", "live", "probe"),
    ("progress",),
    ("save", "save_dicom", "show_curves"),
    ("open_record", "copy_methods"),
    ("workspace",),
    ("research",),
]

# Steps of the rail, by their keys.
STEP_ROWS: Mapping[str, Rows] = MappingProxyType(
    {
        "scan": [
            ("automatic",),
            ("scan",),
            ("edit_tr", "header_tr"),
            ("edit_te", "header_te"),
            ("slice_timing", "correct_motion"),
            ("orientation", "beside"),
            ("open_record", "open_cohort"),
            ("facts",),
        ],
        "artery": [
            ("arteries",),
            ("compare", "show_curves"),
            ("new_aif", "probe"),
            ("brains",),
            ("volumes",),
            ("vessels",),
            ("propose_vof", "rescale"),
            ("save_aif", "load_aif"),
            ("recipe",),
            ("gamma", "aif_gamma_variate"),
        ],
        "maps": [
            ("live",),
            ("deconvolution",),
            ("spread",),
            ("leakage",),
            ("region_leaks", "region_tight"),
            ("leakage_masks",),
            ("protocol",),
            ("units",),
            ("shape",),
        ],
        "report": [("save", "save_dicom"), ("copy_methods",), ("research",), ("workspace",)],
    }
)
# Below them, never scrolled away.
FOOT: Rows = [
    ("status",),
    ("confirm",),
    ("restore",),
    ("progress", "cancel"),
    ("open_scan", "propose", "compute", "report"),
    ("undo", "fold"),
]
# In the rail they stand at its foot; at the workbench in the bar above the pictures, or nowhere.
OF_THE_FOOT = ("report", "undo", "fold")
