"""DICOM series, as scanners, archives and accidents leave them: of the digital patient."""

import gc
import json
import logging
import os
import subprocess
import sys
import tracemalloc
import warnings
from dataclasses import replace
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
import pytest
from nibabel.affines import apply_affine
from pydicom.fileset import FileSet
from pydicom.uid import DeflatedExplicitVRLittleEndian

from napari_dsc import DscError, phantom, read
from napari_dsc.core.errors import ChoiceNeededError
from napari_dsc.io import reading
from napari_dsc.io.dicom import assemble as together
from napari_dsc.io.dicom.convert import Image, converted
from tests.io.dicom_maker import CANARY, affine, classic, enhanced, mosaic, stored, two_echoes

N_SLICES, N_VOLUMES = 3, 24


@pytest.fixture(scope="module")
def series():
    """A scan of no symmetry, few slices and volumes."""
    return phantom((20, 18, N_SLICES), N_VOLUMES, seed=1).series


def agrees(found, series, slack=0.0) -> None:
    """Every voxel stands where it was in the patient, with the value that it had."""
    index = np.argwhere(np.ones(found.signal.shape[:3], bool))
    there = apply_affine(np.linalg.inv(affine()), apply_affine(found.affine, index))
    np.testing.assert_allclose(there, np.round(there), atol=1e-3)
    there = np.round(there).astype(int)
    np.testing.assert_array_equal(np.unique(there, axis=0), np.unique(index, axis=0))
    expected = stored(series.signal)[tuple(there.T)].astype(float)
    np.testing.assert_allclose(found.signal[tuple(index.T)], expected, atol=slack, rtol=0)


@pytest.mark.parametrize(
    ("options", "slack"),
    [
        ({}, 0),
        ({"shuffled": True}, 0),
        ({"shuffled": True, "temporal": False}, 0),
        ({"scaled": True}, 0.51),  # half of the largest slope
    ],
    ids=["plain", "shuffled", "shuffled, times only", "a slope for each slice"],
)
def test_a_classic_series_is_read(tmp_path, series, options, slack):
    """Order by time and place, not by number; scaled as each image says; times and echo known."""
    paths = classic(tmp_path / "scan", series, **options)
    found = read(tmp_path / "scan")
    agrees(found, series, slack)
    assert found.repetition_time == pytest.approx(1.5)
    assert found.echo_time == pytest.approx(0.03)
    assert "acquisition times" in found.sources["Repetition time"]
    assert set(found.files) == set(paths)
    assert found.questions == ()


def test_an_enhanced_image_is_read(tmp_path, series):
    enhanced(tmp_path / "scan" / "one.dcm", series)
    found = read(tmp_path / "scan")
    agrees(found, series)
    assert found.repetition_time == pytest.approx(1.5)
    assert found.echo_time == pytest.approx(0.03)


def test_an_enhanced_image_that_counts_backwards_is_not_read_backwards(tmp_path, series):
    """Its index says otherwise than its times: refused, never turned in silence."""
    enhanced(tmp_path / "scan" / "one.dcm", series, backwards=True)
    with pytest.raises(DscError, match="by temporal positions than by dimension indices"):
        read(tmp_path / "scan")


@pytest.mark.parametrize("each", [1, 2, 8])
def test_enhanced_images_of_a_volume_each_or_several_are_put_together(tmp_path, series, each):
    """As some scanners export: the conversion makes a file of each, whatever their names."""
    uid = pydicom.uid.generate_uid()
    for volume in range(0, N_VOLUMES, each):
        one = replace(series, signal=series.signal[..., volume : volume + each], time=None)
        name = f"{(7 * volume) % 24:02d}.dcm"
        enhanced(tmp_path / "scan" / name, one, uid=uid, first=volume)
    found = read(tmp_path / "scan")
    agrees(found, series)
    assert found.repetition_time == pytest.approx(1.5)
    assert len(found.files) == N_VOLUMES // each


def test_an_enhanced_image_of_two_echoes_asks_for_one(tmp_path, series):
    second = np.round(series.signal * 0.6)
    two_echoes(tmp_path / "scan" / "a.dcm", series, replace(series, signal=second))
    with pytest.raises(ChoiceNeededError, match="2 echoes") as asked:
        read(tmp_path / "scan")
    assert asked.value.options == {"1": "TE 30 ms", "2": "TE 45 ms"}
    agrees(read(tmp_path / "scan", echo="1"), series)
    late = read(tmp_path / "scan", echo="2")
    assert late.echo_time == pytest.approx(0.045)
    agrees(late, replace(series, signal=second))


def test_images_without_a_preamble_are_read(tmp_path, series):
    """Some archives write the data set alone."""
    for path in classic(tmp_path / "scan", series):
        data = pydicom.dcmread(path)
        data.file_meta, data.preamble = pydicom.dataset.FileMetaDataset(), None
        data.save_as(path, implicit_vr=True, little_endian=True, enforce_file_format=False)
        assert path.read_bytes()[128:132] != b"DICM"
    agrees(read(tmp_path / "scan"), series)


def test_fault_33_a_volume_that_is_missing_is_named(tmp_path, series):
    classic(tmp_path / "scan", series, change=lambda _, volume, __: volume != 10)
    with pytest.raises(DscError, match="expected 24 by their temporal positions, got 23"):
        read(tmp_path / "scan")
    classic(tmp_path / "end", series, change=lambda _, volume, __: volume < 22)
    assert "The header tells of 24 volumes, the folder holds 22." in read(tmp_path / "end").notices


@pytest.mark.parametrize("header", [1500, 65])
def test_another_repetition_or_echo_time_than_the_headers_say_is_told_or_asked(
    tmp_path, series, monkeypatch, header
):
    """Of three that speak two have to agree; of two that do not, nobody is believed."""

    def shot(data, *_):
        data.RepetitionTime = str(header)

    classic(tmp_path / "scan", series, change=shot)

    def other(images, folder, **limits):
        made = yield from converted(images, folder, **limits)
        sidecar = made[0].with_suffix(".json")
        facts = json.loads(sidecar.read_text())
        sidecar.write_text(json.dumps({**facts, "RepetitionTime": 1.9, "EchoTime": 0.04}))
        image = nib.Nifti1Image.from_filename(made[0])
        image.header["pixdim"][4] = 1.9
        nib.save(nib.Nifti1Image(image.get_fdata().astype(np.uint16), None, image.header), made[0])
        return made

    monkeypatch.setattr(together, "converted", other)
    found = read(tmp_path / "scan")
    if header == 1500:
        assert found.repetition_time == pytest.approx(1.5)
        assert any("1.9 s: not used" in one for one in found.notices)
    else:
        assert found.time is None
        assert "1.5 s (acquisition times), 1.9 s (dcm2niix)" in found.questions[0]
    assert found.echo_time is None
    assert any("0.03 s (headers), 0.04 s (dcm2niix)" in one for one in found.notices)


def test_what_was_left_out_is_said_with_a_refusal_too(tmp_path, series):
    classic(tmp_path / "scan", series, change=without(5, 1))
    (tmp_path / "scan" / "broken").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 40)
    with pytest.raises(
        DscError, match=r"complete\. 1 files of the folder could not be read safely"
    ):
        read(tmp_path / "scan")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_may_not_be_read_is_told(tmp_path, series):
    classic(tmp_path / "scan", series)
    (tmp_path / "scan" / "below").mkdir(mode=0)
    with pytest.raises(DscError, match="must be readable"):
        read(tmp_path / "scan")


def test_fault_34_a_header_that_swells_costs_no_memory(tmp_path, series):
    """A description of 200 MB: the file is left out, and not read into memory."""
    paths = classic(tmp_path / "scan", series)
    data = pydicom.dcmread(paths[0])
    data.SeriesDescription = None
    data.add_new(0x0008103E, "UT", "X" * 200_000_000)
    data.save_as(tmp_path / "scan" / "swollen")
    del data
    tracemalloc.start()
    found = read(tmp_path / "scan")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    agrees(found, series)
    assert peak < 50e6
    assert any("1 files" in one for one in found.notices)


def test_a_precise_scale_is_no_contradiction(tmp_path, series):
    """One vendor's private slope: the values are smaller by it, and all agree."""

    def precise(data, *_):
        data.Manufacturer = "Philips Medical Systems"
        data.RescaleSlope, data.RescaleIntercept = "2", "0"
        data.add_new(0x20050010, "LO", "Philips MR Imaging DD 001")
        data.add_new(0x2005100E, "FL", 5.0)

    classic(tmp_path, series, change=precise)
    found = read(tmp_path)
    scaled = replace(series, signal=stored(series.signal) / 5.0)
    index = np.argwhere(np.ones(found.signal.shape[:3], bool))
    there = apply_affine(np.linalg.inv(affine()), apply_affine(found.affine, index))
    expected = scaled.signal[tuple(np.round(there).astype(int).T)]
    np.testing.assert_allclose(found.signal[tuple(index.T)], expected, rtol=1e-5)


def test_fault_33_a_place_without_any_image_is_refused(tmp_path, series):
    """A slice that is missing in every volume leaves uneven steps."""
    wide = replace(series, signal=np.repeat(series.signal, 2, axis=2)[:, :, :4])
    classic(tmp_path, wide, change=lambda _, __, place: place != 1)
    with pytest.raises(DscError, match="lie evenly, got steps of 5 to 10 mm"):
        read(tmp_path)


@pytest.mark.parametrize("temporal", [True, False])
def test_a_scan_goes_on_past_midnight(tmp_path, series, temporal):
    def late(data, volume, _):
        seconds = int(86400 - 15 + 1.5 * volume) % 86400
        part = "5" if volume % 2 else "0"
        clock = f"{seconds // 3600:02d}{seconds % 3600 // 60:02d}{seconds % 60:02d}.{part}"
        data.AcquisitionTime = data.ContentTime = clock
        if not temporal:
            del data.AcquisitionNumber

    classic(tmp_path, series, temporal=temporal, change=late)
    found = read(tmp_path)
    agrees(found, series)
    assert found.repetition_time == pytest.approx(1.5)


@pytest.mark.parametrize("clock", ["TriggerTime", "ContentTime"])
def test_another_clock_tells_the_time_where_the_first_stands_still(tmp_path, series, clock):
    def still(data, volume, _):
        data.AcquisitionTime = data.ContentTime = "100000"
        data.AcquisitionNumber = 1
        if clock == "TriggerTime":
            data.TriggerTime = str(1500 * volume)
        else:
            data.ContentTime = f"1000{int(1.5 * volume):02d}.{'5' if volume % 2 else '0'}"

    classic(tmp_path, series, temporal=False, change=still)
    found = read(tmp_path)
    agrees(found, series)
    assert found.repetition_time == pytest.approx(1.5)


def test_a_mosaic_is_read(tmp_path, series):
    """One image per volume, slice beside slice: as many slices as its header says."""
    paths = mosaic(tmp_path / "scan", series)
    found = read(tmp_path / "scan")
    agrees(found, series)
    assert found.signal.shape[2:] == (N_SLICES, N_VOLUMES)
    assert found.repetition_time == pytest.approx(1.5)
    assert set(found.files) == set(paths)
    paths[7].unlink()  # a volume is gone: the time step tells
    time = read(tmp_path / "scan").time
    assert time is not None
    assert np.ptp(np.diff(time)) == pytest.approx(1.5)


def test_one_image_opens_its_series(tmp_path, series):
    """Beside another one, which is not asked for."""
    paths = classic(tmp_path, series, number=4)
    other = replace(series, signal=series.signal[::-1])
    classic(tmp_path, other, number=9)
    agrees(read(paths[7]), series)


def test_of_two_series_one_is_chosen(tmp_path, series):
    """They are told apart by number, description and size."""
    classic(tmp_path, series, number=4)
    other = replace(series, signal=series.signal[::-1])
    classic(tmp_path, other, number=9)
    with pytest.raises(ChoiceNeededError) as needed:
        read(tmp_path)
    assert needed.value.fact == "series"
    assert list(needed.value.options) == ["1", "2"]
    assert "series 9 'DSC perfusion', 72 images of 18×20" in needed.value.options["2"]
    agrees(read(tmp_path, series="1"), series)
    agrees(read(tmp_path, series="2"), other)


def test_of_two_echoes_one_is_chosen(tmp_path, series):
    uid = pydicom.uid.generate_uid()
    classic(tmp_path, series, uid=uid, echo=(1, 0.02))
    late = replace(series, signal=series.signal // 2)
    classic(tmp_path, late, uid=uid, echo=(2, 0.045))
    with pytest.raises(ChoiceNeededError) as needed:
        read(tmp_path)
    assert needed.value.options == {"1": "TE 20 ms", "2": "TE 45 ms"}
    found = read(tmp_path, echo="2")
    agrees(found, late)
    assert found.echo_time == pytest.approx(0.045)
    assert "2 echoes" in found.notices[0]


def without(volume, place):
    return lambda _, at, where: (at, where) != (volume, place)


def test_fault_33_a_missing_slice_is_refused_with_counts(tmp_path, series):
    classic(tmp_path, series, change=without(5, 1))
    with pytest.raises(
        DscError, match=r"3 slices × 24 volumes = 72 images, got 71 \(23 of slice 1"
    ):
        read(tmp_path)


def test_fault_33_a_time_that_is_there_twice_is_refused(tmp_path, series):
    """Nothing tells the volumes apart, and a temporal position is there twice."""

    def flat(data, volume, _):
        data.AcquisitionNumber = 1
        data.AcquisitionTime = data.ContentTime = "100000"
        if volume == 3:
            data.TemporalPositionIdentifier = 3

    classic(tmp_path, series, change=flat)
    with pytest.raises(DscError, match="the same twice"):
        read(tmp_path)


def test_temporal_positions_and_times_that_disagree_are_refused(tmp_path, series):
    def turned(data, volume, _):
        data.TemporalPositionIdentifier = N_VOLUMES - volume

    classic(tmp_path, series, change=turned)
    with pytest.raises(DscError, match="another by temporal positions than by times"):
        read(tmp_path)


def test_the_repetition_time_of_a_shot_is_not_taken(tmp_path, series):
    """The header says 65 ms; from volume to volume it is 1.5 s, and both are told."""

    def shot(data, *_):
        data.RepetitionTime = "65"

    classic(tmp_path, series, change=shot)
    found = read(tmp_path)
    assert found.repetition_time == pytest.approx(1.5)
    assert any("0.065 s" in words for words in found.notices)


def test_without_any_time_it_is_asked(tmp_path, series):
    def timeless(data, *_):
        del data.AcquisitionTime, data.ContentTime, data.RepetitionTime

    classic(tmp_path, series, change=timeless)
    found = read(tmp_path)
    agrees(found, series)
    assert found.time is None
    assert found.questions


def test_uneven_times_are_kept(tmp_path, series):
    def late(data, volume, _):
        if volume >= 10:
            data.AcquisitionTime = f"1000{int(1.5 * volume + 1):02d}.{'5' if volume % 2 else '0'}"

    classic(tmp_path, series, change=late)
    found = read(tmp_path)
    assert found.time is not None
    np.testing.assert_allclose(found.time, 1.5 * np.arange(24) + (np.arange(24) >= 10))


def test_fault_34_what_is_not_safe_is_skipped_and_counted(tmp_path, series):
    """A program in the preamble, 300 nested sequences, a deflated bomb: the scan is still read."""
    classic(tmp_path, series)
    images = sorted(tmp_path.iterdir())
    program = bytearray(images[0].read_bytes())
    program[:4] = b"\x7fELF"
    (tmp_path / "program").write_bytes(program)
    start = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    end = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    whole = images[0].read_bytes()
    pixels = whole.index(b"\xe0\x7f\x10\x00OW")
    (tmp_path / "deep").write_bytes(whole[:pixels] + 300 * start + 300 * end + whole[pixels:])
    deflated = pydicom.dcmread(images[0])
    deflated.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    deflated.PixelData = bytes(50_000_000)
    deflated.save_as(tmp_path / "bomb")
    # In a process of its own: what is too deep hangs on how deep a program lets Python go.
    code = "import sys, napari_dsc; s = napari_dsc.read(sys.argv[1]); print(s.n_volumes, s.notices)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"{series.n_volumes} ")
    assert "3 files of the folder could not be read safely: left out." in done.stdout


def test_fault_34_a_conversion_is_killed_at_its_limits(tmp_path, series):
    """It takes too long, or too much memory: an error in words, and the program goes on."""
    images = [Image(path) for path in classic(tmp_path / "scan", series)]
    limits: dict[str, Any]
    for name, limits in (("time", {"patience": 0.0}), ("memory", {"memory": 2**20})):
        with pytest.raises(DscError, match="dcm2niix converts"):
            list(converted(images, tmp_path / name, **limits))


def test_fault_35_nothing_of_the_patient_is_kept(tmp_path, series, caplog):
    caplog.set_level(logging.DEBUG)
    classic(tmp_path / "scan", series)
    found = read(tmp_path / "scan")
    said = repr((found.sources, found.notices, found.questions)) + caplog.text
    assert CANARY.split("^")[0] not in said
    classic(tmp_path / "twice", series, change=without(5, 1))
    with pytest.raises(DscError) as failure:
        read(tmp_path / "twice")
    assert CANARY.split("^")[0] not in str(failure.value)


def test_reading_can_be_stopped(tmp_path, series):
    """Closed at any step it leaves no process and no folder."""
    classic(tmp_path / "scan", series)
    work = reading(tmp_path / "scan")
    stages = []
    for step in work:
        stages.append(step.stage)
        if step.stage == "Converting DICOM":
            break
    work.close()
    assert "Converting DICOM" in stages


def test_what_is_no_dynamic_series_is_refused(tmp_path, series):
    short = replace(series, signal=series.signal[..., :5], time=None)
    classic(tmp_path / "short", short)
    with pytest.raises(DscError, match="dynamic MR series, got 1 series of 15 images"):
        read(tmp_path / "short")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DscError, match="or be DICOM"):
        read(tmp_path / "empty")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("CT", "the images are CT: ΔR2\\* is of MRI"),
        ("PT", "the images are PET"),
        ("SEG", "segmentations"),
        ("deflated", r"deflated .*swell beyond all bounds.*dcmconv \+te IN.dcm OUT.dcm"),
    ],
)
def test_fault_78_dicom_that_is_no_mri_is_named(tmp_path, series, kind, said):
    """The folder, and an image of it."""
    paths = classic(tmp_path, replace(series, signal=series.signal[..., :20], time=None))
    for path in paths:
        data = pydicom.dcmread(path)
        if kind == "deflated":
            data.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
            data.PixelData = bytes(2**24 + 2)
        else:
            data.Modality = kind
        data.save_as(path)
    for opened in (tmp_path, paths[0]):
        with pytest.raises(DscError, match=said):
            read(opened)


def test_fault_78_a_dicomdir_stands_for_its_folder(tmp_path, series):
    """Without the images that it lists it is nothing."""
    with warnings.catch_warnings(action="ignore"):  # it leaves a folder behind, until it goes
        images = FileSet()
        for path in classic(tmp_path / "scan", series):
            images.add(path)
        images.write(tmp_path / "disc")
        del images
        gc.collect()
    agrees(read(tmp_path / "disc" / "DICOMDIR"), series)
    agrees(read(tmp_path / "disc"), series)
    (tmp_path / "alone").mkdir()
    (tmp_path / "disc" / "DICOMDIR").rename(tmp_path / "alone" / "DICOMDIR")
    with pytest.raises(DscError, match=r"a DICOMDIR only.*Copy the folders beside it"):
        read(tmp_path / "alone" / "DICOMDIR")


@pytest.mark.parametrize("fact", ["series", "echo", "axis", "file"])
def test_fault_79_a_choice_that_dicom_did_not_ask_for_is_refused(tmp_path, series, fact):
    classic(tmp_path, replace(series, signal=series.signal[..., :20], time=None))
    with pytest.raises(DscError, match=f"{fact} must be left out for this scan"):
        read(tmp_path, **{fact: "1"})


def test_without_the_extra_it_says_what_to_install(tmp_path, series, monkeypatch):
    classic(tmp_path, series)
    monkeypatch.setitem(sys.modules, "dcm2niix", None)
    with pytest.raises(DscError, match=r"pip install 'napari-dsc\[dicom\]'"):
        read(tmp_path)


def test_fault_130_other_voxels_than_the_images_hold_are_refused(tmp_path, series, monkeypatch):
    """Whatever the conversion does: its voxels are compared with the images."""
    classic(tmp_path / "scan", series)

    def turned(images, folder, **limits):
        made = yield from converted(images, folder, **limits)
        image = nib.Nifti1Image.from_filename(made[0])
        mirrored = np.array(np.asarray(image.dataobj))[::-1]
        nib.save(nib.Nifti1Image(mirrored, None, image.header), made[0])
        return made

    monkeypatch.setattr(together, "converted", turned)
    with pytest.raises(DscError, match="order of the headers"):
        read(tmp_path / "scan")
