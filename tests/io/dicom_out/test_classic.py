"""DICOM out, classic images: values, places, names and identity as they are read back."""

import json
import resource
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from pydicom.dataset import FileDataset

from napari_dsc import phantom
from napari_dsc import read as api_read
from napari_dsc.core.errors import DscError
from napari_dsc.core.quantities import COMPUTED, STANDARD
from napari_dsc.core.types import Series
from tests.io.dicom_maker import enhanced
from tests.io.template_maker import CANARY, VOLUMES, maps_of, scan, turned

pydicom = pytest.importorskip("pydicom")
pytest.importorskip("highdicom")

from napari_dsc.io.dicom_out import KINDS, existing_dicom, write_dicom, writing_dicom  # noqa: E402
from napari_dsc.io.dicom_out.geometry import planes_of  # noqa: E402
from napari_dsc.io.record import fingerprint  # noqa: E402

SHAPE = (9, 8, 4)
KEYS = tuple(STANDARD)
VIEWS = {"straight": None, **{f"oblique {seed}": seed for seed in range(6)}}


def read(folder: Path, pattern: str = "*.dcm") -> list[FileDataset]:
    return [pydicom.dcmread(path) for path in sorted(folder.glob(pattern))]


def real_values(data) -> np.ndarray:
    """What a viewer makes of a classic image; padding is NaN."""
    stored = data.pixel_array
    values = stored * float(data.RescaleSlope) + float(data.RescaleIntercept)
    return np.where(stored == data.PixelPaddingValue, np.nan, values)


def places(data) -> np.ndarray:
    """Where every pixel lies, RAS mm: PS3.3 C.7.6.2.1.1."""
    row, column = np.reshape(np.array(data.ImageOrientationPatient, float), (2, 3))
    down, across = map(float, data.PixelSpacing)
    rows, columns = np.mgrid[: data.Rows, : data.Columns]
    lps = (
        np.array(data.ImagePositionPatient, float)
        + columns[..., None] * across * row
        + rows[..., None] * down * column
    )
    return lps * [-1, -1, 1]


@pytest.fixture(params=list(VIEWS.values()), ids=list(VIEWS))
def series(tmp_path, request) -> Series:
    return scan(tmp_path / "in", turned(request.param))


@pytest.fixture
def plain(tmp_path) -> Series:
    return scan(tmp_path / "in", turned())


def test_every_voxel_keeps_its_value_at_its_place(tmp_path, series):
    maps = maps_of()
    write_dicom(tmp_path / "out", maps, series)
    back = np.linalg.inv(series.affine)
    for key, one in maps.items():
        seen = np.zeros(SHAPE, int)
        for data in read(tmp_path / "out", f"{key}_*"):
            index = places(data) @ back[:3, :3].T + back[:3, 3]
            voxel = np.round(index).astype(int)
            np.testing.assert_allclose(index, voxel, atol=1e-4)
            expected = one.values[tuple(np.moveaxis(voxel, -1, 0))]
            got = real_values(data)
            np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
            half = float(data.RescaleSlope) / 2
            assert np.nanmax(abs(got - expected)) <= half * 1.001 + 1e-9
            seen[tuple(np.moveaxis(voxel, -1, 0))] += 1
        assert (seen == 1).all()


def test_pictures_are_turned_as_they_are_looked_at(tmp_path, plain):
    write_dicom(tmp_path / "out", maps_of(), plain)
    first, second = read(tmp_path / "out", "cbf_*")[:2]
    np.testing.assert_allclose(
        np.array(first.ImageOrientationPatient, float), [1, 0, 0, 0, 1, 0], atol=1e-9
    )
    assert float(second.ImagePositionPatient[2]) - float(first.ImagePositionPatient[2]) == 5
    assert [float(mm) for mm in first.PixelSpacing] == [2.0, 1.5]
    assert float(first.SpacingBetweenSlices) == float(first.SliceThickness) == 5
    assert first.InstanceNumber == 1
    assert second.InstanceNumber == 2


def test_dcm2niix_finds_the_same_voxels_in_the_same_places(tmp_path, series):
    dcm2niix = pytest.importorskip("dcm2niix")
    maps = maps_of()
    write_dicom(tmp_path / "out", maps, series)
    alone = tmp_path / "cbf"
    alone.mkdir()
    for path in (tmp_path / "out").glob("cbf_*.dcm"):
        shutil.copy(path, alone)
    command = [dcm2niix.bin, "-f", "back", "-z", "n", "-b", "n", "-o", str(tmp_path), str(alone)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    image = nib.Nifti1Image.from_filename(tmp_path / "back.nii")
    assert sorted(image.shape) == sorted(SHAPE)
    back = np.linalg.inv(series.affine) @ image.affine
    index = np.moveaxis(np.indices(image.shape), 0, -1) @ back[:3, :3].T + back[:3, 3]
    voxel = np.round(index).astype(int)
    np.testing.assert_allclose(index, voxel, atol=1e-2)
    expected = maps.cbf.values[tuple(np.moveaxis(voxel, -1, 0))]
    got, answered = image.get_fdata(), np.isfinite(expected)
    step = np.ptp(expected[answered]) / 65534
    np.testing.assert_allclose(got[answered], expected[answered], atol=step)


def test_uids_are_new_where_they_must_be_and_kept_where_they_may(tmp_path, plain):
    write_dicom(tmp_path / "out", maps_of(), plain)
    source, images = pydicom.dcmread(plain.files[0]), read(tmp_path / "out")
    assert len(images) == len(KEYS) * SHAPE[2]
    assert len({data.SOPInstanceUID for data in images}) == len(images)
    assert len({data.SeriesInstanceUID for data in images}) == len(KEYS)
    assert len({data.SeriesNumber for data in images}) == len(KEYS)
    assert source.SeriesInstanceUID not in {data.SeriesInstanceUID for data in images}
    for name in ("StudyInstanceUID", "FrameOfReferenceUID", "PatientName", "PatientID"):
        assert {data[name].value for data in images} == {source[name].value}
    for data in images:
        assert data.file_meta.MediaStorageSOPInstanceUID == data.SOPInstanceUID


def test_images_say_what_they_are(tmp_path, plain):
    write_dicom(tmp_path / "out", maps_of(), plain, description="oSVD, 5 voxels")
    data = read(tmp_path / "out", "cbf_*")[0]
    assert data.SOPClassUID == pydicom.uid.MRImageStorage
    assert list(data.ImageType[:2]) == ["DERIVED", "SECONDARY"]
    assert data.SeriesDescription == "RESEARCH CBF mL/100g/min"
    assert (data.WindowCenter, data.WindowWidth, data.BurnedInAnnotation) == (50, 100, "NO")
    assert "millilitres per 100 grams per minute" in data.DerivationDescription
    assert "oSVD, 5 voxels" in data.DerivationDescription
    assert data.ContributingEquipmentSequence[0].Manufacturer == "Phantom"
    assert data.Manufacturer == "napari-dsc"


def test_each_slice_names_the_images_it_was_made_from(tmp_path, plain):
    write_dicom(tmp_path / "out", maps_of(), plain)
    headers = [pydicom.dcmread(path) for path in plain.files]
    for data in read(tmp_path / "out", "mtt_*"):
        named = {item.ReferencedSOPInstanceUID for item in data.SourceImageSequence}
        there = data.ImagePositionPatient[2]
        right = {one.SOPInstanceUID for one in headers if one.ImagePositionPatient[2] == there}
        assert named == right
        assert len(named) == VOLUMES


def test_a_map_of_one_value_and_one_without_an_answer_can_be_written(tmp_path, plain):
    maps = maps_of()
    maps.cbv.values[...] = 4.0
    maps.cbf.values[...] = np.nan
    write_dicom(tmp_path / "out", maps, plain)
    assert (real_values(read(tmp_path / "out", "cbv_*")[0]) == 4).all()
    assert np.isnan(real_values(read(tmp_path / "out", "cbf_*")[0])).all()


def test_fault_11_unknown_orientation_is_not_written_as_dicom(tmp_path, plain):
    for affine in (None, np.diag([0.0, 1, 1, 1]), np.full((4, 4), np.nan)):
        unknown = Series(
            signal=plain.signal, time=None, echo_time=None, affine=affine, files=plain.files
        )
        with pytest.raises(DscError, match="orientation must be known"):
            write_dicom(tmp_path / "out", maps_of(), unknown)
    assert not (tmp_path / "out").exists()


def test_axes_that_are_not_at_right_angles_are_refused():
    sheared = np.eye(4)
    sheared[0, 2] = 0.2
    with pytest.raises(DscError, match="right angles"):
        planes_of(SHAPE, sheared)


@pytest.mark.parametrize("kind", KINDS)
def test_fault_35_identity_is_the_patients_own_and_nothing_else_comes_along(tmp_path, plain, kind):
    files = write_dicom(tmp_path / "out", maps_of(), plain, kind=kind)
    for path in files:
        data, content = pydicom.dcmread(path), path.read_bytes()
        assert data.PatientName == CANARY
        assert (data.PatientID, data.AccessionNumber) == ("ZZCANARYID", "ZZCANARYACC")
        assert not any(element.tag.is_private for element in data.iterall())
        for word in (b"ZZSECRET", b"ZZPRIVATE", b"ZZHOSPITAL", str(tmp_path).encode()):
            assert word not in content
        assert "ZZ" not in path.name


@pytest.mark.parametrize("kind", KINDS)
def test_a_scan_of_one_enhanced_file_is_written_in_its_own_place(tmp_path, kind):
    """From a multi-frame image through the reader and back."""
    pytest.importorskip("dcm2niix")
    path = enhanced(tmp_path / "in" / "one.dcm", phantom((10, 9, 3), 24, seed=1).series)
    series = api_read(path)
    files = write_dicom(tmp_path / "out", maps_of((10, 9, 3)), series, kind=kind)
    source = pydicom.dcmread(path)
    for data in map(pydicom.dcmread, files):
        assert source.SOPInstanceUID.encode() in Path(data.filename).read_bytes()
        assert (data.PatientName, data.StudyInstanceUID) == (CANARY, source.StudyInstanceUID)
    if kind == "classic":
        heights = {float(pydicom.dcmread(path).ImagePositionPatient[2]) for path in files}
        assert heights == {12.0, 17.0, 22.0}


def test_a_scan_that_did_not_come_from_dicom_is_refused(tmp_path, plain):
    other = Series(signal=plain.signal, time=None, echo_time=None, affine=plain.affine)
    with pytest.raises(DscError, match="must come from DICOM"):
        write_dicom(tmp_path / "out", maps_of(), other)


def test_files_of_two_patients_or_files_that_are_gone_are_refused(tmp_path, plain):
    stranger = scan(tmp_path / "other", turned(), PatientID="OTHER")
    mixed = Series(
        signal=plain.signal,
        time=None,
        echo_time=None,
        affine=plain.affine,
        files=(plain.files[0], stranger.files[1]),
    )
    with pytest.raises(DscError, match="one series"):
        write_dicom(tmp_path / "out", maps_of(), mixed)
    plain.files[3].unlink()
    with pytest.raises(DscError, match="readable"):
        write_dicom(tmp_path / "out", maps_of(), plain)
    assert not (tmp_path / "out").exists()


def test_what_stands_there_is_replaced_only_when_allowed_and_nothing_else(tmp_path, plain):
    out = tmp_path / "out"
    out.mkdir()
    (out / "cbf_0099.dcm").write_bytes(b"of a longer scan")
    (out / "notes.txt").write_text("mine")
    (out / "cbf_capture_0001.dcm").write_bytes(b"another kind")
    assert existing_dicom(out) == ["cbf_0099.dcm"]
    with pytest.raises(DscError, match=r"cbf_0099\.dcm"):
        write_dicom(out, maps_of(), plain)
    files = write_dicom(out, maps_of(), plain, overwrite=True)
    kept = {"notes.txt", "cbf_capture_0001.dcm", "dicom-classic.json"}
    assert {path.name for path in out.iterdir()} == {path.name for path in files} | kept
    assert (out / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("kind", KINDS)
def test_cancelling_leaves_nothing(tmp_path, plain, kind):
    work = writing_dicom(tmp_path / "out", maps_of(), plain, kind=kind)
    fractions = [next(work).fraction for _ in range(4)]
    assert fractions == sorted(fractions)
    assert any((tmp_path / "out").iterdir())  # it was at work
    work.close()
    assert not (tmp_path / "out").exists()


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may grow beyond 2 KiB: the system refuses to write on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("kind", KINDS)
def test_fault_28_a_full_disk_leaves_earlier_files_whole(tmp_path, plain, kind, request):
    out = tmp_path / "out"
    files = write_dicom(out, maps_of(), plain, kind=kind)
    before = {path: path.read_bytes() for path in out.iterdir()}
    assert len(before) == len(files) + 1
    request.getfixturevalue("small_disk")
    with pytest.raises(DscError, match="must be writable"):
        write_dicom(out, maps_of(), plain, kind=kind, overwrite=True)
    assert {path: path.read_bytes() for path in out.iterdir()} == before


class KilledError(BaseException):
    """As the process would be: nothing catches it."""


@pytest.mark.parametrize("after", range(0, 19, 3))
def test_fault_28_a_kill_between_moves_leaves_no_mark_and_every_file_whole(
    tmp_path, plain, monkeypatch, after
):
    """Old or new, each image is whole; only a set that is complete says so."""
    out = tmp_path / "out"
    write_dicom(out, maps_of(), plain)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    whole = {}
    move = Path.replace
    moves: list[Path] = []

    def killed(self, target):
        if len(moves) == after:
            raise KilledError
        moves.append(target)  # the first is of the mark, in the folder that is made beside
        whole[target.name] = self.read_bytes()
        return move(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KilledError):
        write_dicom(out, maps_of(), plain, overwrite=True)
    monkeypatch.undo()
    names = {path.name for path in out.iterdir()}
    assert ("dicom-classic.json" in names) == (after == 0)
    for name in names:
        assert (out / name).read_bytes() == whole.get(name, before[name])


def test_the_mark_tells_every_image(tmp_path, plain):
    files = write_dicom(tmp_path / "out", maps_of(), plain)
    mark = json.loads((tmp_path / "out" / "dicom-classic.json").read_text())
    assert mark["files"] == {path.name: fingerprint(path) for path in files}


def test_a_folder_that_is_a_file_is_a_plain_error(tmp_path, plain):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(DscError, match="must be writable"):
        write_dicom(tmp_path / "out", maps_of(), plain)
    assert (tmp_path / "out").read_text() == "mine"


def test_fault_103_a_map_without_a_code_goes_by_its_own_name(tmp_path, plain, monkeypatch):
    """Not by that of another map; a delay by that of a delay."""
    uncoded = {**COMPUTED, "tmax": replace(COMPUTED["tmax"], dicom_code=None)}
    monkeypatch.setattr("napari_dsc.io.dicom_out.writing.COMPUTED", uncoded)
    write_dicom(tmp_path / "out", maps_of(), plain, kind="parametric")
    for key in ("tmax", "delay"):
        (data,) = read(tmp_path / "out", f"{key}*")
        mapping = data.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
        (quantity,) = mapping.QuantityDefinitionSequence
        (code,) = quantity.ConceptCodeSequence
        assert code.CodeValue == key
        assert code.CodeMeaning == COMPUTED[key].dicom_name


@pytest.mark.parametrize("kind", KINDS)
def test_fault_103_a_relative_map_is_not_written_as_one_with_a_unit(tmp_path, plain, kind):
    """A ratio of peaks is no flow in mL/100g/min."""
    maps = maps_of()
    relative = replace(maps, cbf=replace(maps.cbf, units="1", name="Relative cerebral blood flow"))
    with pytest.raises(DscError, match=r"CBF must be in mL/100g/min .*, got Relative"):
        write_dicom(tmp_path / "out", relative, plain, kind=kind)
    assert not list((tmp_path / "out").glob("*.dcm"))


def test_an_unknown_kind_is_refused(tmp_path, plain):
    with pytest.raises(DscError, match="kind must be one of"):
        write_dicom(tmp_path / "out", maps_of(), plain, kind="jpeg")


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize("kind", KINDS)
def test_dciodvfy_finds_no_error(tmp_path, plain, kind):
    files = write_dicom(tmp_path / "out", maps_of(), plain, kind=kind)
    for path in files[:: 4 if kind != "parametric" else 1]:
        said = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        errors = [line for line in said.stderr.splitlines() if line.startswith("Error")]
        assert errors == []
        assert {"classic": "MRImage", "capture": "SCImage", "parametric": "ParametricMap"}[
            kind
        ] in said.stderr
