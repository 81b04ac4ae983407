"""Axes turn here and nowhere else: between files and screen nothing moves in the patient."""

from itertools import product

import nibabel as nib
import numpy as np
import pytest
from napari.layers import Image, Labels

from napari_dsc import DscError, Series
from napari_dsc.viewer.layers import (
    AIF_RED,
    BRAIN_CYAN,
    KEY,
    OBLIQUE,
    mask_from_layer,
    mask_layer_options,
    placement,
    scan_layer_options,
    series_of,
    to_file,
    to_screen,
    volume_options,
)

STRAIGHT = ["RAS", "LAS", "LPS", "RPS", "PIR", "ASL"]
SHAPE = (6, 5, 4)
RAS_TO_LPS = np.array([-1.0, -1.0, 1.0])


def affine_of(orientation: str) -> np.ndarray:
    """Affine of a file whose axes run towards these letters."""
    affine = np.diag([2.0, 2.5, 5.0, 1.0])
    if orientation == "oblique":
        affine[:3, :3] = nib.eulerangles.euler2mat(0.3, 0.1, -0.2) * (2, 2.5, 5)
    else:
        affine[:3, :3] = 0
        for axis, (world, sign) in enumerate(nib.orientations.axcodes2ornt(orientation)):
            affine[int(world), axis] = sign * (2, 2.5, 5)[int(world)]
    affine[:3, 3] = (-20.5, 13.25, 7)
    return affine


@pytest.fixture(params=STRAIGHT)
def straight(request) -> np.ndarray:
    """Affine of a file that lies along the axes of the patient."""
    return affine_of(request.param)


@pytest.fixture(params=[*STRAIGHT, "oblique"])
def affine(request) -> np.ndarray:
    """Affine of a file, straight or oblique."""
    return affine_of(request.param)


def series_on(affine: np.ndarray, **known) -> Series:
    """Scan of 20 volumes, each voxel of which is known by its value."""
    first = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    times = {"time": 1.5 * np.arange(20), "echo_time": 0.03, **known}
    return Series(signal=first[..., None] + np.zeros(20, np.int16), affine=affine, **times)


def corners(shape):
    """Voxels at the corners of a volume."""
    return list(product(*((0, size - 1) for size in shape)))


def world_in_file(affine, voxel) -> np.ndarray:
    """LPS millimetres (x, y, z) of a voxel of a file."""
    return RAS_TO_LPS * (affine @ [*voxel, 1])[:3]


def test_there_and_back(affine):
    """A volume that comes from the file goes back to it, as a view."""
    volume = np.random.default_rng(0).normal(size=SHAPE)
    place = placement(affine)
    shown = to_screen(volume, place)
    assert np.shares_memory(shown, volume)
    back = to_file(shown, place)
    assert np.shares_memory(back, volume)
    np.testing.assert_array_equal(back, volume)


def test_time_comes_first_on_screen(affine):
    """(x, y, z, t) of the file is (t, z, y, x) of the screen, without a copy."""
    series = series_on(affine)
    place = placement(affine)
    shown = to_screen(series.signal, place)
    assert np.shares_memory(shown, series.signal)
    assert shown.shape == (20, *to_screen(series.signal[..., 0], place).shape)
    np.testing.assert_array_equal(shown[7], to_screen(series.signal[..., 7], place))


def test_layers_only_flip_and_shift(affine):
    """napari paints wrongly where a layer is turned: the matrix is diagonal, with the sizes."""
    place = placement(affine)
    np.testing.assert_array_equal(place.matrix[:3, :3], np.diag(np.diagonal(place.matrix)[:3]))
    np.testing.assert_array_equal(place.matrix[3], [0, 0, 0, 1])
    sizes = nib.affines.voxel_sizes(affine)[list(place.order)][::-1]
    np.testing.assert_allclose(np.abs(np.diagonal(place.matrix)[:3]), sizes)


def test_every_voxel_stays_where_it_is_in_the_patient(straight):
    """At each corner the screen's world is the file's, in LPS, to the last bit."""
    series = series_on(straight)
    layer = Image(to_screen(series.signal, placement(straight)), **scan_layer_options(series, "x"))
    for voxel in corners(layer.data.shape[1:]):
        in_file = np.unravel_index(layer.data[(0, *voxel)], SHAPE)
        world = layer.data_to_world((0, *voxel))[1:]
        np.testing.assert_array_equal(world[::-1], world_in_file(straight, in_file))


def test_an_oblique_scan_stays_at_its_first_voxel():
    """The rest is shown as if it were straight, and the angle is known."""
    affine = affine_of("oblique")
    place = placement(affine)
    np.testing.assert_allclose(
        (place.matrix @ [0, 0, 0, 1])[2::-1], world_in_file(affine, (0,) * 3)
    )
    assert place.obliquity > OBLIQUE
    cosines = np.abs(affine[:3, :3] / nib.affines.voxel_sizes(affine)).max(axis=0)
    assert place.obliquity == pytest.approx(np.degrees(np.arccos(cosines.min())))


def test_a_straight_scan_is_not_oblique(straight):
    """And is not announced as such."""
    assert placement(straight).obliquity < 1e-3


@pytest.mark.parametrize(
    ("axis", "towards"),
    [(0, (-1, 0, 0)), (1, (0, -1, 0)), (2, (0, 0, 1))],
    ids=["left is on the right", "the back is below", "the crown comes last"],
)
def test_the_picture_is_radiological(affine, axis, towards):
    """Along x, y and z of the screen one goes to the patient's left, back and head."""
    series = series_on(affine)
    layer = Image(to_screen(series.signal, placement(affine)), **scan_layer_options(series, "x"))
    on_screen, in_patient = [], []
    for voxel in corners(layer.data.shape[1:]):
        in_file = np.unravel_index(layer.data[(0, *voxel)], SHAPE)
        on_screen.append(layer.data_to_world((0, *voxel))[::-1][axis])
        in_patient.append(np.dot(towards, (affine @ [*in_file, 1])[:3]))
    assert np.corrcoef(on_screen, in_patient)[0, 1] > 0.8


def test_a_scan_knows_its_axes_and_units(affine):
    """Seconds along t, with the repetition time as the step; millimetres along the others."""
    series = series_on(affine)
    options = scan_layer_options(series, "scan")
    layer = Image(to_screen(series.signal, placement(affine)), **options)
    assert layer.name == "scan"
    assert layer.axis_labels == ("t", "z", "y", "x")
    assert [str(unit) for unit in layer.units] == ["second", *["millimeter"] * 3]
    matrix = layer.affine.affine_matrix
    assert matrix[0, 0] == 1.5
    assert not matrix[0, 1:].any()
    assert not matrix[1:, 0].any()
    np.testing.assert_array_equal(matrix[1:, 1:], placement(affine).matrix)
    assert np.shares_memory(layer.data, series.signal)


def test_an_unknown_time_step_is_no_second():
    """Volumes are counted, in no unit of time."""
    series = series_on(np.eye(4), time=None)
    layer = Image(series.signal.T, **scan_layer_options(series, "scan"))
    assert str(layer.units[0]) == "pixel"
    assert layer.affine.affine_matrix[0, 0] == 1


@pytest.mark.parametrize("fill", [0, np.nan, np.inf, -5])
def test_a_window_is_always_one(fill):
    """Empty, missing or negative signals still give limits that napari takes."""
    signal = np.full((*SHAPE, 20), fill, np.float32)
    series = Series(signal=signal, time=None, echo_time=None, affine=np.eye(4))
    low, high = scan_layer_options(series, "scan")["contrast_limits"]
    assert low == 0 < high < np.inf


def test_a_layer_of_ours_carries_its_scan():
    """With times, sources and the true affine."""
    series = series_on(affine_of("oblique"))
    layer = Image(
        to_screen(series.signal, placement(series.affine)), **scan_layer_options(series, "scan")
    )
    assert series_of(layer) is series


TRANSFORMS = {
    "none": {},
    "scale": {"scale": (1.5, 5, 2, 2.5)},
    "scale and translate": {"scale": (1.5, 5, 2, 2.5), "translate": (0, 7, -8, 9)},
    "flips": {"affine": np.diag([1.5, 5, -2, -2.5, 1])},
    "flips and translate": {
        "affine": np.diag([1.5, 5, -2, -2.5, 1]),
        "translate": (0, 7, -8, 9),
    },
    "all": {
        "affine": np.diag([1, 2, -1, -1, 1]) + np.outer([0, 3, 4, 5, 0], [0, 0, 0, 0, 1]),
        "scale": (1.5, 5, 2, 2.5),
        "translate": (0, 7, -8, 9),
    },
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
def test_what_is_computed_lies_on_a_layer_of_others(transform):
    """A map of a scan that somebody else opened covers that scan, at every corner."""
    layer = Image(np.zeros((20, 4, 5, 6), np.int16), **transform)
    series = series_of(layer)
    place = placement(series.affine)
    shown = Image(to_screen(series.signal[..., 0], place), **volume_options(place))
    assert shown.data.shape == layer.data.shape[1:]
    for voxel in corners(shown.data.shape):
        np.testing.assert_allclose(
            shown.data_to_world(voxel), layer.data_to_world((0, *voxel))[1:], atol=1e-9
        )


def test_the_times_of_a_layer_of_others_are_unknown():
    """Whatever its scale says, nobody said that it is time: a notice asks for it."""
    data = np.arange(20 * 60, dtype=np.int16).reshape(20, 3, 4, 5)
    series = series_of(Image(data, scale=(1.5, 5, 2, 2)))
    assert series.time is None
    assert series.echo_time is None
    assert any("repetition time" in notice for notice in series.questions)
    assert np.shares_memory(series.signal, data)
    np.testing.assert_array_equal(series.signal, data.T)


def test_a_mask_is_read_in_the_axes_of_the_file(affine):
    """What is painted on a voxel of the screen marks the voxel of the file that is shown there."""
    series = series_on(affine)
    place = placement(affine)
    names = to_screen(series.signal[..., 0], place)
    layer = Labels(np.zeros(names.shape, np.uint8), **mask_layer_options(series, "AIF", AIF_RED))
    painted = [(0, 0, 0), tuple(size - 1 for size in names.shape), (1, 2, 1)]
    for label, voxel in enumerate(painted, start=1):
        layer.data_setitem(tuple(np.array([one]) for one in voxel), label)
    mask = mask_from_layer(layer, place, SHAPE)
    assert mask.dtype == bool
    assert not np.shares_memory(mask, layer.data)
    assert set(series.signal[..., 0][mask]) == {names[voxel] for voxel in painted}


def test_a_mask_that_was_painted_through_time_is_collapsed(affine):
    """A voxel painted in any volume counts, once."""
    series = series_on(affine)
    place = placement(affine)
    names = to_screen(series.signal[..., 0], place)
    painted = np.zeros((20, *names.shape), np.uint8)
    painted[3, 0, 1, 2] = painted[9, 0, 1, 2] = painted[19, 1, 1, 1] = 1
    mask = mask_from_layer(Labels(painted), place, SHAPE)
    assert set(series.signal[..., 0][mask]) == {names[0, 1, 2], names[1, 1, 1]}


def test_negative_labels_are_no_mask():
    """Every positive label counts, and no other."""
    labels = np.array([[[-1, 0, 1, 2]]])
    mask = mask_from_layer(Labels(labels), placement(np.eye(4)), (4, 1, 1))
    assert mask[:, 0, 0].tolist() == [False, False, True, True]


@pytest.mark.parametrize("shape", [(4, 5, 7), (5, 6), (20, 4, 5, 7), (2, 20, 4, 5, 6)])
def test_a_mask_of_another_scan_is_refused(shape):
    """By its name, with both shapes."""
    with pytest.raises(DscError, match=r"layer 'Brain' must have the shape .*\(4, 5, 6\), got"):
        mask_from_layer(Labels(np.ones(shape, np.uint8), name="Brain"), placement(np.eye(4)), SHAPE)


def test_a_mask_of_the_wrong_axes_is_refused(affine):
    """The shape that counts is that on the screen."""
    place = placement(affine)
    wrong = np.zeros(tuple(size + 1 for size in to_screen(np.empty(SHAPE), place).shape), np.uint8)
    with pytest.raises(DscError, match="Choose the layer that belongs to this scan"):
        mask_from_layer(Labels(wrong), place, SHAPE)


@pytest.mark.parametrize("color", [AIF_RED, BRAIN_CYAN])
def test_a_mask_layer_lies_on_its_scan_in_one_colour(affine, color):
    """World space is shared with the scan, units included; zero is clear, the rest one colour."""
    series = series_on(affine)
    place = placement(affine)
    scan = Image(to_screen(series.signal, place), **scan_layer_options(series, "scan"))
    shape = scan.data.shape[1:]
    layer = Labels(np.zeros(shape, np.uint8), **mask_layer_options(series, "mask", color))
    assert layer.units == scan.units[1:]
    assert layer.axis_labels == scan.axis_labels[1:]
    for voxel in corners(shape):
        np.testing.assert_array_equal(
            layer.data_to_world(voxel), scan.data_to_world((0, *voxel))[1:]
        )
    np.testing.assert_allclose(layer.get_color(1), color, atol=0.01)
    np.testing.assert_allclose(layer.get_color(7), color, atol=0.01)
    np.testing.assert_array_equal(layer.metadata[KEY]["affine"], affine)


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 1, 2)])
def test_a_mask_that_runs_the_other_way_round_is_turned(axes):
    """Left stays left: the place of a layer counts, not the order of its voxels."""
    place = placement(np.diag([-2.0, 3, 4, 1]))
    mask = np.zeros((4, 5, 6), np.uint8)  # z, y, x
    mask[1, 1, 2] = 1
    straight = Labels(mask, **volume_options(place))
    expected = mask_from_layer(straight, place, (6, 5, 4))
    matrix = place.matrix.copy()
    for axis in axes:
        matrix[:3, 3] += matrix[:3, axis] * (mask.shape[axis] - 1)
        matrix[:3, axis] *= -1
    turned = Labels(np.flip(mask, axes).copy(), **{**volume_options(place), "affine": matrix})
    np.testing.assert_array_equal(mask_from_layer(turned, place, (6, 5, 4)), expected)


@pytest.mark.parametrize("change", ["shift", "size"])
def test_a_mask_on_another_grid_is_refused(change):
    """The same shape is not the same place."""
    place = placement(np.diag([-2.0, 3, 4, 1]))
    matrix = place.matrix.copy()
    if change == "shift":
        matrix[1, 3] += 1.5
    else:
        matrix[2, 2] *= 1.1
    layer = Labels(np.ones((4, 5, 6), np.uint8), **{**volume_options(place), "affine": matrix})
    with pytest.raises(DscError, match="scan's grid"):
        mask_from_layer(layer, place, (6, 5, 4))


def test_a_mask_that_nobody_has_placed_is_taken_voxel_by_voxel():
    """A bare array on screen says nothing of its place."""
    place = placement(np.diag([-2.0, 3, 4, 1]))
    bare = np.arange(120).reshape(4, 5, 6) % 7 == 0
    placed = mask_from_layer(
        Labels(bare.astype(np.uint8), **volume_options(place)), place, (6, 5, 4)
    )
    found = mask_from_layer(Labels(bare.astype(np.uint8)), place, (6, 5, 4))
    np.testing.assert_array_equal(found, placed)


def test_the_window_of_a_large_scan_is_read_off_some_of_its_voxels():
    """Within a few percent of all of them; a small scan is looked at whole."""
    signal = np.random.default_rng(0).gamma(4, 100, (160, 160, 24, 6)).astype(np.float32)
    for some in (signal, signal[:20, :20]):
        series = Series(signal=some, time=None, echo_time=None, affine=np.eye(4))
        top = scan_layer_options(series, "scan")["contrast_limits"][1]
        assert top == pytest.approx(np.percentile(some[..., 5], 99.5), rel=0.03)
