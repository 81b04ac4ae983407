"""DICOM out, captures in colour and Parametric Maps."""

import numpy as np
import pytest

from napari_dsc.io.record import RESEARCH_USE
from tests.io.template_maker import maps_of, scan, turned

pydicom = pytest.importorskip("pydicom")
hd = pytest.importorskip("highdicom")

from PIL import Image, ImageDraw, ImageFont  # noqa: E402

from napari_dsc.core.colours import coloured  # noqa: E402
from napari_dsc.core.quantities import COMPUTED, STANDARD  # noqa: E402
from napari_dsc.io.dicom_out import write_dicom  # noqa: E402
from napari_dsc.io.dicom_out.picture import BAND, MARGIN, SMALL, drawn_slice  # noqa: E402

UNITS = {"cbv": "ml/(100.g)", "cbf": "ml/(100.g.min)", "mtt": "s", "tmax": "s", "delay": "s"}
CODES = {"cbv": "113056", "cbf": "113055", "mtt": "113052", "ttp": "113069", "tmax": "113084"}


@pytest.fixture
def series(tmp_path):
    return scan(tmp_path / "in", turned())


def written(text: str, size: int) -> np.ndarray:
    """A text in white on black, as the library writes it."""
    font = ImageFont.load_default(size)
    box = font.getbbox(text)
    canvas = Image.new("RGB", (int(box[2]) + 1, int(box[3]) + 1))
    ImageDraw.Draw(canvas).text((0, 0), text, (255, 255, 255), font)
    return np.asarray(canvas)


def test_captures_are_colour_with_the_research_use_text_burned_in(tmp_path, series):
    write_dicom(tmp_path / "out", maps_of(), series, kind="capture")
    text = written(RESEARCH_USE, SMALL)
    assert text.max() == 255
    for key, facts in STANDARD.items():
        files = sorted((tmp_path / "out").glob(f"{key}_capture_*.dcm"))
        assert len(files) == 4
        for path in files:
            data = pydicom.dcmread(path)
            pixels = data.pixel_array
            assert data.PhotometricInterpretation == "RGB"
            assert data.SeriesDescription == f"RESEARCH {facts.symbol} {facts.units}"
            top = pixels.shape[0] - BAND + MARGIN
            there = pixels[top : top + text.shape[0], MARGIN : MARGIN + text.shape[1]]
            np.testing.assert_array_equal(there, text)
            name = written(f"{facts.symbol}  {facts.units}", 17)
            np.testing.assert_array_equal(
                pixels[MARGIN : MARGIN + name.shape[0], MARGIN : MARGIN + name.shape[1]], name
            )


def test_captures_lie_nowhere_and_name_nobody_in_their_pixels(tmp_path, series):
    path = write_dicom(tmp_path / "out", maps_of(), series, kind="capture")[0]
    data = pydicom.dcmread(path)
    assert data.SOPClassUID == pydicom.uid.SecondaryCaptureImageStorage
    assert data.BurnedInAnnotation == "NO"  # what is burned in identifies nobody: PS3.3 C.7.6.1
    assert list(data.PatientOrientation) == ["L", "P"]
    assert "FrameOfReferenceUID" not in data


def test_a_slice_is_drawn_by_its_values_and_nothing_answers_black():
    values = np.full((20, 20), 50.0)
    values[:10, :10] = np.nan
    values[10:, 10:] = 100.0
    drawn = drawn_slice(values, COMPUTED["cbf"], (1.0, 1.0), ("", "", ""))
    inner = drawn[BAND:-BAND, :320]
    np.testing.assert_array_equal(inner[80, 80], [0, 0, 0])
    np.testing.assert_array_equal(inner[80, 240], coloured(np.array(0.5), "dsc-rainbow"))
    np.testing.assert_array_equal(inner[240, 240], coloured(np.array(1.0), "dsc-rainbow"))


def test_voxels_that_are_not_square_are_drawn_to_scale():
    drawn = drawn_slice(np.ones((10, 10)), COMPUTED["cbf"], (3.0, 1.0), ("", "", ""))
    assert drawn.shape == (960 + 2 * BAND, 320 + 90, 3)


def test_parametric_maps_hold_the_numbers_with_coded_units(tmp_path, series):
    maps = maps_of()
    files = write_dicom(tmp_path / "out", maps, series, kind="parametric")
    assert [path.name for path in files] == [f"{key}_parametric_0001.dcm" for key in STANDARD]
    for (key, one), path in zip(maps.items(), files, strict=True):
        data = hd.pm.ParametricMap.from_dataset(pydicom.dcmread(path))
        assert data.ContentQualification == "RESEARCH"
        mapping = data.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
        assert (mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept) == (1, 0)
        assert mapping.MeasurementUnitsCodeSequence[0].CodeValue == UNITS.get(key, "s")
        assert mapping.MeasurementUnitsCodeSequence[0].CodingSchemeDesignator == "UCUM"
        quantity = mapping.QuantityDefinitionSequence[0].ConceptCodeSequence[0]
        assert quantity.CodeValue == CODES.get(key, key)
        volume = data.get_volume(apply_real_world_transform=True)
        back = np.linalg.inv(series.affine) @ np.diag([-1, -1, 1, 1]) @ volume.affine
        index = np.moveaxis(np.indices(volume.spatial_shape), 0, -1) @ back[:3, :3].T + back[:3, 3]
        voxel = np.round(index).astype(int)
        np.testing.assert_allclose(index, voxel, atol=1e-4)
        expected = one.values[tuple(np.moveaxis(voxel, -1, 0))]
        np.testing.assert_array_equal(volume.array.astype(np.float32), expected)


def test_parametric_maps_name_their_sources_slice_by_slice(tmp_path, series):
    path = write_dicom(tmp_path / "out", maps_of(), series, kind="parametric")[0]
    data = pydicom.dcmread(path)
    assert len(data.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == len(series.files)
    headers = {one.SOPInstanceUID: one for one in (pydicom.dcmread(path) for path in series.files)}
    for frame in data.PerFrameFunctionalGroupsSequence:
        at = frame.PlanePositionSequence[0].ImagePositionPatient[2]
        named = frame.DerivationImageSequence[0].SourceImageSequence
        assert len(named) == 3
        for item in named:
            place = headers[item.ReferencedSOPInstanceUID].ImagePositionPatient
            assert float(place[2]) == pytest.approx(float(at))
