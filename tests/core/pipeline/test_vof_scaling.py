"""An AIF scaled to the area of a VOF: what the areas are taken over, and what is warned of."""

import numpy as np
import pytest

from napari_dsc import DscError, phantom
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.pipeline.vof_scaling import vof_scaling
from napari_dsc.core.progress import finished

FINE = 0.05  # s


def vessels(*, step=1.5, count=60, arrival=21.0, again=0.3, transit=4.0, drift=0.0, blood=1.0):
    """Artery and vein of one patient at the times of the volumes; the vein has all of the blood.

    `again` is the area of the second pass, `transit` the mean transit time, `drift` the share of
    the peak by which the signal drifts in a second, `blood` the share of blood in the artery.
    """
    fine = np.arange(0, step * count, FINE)

    def bolus(start, width):
        since = np.maximum(fine - start, 0)
        curve = since**3 * np.exp(-since / width)
        return curve / curve.sum()

    artery = bolus(arrival, 2.2) + again * bolus(arrival + 10, 4.5)
    passage = np.exp(-fine / transit) / transit
    late = np.interp(fine - 3, fine, artery, left=0)
    vein = FINE * np.convolve(late, passage)[: fine.size]
    time = step * np.arange(count)
    since = np.maximum(time - arrival, 0)
    return (
        blood * np.interp(time, fine, artery) + drift * artery.max() * since,
        np.interp(time, fine, vein) + drift * vein.max() * since,
        time,
    )


@pytest.mark.parametrize("blood", [0.3, 0.6, 1.0])
@pytest.mark.parametrize(
    "patient",
    [
        {},
        {"again": 0.0},
        {"again": 0.5},
        {"transit": 2.0},
        {"transit": 8.0, "count": 80},
        {"step": 1.0, "count": 90},
        {"step": 2.5, "count": 40},
    ],
    ids=str,
)
def test_fault_95_partial_volume_is_undone(patient, blood):
    """With and without recirculation, at any time step: the factor is one over the blood."""
    artery, vein, time = vessels(blood=blood, **patient)
    found = vof_scaling(artery, vein, time)
    assert found.factor == pytest.approx(1 / blood, rel=0.02)
    assert not [one for one in found.warnings if "below 1 by no more" not in one]
    assert "over all retained volumes" in found.notice


@pytest.mark.parametrize("count", [30, 34, 38])
def test_fault_95_a_vein_that_has_not_returned_is_warned_of(count):
    """The scan ends in its passage: the factor is too small, and that is said."""
    found = vof_scaling(*vessels(count=count))
    assert found.factor < 0.96
    assert any("The VOF ends at" in one for one in found.warnings)


@pytest.mark.parametrize("drift", [-0.0015, 0.003])
def test_fault_95_a_drift_is_warned_of(drift):
    """Upwards or downwards: the areas hold what is no blood."""
    found = vof_scaling(*vessels(count=90, drift=drift))
    assert abs(found.factor - 1) > 0.05
    assert any("drifts" in one for one in found.warnings)


def test_fault_95_factors_that_partial_volume_cannot_give_are_warned_of():
    """Below 1 and absurdly large; a factor between them is not."""
    artery, vein, time = vessels()
    small, odd, large = (
        vof_scaling(artery, share * vein, time).warnings for share in (0.6, 0.98, 7)
    )
    assert ["below 1, which partial volume" in one for one in small] == [True]
    assert ["below 1 by no more than noise" in one for one in odd] == [True]
    assert ["It is scaled all the same, which raises CBF and CBV" in one for one in odd] == [True]
    assert ["above 5" in one for one in large] == [True]
    assert vof_scaling(artery, 1.5 * vein, time).warnings == ()


def test_fault_465_what_is_done_and_what_is_said_of_it_agree():
    """Scaled by 0.998 and "needs no scaling" do not stand together; a factor of 1.000 is one."""
    artery, vein, time = vessels()
    whole = vof_scaling(artery, vein, time).factor
    for share, warned in ((0.998, True), (0.9999, False)):
        found = vof_scaling(artery, vein * share / whole, time)
        assert found.notice.startswith(f"The AIF is scaled by {share:.3g}")
        told = " ".join(found.warnings)
        assert "needs no" not in told
        assert ("raises CBF and CBV by 0.2%" in told) is warned


@pytest.mark.parametrize(("name", "at"), [("AIF", 0), ("VOF", 1)])
def test_fault_95_a_vessel_without_an_area_is_named(name, at):
    curves = [*vessels()]
    curves[at] = -curves[at]
    with pytest.raises(DscError, match=f"^{name} integral is non-positive"):
        vof_scaling(*curves)


@pytest.mark.parametrize("window", [None, (2, 29), (2, 25), (12, 22)])
def test_fault_95_no_window_of_cbv_changes_the_factor(window):
    """The digital patient's arteries are pure: 1, whatever CBV integrates over."""
    made = phantom((32, 32, 4), snr=50, seed=2)
    settings = Settings(baseline=(2, 12), window=window)
    vein = made.tissue == Tissue.VEIN
    found = finished(stages(made.series, made.artery, made.brain, settings, vein=vein))
    assert found.aif.scaled_by == pytest.approx(1, abs=0.05)
