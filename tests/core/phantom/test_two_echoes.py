"""Two echoes of one digital patient: T1 is the same in both, noise is not, T2* goes by time."""

import numpy as np
import pytest

from napari_dsc import DscError, delta_r2_star, phantom
from napari_dsc.core.phantom import ECHO_TIMES, Tissue, two_echo_phantom

SMALL = (32, 32, 4)
BEFORE = slice(2, 12)


STEADY = slice(2, None)


def rates(early, late, where):
    """Delta R2* of the ratio of two echoes, mean of some voxels, 1/s."""
    one, two = (each.series.signal[where].astype(np.float64) for each in (early, late))
    return delta_r2_star(two / one, ECHO_TIMES[1] - ECHO_TIMES[0], BEFORE).mean(axis=0)


@pytest.mark.parametrize("anatomy", ["blocks", "realistic"])
def test_the_ratio_of_the_echoes_knows_no_leakage_and_one_echo_does(anatomy):
    """Its rate exceeds that of the later echo by the leakage alone: never below zero at the end."""
    early, late = two_echo_phantom(snr=np.inf, anatomy=anatomy, shape=SMALL, **lesion_of(anatomy))
    rim = late.tissue == Tissue.TUMOUR
    of_both = rates(early, late, rim)
    single = delta_r2_star(late.series.signal[rim], ECHO_TIMES[1], BEFORE).mean(axis=0)
    gained = of_both - single
    assert gained[-1] > 0.4
    assert (np.diff(gained[20:50]) > -0.3).all()  # what has leaked only grows
    white = late.tissue == Tissue.WHITE
    alone = delta_r2_star(late.series.signal[white], ECHO_TIMES[1], BEFORE).mean(axis=0)
    assert np.abs(rates(early, late, white) - alone)[STEADY].max() < 0.1 * alone.max()


def lesion_of(anatomy):
    """The tumour of the patient that has a choice."""
    return {"lesion": "tumour"} if anatomy == "realistic" else {}


def test_the_brightening_is_that_of_the_later_echo_alone():
    """By closed form, of blocks: ln of the echoes' factors is the same integral."""
    early, late = two_echo_phantom(snr=np.inf, shape=SMALL)
    alone = phantom(snr=np.inf, echo_time=ECHO_TIMES[1], shape=SMALL)
    assert np.array_equal(late.series.signal, alone.series.signal)
    assert np.array_equal(late.tissue, early.tissue)


def test_noise_is_of_each_echo_alone_and_the_same_for_a_seed():
    noisy, again = (two_echo_phantom(snr=50.0, seed=0, shape=SMALL) for _ in range(2))
    quiet = two_echo_phantom(snr=np.inf, seed=0, shape=SMALL)
    brain = quiet[0].brain
    one, two = (
        (loud.series.signal[brain] - calm.series.signal[brain].astype(float)).ravel()
        for loud, calm in zip(noisy, quiet, strict=True)
    )
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.02
    assert one.std() == pytest.approx(900 / 50, rel=0.05)
    for first, second in zip(noisy, again, strict=True):
        assert np.array_equal(first.series.signal, second.series.signal)


def test_echo_times_that_do_not_rise_are_refused():
    with pytest.raises(DscError, match="echo_times must rise"):
        two_echo_phantom((0.03, 0.01), shape=SMALL)
    with pytest.raises(DscError, match="snr must be positive"):
        two_echo_phantom(snr=0, shape=SMALL)
