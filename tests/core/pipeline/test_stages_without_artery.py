"""The pipeline without an artery."""

import numpy as np
import pytest

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Settings, acceptance_in, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.quantities import BOLUS
from napari_dsc.core.regions import amounts_of, normalised, proposed_midline, proposed_reference
from napari_dsc.core.types import BolusMaps


@pytest.fixture(scope="module")
def analysis(patient):
    return finished(stages(patient.series, None, patient.brain, Settings()))


def test_the_first_notice_says_what_is_missing(analysis):
    assert isinstance(analysis.maps, BolusMaps)
    assert set(dict(analysis.maps.items())) == set(BOLUS)
    assert analysis.notices[0].startswith("No artery")
    assert not analysis.with_artery
    assert acceptance_in(analysis).share > 0.9


def test_a_vein_without_an_artery_is_refused(patient):
    with pytest.raises(DscError, match="must come with an AIF"):
        finished(stages(patient.series, None, patient.brain, Settings(), vein=patient.artery))


def test_a_reference_is_proposed_and_makes_rcbv(analysis, patient):
    """From area, lateness and width of the bolus: white matter, as far as it can be told."""
    affine = patient.series.affine
    midline = proposed_midline(patient.brain, affine)
    region = proposed_reference(analysis.maps, analysis.brain, affine, midline)
    (one,) = amounts_of(analysis.maps)
    ratio = normalised(one, region)
    assert ratio.symbol == "rCBV"
    assert np.nanmean(ratio.values[region & ratio.quality_mask]) == pytest.approx(1.0)
