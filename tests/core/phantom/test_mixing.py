"""Signals of the tissues of a voxel add up; their delta R2* does not."""

import numpy as np
import pytest

from napari_dsc.core.phantom.anatomy import Anatomy
from napari_dsc.core.phantom.bolus import AIF_PEAK, bolus_of
from napari_dsc.core.phantom.lesions import Infarct
from napari_dsc.core.phantom.mixing import ARTERY, LEVEL, mixed
from napari_dsc.core.phantom.perfusion import Flows
from napari_dsc.core.phantom.record import Timing
from napari_dsc.core.phantom.vessels import Vessel


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_voxel_shines_with_the_sum_of_its_parts(share):
    """Of an artery, of grey matter and of fluid, each with its own curve."""
    one = np.ones((1, 1, 1), dtype=np.float32)
    rest = (1 - share) / 2
    anatomy = Anatomy(
        {"artery": share * one, "grey": rest * one, "csf": rest * one}, (one,) * 3, one
    )
    flows = Flows({"grey": 60 * one}, {"grey": 5 * one}, 0.5 * one, Infarct(one, one))
    timing = Timing(1.5 * np.arange(60), 0.03, 21.0)
    bolus, vessel = bolus_of(88.5, 21.0), Vessel((), 0.0)
    (found,) = mixed(anatomy, {"artery": vessel}, flows, bolus, timing).reshape(1, 60)
    artery = bolus.vessel(vessel, timing.time)
    assert artery.max() == pytest.approx(AIF_PEAK, rel=0.03)
    cbv, cbf, delay = (np.full(1, value, dtype=np.float32) for value in (5, 60, 0.5))
    (grey,) = bolus.of(cbv, cbf, delay, timing.time)
    expected = share * ARTERY * np.exp(-0.03 * artery)
    expected += rest * (LEVEL["grey"] * np.exp(-0.03 * grey) + LEVEL["csf"])
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize(("flow", "delay"), [(60.0, 0.0), (60.0, 4.0), (20.0, 0.0), (10.0, 9.5)])
def test_tissue_s_curve_has_its_volume_and_its_delay(flow, delay):
    """Area over the artery's is CBV; the first moment is later by delay and transit time."""
    bolus, time = bolus_of(400.0, 21.0), np.arange(0, 400, 0.5)
    one = np.ones(1, dtype=np.float32)
    (curve,) = bolus.of(4 * one, flow * one, delay * one, time)
    artery = bolus.vessel(Vessel((), 0.0), time)
    assert curve.sum() / artery.sum() * 100 * 0.73 / 1.04 == pytest.approx(4, rel=0.005)
    later = time @ curve / curve.sum() - time @ artery / artery.sum()
    assert later == pytest.approx(delay + 60 * 4 / flow, rel=0.03, abs=0.1)
