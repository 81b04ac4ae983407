"""DICOM that changes while it is read, and afterwards."""

import pytest

from napari_dsc import DscError, read
from napari_dsc.core.progress import finished
from napari_dsc.io import reading
from napari_dsc.io.fingerprints import files_fingerprint
from napari_dsc.io.record import input_fingerprint
from tests.io.dicom_maker import classic


@pytest.fixture(scope="module")
def small(patient):
    """Few images, quickly converted."""
    from dataclasses import replace

    signal, time = patient.series.signal[:16, :16, :2, :24], patient.series.time[:24]
    return replace(patient.series, signal=signal, time=time)


def test_fault_152_the_hash_of_a_series_is_of_the_images_that_were_read(tmp_path, small):
    """Whatever becomes of them afterwards."""
    images = classic(tmp_path / "scan", small)
    known = files_fingerprint(images)
    series = read(tmp_path / "scan")
    for path in images:
        path.write_bytes(b"another")
    assert input_fingerprint(series, tmp_path / "scan") == known


@pytest.mark.parametrize("until", ["headers", "conversion"])
def test_fault_153_images_that_change_while_they_are_read_are_refused(tmp_path, small, until):
    """Headers of one state and pixels of another make no scan."""
    images = classic(tmp_path / "scan", small)
    work = reading(tmp_path / "scan")
    stages = {"headers": "Gathering", "conversion": "Comparing"}
    while not next(work).stage.startswith(stages[until]):
        pass
    content = images[-1].read_bytes()
    images[-1].write_bytes(content[:-2] + bytes(2))
    with pytest.raises(DscError, match="must stay as it is while it is read"):
        finished(work)
