"""Pictures: right side, right colours, nothing invented where there is no answer."""

import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from napari_dsc.core.colours import COLOURS, coloured
from napari_dsc.core.errors import DscError
from napari_dsc.core.late_steps import STEP_COLOURS
from napari_dsc.core.number_words import unit_words
from napari_dsc.core.plausibility import Finding, normal_region
from napari_dsc.core.progress import finished
from napari_dsc.core.quantities import CBV, FAMILIES, MTT, STANDARD, TMAX
from napari_dsc.core.regions import HIR, blank_voxels
from napari_dsc.core.summary import Compared
from napari_dsc.io.record import fingerprint
from napari_dsc.io.region_files import Drawn
from napari_dsc.report.curves import draw_curves
from napari_dsc.report.gallery import choosing_slices
from napari_dsc.report.measurements import measured
from napari_dsc.report.orientation import PLANES, view_for, view_of
from napari_dsc.report.pictures import NO_ANSWER, Artist, Look, name_of, unit_of
from napari_dsc.report.read_results import reading_results
from napari_dsc.report.sheet import Place

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
@pytest.mark.parametrize("plane", PLANES)
def test_the_patients_right_is_on_the_left(name, plane):
    """And what is anterior, or above, is where the letters say, however the voxels are stored."""
    brain, marker = marked(PLACES[name])
    view = view_of(PLACES[name], brain, plane=plane)
    left, _, above, _ = view.letters
    stack = view.stack(marker)
    assert stack.shape == (view.count, 9, 9)
    ((at, row, column),) = np.argwhere(stack == 1)
    ends = {"R": 0, "A": 1, "S": 2}  # the marker lies at these ends
    assert left in ends
    assert above in ends
    assert (row, column) == (1, 1)
    assert view.largest(marker > 0) == at
    through = ({0, 1, 2} - {ends[left], ends[above]}).pop()
    stored = int(np.argwhere(marker)[0][np.argmax(np.abs(PLACES[name][through, :3]))])
    assert view.number(at) == stored


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
    picture = pixels(page.picture("CBV in "))
    table = COLOURS[CBV.colours["Clinical rainbow"]]
    high, low = ((picture == table[end]).all(axis=-1) for end in (-1, 0))
    columns = np.flatnonzero(high[:, : int(0.88 * picture.shape[1])].any(axis=0))
    first = columns[0]
    cell = low[:, first : first + int(0.88 * picture.shape[1] / 4 / 2)]
    assert high.sum() > 100
    assert low.any(axis=0)[first:].any()
    assert not cell[:, : max(1, cell.shape[1] // 8)].any()


def test_voxels_have_their_size():
    """In the order of the picture's axes."""
    affine = np.array([[0, 0, 5.0, 0], [2.0, 0, 0, 0], [0, 3.0, 0, 0], [0, 0, 0, 1]])
    brain = np.ones((10, 10, 10), np.bool_)
    view = view_of(affine, brain)
    assert view.size == (5.0, 2.0, 3.0)
    assert view.extent == (50.0, 20.0)
    assert view_of(affine, brain, plane="sagittal").extent == (20.0, 30.0)


@pytest.mark.parametrize(("degrees", "said"), [(0.5, False), (12.0, True)])
def test_obliquity_is_said_in_degrees(degrees, said):
    """Above one degree."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turn = np.array([[1, 0, 0, 0], [0, c, -s, 0], [0, s, c, 0], [0, 0, 0, 1]])
    brain = np.ones((4, 4, 4), np.bool_)
    words = view_of(turn @ np.diag([3.0, 3.0, 3.0, 1.0]), brain).words
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
    assert float(page.told(HIR)[0]) >= 0
    brain = np.ones((4, 4, 4), np.bool_)
    assert view_of(None, brain).letters == ("", "", "", "")
    assert "compared" not in page.tables
    assert "Nobody knows left from right" in page.text


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
    view = view_of(np.diag([-2.0, 3.0, 5.0, 1.0]), brain, oriented=False)
    assert (view.size, view.letters) == ((2.0, 3.0, 5.0), ("", "", "", ""))


def test_regions_are_outlined_where_they_lie(tmp_path, save, head, words_of, pixels):
    """White on CBV, with a number, and on no other map; all of them on the slices that show it."""
    labels = np.zeros(head.brain.shape, np.int16)
    labels[10:16, 12:20, 1:3] = 4
    drawn = Drawn(labels=labels, names={})
    page = words_of(save(tmp_path / "b", drawn=drawn))
    folder = finished(reading_results(tmp_path / "b"))
    artist = Artist(folder, view_for(folder), Look())
    place = Place(560.0, 150.0)
    for one in folder.maps:
        with_regions, without = (
            artist.draw_map(one, (1, 2), place, regions=on) for on in (True, False)
        )
        assert len(with_regions.words) == len(without.words) + 2  # its number, on both slices
    picture = pixels(page.picture("CBV in "))
    white = (picture == 255).all(axis=-1)
    other = (pixels(page.picture("CBF in ")) == 255).all(axis=-1)
    inside = slice(40, -12), slice(0, int(0.85 * picture.shape[1]))
    assert white[inside].sum() > other[inside].sum() + 500


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
        counts.append((pixels(page.picture("CBV in ")) == NO_ANSWER).all(axis=-1).sum())
    assert counts[0] < 100
    assert counts[1] > 10000


@pytest.mark.parametrize("family", FAMILIES)
def test_colours_are_those_of_the_family(
    tmp_path, analysis, placed, save, words_of, pixels, family
):
    """Both ends of each table stand in the picture of a map that reaches them."""
    ramp = np.linspace(-1000, 1000, len(analysis.brain))[:, None, None]
    values = np.where(analysis.brain, ramp, np.nan)
    results = save(tmp_path / "r", given=placed(**dict.fromkeys(STANDARD, values)))
    page = words_of(results, family=family, steps=False)
    for row in STANDARD.values():
        picture = page.picture(f"{row.symbol} in ")
        table = COLOURS[row.colours[family]]
        for end in (0, -1):
            assert (pixels(picture) == table[end]).all(axis=-1).any(), row.symbol


def test_vessels_are_outlined(results, words_of, pixels):
    """AIF in red, VOF in blue, with how many voxels there are."""
    page = words_of(results)
    red, _, blue = np.moveaxis(pixels(page.picture("Slice ")), -1, 0)
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
    view = view_for(folder)
    assert folder.maps.tmax is not None
    counts = {}
    for name, one in {"blank": folder, "whole": replace(folder, baseline=None)}.items():
        artist = Artist(one, view, Look(steps=False))
        made = artist.draw_map(folder.maps.tmax, range(view.count), Place(500.0, 100.0))
        counts[name] = int((made.pixels[0].colours == table[-1]).all(axis=-1).sum())
    assert counts["whole"] > counts["blank"]


def test_tmax_is_in_steps_as_on_screen(results, words_of, pixels):
    """Each colour of a step stands in the picture, and late tissue is outlined in white."""
    page = words_of(results)
    assert "Tmax in steps: above 4, 6, 8, 10 s" in page.text
    picture = pixels(page.picture("Tmax in "))
    for colour in STEP_COLOURS.values():
        assert (picture == colour).all(axis=-1).any()
    folder = finished(reading_results(results))
    assert folder.maps.tmax is not None
    lesions = measured(folder).summary.lesion_labels
    assert lesions is not None
    view = view_for(folder)
    artist = Artist(folder, view, Look(), lesions=lesions)
    at = view.largest(lesions > 0)
    plain, drawn = (
        one.draw_map(folder.maps.tmax, (at,), Place(300.0, 100.0))
        for one in (Artist(folder, view, Look()), artist)
    )
    assert not plain.lines
    (outline,) = drawn.lines
    assert outline.colour == (255, 255, 255)
    flat = np.pad(view.box.of(view.stack(lesions)[at]), 1)
    borders = sum((np.diff(flat, axis=axis) != 0).sum() for axis in (0, 1))
    assert len(outline.ends) == borders


def test_fault_251_amounts_are_relative_where_the_screen_shows_them_so(
    tmp_path, save, analysis, words_of
):
    """Where medians are none of a brain: over white matter, in the window 0 to 4, and so said."""
    finding = Finding(key="cbv", level="doubtful", words="Median CBV of the brain 0.1 mL/100g.")
    given = replace(analysis, findings=(*analysis.findings, finding))
    results = save(tmp_path / "r", given=given)
    folder = finished(reading_results(results))
    region = normal_region(folder.maps, folder.brain, folder.affine)
    assert region is not None
    page = words_of(results)
    assert "CBV and CBF are shown over their means in white matter" in page.text
    names = [one for one in page.alts if one.startswith(("CBV", "CBF"))]
    assert all("in × white matter, window 0 to 4, slices" in one for one in names)
    factors = measured(folder).factors
    own = folder.maps.cbv.values[region & folder.accepted]
    assert factors["CBV"] == pytest.approx(1 / own[np.isfinite(own)].mean())
    absolute = words_of(results, absolute=True)
    assert "white matter" not in " ".join(absolute.alts)
    assert absolute.told("Brain") == page.told("Brain")  # numbers are absolute in either


def test_fault_375_what_is_late_is_outlined_on_every_map_of_a_stroke(results, words_of):
    """And the caption says so; where a tumour is read only Tmax has it: there it is no lesion."""
    folder = finished(reading_results(results))
    view, lesions = view_for(folder), measured(folder).summary.lesion_labels
    assert lesions is not None
    at = int(np.argmax(view.stack(lesions).any(axis=(1, 2))))

    def outlined(symbol, reading):
        artist = Artist(folder, view, Look(reading=reading), lesions=lesions)
        one = next(one for one in folder.maps if one.symbol == symbol)
        picture = artist.draw_map(one, [at], Place(100.0, 100.0))
        title = any("outlined: Tmax > 6 s" in word.words for word in picture.words)
        assert title == ("outlined: Tmax > 6 s" in picture.alt) == bool(picture.lines)
        return title

    for one in folder.maps:
        assert outlined(one.symbol, "stroke")
        assert outlined(one.symbol, "tumour") == (one.symbol == TMAX.symbol)
    shown = [one for one in words_of(results).alts if ", slices " in one]
    assert all("outlined: Tmax > 6 s" in one for one in shown)


def test_fault_375_numbers_of_lesions_and_of_regions_never_stand_on_one_map(save, tmp_path, head):
    """A 2 of either kind could be taken for the other."""
    labels = np.zeros(head.brain.shape, np.int16)
    labels[np.unravel_index(np.flatnonzero(head.brain)[:30], head.brain.shape)] = 2
    folder = finished(reading_results(save(tmp_path / "r", drawn=Drawn(labels=labels, names={}))))
    view = view_for(folder)
    lesions = np.zeros_like(labels)
    inside = np.flatnonzero(head.brain)
    for number in (1, 2):
        lesions.flat[inside[-30 * number :][:30]] = number
    artist, slices = Artist(folder, view, Look(), lesions=lesions), range(view.count)
    for regions in (True, False):
        drawn = artist.draw_map(folder.maps.cbv, slices, Place(400.0, 60.0), regions=regions)
        numbers = {word.words for word in drawn.words if word.words.isdigit() and word.bold}
        assert numbers == ({"2"} if regions else {"1", "2"})


def test_fault_486_a_tumour_chooses_the_slices_where_one_is_read():
    """Late tissue elsewhere, other regions and the reference take none from it."""

    def made(label, name, *, lesion=False):
        return Compared(label=label, name=name, is_lesion=lesion, volume=5.0, side="left")

    enhancing, other, normal = made(1, "Enhancement"), made(2, "Oedema"), made(3, "Reference")
    late = made(1, "Lesion 1", lesion=True)
    every = [enhancing, other, normal, late]
    assert choosing_slices(every, 3, "tumour") == [enhancing]
    assert choosing_slices([other, normal, late], 3, "tumour") == [other]
    assert choosing_slices([normal, late], 3, "tumour") == [late]
    assert choosing_slices(every, 3, "stroke") == [enhancing, other, late]


@pytest.mark.parametrize("unit", ["1", "mL/100g"])
def test_fault_487_no_unit_is_written_where_it_is_1(results, unit):
    """Beside a number it reads as another number."""
    folder = finished(reading_results(results))
    one = replace(folder.maps.cbv, units=unit, symbol="K1", name="Leakage K1")
    known = unit_words(unit)
    assert name_of(one) == (f"K1: Leakage K1, {known}" if known else "K1: Leakage K1")
    assert unit_of(one) == known


def test_one_map_is_drawn_as_it_is(results):
    """Each voxel of a slice has the colour of its value; the picture keeps the proportions."""
    folder = finished(reading_results(results))
    view = view_for(folder)
    made = Artist(folder, view, Look()).draw_map(folder.maps.mtt, (2,), Place(300.0, 90.0))
    (tiles, _bar) = made.pixels
    values = np.asarray(view.box.of(view.stack(folder.maps.mtt.values)[2]), np.float64)
    brain = view.box.of(view.stack(folder.accepted & folder.brain)[2]) & np.isfinite(values)
    expected = coloured((values - MTT.window[0]) / np.ptp(MTT.window), MTT.colours[FAMILIES[0]])
    assert (tiles.colours[brain] == expected[brain]).all()
    assert tiles.width / tiles.height == pytest.approx(view.extent[0] / view.extent[1])
