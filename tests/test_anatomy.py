"""An anatomy lies where its affine says, whatever its grid, and is found where it was moved to."""

import sys
from time import process_time

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation

from napari_dsc import DscError, phantom
from napari_dsc.anatomy import bringing, onto_scan, register
from napari_dsc.core.progress import finished

T1 = np.array([0, 300, 600, 900, 200, 580, 500, 700, 650, 650, 400.0])  # by tissue: CSF is dark
AXES = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}
LAYOUTS = [("RAS", 0), ("LAS", 0), ("PIR", 0), ("RAS", 20), ("LIP", 20)]
MOVES = [((0, 0, 5), (6, 0, 0)), ((2, -3, 3), (3, -4, 3)), ((-4, 0, 0), (0, 0, -4))]


def moved(turn, shift):
    """Rigid transform: a rotation vector in degrees about the origin, and a shift in mm."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(turn, degrees=True).as_matrix()
    matrix[:3, 3] = shift
    return matrix


def affine_of(layout, oblique, size, shape, centre=(3.0, -2.0, 4.0)):
    """Voxels whose axes run along these letters, turned by some degrees, about a centre in mm."""
    matrix = np.eye(4)
    matrix[:3, :3] = 0
    for axis, letter in enumerate(layout):
        world, sign = AXES[letter]
        matrix[world, axis] = sign * np.broadcast_to(size, 3)[axis]
    matrix = moved((oblique, 0, oblique / 3), (0, 0, 0)) @ matrix
    matrix[:3, 3] = np.array(centre) - matrix[:3, :3] @ (np.array(shape) - 1) / 2
    return matrix


def anatomy_of(patient, rigid, layout, oblique=0, size=1.8, n=112):
    """A T1-weighted volume of the patient, who has moved by `rigid`, and its affine."""
    shape = tuple(n if letter not in "SI" else n // 2 for letter in layout)
    affine = affine_of(layout, oblique, size, shape)
    to_scan = np.linalg.inv(patient.series.affine) @ np.linalg.inv(rigid) @ affine
    volume = ndimage.affine_transform(T1[patient.tissue], to_scan, output_shape=shape, order=1)
    noise = np.random.default_rng(0).normal(0, 20, shape)
    return (volume + noise).astype(np.float32), affine


@pytest.fixture(scope="module")
def patient():
    return phantom((64, 64, 12), 30, repetition_time=2.0, seed=2)


@pytest.fixture(scope="module")
def baseline(patient):
    return patient.series.signal[..., 3:9].mean(axis=-1)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize(("layout", "oblique"), LAYOUTS)
def test_a_known_move_is_found(patient, baseline, layout, oblique, move, masked):
    """Within 0.7 mm and a degree, whatever the orientation of the anatomy."""
    truth, place = moved(*move), patient.series.affine
    volume, affine = anatomy_of(patient, truth, layout, oblique)
    brain = patient.brain if masked else None
    found = finished(register(baseline, place, volume, affine, brain=brain))
    error = np.linalg.inv(truth) @ found.rigid
    voxels = np.c_[np.argwhere(patient.brain), np.ones(patient.brain.sum())] @ place.T
    assert np.linalg.norm(voxels @ (error - np.eye(4)).T, axis=1).max() < 0.7
    assert np.degrees(Rotation.from_matrix(error[:3, :3]).magnitude()) < 1
    assert found.similarity_after > found.similarity_before
    np.testing.assert_allclose(found.rotation, move[0], atol=0.5)
    np.testing.assert_allclose(found.translation, move[1], atol=0.5)  # the scan's centre is 0
    assert "moved by" in found.notices[0]


def test_the_axes_of_the_scan_do_not_matter(patient, baseline):
    """An oblique scan whose file runs the other way round: the same move in the same world."""
    truth = moved((1, 2, -3), (4, 2, -3))
    volume, affine = anatomy_of(patient, truth, "LPS")
    turn = moved((15, 5, 0), (10, -20, 30))  # of the world, with all that is in it
    flip = np.diag([-1.0, 1, 1, 1])
    flip[0, 3] = 63
    place = turn @ patient.series.affine @ flip
    found = finished(register(baseline[::-1], place, volume, turn @ affine))
    expected = turn @ truth @ np.linalg.inv(turn)
    np.testing.assert_allclose(found.rigid[:3, :3], expected[:3, :3], atol=0.01)
    assert np.linalg.norm(found.translation - turn[:3, :3] @ (4, 2, -3)) < 0.5


def test_what_has_not_moved_is_hardly_moved(patient, baseline):
    volume, affine = anatomy_of(patient, np.eye(4), "RAS")
    found = finished(register(baseline, patient.series.affine, volume, affine))
    assert np.linalg.norm(found.translation) < 0.5
    assert np.linalg.norm(found.rotation) < 0.5
    assert found.similarity_after >= found.similarity_before


def test_registered_and_resampled_it_lies_on_the_scan(patient, baseline):
    """The edges of the tissues agree afterwards, and did not before."""
    truth, place = moved((0, 2, 5), (5, -4, 3)), patient.series.affine
    volume, affine = anatomy_of(patient, truth, "PIR")
    found = finished(register(baseline, place, volume, affine))
    inner = patient.brain.copy()
    inner[..., [0, 1, -2, -1]] = False  # the anatomy was made of the scan, and ends with it
    likeness = []
    for rigid in (None, found.rigid, truth):
        brought, _ = onto_scan(volume, affine, baseline.shape, place, rigid=rigid, finest=4.0)
        likeness.append(np.corrcoef(brought[inner], T1[patient.tissue][inner])[0, 1])
    assert likeness[0] < 0.5
    assert likeness[1] > 0.8
    assert likeness[1] == pytest.approx(likeness[2], abs=0.01)  # as good as can be


@pytest.mark.parametrize("oblique_scan", [0, 25])
@pytest.mark.parametrize(("layout", "oblique"), LAYOUTS)
def test_a_marker_lands_where_it_is(layout, oblique, oblique_scan):
    """Its centre of mass, in millimetres, is that of the anatomy, moved as the patient is."""
    shape, extent = (40, 44, 36), (32, 30, 14)
    affine = affine_of(layout, oblique, 1.0, shape, centre=(1, 2, 3))
    place = affine_of("LAS", oblique_scan, (2, 2, 3), extent, centre=(0, 0, 5))
    # A blob as wide as a slice is thick: a point would be lost between the voxels.
    at = (19.3, 23.6, 16.8)
    squares = sum((i - a) ** 2 for i, a in zip(np.indices(shape), at, strict=True))
    volume = np.exp(-squares / 2 / 3.0**2)
    rigid = moved((3, -2, 4), (2, -1, 1))
    brought, where = onto_scan(volume, affine, extent, place, rigid=rigid)
    assert brought.shape == (64, 60, 14)
    mass = np.nan_to_num(brought)
    centre = [(index * mass).sum() / mass.sum() for index in np.indices(brought.shape)]
    expected = np.linalg.inv(rigid) @ affine @ [*at, 1]
    np.testing.assert_allclose((where @ [*centre, 1])[:3], expected[:3], atol=0.02)


@pytest.mark.parametrize("layout", ["RAS", "LAS", "PIR", "IPL"])
def test_a_voxel_lands_on_its_own_place(layout):
    """One bright voxel, on a scan of the same voxels along other axes: no other one is bright."""
    affine = affine_of(layout, 0, 2.0, (9, 9, 9), centre=(0, 0, 0))
    place = affine_of("RAS", 0, 2.0, (9, 9, 9), centre=(0, 0, 0))
    volume = np.zeros((9, 9, 9), np.int16)
    volume[1, 3, 7] = 100
    brought, where = onto_scan(volume, affine, (9, 9, 9), place)
    bright = np.argwhere(brought > 50)
    assert len(bright) == 1
    np.testing.assert_allclose(where @ [*bright[0], 1], affine @ [1, 3, 7, 1])
    assert np.nansum(brought) == pytest.approx(100)


@pytest.mark.parametrize(("layout", "oblique"), LAYOUTS)
def test_a_constant_stays_one_inside_and_nothing_is_outside(layout, oblique):
    """Closed form: what lies within the outermost voxels' edges."""
    shape, extent = (20, 24, 22), (30, 30, 10)
    affine = affine_of(layout, oblique, 2.0, shape, centre=(5, 0, 0))
    place = affine_of("LAS", 0, (4, 4, 4.2), extent, centre=(0, 0, 0))
    brought, where = onto_scan(np.full(shape, 7, np.uint8), affine, extent, place)
    points = np.moveaxis(np.indices(brought.shape), 0, -1)
    index = points @ where[:3, :3].T + where[:3, 3] - affine[:3, 3]
    index = index @ np.linalg.inv(affine[:3, :3]).T
    deep = ((index > 0.6) & (index < np.array(shape) - 1.6)).all(axis=-1)
    far = ((index < -1.6) | (index > np.array(shape) + 0.6)).any(axis=-1)
    assert deep.any()
    assert far.any()
    assert (brought[deep] == 7).all()
    assert np.isnan(brought[far]).all()
    assert set(np.unique(brought[np.isfinite(brought)])) == {7}


def test_its_own_baseline_stays_what_it_is(patient, baseline):
    """A factor of 1 is the identity, to the last voxel of the edge."""
    place = patient.series.affine
    brought, where = onto_scan(baseline, place, baseline.shape, place)
    np.testing.assert_allclose(brought, baseline, rtol=1e-6, atol=1e-3)
    np.testing.assert_array_equal(where, place)
    assert brought.dtype == np.float32


@pytest.mark.parametrize("factor", [2, 3])
def test_subdivided_voxels_fill_those_that_they_came_from(patient, baseline, factor):
    """No half voxel is lost: means over blocks are the voxels, and a ramp stays where it was."""
    place = patient.series.affine
    finest = np.linalg.norm(place[:3, 0]) / factor

    def blocks(volume):
        brought, where = onto_scan(volume, place, volume.shape, place, finest=finest)
        nx, ny, nz = volume.shape
        assert brought.shape == (factor * nx, factor * ny, nz)
        corner = np.array([-0.5, -0.5, -0.5, 1])
        np.testing.assert_allclose(where @ corner, place @ corner)
        ends = where @ [factor * nx - 0.5, factor * ny - 0.5, nz - 0.5, 1]
        np.testing.assert_allclose(ends, place @ [nx - 0.5, ny - 0.5, nz - 0.5, 1])
        return brought.reshape(nx, factor, ny, factor, nz).mean(axis=(1, 3))

    ramp = np.arange(64.0)[:, None, None] + 2 * np.arange(64)[:, None] + np.zeros(12)
    np.testing.assert_allclose(blocks(ramp)[1:-1, 1:-1], ramp[1:-1, 1:-1], atol=1e-4)
    smooth = ndimage.gaussian_filter(baseline, (1.5, 1.5, 0))
    assert np.abs(blocks(smooth) - smooth).max() < 0.05 * smooth.max()


def test_a_thick_slice_is_the_mean_of_the_thin_ones_in_it():
    """Five slices of 1 mm in one of 5 mm, each counted alike."""
    values = np.random.default_rng(1).normal(100, 20, 50)
    volume = np.broadcast_to(values, (8, 8, 50))
    affine = affine_of("RAS", 0, 1.0, (8, 8, 50))
    place = affine_of("RAS", 0, (1, 1, 5), (8, 8, 10))
    brought, _ = onto_scan(volume, affine, (8, 8, 10), place)
    expected = values.reshape(10, 5).mean(axis=1)
    np.testing.assert_allclose(brought[3, 3], expected, rtol=1e-5)


def test_a_voxel_without_a_number_is_the_only_one():
    """NaN neither spreads to its neighbours nor becomes 0."""
    place = affine_of("LAS", 0, 2.0, (6, 6, 6))
    volume = np.full((6, 6, 6), 5.0)
    volume[2, 3, 4] = np.nan
    brought, _ = onto_scan(volume, place, (6, 6, 6), place)
    np.testing.assert_array_equal(np.isnan(brought), np.isnan(volume))
    assert np.nanmin(brought) == np.nanmax(brought) == 5


@pytest.mark.parametrize(("size", "factor"), [(1.0, 2), (3.0, 1), (0.9, 2), (0.1, 8)])
@pytest.mark.parametrize("room", [None, 64, 2])
def test_the_plane_is_as_fine_as_the_anatomy_within_bounds(size, factor, room, monkeypatch):
    """1 to 8 times, and no more voxels than there is room for."""
    shape = (8, 8, 4)
    if room is not None:
        monkeypatch.setattr("napari_dsc.anatomy.grid.LARGEST", room * np.prod(shape))
        factor = min(factor, int(np.sqrt(room)))
    affine = affine_of("RAS", 0, size, (64, 64, 64))
    place = affine_of("RAS", 0, (2.0, 2.0, 5.0), shape)
    brought, _ = onto_scan(np.ones((64, 64, 64)), affine, shape, place)
    assert brought.shape == (8 * factor, 8 * factor, 4)


def test_both_give_the_same_bytes_every_time(patient, baseline):
    volume, affine = anatomy_of(patient, moved((0, 2, 3), (3, 0, 2)), "PIR")
    place = patient.series.affine
    one, other = (finished(register(baseline, place, volume, affine)) for _ in range(2))
    assert one.rigid.tobytes() == other.rigid.tobytes()
    assert one.similarity_after == other.similarity_after
    first, second = (onto_scan(volume, affine, baseline.shape, place)[0] for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("steps", [2, 8, 20])
def test_it_stops_within_a_second_and_gives_the_threads_back(steps):
    """In the middle of a search on volumes of full size."""
    from SimpleITK import ImageRegistrationMethod as Method

    threads = Method.GetGlobalDefaultNumberOfThreads()
    patient = phantom((128, 128, 20), 30, repetition_time=2.0, seed=2)
    volume, affine = anatomy_of(patient, moved((2, 3, 3), (6, 3, 2)), "RAS", size=1.0, n=220)
    fixed = patient.series.signal[..., 3:9].mean(axis=-1)
    assert patient.series.affine is not None
    work = register(fixed, patient.series.affine, volume, affine)
    told = [next(work).fraction for _ in range(steps)]
    assert told == sorted(told)
    before = process_time()
    work.close()
    assert process_time() - before < 1.0 * threads
    assert Method.GetGlobalDefaultNumberOfThreads() == threads


def test_bringing_tells_how_far_it_is_and_can_be_stopped(patient, baseline):
    place = patient.series.affine
    told = [one.fraction for one in bringing(baseline, place, baseline.shape, place)]
    assert told == sorted(told)
    assert told[-1] == 1
    work = bringing(baseline, place, baseline.shape, place)
    next(work)
    work.close()


def bad(kind, patient, baseline):
    """What does not go together with the scan."""
    volume, affine = anatomy_of(patient, np.eye(4), "RAS")
    if kind == "noise":
        volume = np.random.default_rng(3).normal(0, 1, volume.shape)
    if kind == "flat":
        volume = np.ones_like(volume)
    if kind == "nothing":
        volume = np.full_like(volume, np.nan)
    if kind == "sheared":
        affine = affine @ np.array([[1, 0.1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    if kind == "elsewhere":
        affine = moved((0, 0, 0), (900, 0, 0)) @ affine
    if kind == "turned":
        affine = moved((0, 0, 30), (0, 0, 0)) @ affine
    if kind == "far":
        affine = moved((0, 0, 0), (45, 0, 0)) @ affine
    if kind == "thin":
        volume = volume[:, :, :2]
    if kind == "scan of four axes":
        baseline = baseline[..., None]
    return baseline, patient.series.affine, volume, affine


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("noise", "nothing in common.*Look at both volumes"),
        ("flat", "one value everywhere"),
        ("nothing", "one value everywhere"),
        ("sheared", "anatomy must not be sheared"),
        ("elsewhere", "nothing in common.*Look at both volumes"),
        ("turned", "30 degrees, beyond 30 and 20.*Look at both volumes"),
        ("far", "45 mm.*beyond 30 and 20.*Look at both volumes"),
        ("thin", "4 or more along each axis"),
        ("scan of four axes", "scan must be a volume"),
    ],
)
def test_what_cannot_be_registered_is_refused(patient, baseline, kind, words):
    with pytest.raises(DscError, match=words):
        finished(register(*bad(kind, patient, baseline)))


def test_a_brain_of_another_scan_is_refused(patient, baseline):
    volume, affine = anatomy_of(patient, np.eye(4), "RAS")
    for brain in (patient.brain[1:], np.zeros_like(patient.brain)):
        with pytest.raises(DscError, match="brain must hold voxels of this scan"):
            finished(register(baseline, patient.series.affine, volume, affine, brain=brain))


def test_without_the_extra_it_says_what_to_install(patient, baseline, monkeypatch):
    """And resampling goes on without it."""
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    place = patient.series.affine
    with pytest.raises(DscError, match=r"pip install 'napari-dsc\[motion\]'"):
        finished(register(baseline, place, baseline, place))
    assert onto_scan(baseline, place, baseline.shape, place)[0].shape == baseline.shape


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"volume": np.ones((4, 4))}, "anatomy must be a volume"),
        ({"volume": np.ones((4, 4, 4), complex)}, "anatomy must be a volume of numbers"),
        ({"affine": np.zeros((4, 4))}, "affine of the anatomy"),
        ({"scan_affine": np.full((4, 4), np.nan)}, "affine of the scan"),
        ({"shape": (4, 4, 4, 10)}, "shape must be"),
        ({"shape": (4, 0, 4)}, "shape must be"),
        ({"finest": 0.0}, "finest must be positive"),
        ({"finest": float("nan")}, "finest must be positive"),
        ({"rigid": np.diag([-1.0, 1, 1, 1])}, "rigid must turn and shift"),
        ({"rigid": 2 * np.eye(4)}, "rigid must turn and shift"),
        ({"rigid": np.full((4, 4), np.nan)}, "affine of the alignment"),
        ({"rigid": np.eye(3)}, "affine of the alignment"),
        ({"rigid": moved((0, 0, 0), (500, 0, 0))}, "must lie in the scan"),
        ({"rigid": moved((0, 0, 0), (np.nan, 0, 0))}, "affine of the alignment"),
    ],
)
def test_what_cannot_be_brought_is_refused(change, words):
    usual = {
        "volume": np.ones((4, 4, 4)),
        "affine": np.eye(4),
        "shape": (4, 4, 4),
        "scan_affine": np.eye(4),
    }
    with pytest.raises(DscError, match=words):
        onto_scan(**{**usual, **change})
