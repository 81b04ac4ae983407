"""Motion that was put in by another library is found, and nothing where there was none."""

import sys
from dataclasses import replace
from time import process_time

import numpy as np
import pytest
from scipy import ndimage

from napari_dsc import DscError, phantom
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.motion import Motion, align, moved_back

SIZE = np.array([2.0, 2.0, 5.0])  # mm
BASELINE = slice(3, 12)


@pytest.fixture(scope="module")
def still():
    """A head that does not move, on voxels of 2 × 2 × 5 mm; few volumes, to be quick."""
    patient = phantom((40, 40, 10), 30, repetition_time=2.0, seed=2)
    affine = np.diag([*-SIZE[:2], SIZE[2], 1.0])
    return replace(patient, series=replace(patient.series, affine=affine))


def turned(volume, shift, degrees):
    """A volume moved by millimetres, and turned in its plane about its centre."""
    angle = np.radians(degrees)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    centre = (np.array(volume.shape) - 1) / 2
    matrix = np.diag(1 / SIZE) @ turn @ np.diag(SIZE)
    offset = centre - matrix @ (centre + shift / SIZE)
    return ndimage.affine_transform(volume.astype(float), matrix, offset, order=3, mode="nearest")


def moved(patient, moves):
    """The patient with some volumes moved: {volume: (shift in mm, degrees)}."""
    signal = patient.series.signal.astype(np.float32)
    for volume, (shift, degrees) in moves.items():
        signal[..., volume] = turned(signal[..., volume], np.array(shift), degrees)
    return replace(patient.series, signal=signal)


def corrected(patient, series) -> Motion:
    return finished(align(series, baseline=BASELINE, brain=patient.brain))


@pytest.mark.parametrize("snr", [50, 100])
def test_a_head_that_is_still_is_left_alone(snr):
    """The bolus is no motion: neither in a large search nor in a small one."""
    patient = phantom((40, 40, 10), 30, repetition_time=2.0, snr=snr, seed=2)
    affine = np.diag([*-SIZE[:2], SIZE[2], 1.0])
    series = replace(patient.series, affine=affine)
    found = corrected(patient, series)
    assert np.abs(found.translation).max() < 0.3
    assert found.displacement.max() < 0.5
    assert np.median(found.displacement) < 0.1
    assert not found.interpolated.any()
    left = found.displacement < 0.25
    assert left.mean() > 0.8
    np.testing.assert_array_equal(found.series.signal[..., left], series.signal[..., left])


def test_motion_is_found_before_during_and_after_the_bolus(still):
    """Steps of 2 to 3 mm and degrees, and a drift."""
    moves = {
        8: ((2.5, 0.0, 0.0), 0.0),
        13: ((0.0, -2.0, 0.0), 2.0),
        15: ((1.5, 1.5, 2.0), 0.0),
        **{volume: ((0.0, 0.1 * (volume - 19), 0.0), 0.0) for volume in range(20, 30)},
    }
    found = corrected(still, moved(still, moves))
    for volume, (shift, degrees) in moves.items():
        assert abs(np.abs(found.rotation[volume, 2]) - abs(degrees)) < 0.7
        if not degrees:
            np.testing.assert_allclose(
                np.abs(found.translation[volume]), np.abs(shift), atol=0.35, err_msg=str(volume)
            )
    assert "moved by up to 2." in found.notices[0] or "moved by up to 3." in found.notices[0]
    assert found.notices[0] in found.series.notices
    np.testing.assert_array_equal(found.series.time, still.series.time)


def test_the_maps_are_nearer_to_those_of_a_still_head_afterwards(still):
    """Of a head that was shaken during the first pass."""
    moves = {volume: ((2.5 * (-1) ** volume, 0.0, 0.0), 0.0) for volume in range(12, 20)}
    shaken = moved(still, moves)
    settings = Settings(baseline=(3, 9))

    def flow(series):
        made = finished(stages(replace(series, checked=True), still.artery, still.brain, settings))
        return made.maps.cbf.values

    right = flow(still.series)
    errors = []
    for series in (shaken, corrected(still, shaken).series):
        found = flow(series)
        known = still.brain & np.isfinite(found) & np.isfinite(right)
        errors.append(float(np.abs(found - right)[known].mean()))
    assert errors[1] < 0.7 * errors[0]


def test_what_moves_in_from_outside_has_no_answer(still):
    """NaN, never 0; and a voxel without a number stays one."""
    series = moved(still, {5: ((0.0, 0.0, 6.0), 0.0)})
    series.signal[20, 20, 5, 5] = np.nan
    found = corrected(still, series)
    assert np.isnan(found.series.signal[..., 5]).any()
    assert np.isnan(found.series.signal[18:23, 18:23, 3:8, 5]).any()
    assert np.isfinite(found.series.signal[..., 0]).all()


def test_few_slices_are_corrected_in_their_plane():
    """What four slices cannot tell is not estimated, and that is said."""
    patient = phantom((40, 40, 4), 30, repetition_time=2.0, seed=2)
    series = replace(patient.series, affine=np.diag([*-SIZE[:2], SIZE[2], 1.0]))
    series = moved(replace(patient, series=series), {10: ((2.0, 0.0, 0.0), 0.0)})
    found = corrected(patient, series)
    assert abs(abs(found.translation[10, 0]) - 2.0) < 0.35
    assert not found.translation[:, 2].any()
    assert not found.rotation[:, :2].any()
    assert any("in their plane" in words for words in found.notices)


def test_it_gives_the_same_bytes_every_time(still):
    series = moved(still, {10: ((2.0, 0.0, 0.0), 0.0)})
    one, other = corrected(still, series), corrected(still, series)
    np.testing.assert_array_equal(one.series.signal, other.series.signal)
    np.testing.assert_array_equal(one.translation, other.translation)


def test_it_can_be_stopped_at_every_volume(still):
    work = align(still.series, baseline=BASELINE, brain=still.brain)
    steps = [next(work) for _ in range(5)]
    work.close()
    assert [one.fraction for one in steps] == sorted(one.fraction for one in steps)


def test_what_lies_nowhere_is_refused(still):
    with pytest.raises(DscError, match="says where it lies"):
        finished(align(replace(still.series, affine=None)))


def test_without_the_extra_it_says_what_to_install(still, monkeypatch):
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    with pytest.raises(DscError, match=r"pip install 'napari-dsc\[motion\]'"):
        finished(align(still.series))


@pytest.mark.parametrize("volume", [14, 25])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_turn_is_found_about_every_axis_and_with_its_sign(still, axis, volume):
    """In the bolus and after it; the turn put in is the one that is read."""
    plane = [one for one in range(3) if one != axis]
    angle = np.radians(2.5)
    turn = np.eye(3)  # what align reports, forwards: x to y, y to z, z to x
    one, two = plane if axis != 1 else plane[::-1]
    turn[one, one] = turn[two, two] = np.cos(angle)
    turn[one, two], turn[two, one] = -np.sin(angle), np.sin(angle)
    before = still.series.signal.astype(np.float32)
    centre = (np.array(before.shape[:3]) - 1) / 2
    matrix = np.diag(1 / SIZE) @ turn.T @ np.diag(SIZE)
    before[..., volume] = ndimage.affine_transform(
        before[..., volume], matrix, centre - matrix @ centre, order=3, mode="nearest"
    )
    found = corrected(still, replace(still.series, signal=before))
    assert found.rotation[volume, axis] == pytest.approx(2.5, abs=0.8)
    assert np.abs(np.delete(found.rotation[volume], axis)).max() < 0.5


def test_a_shift_is_reported_with_its_sign(still):
    """Of the head, along the axes of the file: +2 mm is read as +2 mm."""
    series = moved(still, {20: ((2.0, 0.0, 0.0), 0.0), 21: ((0.0, 0.0, -2.0), 0.0)})
    found = corrected(still, series)
    assert found.translation[20, 0] == pytest.approx(2.0, abs=0.3)
    assert found.translation[21, 2] == pytest.approx(-2.0, abs=0.3)


def test_volumes_that_show_no_head_move_as_their_neighbours(still):
    """Noise, nothing and no numbers: none is matched with a head."""
    signal = still.series.signal.astype(np.float32)
    signal[..., 18] = np.random.default_rng(0).normal(0, 50, signal.shape[:3])
    signal[..., 22], signal[..., 25] = 0.0, np.nan
    found = corrected(still, replace(still.series, signal=signal))
    assert found.interpolated[[18, 22, 25]].all()
    assert found.interpolated.sum() == 3
    assert found.displacement.max() < 0.5


def test_other_users_of_the_library_keep_their_threads(still):
    import SimpleITK

    before = SimpleITK.ProcessObject.GetGlobalDefaultNumberOfThreads()
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(2)
    try:
        work = align(still.series, baseline=BASELINE, brain=still.brain)
        for _ in range(4):
            next(work)
        work.close()
        assert SimpleITK.ProcessObject.GetGlobalDefaultNumberOfThreads() == 2
    finally:
        SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def test_a_scan_is_moved_back_as_it_is_known_to_have_moved(still):
    """The moves alone give the same numbers to the bit: that is what a record holds."""
    series = moved(still, {14: ((3.0, -2.0, 0.0), 2.0), 20: ((0.0, 2.5, 0.0), 0.0)})
    found = corrected(still, series)
    assert found.series.moves is not None
    again = finished(moved_back(series, found.series.moves))
    np.testing.assert_array_equal(again.signal, found.series.signal)
    left = ~found.series.moves.any(axis=1)
    assert 20 <= left.sum() <= 28
    np.testing.assert_array_equal(again.signal[..., left], series.signal[..., left])


def test_what_does_not_fit_is_refused(still):
    series = still.series
    with pytest.raises(DscError, match="six numbers for each of 30 volumes"):
        finished(moved_back(series, np.zeros((29, 6))))
    with pytest.raises(DscError, match="corrected already"):
        finished(align(replace(series, moves=np.zeros((30, 6)))))
    with pytest.raises(DscError, match="brain must hold"):
        finished(align(series, baseline=BASELINE, brain=np.zeros_like(still.brain)))
    empty = series.signal.astype(np.float32)
    empty[..., BASELINE] = np.nan
    with pytest.raises(DscError, match="baseline must hold numbers"):
        finished(align(replace(series, signal=empty), baseline=BASELINE, brain=still.brain))


def test_it_stops_at_once_and_gives_the_threads_back():
    """In the middle of a volume of a full matrix, in little more time than a scan takes to make."""
    from SimpleITK import ImageRegistrationMethod as Method

    threads = Method.GetGlobalDefaultNumberOfThreads()
    before = process_time()
    patient = phantom((128, 128, 20), 30, repetition_time=2.0, seed=2)
    made = process_time() - before
    work = align(patient.series, baseline=BASELINE, brain=patient.brain)
    steps = [next(work) for _ in range(5)]
    assert steps[-1].stage == "Comparing the volumes"
    before = process_time()
    work.close()
    assert process_time() - before < 5 * made  # all that is left takes more than ten times as long
    assert Method.GetGlobalDefaultNumberOfThreads() == threads


@pytest.mark.parametrize("slices", [1, 2, 3])
def test_fault_106_few_slices_are_moved_alike_every_time(slices):
    """A spline of two samples read a third from whatever memory held; and it keeps their values."""
    patient = phantom((24, 24, slices), 12, arrival=8.0, snr=200)
    moves = np.zeros((12, 6))
    moves[3:] = [0.03, 0.02, 0.05, 1.0, 0.5, 0.8]
    moves[6] = [0.0, 0.0, 0.0, 2 * SIZE[0], 0.0, 0.0]
    made = [finished(moved_back(patient.series, moves)).signal for _ in range(6)]
    for again in made[1:]:
        np.testing.assert_array_equal(again, made[0])
    known = np.isfinite(made[0])
    assert known[..., 6].mean() > 0.8
    largest = patient.series.signal.max()
    assert np.abs(made[0][known]).max() <= 1.2 * largest
    if slices == 2:  # out of the slices there is no answer
        assert patient.series.affine is not None
        through = np.zeros((12, 6))
        through[3:, 5] = 0.75 * np.linalg.norm(patient.series.affine[:3, 2])
        seen = np.isfinite(finished(moved_back(patient.series, through)).signal[..., 3:])
        assert seen.any(axis=(0, 1, 3)).sum() == 1


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("voxels", [1, -2])
def test_a_move_by_whole_voxels_is_taken_back_exactly(still, axis, voxels):
    """Closed form: shifted by so many voxels, every volume is the one that was."""
    moves = np.zeros((30, 6))
    moves[20, 3 + axis] = voxels * SIZE[axis]
    signal = still.series.signal.astype(np.float32)
    shaken = signal.copy()
    shaken[..., 20] = np.roll(signal[..., 20], voxels, axis=axis)
    found = finished(moved_back(replace(still.series, signal=shaken), moves)).signal[..., 20]
    inside = np.isfinite(found) & np.isfinite(np.roll(found, 1, axis=axis))
    inside &= ~np.isnan(np.roll(found, -1, axis=axis))
    assert inside.mean() >= 0.6
    np.testing.assert_allclose(found[inside], signal[..., 20][inside], atol=0.02)


def test_a_turn_is_taken_back_about_the_centre(still):
    """A quarter turn in the plane of square voxels is exact too."""
    moves = np.zeros((30, 6))
    moves[20, 2] = np.pi / 2
    signal = still.series.signal.astype(np.float32)
    found = finished(moved_back(replace(still.series, signal=signal), moves)).signal[..., 20]
    turned_back = [np.rot90(signal[..., 20], quarter, axes=(0, 1)) for quarter in (1, -1)]
    known = np.isfinite(found)
    assert known.mean() > 0.8
    assert min(np.abs(found - one)[known].max() for one in turned_back) < 0.05
