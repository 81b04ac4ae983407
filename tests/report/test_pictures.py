"""Pictures: right side, right colours, nothing invented where there is no answer."""

import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from napari_dsc.core.colours import COLOURS
from napari_dsc.core.errors import DscError
from napari_dsc.core.progress import finished
from napari_dsc.core.quantities import CBV, COMPUTED, FAMILIES, TMAX
from napari_dsc.core.regions import blank_voxels
from napari_dsc.io.record import fingerprint
from napari_dsc.io.region_files import Drawn
from napari_dsc.report.curves import draw_curves
from napari_dsc.report.figures import figure_of
from napari_dsc.report.orientation import view_for, view_of
from napari_dsc.report.pictures import NO_ANSWER, draw_map
from napari_dsc.report.read_results import reading_results

PREFIX = "sub-ZZCANARY_"
RAS = np.diag([3.0, 3.0, 6.0, 1.0])
PLACES = {
    "RAS": RAS,
    "LAS": np.diag([-3.0, 3.0, 6.0, 1.0]),
    "LPS": np.diag([-3.0, -3.0, 6.0, 1.0]),
    "ASR": np.array([[0, 0, 6.0, 0], [3.0, 0, 0, 0], [0, 3.0, 0, 0], [0, 0, 0, 1]]),
    "SLP": np.array([[0, -3.0, 0, 0], [0, 0, -6.0, 0], [3.0, 0, 0, 0], [0, 0, 0, 1]]),
}


def marked(affine, shape=(9, 9, 9)):
    """A box of a brain, and a marker at the patient's right, anterior and above."""
    brain = np.zeros(shape, np.bool_)
    brain[1:-1, 1:-1, 1:-1] = True
    index = np.argwhere(brain)
    ras = nib.affines.apply_affine(affine, index)
    spread = (ras - ras.min(axis=0)) / np.ptp(ras, axis=0)
    at = tuple(index[np.argmin(np.abs(spread - [1, 1, 1]).sum(axis=1))])
    marker = np.zeros(shape)
    marker[at] = 1.0
    return brain, marker


@pytest.mark.parametrize("name", PLACES)
def test_the_patients_right_is_on_the_left(name):
    """And anterior is up, however the voxels are stored."""
    brain, marker = marked(PLACES[name])
    view = view_of(PLACES[name], brain, brain)
    assert view.letters == ("R", "L", "A", "P")
    plane = view.plane(marker, view.slices[-1])
    ((row, column),) = np.argwhere(plane == 1)
    assert row < plane.shape[0] / 4
    assert column < plane.shape[1] / 4
    assert view.slices == tuple(sorted(view.slices))
    stored = int(np.argwhere(marker)[0][np.argmax(np.abs(PLACES[name][2, :3]))])
    assert view.number(view.slices[-1]) == stored


@pytest.mark.parametrize("name", PLACES)
def test_the_picture_in_the_page_is_turned_so(
    name, tmp_path, save, placed, analysis, words_of, pixels
):
    """The marker's half of the CBV picture is red, and the other is not."""
    brain = analysis.brain
    affine = PLACES[name]
    ras = nib.affines.apply_affine(affine, np.argwhere(np.ones(brain.shape)))[:, 0]
    right = (ras > np.median(ras[brain.ravel()])).reshape(brain.shape)
    cbv = np.where(brain, np.where(right, 100.0, 0.0), np.nan)
    results = save(tmp_path / "r", given=placed(affine=affine, cbv=cbv))
    page = words_of(results)
    picture = pixels(page.pictures[2])
    table = COLOURS[CBV.colours["Clinical rainbow"]]
    high, low = ((picture == table[end]).all(axis=-1) for end in (-1, 0))
    count = len(view_of(affine, brain, brain).slices)
    columns = np.flatnonzero(high[:, : int(0.88 * picture.shape[1])].any(axis=0))
    first = columns[0]
    cell = low[:, first : first + int(0.88 * picture.shape[1] / max(count, 1) / 2)]
    assert high.sum() > 100
    assert low.any(axis=0)[first:].any()
    assert not cell[:, : max(1, cell.shape[1] // 8)].any()


def test_slices_are_spread_through_the_brain():
    """Five of many, all of few, the same for each map."""
    brain = np.zeros((8, 8, 40), np.bool_)
    brain[2:6, 2:6, 10:35] = True
    assert view_of(RAS, brain, brain).slices == (12, 17, 22, 27, 32)
    assert view_of(RAS, brain[..., 9:12], brain[..., 9:12]).slices == (1, 2)


def test_voxels_have_their_size():
    """In the order of the picture's axes."""
    affine = np.array([[0, 0, 5.0, 0], [2.0, 0, 0, 0], [0, 3.0, 0, 0], [0, 0, 0, 1]])
    brain = np.ones((10, 10, 10), np.bool_)
    view = view_of(affine, brain, brain)
    assert view.size == (5.0, 2.0, 3.0)
    assert view.extent == (50.0, 20.0)


@pytest.mark.parametrize(("degrees", "said"), [(0.5, False), (12.0, True)])
def test_obliquity_is_said_in_degrees(degrees, said):
    """Above one degree."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turn = np.array([[1, 0, 0, 0], [0, c, -s, 0], [0, s, c, 0], [0, 0, 0, 1]])
    brain = np.ones((4, 4, 4), np.bool_)
    words = view_of(turn @ np.diag([3.0, 3.0, 3.0, 1.0]), brain, brain).words
    assert ("oblique by 12.0°" in words) == said
    assert ("oblique" in words) == said


def test_nobody_knows_left_from_right(tmp_path, save, placed, words_of):
    """Then there are no letters, no millimetres and no millilitres."""
    results = save(tmp_path / "r", given=placed(known=False))
    page = words_of(results)
    assert "orientation unknown" in page.text
    assert "size unknown" in page.text
    assert page.told("Tmax > 6 s") == ["mL unknown"]
    assert page.told("Brain")[1] == "–"
    assert float(page.told("HIR = V(> 10 s) / V(> 6 s)")[0]) >= 0
    brain = np.ones((4, 4, 4), np.bool_)
    assert view_of(None, brain, brain).letters == ("", "", "", "")


def test_sizes_are_told_without_directions(tmp_path, save, placed, analysis, head, words_of):
    """A header without codes knows how large a voxel is: millilitres, and no letters."""
    series = replace(analysis.prepared.series, oriented=False)
    given = replace(analysis, prepared=replace(analysis.prepared, series=series))
    page = words_of(save(tmp_path / "r", given=given))
    assert "orientation unknown" in page.text
    assert "size unknown" not in page.text
    size = abs(np.linalg.det(head.series.affine[:3, :3])) / 1000
    assert float(page.told("Brain")[1]) == pytest.approx(head.brain.sum() * size, abs=0.06)
    assert page.told("Tmax > 6 s")[0].endswith(" mL")
    ones = save(tmp_path / "old", given=placed(known=False))  # as versions before wrote them
    for path in ones.glob("*.nii.gz"):
        image = nib.Nifti1Image.from_filename(path)
        image.header.set_xyzt_units("mm", "sec")
        nib.save(nib.Nifti1Image(np.asarray(image.dataobj), None, image.header), path)
    record = json.loads((ones / "record.json").read_text())
    for end in record["files"]:
        record["files"][end] = fingerprint(next(ones.glob(f"{PREFIX}{end}")))
    (ones / "record.json").write_text(json.dumps(record))
    assert words_of(ones).told("Tmax > 6 s") == ["mL unknown"]
    brain = np.ones((4, 4, 4), np.bool_)
    view = view_of(np.diag([-2.0, 3.0, 5.0, 1.0]), brain, brain, oriented=False)
    assert (view.size, view.letters) == ((2.0, 3.0, 5.0), ("", "", "", ""))


def test_every_region_is_on_a_slice():
    """The nearest slice gives way to one that is on none; the slices stay in order."""
    brain = np.ones((4, 4, 30), np.bool_)
    assert view_of(RAS, brain, brain).slices == (3, 9, 15, 21, 27)
    regions = np.zeros(brain.shape, np.int16)
    regions[0, 0, 3:28] = 1  # on all of them
    regions[1, 1, 12] = 2
    regions[2:, 2, 13], regions[2, 2, 14] = 3, 3
    assert view_of(RAS, brain, brain, regions=regions).slices == (3, 12, 13, 21, 27)
    alone = np.zeros(brain.shape, np.int16)
    alone[0, 0, 9], alone[1, 1, 10] = 1, 2  # the nearest slice shows the first already
    assert view_of(RAS, brain, brain, regions=alone).slices == (3, 9, 10, 21, 27)
    regions[3, 3, 29] = 4
    assert view_of(np.diag([3.0, 3.0, -6.0, 1.0]), brain, brain, regions=regions).slices[0] == 0


def test_regions_are_outlined_where_they_lie(tmp_path, save, head, words_of, pixels):
    """White on CBV, with a number, and on no other map."""
    labels = np.zeros(head.brain.shape, np.int16)
    labels[10:16, 12:20, 1:3] = 4
    plain = words_of(save(tmp_path / "a"))
    page = words_of(save(tmp_path / "b", drawn=Drawn(labels=labels, names={})))
    changed = [
        (one.shape != other.shape) or (one != other).any()
        for one, other in zip(map(pixels, plain.pictures), map(pixels, page.pictures), strict=True)
    ]
    assert sum(changed) == 1
    one, other = (pixels(of.pictures[changed.index(True)]) for of in (plain, page))
    new = (one != other).any(axis=-1)
    assert (other[new] > 200).all(axis=-1).mean() > 0.15  # white, on black rims of the number


def test_what_has_no_answer_is_dark_grey(tmp_path, save, placed, analysis, words_of, pixels):
    """In no colour of any table, and only there."""
    for table in COLOURS.values():
        assert np.abs(table.astype(int) - NO_ANSWER).sum(axis=1).min() > 60
    cbv = np.where(analysis.brain, 4.0, np.nan)
    counts = []
    for at, values in enumerate((cbv, np.where(np.arange(32)[:, None, None] < 16, cbv, np.nan))):
        results = save(tmp_path / f"r{at}", given=placed(cbv=values))
        page = words_of(results)
        assert "Dark grey: no answer (NaN)" in page.text
        counts.append((pixels(page.pictures[2]) == NO_ANSWER).all(axis=-1).sum())
    assert counts[0] < 100
    assert counts[1] > 10000


@pytest.mark.parametrize("family", FAMILIES)
def test_colours_are_those_of_the_family(
    tmp_path, analysis, placed, save, words_of, pixels, family
):
    """Both ends of each table stand in the picture of a map that reaches them."""
    ramp = np.linspace(-1000, 1000, len(analysis.brain))[:, None, None]
    values = np.where(analysis.brain, ramp, np.nan)
    results = save(tmp_path / "r", given=placed(**dict.fromkeys(COMPUTED, values)))
    page = words_of(results, family=family)
    for row, picture in zip(COMPUTED.values(), page.pictures[2:], strict=True):
        table = COLOURS[row.colours[family]]
        for end in (0, -1):
            assert (pixels(picture) == table[end]).all(axis=-1).any(), row.symbol


def test_vessels_are_outlined(results, words_of, pixels):
    """AIF in red, VOF in blue, with how many voxels there are."""
    page = words_of(results)
    red, _, blue = np.moveaxis(pixels(page.pictures[0]), -1, 0)
    assert (red - blue > 100).any()
    assert (blue - red > 100).any()
    assert "AIF (red): " in page.text
    assert "VOF (blue, dashed): " in page.text
    assert "over the mean of the baseline." in page.text


def test_fault_91_a_report_says_that_its_aif_is_scaled(results, analysis):
    """The curve of a record is the one that was used; its name says by what it was multiplied."""
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    draw_curves(axes, finished(reading_results(results)), 6.0)
    names = [one.get_text() for one in axes.texts]
    assert f"AIF, scaled by {analysis.aif.scaled_by:.3g}" in names
    path = results / "record.json"
    record = json.loads(path.read_text())
    record["aif"]["scaled_by"] = -1
    path.write_text(json.dumps(record))
    with pytest.raises(DscError, match="a scaling that is none"):
        finished(reading_results(results))


def test_fault_183_the_scan_shows_through_where_a_map_is_blank(results, words_of):
    """In ventricles of Tmax: grey, and no late red; without a saved scan the colours stay."""
    assert "the scan shows through" in words_of(results).text
    folder = finished(reading_results(results))
    blank = blank_voxels(folder.maps, folder.brain)
    assert blank.any()
    table = COLOURS[TMAX.colours["Clinical rainbow"]]
    shown = replace(folder, baseline=None)
    view = view_for(folder)
    figure = figure_of(200, 100)
    axes = figure.add_axes((0, 0, 1, 1))
    colours = {}
    assert folder.maps.tmax is not None
    for name, one in {"blank": folder, "whole": shown}.items():
        axes.clear()
        draw_map(axes, one, view, folder.maps.tmax, "Clinical rainbow", 5.0)
        images = [np.asarray(image.get_array()) for image in axes.get_images()]
        colours[name] = sum(int((image == table[-1]).all(axis=-1).sum()) for image in images)
    assert colours["whole"] > colours["blank"]
