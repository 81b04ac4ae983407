"""The digital patient with a tumour is opened as a reader of tumours has a patient."""

from functools import partial

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_dsc import phantom
from napari_dsc.core.phantom import Tissue
from napari_dsc.viewer import contributions
from napari_dsc.viewer.regions.enhancement_region import enhancing_on

SMALL = partial(phantom, (64, 64, 8), 60, anatomy="realistic", lesion="tumour")


@pytest.mark.parametrize("kind", ["tumour", "two_echoes"])
def test_fault_485_the_sample_of_a_tumour_is_read_for_one_with_t1_at_hand(desk, monkeypatch, kind):
    """In its mode, with T1 before and after contrast on the page: nothing is guessed or drawn."""
    patient = SMALL()
    monkeypatch.setattr(contributions, f"{kind}_patient", lambda: patient)
    desk.viewer.open_sample("napari-dsc", kind)
    panel = desk.panel
    desk.wait(lambda: panel.scan is not None and panel.scan.facts.proposed)
    assert panel.scan.layers.reading_key == "tumour"
    desk.wait(lambda: panel.form.reading.value == "Tumour")
    page = panel.room.pages.tumour
    panel.room.pages.show_page(page)
    QApplication.processEvents()
    names = [one.name for one in page.volumes() if one is not None]
    assert names == ["T1 before contrast", "T1 after contrast"]
    assert not any(desk.viewer.layers[name].visible for name in names)
    desk.draw(patient)
    desk.compute()
    desk.wait(lambda: not panel.busy and page.propose.enabled)
    assert "Tmax >" not in panel.room.lead.label.text()
    pytest.importorskip("SimpleITK")
    desk.press(page.propose)
    desk.wait(lambda: enhancing_on(panel.scan) is not None)
    found = enhancing_on(panel.scan)
    assert found is not None
    true = patient.tissue == Tissue.TUMOUR
    overlap = 2 * np.count_nonzero(found.voxels & true) / (found.voxels.sum() + true.sum())
    assert overlap > 0.7
    assert found.origin.unseen
