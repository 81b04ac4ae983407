"""Defaults: each constant is what every face of the program shows, Python, form and shell."""

import inspect
from dataclasses import fields

import pytest

from napari_dsc import (
    TumourChoice,
    compute_bolus_maps,
    compute_cbv,
    compute_perfusion_maps,
    correct_leakage,
    enhancement_mask,
    hot_spots,
    phantom,
    residue,
    tumour_burden,
    vessel_mask,
)
from napari_dsc.core import defaults
from napari_dsc.core.aif import aif_from_voxels
from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.maps import BolusShape, Scale
from napari_dsc.core.pipeline import Settings
from napari_dsc.core.quantities import FAMILIES
from napari_dsc.core.regions import Cleaning, late_tissue
from napari_dsc.core.signal import delta_r2_star
from napari_dsc.core.types import Series
from napari_dsc.report import make_report
from tests.changed_defaults import said_with_other_defaults

PARAMETERS = {  # of signatures and of fields, by the constant that they start with
    "deconvolution_method": "METHOD",
    "deconvolve": "DECONVOLVE",
    "svd_threshold": "SVD_THRESHOLD",
    "oscillation_index": "OSCILLATION_INDEX",
    "expected_volume": "EXPECTED_VOLUME",
    "density": "DENSITY",
    "hematocrit_ratio": "HEMATOCRIT_RATIO",
    "ttp_from": "TTP_FROM",
    "slice_timing": "SLICE_TIMING",
    "cbv": "CBV_BY",
    "denoise": "DENOISE",
    "times_by": "TIMES_BY",
    "aif_average": "AIF_AVERAGE",
    "aif_gamma_variate": "AIF_GAMMA_VARIATE",
    "aif_shift": "AIF_SHIFT",
    "spread": "SPREAD",
    "slice_axis": "SLICE_AXIS",
    "quantity": "CONTENT",
    "snr": "PHANTOM_SNR",
    "seed": "PHANTOM_SEED",
    "family": "COLOUR_FAMILY",
    "paper": "PAPER",
    "reading": "READING",
    "smallest": "SMALLEST_LATE",
    "fill_holes": "FILL_HOLES",
    "bolus_maps": "BOLUS_MAPS",
    "recovery": "RECOVERY",
    "thresholds": "BURDEN",
    "diameter": "HOT_SPOT",
    "count": "HOT_SPOTS",
    "times": "VESSEL",
    "threshold": "ENHANCEMENT",
    "leakage_model": "LEAKAGE",
    "leakage_where": "LEAKAGE_WHERE",
    "leakage_tolerant": "LEAKAGE_TOLERANT",
    "aif_echo": "AIF_ECHO",
    "model": "LEAKAGE_MODEL",
}
FUNCTIONS = (
    compute_perfusion_maps,
    compute_cbv,
    residue,
    phantom,
    delta_r2_star,
    late_tissue,
    make_report,
    aif_from_voxels,
    compute_bolus_maps,
    correct_leakage,
    enhancement_mask,
    hot_spots,
    tumour_burden,
    vessel_mask,
)
CLASSES = (
    *DECONVOLVERS.values(),
    *(Scale, BolusShape, Settings, Series, Cleaning, TumourChoice),
)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.__name__)
def test_signatures_start_with_the_constants(function):
    named = {
        name: one.default
        for name, one in inspect.signature(function).parameters.items()
        if name in PARAMETERS
    }
    assert named == {name: getattr(defaults, PARAMETERS[name]) for name in named}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda one: one.__name__)
def test_fields_start_with_the_constants(kind):
    named = {one.name: one.default for one in fields(kind) if one.name in PARAMETERS}
    assert named == {name: getattr(defaults, PARAMETERS[name]) for name in named}


def test_every_constant_has_a_face_in_python():
    """None is left that nothing reads."""
    functions = {name for one in FUNCTIONS for name in inspect.signature(one).parameters}
    known = functions | {one.name for kind in CLASSES for one in fields(kind)}
    assert {PARAMETERS[name] for name in known & set(PARAMETERS)} == set(defaults.__all__)


def test_the_usual_method_and_family_are_rows_of_their_tables():
    assert type(Settings().method) is DECONVOLVERS[defaults.METHOD]
    assert defaults.COLOUR_FAMILY in FAMILIES


def test_another_constant_changes_python():
    """No default is spelt a second time."""
    told = said_with_other_defaults(
        "import inspect\n"
        "from napari_dsc import compute_perfusion_maps, compute_cbv, residue, phantom\n"
        "from napari_dsc.core.pipeline import Settings\n"
        "for one in (compute_perfusion_maps, compute_cbv, residue, phantom):\n"
        "    print(*(p.default for p in inspect.signature(one).parameters.values()))\n"
        "print(Settings())\n"
    )
    for value in ("cSVD", "0.12", "0.06", "1.06", "0.75", "bolus arrival", "62.5", "False"):
        assert value in told
    for value in ("oSVD", "0.2", "0.035", "1.04", "0.73", "start of scan", "100.0"):
        assert value not in told.split()


def test_another_constant_changes_the_command_line():
    told = said_with_other_defaults(
        "from napari_dsc.cli import main\n"
        "for words in (['maps', '--help'], ['phantom', '--help'], ['report', '--help']):\n"
        "    try:\n"
        "        main(words)\n"
        "    except SystemExit:\n"
        "        pass\n"
    )
    for words in ("0.12 by default", "0.06 by default", "1.06 by default", "0.75 by default"):
        assert words in told
    assert "grey matter over noise; 62.5" in told
    assert "the same seed gives the same scan; 7" in told
    assert "of the maps; uniform" in told
    assert "of the PDF; Letter" in told
    assert "which maps come first; tumour" in told
