"""Why a voxel has no answer: told in colours and in words, and in nobody's way."""

import nibabel as nib
import numpy as np
import pytest
from napari.components import ViewerModel
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_dsc.core.quality import REJECTING, WORDS, Quality, explain
from napari_dsc.viewer.contributions import write_layer
from napari_dsc.viewer.layers import placement, to_file, to_screen
from napari_dsc.viewer.scan.quality_layer import (
    NO_ANSWER,
    WITH_CARE,
    quality_layer,
    refresh_quality,
    verdict,
)
from napari_dsc.viewer.scan.scan_layers import masks_of

SHIFT = Qt.KeyboardModifier.ShiftModifier
REJECTED, CAREFUL = Quality.EDGE | Quality.NOT_POSITIVE, Quality.UNRETURNED | Quality.EARLY
BOTH = Quality.WEAK_BOLUS | Quality.EARLY
EVERY = sum(WORDS)


@pytest.fixture
def done(desk, scan_file, patient):
    """A desk on which the maps of the digital patient have been computed."""
    desk.open(scan_file)
    place = placement(patient.series.affine)
    desk.panel.form.artery.value.data = to_screen(patient.artery, place).astype(np.uint8)
    desk.compute()
    assert "Done" in desk.panel.status.text()
    return desk


def quality(desk):
    """The layer of the flags."""
    return desk.viewer.layers["Quality"]


def alone(desk) -> int:
    """Leave the grid; return the slice on screen."""
    desk.viewer.canvas.grid.enabled = False
    desk.viewer.fit_to_view()
    QApplication.processEvents()
    return int(desk.viewer.dims.current_step[1])


def flag(desk, patient, flags) -> None:
    """Show these flags, {voxel (z, y, x): bits}, and no others."""
    layer, place = quality(desk), placement(patient.series.affine)
    shown = np.zeros(layer.data.shape, np.uint16)
    for voxel, bits in flags.items():
        shown[voxel] = bits
    refresh_quality(desk.viewer, layer, to_file(shown, place), place, {})


def legend(desk) -> dict:
    """What is said of the colours on the picture: words and colour."""
    overlays = desk.viewer.canvas.overlays
    said = {words: one for words, one in overlays.items() if one.visible}
    return {words: tuple(said[words].color) for words in said if words.startswith("■")}


def contrast(color, canvas) -> float:
    """Ratio of the luminances of two colours, as WCAG 2 counts it."""
    channels = np.array([color, canvas])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    dark, light = sorted(linear @ (0.2126, 0.7152, 0.0722))
    return (light + 0.05) / (dark + 0.05)


def the_layer_is_the_file_on_the_axes_of_the_screen(done, scan_file, patient, tmp_path):
    """Bit by bit, on the scan's grid, by Save maps and by napari's own Save."""
    layer, scan = quality(done), done.panel.form.series.value
    done.panel.results.save_to(tmp_path / "out")
    done.wait(lambda: "Saved" in done.panel.status.text())
    stored = nib.load(tmp_path / "out" / "patient_quality.nii.gz")
    place = placement(patient.series.affine)
    np.testing.assert_array_equal(layer.data, to_screen(np.asarray(stored.dataobj), place))
    assert layer.data.dtype == np.uint16
    assert layer.data.any()
    for corner in ((0, 0, 0), (1, 2, 3)):
        np.testing.assert_allclose(
            layer.data_to_world(corner), scan.data_to_world((0, *corner))[1:]
        )
    assert layer.units == scan.units[1:]
    data, options, _ = layer.as_layer_data_tuple()
    write_layer(str(tmp_path / "own.nii.gz"), data, options)
    own = nib.load(tmp_path / "own.nii.gz")
    np.testing.assert_array_equal(np.asarray(own.dataobj), np.asarray(stored.dataobj))
    np.testing.assert_array_equal(own.affine, nib.load(scan_file).affine)
    assert layer.metadata["napari_dsc"]["settings"]["deconvolution_method"] == "oSVD"


def it_lies_above_the_maps_and_below_the_regions(done):
    """In the grid it follows the maps, in a cell with its name."""
    names = [one.name for one in done.viewer.layers]
    assert names.index("Quality") == names.index("Delay (s)") + 1
    assert names.index("Quality") < names.index("Brain") < names.index("AIF")
    assert quality(done).visible
    assert quality(done).name_overlay.visible


def test_two_colours_tell_no_answer_from_care(patient):
    """One bit that rejects outweighs any advice; nothing is nothing."""
    place = placement(patient.series.affine)
    layer = quality_layer(patient.brain.T.shape, place, grid=True)
    refresh_quality(ViewerModel(), layer, patient.brain.astype(np.uint16), place, {})
    for bits in (REJECTED, BOTH, EVERY, *(bit for bit in WORDS if bit & REJECTING)):
        np.testing.assert_allclose(layer.get_color(int(bits)), NO_ANSWER)
    for bits in (CAREFUL, *(bit for bit in WORDS if not bit & REJECTING)):
        np.testing.assert_allclose(layer.get_color(int(bits)), WITH_CARE)
    drawn = layer.colormap.map(np.array([0, REJECTED, CAREFUL], np.uint16))
    np.testing.assert_allclose(drawn, [(0, 0, 0, 0), NO_ANSWER, WITH_CARE], atol=1e-6)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("color", [NO_ANSWER, WITH_CARE], ids=["no answer", "with care"])
def test_the_colours_stand_out_on_either_canvas(color, theme):
    """A contrast of 3, as WCAG asks of a picture's parts."""
    canvas = np.array(get_theme(theme).canvas.as_rgb_tuple()[:3]) / 255
    assert contrast(color[:3], canvas) >= 3


def test_the_colours_differ_in_lightness():
    """Whoever sees no hue, or prints in grey, can tell them apart."""
    assert contrast(NO_ANSWER[:3], np.array(WITH_CARE[:3])) >= 2.2


def it_is_nobodys_artery_and_nobodys_brain(done):
    """It is made of labels, and yet no mask."""
    assert quality(done) not in masks_of(done.viewer)
    for box in (done.panel.form.artery, done.panel.form.brain):
        assert {one.name for one in box.choices if one is not None} == {"AIF", "Brain"}


def no_brush_paints_on_it(done):
    """Nor after the second run, whose data napari would let a brush edit."""
    z, layer = alone(done), quality(done)
    layer.visible = True
    for _ in range(2):
        done.viewer.layers.selection.active = layer
        layer.mode = "paint"
        before = layer.data.copy()
        done.drag([(z, 12, 10), (z, 12, 11), (z, 12, 12)])
        assert layer.mode == "pan_zoom"
        np.testing.assert_array_equal(layer.data, before)
        done.compute()


def shift_click_goes_through_it_to_the_artery(done):
    """In and out again, while the flags are the active layer."""
    z, layer, aif = alone(done), quality(done), done.panel.form.artery.value
    layer.visible = True
    done.viewer.layers.selection.active = layer
    voxel, before = (z, 14, 11), layer.data.copy()
    for expected in (1, 0):
        done.click(voxel, SHIFT)
        assert aif.data[voxel] == expected
    np.testing.assert_array_equal(layer.data, before)
    assert done.viewer.layers.selection.active is layer


@pytest.mark.parametrize("active", ["AIF", "Brain", None])
def test_what_is_active_stays_active(desk, scan_file, patient, active):
    """With its mode; and if nothing is, nothing becomes so."""
    desk.open(scan_file)
    place = placement(patient.series.affine)
    desk.panel.form.artery.value.data = to_screen(patient.artery, place).astype(np.uint8)
    layer = None if active is None else desk.viewer.layers[active]
    desk.viewer.layers.selection.active = layer
    if layer is not None:
        layer.mode = "erase"
    desk.compute()
    assert quality(desk).data.any()
    assert desk.viewer.layers.selection.active is layer
    assert layer is None or layer.name == "Brain" or layer.mode == "erase"


def a_second_run_refreshes_it_in_place(done):
    """New flags and words in the same layer; visibility and opacity are the user's."""
    layer, count = quality(done), len(done.viewer.layers)
    layer.visible, layer.opacity = False, 0.3
    before = layer.data.copy()
    done.panel.form.method.value = "sSVD"
    done.compute()
    assert quality(done) is layer
    assert len(done.viewer.layers) == count
    assert (layer.visible, layer.opacity) == (False, 0.3)
    assert not np.array_equal(layer.data, before)
    assert set(layer.features["index"]) == set(np.unique(layer.data))
    assert layer.metadata["napari_dsc"]["settings"]["deconvolution_method"] == "sSVD"


def removed_it_comes_back(done):
    """Compute shows what stands against its maps, always; meanwhile no legend speaks of it."""
    done.viewer.layers.remove(quality(done))
    assert not legend(done)
    done.compute()
    assert quality(done).visible
    assert legend(done)


def outside_the_grid_it_does_not_cover_the_map(done):
    """Hidden, unless the user shows it there; each view finds it as it was left."""
    layer, grid = quality(done), done.viewer.canvas.grid
    grid.enabled = False
    assert not layer.visible
    layer.visible = True
    grid.enabled = True
    assert layer.visible
    layer.visible = False
    grid.enabled = False
    assert layer.visible
    assert not layer.name_overlay.visible  # the map on top has the corner for its name
    done.compute()
    assert layer.visible
    grid.enabled = True
    assert not layer.visible


def a_legend_says_the_colours_while_they_are_seen(done):
    """Each word in the colour that it explains."""
    said = {"■ no answer (light)": NO_ANSWER, "■ with care (dark)": WITH_CARE}
    assert {words: pytest.approx(color) for words, color in said.items()} == legend(done)
    quality(done).visible = False
    assert not legend(done)
    quality(done).visible = True
    assert len(legend(done)) == 2
    done.viewer.canvas.grid.enabled = False
    assert not legend(done)


def the_legend_leaves_the_other_words_their_room(done):
    """Beside the words on research use; above them, where the picture is narrow."""
    one = done.viewer.canvas.overlays["■ no answer (light)"]
    for width, corner in ((1600, "bottom_left"), (1100, "bottom_right")):
        done.viewer.window.resize(width, 800)
        done.wait(lambda corner=corner: one.position == corner)
        assert one.visible


def the_status_line_tells_the_words(done, patient):
    """Napari's own, while the layer is active: every word of the voxel's bits."""
    z, layer = alone(done), quality(done)
    layer.visible = True
    told = {
        REJECTED: f"{int(REJECTED)}; no answer: {explain(REJECTED)}",
        BOTH: f"{int(BOTH)}; no answer: {explain(BOTH)}",
        CAREFUL: f"{int(CAREFUL)}; with care: {explain(CAREFUL)}",
        Quality(0): "0",
    }
    voxels = {bits: (z, 16, 9 + column) for column, bits in enumerate(told)}
    flag(done, patient, {voxel: bits for bits, voxel in voxels.items()})
    for bits, words in told.items():
        world = (0, *layer.data_to_world(voxels[bits]))
        said = layer.get_status(world, view_direction=None, dims_displayed=[2, 3], world=True)
        assert said["value"] == words


def the_cursor_reads_the_words_below_the_values(done, patient):
    """Whatever layer is active, be the flags shown or not; of a sound voxel, the values only."""
    z, readout = alone(done), done.panel.curves.readout
    told = {
        REJECTED: f"\nno answer: {explain(REJECTED)}",
        BOTH: f"\nno answer: {explain(Quality.WEAK_BOLUS)}",
        CAREFUL: f"\nwith care: {explain(CAREFUL)}",
        Quality(0): "",
    }
    voxels = {bits: (z, 16, 9 + 2 * column) for column, bits in enumerate(told)}
    flag(done, patient, {voxel: bits for bits, voxel in voxels.items()})
    assert not quality(done).visible
    done.hover((z, 14, 9))
    for bits, voxel in voxels.items():
        done.hover(voxel)
        value = f"CBF {done.map('CBF').data[voxel]:.3g} mL/100g/min"
        done.wait(lambda value=value: value in readout.text())
        values, _, words = readout.text().partition("\n")
        assert value in values
        assert f"\n{words}".rstrip() == told[bits]


def real_flags_are_told_too(done):
    """Of a voxel of the patient that the run has rejected."""
    z, layer = alone(done), quality(done)
    bits = layer.data[z]
    y, x = map(int, np.argwhere(bits & int(REJECTING))[0])
    done.hover((z, y, x))
    done.hover((z, y, x))
    done.wait(lambda: verdict(int(bits[y, x])) in done.panel.curves.readout.text())


def no_word_is_cut_off_in_a_small_window(done, patient):
    """1366 px wide, every flag at once: the line wraps, and the curves do not jump for the next."""
    window = done.panel.window()
    done.viewer.window.resize(1366, 768)
    z, curves = alone(done), done.panel.curves
    voxel, sound = (z, 16, 9), (z, 20, 9)
    flag(done, patient, {voxel: EVERY})
    done.hover((z, 15, 9))
    done.hover(voxel)
    done.wait(lambda: explain(REJECTING) in curves.readout.text())
    readout = curves.readout

    def fits() -> bool:
        flags = int(Qt.TextFlag.TextWordWrap.value)
        room = readout.contentsRect()
        needed = readout.fontMetrics().boundingRect(room, flags, readout.text())
        return needed.height() <= room.height() and needed.width() <= room.width()

    done.wait(fits)
    assert readout.wordWrap()
    assert window.width() == 1366
    assert readout.width() <= 1366
    height = curves.plot.height()
    done.hover(sound)
    done.wait(lambda: "\n" not in readout.text())
    QApplication.processEvents()
    assert curves.plot.height() == height


@pytest.mark.parametrize("part", [0, 1])
def test_one_look_after_the_other(done, scan_file, patient, tmp_path, part):
    """One viewer with maps serves several; what needs the layer untouched comes first."""
    if part == 0:
        the_layer_is_the_file_on_the_axes_of_the_screen(done, scan_file, patient, tmp_path)
        it_lies_above_the_maps_and_below_the_regions(done)
        it_is_nobodys_artery_and_nobodys_brain(done)
        shift_click_goes_through_it_to_the_artery(done)
        no_brush_paints_on_it(done)  # before and after a second run
        hide(done)
        real_flags_are_told_too(done)
        show_in_the_grid(done)
        a_legend_says_the_colours_while_they_are_seen(done)
        show_in_the_grid(done)
        a_second_run_refreshes_it_in_place(done)
    else:
        outside_the_grid_it_does_not_cover_the_map(done)
        show_in_the_grid(done)
        the_legend_leaves_the_other_words_their_room(done)
        show_in_the_grid(done)
        removed_it_comes_back(done)
        hide(done)
        no_word_is_cut_off_in_a_small_window(done, patient)
        hide(done)
        the_status_line_tells_the_words(done, patient)
        hide(done)
        the_cursor_reads_the_words_below_the_values(done, patient)


def hide(desk) -> None:
    """Leave the grid and hide the flags; no word of them is read under the cursor."""
    z = alone(desk)
    quality(desk).visible = False
    desk.viewer.layers.selection.active = desk.panel.form.artery.value
    desk.hover((z, 0, 0))
    desk.wait(lambda: "\n" not in desk.panel.curves.readout.text())


def show_in_the_grid(desk) -> None:
    """The flags as the first run shows them: in the grid, and there only."""
    grid, layer = desk.viewer.canvas.grid, quality(desk)
    if grid.enabled:
        grid.enabled = False
    layer.visible = False
    grid.enabled = True
    layer.visible = True
    desk.viewer.layers.selection.active = desk.panel.form.artery.value
