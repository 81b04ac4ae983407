"""Defaults of the form: those that stand in `core.defaults`, none spelt a second time."""

import pytest
from napari.components import ViewerModel

from napari_dsc.core import defaults
from napari_dsc.viewer.panel.widgets import Inputs
from tests.changed_defaults import said_with_other_defaults

WIDGETS = {
    "deconvolution_method": "METHOD",
    "svd_threshold": "SVD_THRESHOLD",
    "oscillation_index": "OSCILLATION_INDEX",
    "expected_volume": "EXPECTED_VOLUME",
    "density": "DENSITY",
    "hematocrit_ratio": "HEMATOCRIT_RATIO",
    "ttp_from": "TTP_FROM",
    "slice_timing": "SLICE_TIMING",
    "cbv": "CBV_BY",
    "times_by": "TIMES_BY",
    "denoise": "DENOISE",
    "aif_average": "AIF_AVERAGE",
    "aif_gamma_variate": "AIF_GAMMA_VARIATE",
    "aif_shift": "AIF_SHIFT",
    "quantity": "CONTENT",
}
FORM = """
from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication
application = QApplication([])
from napari_dsc.viewer.panel.widgets import Inputs
form = Inputs(ViewerModel())
of_scan = {**form.of_the_scan, "quantity": form.quantity}
print({name: one.value for name, one in of_scan.items() if name != "rescale"})
"""


@pytest.mark.usefixtures("qtbot")
def test_the_form_shows_the_constants():
    """Of each setting, before anybody has touched it; no spin box rounds it."""
    form = Inputs(ViewerModel())
    shown = {**form.of_the_scan, "quantity": form.quantity}
    assert {name: shown[name].value for name in WIDGETS} == {
        name: getattr(defaults, constant) for name, constant in WIDGETS.items()
    }


@pytest.mark.usefixtures("qtbot")
def test_another_constant_changes_the_form():
    """In a process in which every default is another."""
    shown = said_with_other_defaults(FORM)
    values = ("'cSVD'", "0.12", "0.06", "1.06", "0.75", "'bolus arrival'", "False", "'delta R2*'")
    assert all(f": {value}" in shown for value in values), shown
