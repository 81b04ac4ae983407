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
from tests.viewer.desk import resize

SHIFT = Qt.KeyboardModifier.ShiftModifier
REJECTED, CAREFUL = Quality.EDGE | Quality.NOT_POSITIVE, Quality.UNRETURNED | Quality.EARLY
BOTH = Quality.WEAK_BOLUS | Quality.EARLY
EVERY = sum(WORDS)


def test_fault_423_what_is_read_with_care_is_called_so_once():
    """Files call these flags advisory; the screen says it in front of them."""
    assert verdict(CAREFUL) == (
        "with care: curve has not returned by the end of the scan; bolus more than 3 s before the "
        "artery's"
    )


def quality(desk):
    """The layer of the flags."""
    return desk.viewer.layers["Quality"]


def alone(desk) -> int:
    """Leave the grid; return the slice on screen."""
    desk.viewer.canvas.grid.enabled = False
    desk.viewer.fit_to_view()
    QApplication.processEvents()
    return int(desk.viewer.dims.current_step[1])


def hide(desk) -> None:
    """Leave the grid and hide the flags; no word of them is read under the cursor."""
    z = alone(desk)
    quality(desk).visible = False
    desk.viewer.layers.selection.active = desk.panel.form.artery.value
    desk.hover((z, 0, 0))
    desk.wait(lambda: "\n" not in desk.panel.curves.readout.text())


def flag(desk, patient, flags) -> None:
    """Show these flags, {voxel (z, y, x): bits}, and no others."""
    layer, place = quality(desk), placement(patient.series.affine)
    shown = np.zeros(layer.data.shape, np.uint16)
    for voxel, bits in flags.items():
        shown[voxel] = bits
    refresh_quality(desk.viewer, layer, to_file(shown, place), place, {})


def legend(desk) -> dict[str, tuple[float, ...]]:
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


def test_the_layer_is_the_file_on_the_axes_of_the_screen(computed, scan_file, patient, tmp_path):
    """Bit by bit, on the scan's grid, by Save maps and by napari's own Save."""
    layer, scan = quality(computed), computed.panel.form.series.value
    computed.panel.results.save_to(tmp_path / "out")
    computed.wait(lambda: "Saved" in computed.panel.status.text())
    stored = nib.Nifti1Image.from_filename(tmp_path / "out" / "patient_quality.nii.gz")
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
    own = nib.Nifti1Image.from_filename(tmp_path / "own.nii.gz")
    np.testing.assert_array_equal(np.asarray(own.dataobj), np.asarray(stored.dataobj))
    np.testing.assert_array_equal(own.affine, nib.Nifti1Image.from_filename(scan_file).affine)
    assert layer.metadata["napari_dsc"]["settings"]["deconvolution_method"] == "oSVD"


def test_it_lies_above_the_maps_and_below_the_regions(computed):
    """In the grid it has no tile, until somebody shows it: then one with its name."""
    names = [one.name for one in computed.viewer.layers]
    assert names.index("Quality") == names.index("Delay (s)") + 1
    assert names.index("Quality") < names.index("Brain") < names.index("AIF")
    assert not quality(computed).visible
    quality(computed).visible = True
    assert quality(computed).name_overlay.visible


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


def test_it_is_nobodys_artery_and_nobodys_brain(computed):
    """It is made of labels, and yet no mask."""
    assert quality(computed) not in masks_of(computed.viewer)
    for box in (computed.panel.form.artery, computed.panel.form.brain):
        assert {one.name for one in box.choices if one is not None} == {"AIF", "Brain"}


def test_no_brush_paints_on_it(computed):
    """Nor after the second run, whose data napari would let a brush edit."""
    z, layer = alone(computed), quality(computed)
    layer.visible = True
    for _ in range(2):
        computed.viewer.layers.selection.active = layer
        layer.mode = "paint"
        before = layer.data.copy()
        computed.drag([(z, 12, 10), (z, 12, 11), (z, 12, 12)])
        assert layer.mode == "pan_zoom"
        np.testing.assert_array_equal(layer.data, before)
        computed.compute()


def test_shift_click_goes_through_it_to_the_artery(computed):
    """In and out again, while the flags are the active layer."""
    z, layer, aif = alone(computed), quality(computed), computed.panel.form.artery.value
    layer.visible = True
    computed.viewer.layers.selection.active = layer
    voxel, before = (z, 14, 11), layer.data.copy()
    for expected in (1, 0):
        computed.click(voxel, SHIFT)
        assert aif.data[voxel] == expected
    np.testing.assert_array_equal(layer.data, before)
    assert computed.viewer.layers.selection.active is layer


@pytest.mark.parametrize("active", ["AIF", "Brain", None])
def test_what_is_active_stays_active(desk, scan_file, patient, active):
    """Without its brush; and if nothing is, nothing becomes so."""
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
    assert layer is None or layer.mode == "pan_zoom"  # Compute lifts every brush


def test_a_second_run_refreshes_it_in_place(computed):
    """New flags and words in the same layer; visibility and opacity are the user's."""
    layer, count = quality(computed), len(computed.viewer.layers)
    layer.visible, layer.opacity = False, 0.3
    before = layer.data.copy()
    computed.panel.form.method.value = "sSVD"
    computed.compute()
    assert quality(computed) is layer
    assert len(computed.viewer.layers) == count
    assert (layer.visible, layer.opacity) == (False, 0.3)
    assert not np.array_equal(layer.data, before)
    assert set(layer.features["index"]) == set(np.unique(layer.data))
    assert layer.metadata["napari_dsc"]["settings"]["deconvolution_method"] == "sSVD"


def test_removed_it_comes_back(computed):
    """Compute shows what stands against its maps, always; meanwhile no legend speaks of it."""
    computed.viewer.layers.remove(quality(computed))
    assert not legend(computed)
    computed.compute()
    assert not quality(computed).visible
    quality(computed).visible = True
    assert legend(computed)


def test_outside_the_grid_it_does_not_cover_the_map(computed):
    """Hidden, unless the user shows it there; each view finds it as it was left."""
    layer, grid = quality(computed), computed.viewer.canvas.grid
    layer.visible = True
    grid.enabled = False
    assert not layer.visible
    layer.visible = True
    grid.enabled = True
    assert layer.visible
    layer.visible = False
    grid.enabled = False
    assert layer.visible
    assert not layer.name_overlay.visible  # the map on top has the corner for its name
    computed.compute()
    assert layer.visible
    grid.enabled = True
    assert not layer.visible


def test_a_legend_says_the_colours_while_they_are_seen(computed):
    """Each word in the colour that it explains."""
    assert not legend(computed)
    quality(computed).visible = True
    said = {"■ no answer (light)": NO_ANSWER, "■ with care (dark)": WITH_CARE}
    assert {words: pytest.approx(color) for words, color in said.items()} == legend(computed)
    quality(computed).visible = False
    assert not legend(computed)
    quality(computed).visible = True
    assert len(legend(computed)) == 2
    computed.viewer.canvas.grid.enabled = False
    assert not legend(computed)


def test_the_legend_leaves_the_other_words_their_room(computed):
    """Beside the words on research use; above them, where the picture is narrow."""
    quality(computed).visible = True
    one = computed.viewer.canvas.overlays["■ no answer (light)"]
    for width, corner in ((1600, "bottom_left"), (1100, "bottom_right")):
        resize(computed.viewer.window, width, 800)
        computed.wait(lambda corner=corner: one.position == corner)
        assert one.visible


def test_the_status_line_tells_the_words(computed, patient):
    """Napari's own, while the layer is active: every word of the voxel's bits."""
    hide(computed)
    z, layer = alone(computed), quality(computed)
    layer.visible = True
    told = {
        REJECTED: f"{int(REJECTED)}; no answer: {explain(REJECTED)}",
        BOTH: f"{int(BOTH)}; no answer: {explain(BOTH)}",
        CAREFUL: f"{int(CAREFUL)}; {verdict(CAREFUL)}",
        Quality(0): "0",
    }
    voxels = {bits: (z, 16, 9 + column) for column, bits in enumerate(told)}
    flag(computed, patient, {voxel: bits for bits, voxel in voxels.items()})
    for bits, words in told.items():
        world = (0, *layer.data_to_world(voxels[bits]))
        said = layer.get_status(world, view_direction=None, dims_displayed=[2, 3], world=True)
        assert said["value"] == words


def test_the_cursor_reads_the_words_below_the_values(computed, patient):
    """Whatever layer is active, be the flags shown or not; of a sound voxel, the values only."""
    hide(computed)
    z, readout = alone(computed), computed.panel.curves.readout
    told = {
        REJECTED: f"\nno answer: {explain(REJECTED)}",
        BOTH: f"\nno answer: {explain(Quality.WEAK_BOLUS)}",
        CAREFUL: f"\n{verdict(CAREFUL)}",
        Quality(0): "",
    }
    voxels = {bits: (z, 16, 9 + 2 * column) for column, bits in enumerate(told)}
    flag(computed, patient, {voxel: bits for bits, voxel in voxels.items()})
    assert not quality(computed).visible
    computed.hover((z, 14, 9))
    for bits, voxel in voxels.items():
        computed.hover(voxel)
        value = f"CBF {computed.map('CBF').data[voxel]:.3g} mL/100g/min"
        computed.wait(lambda value=value: value in readout.text())
        values, _, words = readout.text().partition("\n")
        assert value in values
        assert f"\n{words}".rstrip() == told[bits]


def test_real_flags_are_told_too(computed):
    """Of a voxel of the patient that the run has rejected."""
    hide(computed)
    z, layer = alone(computed), quality(computed)
    bits = layer.data[z]
    y, x = map(int, np.argwhere(bits & int(REJECTING))[0])
    computed.hover((z, y, x))
    computed.hover((z, y, x))
    computed.wait(lambda: verdict(int(bits[y, x])) in computed.panel.curves.readout.text())


def test_no_word_is_cut_off_in_a_small_window(computed, patient):
    """1366 px wide, every flag at once: the line wraps, and the curves do not jump for the next."""
    hide(computed)
    window = computed.panel.window()
    resize(computed.viewer.window, 1366, 768)
    z, curves = alone(computed), computed.panel.curves
    voxel, sound = (z, 16, 9), (z, 20, 9)
    flag(computed, patient, {voxel: EVERY})
    computed.hover((z, 15, 9))
    computed.hover(voxel)
    computed.wait(lambda: explain(REJECTING) in curves.readout.text())
    readout = curves.readout

    def fits() -> bool:
        flags = int(Qt.TextFlag.TextWordWrap.value)
        room = readout.contentsRect()
        needed = readout.fontMetrics().boundingRect(room, flags, readout.text())
        return needed.height() <= room.height() and needed.width() <= room.width()

    computed.wait(fits)
    assert readout.wordWrap()
    assert window.width() == 1366
    assert readout.width() <= 1366
    height = curves.plot.height()
    computed.hover(sound)
    computed.wait(lambda: "\n" not in readout.text())
    QApplication.processEvents()
    assert curves.plot.height() == height
