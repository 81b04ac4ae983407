"""What is read off the curves of a brain, where some of them hold no answer."""

import numpy as np
import pytest

from napari_dsc import delta_r2_star, phantom
from napari_dsc.core.plausibility.brain_evidence import brain_evidence


@pytest.mark.parametrize("kept", ["a blank volume after the bolus", "nothing at all"])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_curves_without_an_answer_are_no_leak_and_no_warning(kept):
    """A volume that is blank, and that the user uses all the same, is a gap in every curve."""
    patient = phantom((24, 24, 4), 60, seed=3)
    curves = delta_r2_star(patient.series.signal, 0.03, 10)[patient.brain]
    if kept == "nothing at all":
        curves[:] = np.nan
    else:
        curves[:, 55] = np.nan
    found = brain_evidence(
        curves,
        patient.series.time,
        patient.brain,
        before=slice(2, 10),
        noise=np.ones(len(curves)),
        affine=patient.series.affine,
    )
    assert found.leaking == 0
    assert not np.isfinite(found.arrivals).any()
