"""What is refused of a scan before anything is computed: a baseline that ends in the bolus."""

import numpy as np
import pytest

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import refuse_late_baseline
from napari_dsc.core.signal import brain_passages

STEP = 1.5  # s
TIME = STEP * np.arange(60)


def mean_of(*arrivals: float) -> np.ndarray:
    """Mean signal of a brain that boluses reach at these times, s, each half as large."""
    fall = np.zeros_like(TIME)
    for number, arrival in enumerate(arrivals):
        since = np.clip(TIME - arrival, 0, None)
        fall += 0.5**number * (since / 6) ** 3 * np.exp(3 - since / 2)
    return np.asarray(1000 * np.exp(-0.3 * fall / fall.max()))


@pytest.mark.parametrize("start", [0, 3])
@pytest.mark.parametrize("stop", range(7, 61, 2))
def test_fault_207_a_baseline_that_ends_after_the_arrival_is_refused(start, stop):
    """At the volume of the arrival it may end; later it may not."""
    mean = mean_of(24.0)
    (passage,) = brain_passages(mean, STEP)
    if stop <= passage.arrival:
        refuse_late_baseline(mean, (start, stop), STEP)
    else:
        words = f"at volume {passage.arrival} .* got volumes {start} to {stop - 1}"
        with pytest.raises(DscError, match=words):
            refuse_late_baseline(mean, (start, stop), STEP)


def test_of_two_boluses_the_one_that_is_analysed_counts():
    """Before the second the baseline may hold the first."""
    mean = mean_of(15.0, 57.0)
    first, second = brain_passages(mean, STEP)
    between = (second.arrival - 5, second.arrival)
    refuse_late_baseline(mean, between, STEP, bolus=1)
    with pytest.raises(DscError, match=str(first.arrival)):
        refuse_late_baseline(mean, between, STEP, bolus=0)
    with pytest.raises(DscError, match=str(first.arrival)):  # the largest, while nobody has said
        refuse_late_baseline(mean, between, STEP)


@pytest.mark.parametrize("mean", [np.full(60, 900.0), np.zeros(60), np.full(60, np.nan)])
def test_without_a_bolus_nothing_is_refused(mean):
    refuse_late_baseline(mean, (0, 40), STEP)
