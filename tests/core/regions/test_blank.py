"""What pictures leave blank: ventricles, never a lesion with hardly any flow."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.regions import blank_voxels
from tests.core.plausibility import bolus_scans
from tests.core.plausibility.bolus_scans import bolus_scan


def computed(scan):
    artery = scan.tissue == Tissue.ARTERY
    return finished(stages(scan.series, artery, scan.brain, Settings())).maps


@pytest.mark.parametrize("step", [1.5, 2.0])
@pytest.mark.parametrize("volume", [1.0, 2.0])
def test_fault_183_a_lesion_of_little_flow_is_no_hole(monkeypatch, volume, step):
    """CBF 6 at SNR 50: most of its voxels are rejected one by one, and nearly all are shown."""
    lesion = Tissue.HYPOPERFUSED
    monkeypatch.setitem(bolus_scans.TISSUES, lesion, (6.0, volume, 4.0, 860.0))
    scan = bolus_scan(snr=50.0, width=1.6, repetition_time=step, shape=(64, 64, 4), seed=3)
    maps = computed(scan)
    blank = blank_voxels(maps, scan.brain)
    inside = scan.tissue == lesion
    assert (~maps.cbv.quality_mask[inside]).mean() > 0.7
    assert blank[inside].mean() < 0.1
    assert blank[scan.tissue == Tissue.CSF].mean() > 0.75


def test_ventricles_are_blank_and_tissue_is_not():
    """At a usual noise: nearly all of the one, nearly nothing of the other."""
    scan = bolus_scan(shape=(64, 64, 4))
    blank = blank_voxels(computed(scan), scan.brain)
    assert blank[scan.tissue == Tissue.CSF].mean() > 0.9
    for label in (Tissue.GREY, Tissue.WHITE, Tissue.HYPOPERFUSED):
        assert blank[scan.tissue == label].mean() < 0.01
    assert not blank[~scan.brain].any()


def test_only_rejected_voxels_are_ever_blank():
    scan = bolus_scan(snr=30.0)
    maps = computed(scan)
    assert not (blank_voxels(maps, scan.brain) & maps.cbv.quality_mask).any()


def test_where_nothing_is_accepted_all_is_blank():
    """No voxel tells how much blood there is."""
    scan = bolus_scan()
    maps = computed(scan)
    none = replace(maps.cbv, quality_mask=np.zeros_like(scan.brain))
    np.testing.assert_array_equal(blank_voxels(replace(maps, cbv=none), scan.brain), scan.brain)


def test_a_brain_of_another_shape_is_refused():
    scan = bolus_scan()
    with pytest.raises(DscError, match="brain must have the shape"):
        blank_voxels(computed(scan), scan.brain[..., :1])
