"""The residue beside the curves, and the slice that is shown before the rest."""

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from napari_dsc import DECONVOLVERS, phantom
from napari_dsc.core.pipeline import Preview, Settings, stages
from napari_dsc.io.nifti import write_series
from napari_dsc.viewer.compute.slice_preview import Previews, slice_on_screen
from napari_dsc.viewer.contributions import scan_layer
from napari_dsc.viewer.curves.residue_plot import EMPTY, ResiduePlot
from napari_dsc.viewer.layers import placement, to_screen
from napari_dsc.viewer.maps.map_layers import show_maps
from napari_dsc.viewer.regions.regions_tab import RegionsPage
from napari_dsc.viewer.scan.scan_layers import open_scan
from napari_dsc.viewer.tumour.tumour_tab import TumourPage
from tests.viewer.desk import outlast

ORIENTATIONS = ("RAS", "LAS", "LPS", "RPS", "PIR", "ASL")


@pytest.fixture
def single(computed):
    """Maps, and one picture instead of the grid: a slice with the lesion."""
    computed.viewer.canvas.grid.enabled = False
    computed.viewer.dims.set_current_step(1, 2)
    return computed


def drawn(curve) -> bool:
    """Whether a curve of the dock has points."""
    return curve.yData is not None and len(curve.yData) > 0


def lesion(patient, z):
    """A voxel (z, y, x) of the screen in the hypoperfused territory."""
    tissue = to_screen(patient.tissue, placement(patient.series.affine))
    found = np.argwhere(tissue[z] == 5)
    y, x = found[len(found) // 2]
    return z, int(y), int(x)


@pytest.mark.parametrize("method", DECONVOLVERS)
def test_the_residue_under_the_cursor_is_the_maps_own(single, patient, method):
    """Its peak, its lag and its edge are what the maps say of that voxel."""
    desk, lens = single, single.panel.curves.lens
    assert not drawn(lens.curve)
    assert "move over the brain" in lens.words.text()
    desk.panel.form.method.value = method
    desk.compute()
    voxel = lesion(patient, 2)
    desk.hover(voxel)
    desk.wait(lambda: drawn(lens.curve))
    flow = desk.map("CBF").data[voxel]
    searched = lens.curve.xData >= -10
    peak = 6000 * 0.73 / 1.04 * lens.curve.yData[searched].max()
    # The peak lies between two samples; a mean of residues that begin at many times is lower.
    least = 0.9 if DECONVOLVERS[method].central_volume else 0.4
    assert least * flow < peak <= flow * 1.0001
    assert lens.tmax.isVisible()
    assert lens.tmax.value() == pytest.approx(desk.map("Tmax").data[voxel], abs=1e-3)
    assert lens.delay.value() == pytest.approx(desk.map("Delay").data[voxel], abs=1e-3)
    assert DECONVOLVERS[method].smoothed_by.split(" (")[0] in lens.words.text()
    assert "R²" in lens.words.text()
    measured, fit = desk.panel.curves.hovered, desk.panel.curves.fit
    known = np.isfinite(measured.yData)
    np.testing.assert_allclose(fit.xData, measured.xData[known])
    assert np.corrcoef(fit.yData, measured.yData[known])[0, 1] > 0.8
    desk.hover((2, 0, 0))
    desk.wait(lambda: not drawn(lens.curve) and not drawn(fit))
    assert not lens.tmax.isVisible()
    assert not lens.delay.isVisible()


def test_outside_the_brain_there_is_no_residue(single, patient):
    """Nor once the baseline of the run is no longer the one on screen."""
    desk = single
    curve, fit = desk.panel.curves.lens.curve, desk.panel.curves.fit
    desk.hover(lesion(patient, 2))
    desk.wait(lambda: drawn(curve))
    desk.hover((2, 0, 0))
    desk.wait(lambda: not drawn(curve))
    assert not drawn(fit)
    start, stop = desk.panel.form.baseline.value
    desk.panel.form.baseline.value = (start, stop - 1)
    desk.hover(lesion(patient, 2))
    desk.wait(lambda: desk.panel.curves.readout.text() != "")
    assert not drawn(curve)


def test_what_belongs_to_an_earlier_voxel_or_run_does_not_stay(single, scan_file, patient):
    """Not on other axes, nor beside another scan; and a new run is read where the cursor is."""
    desk = single
    voxel, curves = lesion(patient, 2), desk.panel.curves
    desk.hover(voxel)
    desk.wait(lambda: drawn(curves.fit))
    desk.panel.form.method.value = "Tikhonov"
    desk.compute()
    desk.wait(lambda: "Tikhonov" in curves.lens.words.text())
    assert f"CBF {desk.map('CBF').data[voxel]:.3g} " in curves.readout.text()
    desk.panel.form.echo_time.value = 0.06
    assert not drawn(curves.fit)
    assert not drawn(curves.lens.curve)
    desk.panel.form.echo_time.value = 0.03
    desk.hover((2, 0, 0))
    desk.hover(voxel)
    desk.wait(lambda: drawn(curves.fit))
    desk.viewer.layers.remove(desk.map("MTT"))
    desk.hover((2, 0, 0))
    desk.hover(voxel)
    desk.wait(lambda: "MTT" not in curves.readout.text())
    desk.open(scan_file)
    assert not drawn(curves.fit)
    assert not drawn(curves.lens.curve)


def test_the_cursor_s_colour_stands_out(opened):
    """A contrast of 3 or more against the background, as for the flags."""
    desk = opened
    from napari.utils.theme import get_theme

    for theme in ("dark", "light"):
        desk.viewer.theme = theme
        shades = []
        for color in (
            get_theme(theme).background.as_hex(),
            desk.panel.curves.lens.curve.opts["pen"].color().name(),
        ):
            rgb = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
            linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
            shades.append(linear @ [0.2126, 0.7152, 0.0722])
        assert (max(shades) + 0.05) / (min(shades) + 0.05) >= 3


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Scans of one patient stored along other axes, by orientation."""
    import nibabel as nib
    from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform

    from napari_dsc import read

    folder = tmp_path_factory.mktemp("turned")
    patient = phantom((24, 20, 6), seed=2)
    write_series(folder / "plain.nii", patient.series)
    image = nib.Nifti1Image.from_filename(folder / "plain.nii")
    made = {}
    for codes in ORIENTATIONS:
        change = ornt_transform(io_orientation(image.affine), axcodes2ornt(codes))
        turned = image.as_reoriented(change)
        nib.save(turned, folder / f"{codes}.nii")
        mask = nib.Nifti1Image(patient.artery.astype(np.uint8), image.affine)
        artery = np.asarray(mask.as_reoriented(change).dataobj) > 0
        made[codes] = read(folder / f"{codes}.nii").settled(repetition_time=1.5), artery
    return made


@pytest.mark.parametrize("codes", ORIENTATIONS)
def test_the_slice_on_screen_comes_first(scenes, codes, steps_of):
    """Whatever way the file is stored; taken back, the maps are as they were."""
    series, artery = scenes[codes]
    viewer = ViewerModel()
    data, options, _ = scan_layer(series, "scan")
    layer = viewer.add_image(data, **options)
    scan = open_scan(layer)
    _, before = steps_of(stages(series, artery, None, Settings(baseline=(2, 12))))
    show_maps(viewer, scan, before)
    viewer.dims.set_current_step(1, 3)
    where = slice_on_screen(viewer, scan)
    assert where is not None
    z = where.at  # not always the slider's: an axis may run the other way round
    assert layer.data_to_world((0, z, 0, 0))[1] == pytest.approx(viewer.dims.point[1])
    settings = Settings(method=DECONVOLVERS["cSVD"](), baseline=(2, 12))
    steps, after = steps_of(
        stages(series, artery, None, settings, known=before.prepared, first=where)
    )
    assert after.prepared is before.prepared
    (preview,) = (step for step in steps if isinstance(step, Preview))
    previews = Previews(viewer, scan)
    old = {symbol: one.data.copy() for symbol, one in scan.layers.maps.items()}
    previews.show(preview)
    for one in after.maps:
        if one.symbol == "TTP":  # no AIF and no method changes it
            continue
        shown = scan.layers.maps[one.symbol].data
        expected = to_screen(one.values, scan.place)
        np.testing.assert_array_equal(shown[z], expected[z], err_msg=one.symbol)
        rest = np.arange(len(shown)) != z
        np.testing.assert_array_equal(shown[rest], old[one.symbol][rest])
    assert (scan.layers.maps["CBF"].data[z] != old["CBF"][z]).any()
    previews.take_back()
    for symbol, one in scan.layers.maps.items():
        np.testing.assert_array_equal(one.data, old[symbol])


def test_fault_365_the_read_out_follows_or_is_empty(computed):
    """The slice turns under the pointer; the pointer leaves; the cross-hair's slice goes."""
    desk, scan, readout = computed, computed.panel.scan, computed.panel.curves.readout
    brain = to_screen(scan.results.run[1].brain, scan.place)
    z = scan.slice_at(desk.viewer.dims.point, desk.viewer.dims.units)
    further = z + 1 if z + 1 < len(brain) and (brain[z] & brain[z + 1]).any() else z - 1
    y, x = np.argwhere(brain[z] & brain[further])[40]
    desk.viewer.canvas.grid.enabled = False
    desk.panel.room.show("single")
    desk.wait(lambda: not desk.panel.busy)
    outlast(200)
    desk.hover((z, y, x))
    desk.wait(lambda: readout.text() == scan.read_out((z, y, x)))
    desk.panel.gestures.step_slice(further - z)
    desk.wait(lambda: readout.text() == scan.read_out((further, y, x)))
    QApplication.sendEvent(desk.canvas(), QEvent(QEvent.Type.Leave))
    desk.wait(lambda: readout.text() == "")
    desk.panel.gestures.look_at((further, int(y), int(x)))
    desk.wait(lambda: readout.text() == scan.read_out((further, y, x)))
    desk.panel.gestures.step_slice(z - further)  # the cross-hair lies on no picture now
    desk.wait(lambda: readout.text() == "")
    desk.panel.gestures.step_slice(further - z)
    desk.wait(lambda: readout.text() == scan.read_out((further, y, x)))
    desk.panel.gestures.look_at(None)


def test_fault_366_there_are_no_axes_before_there_is_something_to_show(qtbot):
    """A sentence stands in place of them."""
    lens = ResiduePlot()
    page = TumourPage(list)
    for one in (lens, page, regions := RegionsPage()):
        qtbot.addWidget(one)
    assert lens.plot.isHidden()
    assert lens.words.text() == EMPTY
    assert page.plot.isHidden()
    assert page.text.text()
    regions.resize(1300, 160)
    regions.show()
    assert regions.plot.isHidden()
    assert regions.note.text()
