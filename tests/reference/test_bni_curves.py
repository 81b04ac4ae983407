"""The worked example of the Barrow Neurological Institute, where its curves lie at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

from napari_dsc import correct_leakage, delta_r2_star
from napari_dsc.core.maps.scale import area_weights

CURVES = Path(os.environ.get("NAPARI_DSC_REFERENCE", "/work/shared/reference"))
FILE = CURVES / "bni_dual_echo_signals.npz"
pytestmark = pytest.mark.skipif(
    not FILE.is_file(), reason="the curves are not part of this project"
)


def test_the_corrected_volume_is_that_of_the_worked_example():
    """38.2 mL/100mL by its own steps: both echoes for the tumour, the late one for white matter,
    the early one for the artery, no haematocrit and no density.
    """
    known = np.load(FILE)
    early, late, before = float(known["te1"]), float(known["te2"]), int(known["n_baseline"])
    time = float(known["tr"]) * np.arange(known["tumor"].shape[1])
    tumour = delta_r2_star(known["tumor"][1] / known["tumor"][0], late - early, before)
    white = delta_r2_star(known["nawm"][1].astype(float), late, before)
    artery = delta_r2_star(known["aif"][0].astype(float), early, before)
    weights = area_weights(time)

    def volume(curve):
        return 100 * float(curve @ weights) / float(artery @ weights)

    found = correct_leakage(tumour, white, time, tolerant=False)  # step by step as published
    assert volume(found.corrected) == pytest.approx(38.2, abs=1.5)
    assert volume(tumour) > 2 * volume(found.corrected)  # agent that has leaked darkens (T2*)
    assert float(found.k2) < 0
    single = delta_r2_star(known["tumor"][1].astype(float), late, before)
    assert volume(single) < 0  # of the late echo alone T1 makes it negative
    assert float(correct_leakage(single, white, time).k2) > 0
