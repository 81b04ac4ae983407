"""Layers of scatter and intervals: on demand, hidden at first, and only of what is known."""

import numpy as np

from napari_dsc.viewer.layers import to_file
from napari_dsc.viewer.maps.map_labels import labels_of

CAUTION = "Posterior: the prior decides where the data do not."


def beside(desk):
    """Layers of scatter or standard deviation in the list, from the bottom."""
    return [one for one in desk.viewer.layers if one.name.startswith(("SD of ", "Scatter of "))]


def test_fault_315_layers_are_those_that_the_method_has(computed):
    """None unless the box is ticked; of a posterior SD, of cSVD scatter; no other stays."""
    form = computed.panel.form
    assert beside(computed) == []
    form.spread.value = True
    form.method.value = "Posterior"
    computed.compute()
    names = {one.name.split(" (")[0] for one in beside(computed)}
    assert names == {f"SD of {one}" for one in ("CBV", "CBF", "MTT", "Tmax", "Delay")}
    assert not any(one.visible for one in beside(computed))
    assert "click the eye" in computed.panel.status.text()
    maps = computed.panel.scan.results.run[1].maps
    layer = computed.map("SD of MTT")
    np.testing.assert_array_equal(to_file(layer.data, computed.panel.scan.place), maps.mtt.sd)
    form.method.value = "cSVD"
    computed.compute()
    names = {one.name.split(" (")[0] for one in beside(computed)}
    assert names == {f"Scatter of {one}" for one in ("CBV", "CBF", "MTT", "Tmax")}
    form.spread.value = False
    computed.compute()
    assert beside(computed) == []


def test_fault_311_the_caution_stands_on_the_picture(computed):
    """On every map that the posterior made, not on what the tissue alone tells."""
    computed.panel.form.method.value = "Posterior"
    computed.compute()
    said = {one.name.split(" (")[0]: one.caution for one in labels_of(computed.viewer)}
    assert said["TTP"] == ""
    assert {said[one] for one in ("CBV", "CBF", "MTT", "Tmax", "Delay")} == {CAUTION}
    computed.panel.form.method.value = "oSVD"
    computed.compute()
    assert not any(one.caution for one in labels_of(computed.viewer))


def test_cbv_by_integral_or_weights_is_not_asked_of_a_posterior(computed):
    """It has a volume of its own: the choice is hidden, and comes back with another method."""
    form = computed.panel.form
    form.method.value = "Posterior"
    assert form.cbv.native.isHidden()
    form.method.value = "oSVD"
    assert not form.cbv.native.isHidden()


def test_live_update_follows_the_posterior(computed):
    """The slice on screen comes first, from the same run."""
    form = computed.panel.form
    form.method.value = "Posterior"
    computed.compute()
    before = np.array(computed.map("CBF").data)
    form.live.value = True
    form.hematocrit_ratio.value = 0.5

    def ratio() -> float:
        return float(np.nanmedian(computed.map("CBF").data / before))

    computed.wait(lambda: abs(ratio() - 0.5 / 0.73) < 1e-3)  # the whole brain, after the slice
    form.live.value = False
