"""Whether maps are usable: how many voxels were accepted, why not more, and what helps."""

import numpy as np
import pytest

from napari_dsc.core.acceptance import REMEDIES, acceptance_of, counts_of
from napari_dsc.core.pipeline import Settings, acceptance_in, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.quality import REJECTING, WORDS, Quality

REJECTED = [flag for flag in WORDS if flag & REJECTING]


def bits(**counts):
    """Flags of some voxels, by name; `fine` bear none."""
    return np.concatenate(
        [
            np.full(count, 0 if name == "fine" else Quality[name], np.uint16)
            for name, count in counts.items()
        ]
    )


@pytest.mark.parametrize("flag", REJECTED, ids=lambda flag: flag.name)
def test_fault_96_every_reason_has_its_remedy(flag):
    """It is named with its count."""
    found = acceptance_of(counts_of(bits(fine=4, **{flag.name: 6})))
    assert "Only 4 of 10 voxels of the brain (40.0%)" in found.doubt
    assert f"Main reasons: {WORDS[flag]} (6). {REMEDIES[flag]}" in found.doubt


def test_fault_96_the_most_frequent_reason_comes_first_and_none_is_advisory():
    flags = bits(EDGE=2, POOR_FIT=5, WEAK_BOLUS=3) | np.uint16(Quality.OSCILLATES)
    found = acceptance_of(counts_of(flags))
    assert [count for _, count in found.reasons] == [5, 3, 2]
    assert found.doubt.endswith(REMEDIES[Quality.POOR_FIT])
    assert "advisory" not in found.doubt


@pytest.mark.parametrize(("fine", "doubted"), [(49, True), (50, False), (100, False)])
def test_fault_96_half_of_the_brain_is_enough(fine, doubted):
    found = acceptance_of(counts_of(bits(fine=fine, EDGE=100 - fine)))
    assert bool(found.doubt) is doubted
    assert found.share == fine / 100


def test_fault_96_an_analysis_of_nothing_says_so(patient):
    """A baseline before the steady state; with a sound one nothing is said."""
    doubted, sound = (
        finished(stages(patient.series, patient.artery, patient.brain, Settings(baseline=span)))
        for span in ((0, 10), (2, 12))
    )
    assert acceptance_in(doubted).accepted == 0
    assert any("not usable as they are" in one for one in doubted.notices)
    assert not any("not usable" in one for one in sound.notices)
