"""Denoising chosen in the form: maps, the picture of what was removed, and the way back."""

import numpy as np

from napari_dsc.viewer.layers import to_file


def test_denoising_gives_other_maps_and_a_picture_of_what_was_removed(computed):
    """And goes as it came: the maps of before are back to the byte."""
    form = computed.panel.form
    before = computed.map("CBV").data.copy()
    assert computed.map("Removed") is None
    form.denoise.value = "similar curves"
    assert "older" in computed.panel.status.text()
    computed.compute()
    maps = computed.panel.scan.results.run[1].maps
    removed = computed.map("Removed")
    np.testing.assert_array_equal(
        to_file(removed.data, computed.panel.scan.place), maps["removed"].values
    )
    assert not np.array_equal(computed.map("CBV").data, before, equal_nan=True)
    assert any("denoised" in one for one in computed.panel.scan.results.run[1].notices)
    form.denoise.value = "none"
    computed.compute()
    assert computed.map("Removed") is None
    np.testing.assert_array_equal(computed.map("CBV").data, before)


def test_live_update_denoises_once_and_follows_the_brush(computed, patient):
    """The curves of tissue do not change with the artery: they are averaged for the first only."""
    form = computed.panel.form
    form.denoise.value = "similar curves"
    computed.compute()
    tissue = computed.panel.scan.results.run[1].prepared.tissue
    before = computed.map("CBF").data.copy()
    form.live.value = True
    artery = form.artery.value
    voxels = np.argwhere(np.asarray(artery.data) > 0)
    artery.data_setitem(tuple(voxels[0]), 0)
    computed.wait(lambda: not computed.panel.busy)
    computed.wait(lambda: not np.array_equal(computed.map("CBF").data, before, equal_nan=True))
    computed.wait(lambda: not computed.panel.busy)
    assert computed.panel.scan.results.run[1].prepared.tissue is tissue
    assert patient.artery.sum() == len(voxels)
