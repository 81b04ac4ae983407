"""An artery lies in the head, and is no brain."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError, phantom
from napari_dsc.core.pipeline import Settings, prepare, propose, stages, with_vessels
from napari_dsc.core.pipeline.head_and_air import in_air
from napari_dsc.core.progress import finished
from napari_dsc.core.types import Series


@pytest.fixture(scope="module", params=[100.0, 20.0])
def patient(request):
    """With little noise, and with much."""
    return phantom((32, 32, 4), 60, snr=request.param)


@pytest.fixture(scope="module")
def brain(patient):
    return propose(patient.series).brain


def only(patient, voxel):
    mask = np.zeros_like(patient.artery)
    mask[voxel] = True
    return mask


@pytest.mark.parametrize("voxel", [(0, 0, 0), (31, 0, 3), (0, 31, 1)])
@pytest.mark.parametrize("name", ["AIF", "VOF"])
def test_fault_56_a_vessel_in_air_is_refused_before_the_brain_grows(patient, brain, voxel, name):
    """Named by its place in the file; also among true voxels of an artery."""
    wrong = patient.artery | only(patient, voxel)
    vessels = (wrong, None) if name == "AIF" else (patient.artery, wrong)
    place = str(voxel).replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(DscError, match=rf"{name} must lie inside the head.*1 voxel.*{place}"):
        with_vessels(patient.series, brain, *vessels)


def test_fault_56_whatever_brain_is_given(patient):
    """None, the whole image, or one that somebody has drawn around it."""
    wrong = only(patient, (0, 0, 0))
    for brain in (None, patient.brain | wrong):
        with pytest.raises(DscError, match="AIF must lie inside the head"):
            finished(stages(patient.series, wrong, brain, Settings()))
    prepared = finished(prepare(patient.series, patient.brain | wrong, None))
    with pytest.raises(DscError, match="AIF must lie inside the head"):
        prepared.arterial_input(wrong)


def test_an_artery_outside_the_proposed_brain_is_taken(patient):
    """A brain that somebody has eroded: the artery at its edge comes in."""
    less = patient.brain & ~patient.artery
    np.testing.assert_array_equal(
        with_vessels(patient.series, less, patient.artery), less | patient.artery
    )


def test_a_dark_voxel_within_the_head_is_taken(patient, brain):
    """A flow void."""
    dark = patient.series.signal.copy()
    dark[16, 16, 2] //= 20
    void = only(patient, (16, 16, 2))
    made = with_vessels(replace(patient.series, signal=dark), brain, void)
    assert made[16, 16, 2]


def test_a_scan_without_air_has_arteries_everywhere(patient):
    """Cropped to the middle of the head."""
    cut = (slice(10, 22), slice(10, 22))
    series = replace(patient.series, signal=patient.series.signal[cut])
    corner = np.zeros(series.signal.shape[:-1], dtype=bool)
    corner[0, 0, 1] = True
    assert with_vessels(series, ~corner, corner).all()


@pytest.mark.parametrize("marked", ["brain", "outside", "half"])
def test_fault_57_a_brain_is_no_artery(patient, brain, marked):
    """The brain's mask given as AIF, one that is 1 outside, half of the brain."""
    half = brain.copy()
    half[16:] = False
    wrong = {"brain": brain, "outside": ~patient.artery, "half": half}[marked]
    with pytest.raises(DscError, match=r"AIF must mark a vessel, at most 10%"):
        with_vessels(patient.series, brain, wrong)
    with pytest.raises(DscError, match="AIF must mark a vessel"):
        finished(stages(patient.series, wrong & brain, brain, Settings()))


def test_known_relaxation_rates_have_no_air(patient, brain):
    """Values that never change do not come from a voxel; others must lie near the brain."""
    rates = np.zeros_like(patient.series.signal, dtype=np.float32)
    rates[brain] = 1 - np.exp(-patient.series.signal[brain] / 1000)
    series = replace(patient.series, signal=rates, quantity="delta R2*")
    with pytest.raises(DscError, match="AIF must lie inside the head"):
        with_vessels(series, brain, only(patient, (0, 0, 0)))
    rates[0, 0, 0] = np.random.default_rng(0).normal(size=60)
    with pytest.raises(DscError, match="more than 3 voxels from the brain"):
        with_vessels(series, brain, only(patient, (0, 0, 0)))


@pytest.mark.parametrize(
    ("share", "air"), [(0.05, True), (0.12, True), (0.25, False), (0.6, False)]
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_voxel_beside_the_head_is_air_where_it_is_darker_than_tissue_ever_is(share, air, order):
    """Signal before the bolus over that of tissue, from that of air to that of a dim coil."""
    random = np.random.default_rng(1)
    signal = random.normal(10.0, 3.0, (40, 40, 3, 20))
    signal[10:30, 10:30] = random.normal(1000.0, 20.0, (20, 20, 3, 20))
    signal[3, 3, 1] = random.normal(1000.0 * share, 3.0, 20)
    series = Series(
        signal=np.asarray(signal, order=order), time=np.arange(20.0), echo_time=0.03, affine=None
    )
    vessel = np.zeros((40, 40, 3), bool, order=order)
    vessel[3, 3, 1] = vessel[20, 20, 1] = True
    expected = np.zeros_like(vessel)
    expected[3, 3, 1] = air
    np.testing.assert_array_equal(in_air(series, vessel), expected)
