"""The AIF's own share and a remedy for coarse times, from Python and from the shell."""

import json

import numpy as np
import pytest

from napari_dsc import DscError, analyse
from napari_dsc.cli import main
from napari_dsc.core.pipeline.sensitivity import sensitivity
from napari_dsc.core.progress import finished
from napari_dsc.core.types import Aif
from napari_dsc.io.nifti import write_nifti, write_series


@pytest.fixture(scope="module")
def made(patient):
    return analyse(patient.series, patient.artery, brain=patient.brain)


def test_fault_304_python_tells_the_share_of_the_aif(made, patient):
    """The jackknife alone, or neighbours too: one standard error."""
    share, wide = made.sensitivity(), made.sensitivity("voxels")
    known = finished(sensitivity(made.core.prepared, patient.artery, made.settings))
    np.testing.assert_array_equal(share.error.values, known.error.values)
    np.testing.assert_array_equal(wide.late, known.late)
    assert len(share.variants) == int(patient.artery.sum()) < len(wide.variants)
    assert share.words.startswith(
        f"Uncertainty from the AIF's voxels (jackknife over {share.voxels})"
    )
    low, high = share.volume_interval
    assert low <= share.chosen <= high


def test_what_cannot_be_varied_is_refused(made, patient):
    with pytest.raises(DscError, match="kind must be jackknife or voxels, got 'all'"):
        made.sensitivity("all")
    curve = Aif(curve=made.aif.curve, voxels=np.zeros_like(patient.artery))
    with pytest.raises(DscError, match="the AIF must have voxels to be varied"):
        made.again(curve).sensitivity()


def test_fault_304_the_shell_tells_it_too(made, patient, tmp_path, capsys):
    """In one sentence, the same; and as JSON."""
    write_series(tmp_path / "scan.nii.gz", patient.series)
    for name in ("artery", "brain"):
        write_nifti(tmp_path / f"{name}.nii.gz", getattr(patient, name), patient.series.affine)
    words = ["maps", str(tmp_path / "scan.nii.gz"), "--aif", str(tmp_path / "artery.nii.gz")]
    words += ["--brain", str(tmp_path / "brain.nii.gz"), "--dry-run", "--jackknife"]
    assert main(words) == 0
    assert made.sensitivity().words in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["jackknife"]
    assert told["voxels"] == int(patient.artery.sum())
    assert told["mean_cbf"] == pytest.approx(made.sensitivity().flow)
    assert told["mean_cbf_interval_95"][0] < told["mean_cbf"] < told["mean_cbf_interval_95"][1]


def test_fault_307_a_remedy_for_coarse_times_is_told(patient):
    """And is one: what it names has none."""
    coarse = analyse(
        patient.series, patient.artery, brain=patient.brain, deconvolution_method="cSVD"
    )
    (words,) = coarse.remedies
    method = words.partition("--times-by ")[2].partition(")")[0]
    better = coarse.again(times_by=method)
    assert better.remedies == ()
    assert "operator" not in {one.key for one in better.findings}
