"""Anatomy under the maps: a volume of another grid and orientation, brought onto a scan.

A map is read beside a T1-weighted or FLAIR volume. The screen overlays only what lies along the
same axes, so the anatomy is resampled once, onto the scan's slices and finer in their plane. Where
the patient moved in between, mutual information [1]_ finds by how much.

References
----------
.. [1] Mattes D et al. (2003). IEEE Trans Med Imaging 22(1):120-128.
"""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import product
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.steps import finished
from napari_dsc.core.types import BoolArray, FloatArray, Progress
from napari_dsc.motion import one_thread

__all__ = ["Alignment", "bringing", "onto_scan", "register"]

MISSING = "registration needs SimpleITK, got none. Run pip install 'napari-dsc[motion]'."
LOOK_AT_BOTH = "Look at both volumes: are they of the same patient, and do their headers agree?"
FINER, LARGEST = 8, 64 * 2**20  # factor in plane, and voxels of the result, at most
SAMPLES = 16  # of the anatomy along one axis of a voxel of the result, at most
EDGE = 1e-3  # voxels: an edge is rounded
FEWEST = 4  # voxels along each axis that can be registered
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
SIZES = (8.0, 4.0, 2.0)  # mm: of the voxels, search by search
BINS, STEPS = 32, 100  # of the metric's histogram; of each search at most
LEVER = 50.0  # mm: one radian weighs as much in the search
RIM = 6.0  # mm: around the brain, whose edge tells most
CLIPPED = (0.5, 99.5)  # percent: vessels and fat would leave few bins to the brain
FARTHEST, STEEPEST = 30.0, 20.0  # mm and degrees: beyond, a search has failed
ALIKE = 0.05  # nats: what noise shares with a head is less
STILL = 0.5  # mm and degrees: a search that ends so near, and no better, found the headers right
LOOK = 0.05  # s between two looks whether the search is done


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """How an anatomy lies to a scan.

    Parameters
    ----------
    rigid : ndarray, shape (4, 4)
        RAS millimetres of the scan to RAS millimetres of the anatomy.
    translation : ndarray, shape (3,)
        What `rigid` does to the centre of the scan, along R, A and S, mm.
    rotation : ndarray, shape (3,)
        Its axis in R, A and S, as long as its angle in degrees.
    similarity_before, similarity_after : float
        Mutual information by the headers alone and with `rigid`, nats.
    notices : tuple of str
        What a reader should know.
    """

    rigid: FloatArray
    translation: FloatArray
    rotation: FloatArray
    similarity_before: float
    similarity_after: float
    notices: tuple[str, ...]


def onto_scan(
    volume: NDArray[Any],
    affine: FloatArray,
    shape: tuple[int, ...],
    scan_affine: FloatArray,
    *,
    rigid: FloatArray | None = None,
    finest: float | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Resample an anatomy onto the slices of a scan: `bringing`, to its end."""
    return finished(bringing(volume, affine, shape, scan_affine, rigid=rigid, finest=finest))


def bringing(
    volume: NDArray[Any],
    affine: FloatArray,
    shape: tuple[int, ...],
    scan_affine: FloatArray,
    *,
    rigid: FloatArray | None = None,
    finest: float | None = None,
) -> Generator[Progress, None, tuple[FloatArray, FloatArray]]:
    """Resample an anatomy onto the axes and slices of a scan, finer in their plane.

    Linear interpolation, averaged over as many places in a voxel as the anatomy has voxels there.

    Parameters
    ----------
    volume : ndarray, shape (X, Y, Z)
        The anatomy, a.u.; NaN where it has no answer.
    affine : ndarray, shape (4, 4)
        Its voxel indices to RAS millimetres.
    shape : tuple of int
        Voxels (X, Y, Z) of a volume of the scan; its slices lie along Z.
    scan_affine : ndarray, shape (4, 4)
        The scan's voxel indices to RAS millimetres.
    rigid : ndarray, shape (4, 4), optional
        RAS millimetres of the scan to those of the anatomy, as `Alignment.rigid`; None: the same.
    finest : float, optional
        Voxel size in plane that is aimed at, mm; None: the smallest of the anatomy's.

    Yields
    ------
    Progress
        Several times in a slice.

    Returns
    -------
    values : ndarray of float32
        The scan's grid, finer in plane by a factor of 1 to 8, up to 64 M voxels. NaN where most
        of a voxel lies outside the anatomy.
    affine : ndarray, shape (4, 4)
        Its voxel indices to RAS millimetres; the field of view is the scan's.

    Raises
    ------
    DscError
        If a shape, an affine, `rigid` or `finest` makes no sense, or no anatomy lies in the scan.
    """
    _refuse(volume, affine, "anatomy")
    _refuse_affine(scan_affine, "scan")
    grid, placed = _grid(shape, scan_affine, affine, finest)
    rigid = np.eye(4) if rigid is None else rigid
    _refuse_affine(rigid, "alignment")
    if _bent(rigid[:3, :3]) or np.linalg.det(rigid[:3, :3]) < 0:
        raise DscError("rigid must turn and shift, and do no more. Register again.")
    to_anatomy = np.linalg.inv(affine) @ rigid @ placed
    numbers = np.asarray(volume, dtype=np.float32)
    known = np.isfinite(numbers)
    numbers = numbers if known.all() else np.where(known, numbers, np.float32(0))
    # Where in a voxel the anatomy is read: as often as it has voxels along there.
    steps = np.rint(np.linalg.norm(to_anatomy[:3, :3], axis=0)).clip(1, SAMPLES).astype(int)
    places = list(product(*((np.arange(n) + 0.5) / n - 0.5 for n in steps)))
    values = np.empty(grid, dtype=np.float32)
    first, second = np.ogrid[: grid[0], : grid[1]]
    for at in range(grid[2]):
        total, weight = np.zeros(grid[:2]), np.zeros(grid[:2])
        for done, place in enumerate(places, 1):
            x, y, z = first + place[0], second + place[1], at + place[2]
            points = np.stack([a * x + b * y + (c * z + d) for a, b, c, d in to_anatomy[:3]])
            total += _read(numbers, points)
            weight += _read(known, points)
            fraction = (at + done / len(places)) / grid[2]
            yield Progress("Bringing the anatomy onto the scan", fraction)
        enough = weight >= len(places) / 2
        values[:, :, at] = np.where(enough, total / np.where(enough, weight, 1), np.nan)
    if np.isnan(values).all():
        raise DscError(f"the anatomy must lie in the scan, got none of it there. {LOOK_AT_BOTH}")
    return values, placed


def register(
    fixed: NDArray[Any],
    fixed_affine: FloatArray,
    moving: NDArray[Any],
    moving_affine: FloatArray,
    *,
    brain: BoolArray | None = None,
) -> Generator[Progress, None, Alignment]:
    """Find how an anatomy lies to a scan, rigidly and from where the headers put them.

    Mattes' mutual information of every voxel, regular-step gradient descent, at 8, 4 and 2 mm.

    Parameters
    ----------
    fixed : ndarray, shape (X, Y, Z)
        The scan: the mean of its baseline, a.u.
    fixed_affine : ndarray, shape (4, 4)
        Its voxel indices to RAS millimetres.
    moving : ndarray, shape (X', Y', Z')
        The anatomy, a.u.
    moving_affine : ndarray, shape (4, 4)
        Its voxel indices to RAS millimetres.
    brain : ndarray of bool, shape (X, Y, Z), optional
        Where they are compared, with a rim of 6 mm; None: everywhere.

    Yields
    ------
    Progress
        Often enough to stop within a second, by closing the generator.

    Returns
    -------
    Alignment
        The same every time.

    Raises
    ------
    DscError
        If SimpleITK is missing, a volume, an affine or `brain` does not fit, an affine is sheared,
        or the search fails: nothing in common, no better, or beyond 30 mm or 20 degrees.
    """
    try:
        import SimpleITK  # noqa: F401
    except ImportError as error:
        raise DscError(MISSING) from error
    yield Progress("Looking at the volumes", 0.0)
    still = _image(fixed, fixed_affine, "scan")
    other = _image(moving, moving_affine, "anatomy")
    mask = None if brain is None else _mask(brain, still)
    stop, told = Event(), [0.0]
    with one_thread(), ThreadPoolExecutor(1) as pool:
        job = pool.submit(_search, still, other, mask, stop, told)
        try:
            while not wait([job], LOOK).done:
                yield Progress("Comparing the volumes", told[0])
        finally:
            stop.set()
    centre = fixed_affine @ [*(np.array(fixed.shape) - 1) / 2, 1.0]
    return _judged(*job.result(), centre)


def _search(
    still: Any, other: Any, mask: Any, stop: Event, told: list[float]
) -> tuple[FloatArray, float, float]:
    """RAS to RAS, and the mutual information before and after."""
    import SimpleITK

    middle = [(n - 1) / 2 for n in still.GetSize()]
    transform: Any = SimpleITK.Euler3DTransform()
    transform.SetCenter(still.TransformContinuousIndexToPhysicalPoint(middle))
    method, unmoved = _method(mask), SimpleITK.Euler3DTransform(transform)
    before = after = 0.0  # nats

    def look() -> None:
        told[0] += 1 / len(SIZES) / STEPS
        if stop.is_set():
            method.StopRegistration()

    method.AddCommand(SimpleITK.sitkIterationEvent, look)
    try:
        for level, size in enumerate(SIZES):
            told[0] = level / len(SIZES)
            images = _smoothed(still, size), _smoothed(other, size)
            if stop.is_set():
                break
            method.SetOptimizerAsRegularStepGradientDescent(size / 2, size / 1000, STEPS, 0.5, 1e-8)
            method.SetInitialTransform(unmoved)
            before = -method.MetricEvaluate(*images)
            method.SetInitialTransform(transform, True)
            method.Execute(*images)
            method.SetInitialTransform(transform)
            after = -method.MetricEvaluate(*images)
    except RuntimeError:  # nothing in common
        return np.eye(4), 0.0, 0.0
    finally:
        method.RemoveAllCommands()  # they hold the method, and it them
    matrix = np.eye(4)  # what it does to the axes, and to the origin
    matrix[:3, :3] = np.reshape(transform.GetMatrix(), (3, 3))
    matrix[:3, 3] = transform.TransformPoint((0.0, 0.0, 0.0))
    return RAS_TO_LPS @ matrix @ RAS_TO_LPS, before, after


def _method(mask: Any) -> Any:
    """What compares the volumes."""
    import SimpleITK

    method: Any = SimpleITK.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricSamplingStrategy(method.NONE)  # every voxel: the same result every time
    method.SetMetricUseMovingImageGradientFilter(False)  # slow, and no better
    method.SetOptimizerScales([LEVER**2] * 3 + [1.0] * 3)
    if mask is not None:
        method.SetMetricFixedMask(mask)
    return method


def _image(volume: NDArray[Any], affine: FloatArray, whose: str) -> Any:
    """Volume (X, Y, Z) where the library has it: in LPS mm, flips and turns included."""
    import SimpleITK

    _refuse(volume, affine, whose, FEWEST)
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    axes = affine[:3, :3] / sizes
    if _bent(axes):
        raise DscError(f"the axes of the {whose} must not be sheared, got some. Resample it first.")
    left, _, right = np.linalg.svd(axes)  # orthonormal to the last digit
    numbers = np.asarray(volume, dtype=np.float32)
    finite = numbers[np.isfinite(numbers)]
    some = finite[:: finite.size // 10**6 + 1]  # enough of them, to be quick
    low, high = np.percentile(some, CLIPPED) if some.size else (0.0, 0.0)
    if not low < high:
        raise DscError(f"the {whose} must show something, got one value everywhere. {LOOK_AT_BOTH}")
    clipped = np.clip(np.nan_to_num(numbers), low, high)
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(clipped.T))
    image.SetSpacing(sizes.tolist())
    image.SetDirection((RAS_TO_LPS[:3, :3] @ left @ right).ravel().tolist())
    image.SetOrigin((RAS_TO_LPS @ affine)[:3, 3].tolist())
    return image


def _smoothed(image: Any, size: float) -> Any:
    """Image on voxels of about so many mm, and smoothed by as much."""
    import SimpleITK

    along = zip(image.GetSpacing(), image.GetSize(), strict=True)
    factors = [max(1, min(round(size / own), n // FEWEST)) for own, n in along]
    small = SimpleITK.BinShrink(image, factors)
    return SimpleITK.DiscreteGaussian(small, [(size / 2) ** 2] * 3, 32, 0.01)


def _mask(brain: BoolArray, still: Any) -> Any:
    """The brain and a rim, where the library has the scan."""
    import SimpleITK
    from scipy import ndimage

    if brain.shape != still.GetSize() or not brain.any():
        got = f"{int(brain.sum())} of shape {brain.shape}"
        raise DscError(f"the brain must hold voxels of this scan, got {got}. Draw it on the scan.")
    far = ndimage.distance_transform_edt(~brain, sampling=still.GetSpacing())
    mask = SimpleITK.GetImageFromArray(np.ascontiguousarray((far <= RIM).T.astype(np.uint8)))
    mask.CopyInformation(still)
    return mask


def _judged(rigid: FloatArray, before: float, after: float, centre: FloatArray) -> Alignment:
    """What a search has found, if it is one to believe."""
    from scipy.spatial.transform import Rotation

    shift = (rigid @ centre - centre)[:3]
    turn = Rotation.from_matrix(rigid[:3, :3]).as_rotvec(degrees=True)
    far, steep = float(np.linalg.norm(shift)), float(np.linalg.norm(turn))
    why = ""
    if after < ALIKE:
        why = f"volumes with nothing in common (mutual information {after:.3f})"
    elif far > FARTHEST or steep > STEEPEST:
        why = f"{far:.0f} mm and {steep:.0f} degrees, beyond {FARTHEST:g} and {STEEPEST:g}"
    elif after < before and max(far, steep) > STILL:
        why = f"no improvement (mutual information {before:.3f}, then {after:.3f})"
    if why:
        raise DscError(f"the search must bring both heads together, got {why}. {LOOK_AT_BOTH}")
    words = f"The anatomy was moved by {far:.1f} mm and turned by {steep:.1f} degrees onto the scan"
    if after < before:
        rigid, shift, turn, after = np.eye(4), 0 * shift, 0 * turn, before
        words = "The anatomy was left where its header puts it: no place near by is better"
    return Alignment(
        rigid=rigid,
        translation=shift,
        rotation=turn,
        similarity_before=before,
        similarity_after=after,
        notices=(f"{words}. Look whether the edges agree.",),
    )


def _grid(
    shape: tuple[int, ...], scan_affine: FloatArray, affine: FloatArray, finest: float | None
) -> tuple[tuple[int, ...], FloatArray]:
    """Shape and affine of the scan's grid, made finer in plane."""
    if len(shape) != 3 or min(shape) < 1:
        raise DscError(f"shape must be that of a volume (X, Y, Z), got {shape}.")
    aim = float(np.linalg.norm(affine[:3, :3], axis=0).min()) if finest is None else finest
    if not aim > 0:
        raise DscError(f"finest must be positive, got {aim:g}. Enter a voxel size in mm.")
    own = float(np.linalg.norm(scan_affine[:3, :2], axis=0).min())
    room = int(np.sqrt(LARGEST / np.prod(shape, dtype=float)))
    factor = max(1, min(round(min(own / aim, FINER)), room))
    # The first voxel begins where the scan's begins: its centre lies nearer to that corner.
    to_scan = np.diag([1 / factor, 1 / factor, 1.0, 1.0])
    to_scan[:2, 3] = (1 / factor - 1) / 2
    return (shape[0] * factor, shape[1] * factor, shape[2]), scan_affine @ to_scan


def _read(numbers: NDArray[Any], points: FloatArray) -> FloatArray:
    """Values at some points, between voxels linearly; 0 beyond the outermost voxels' edges."""
    from scipy.ndimage import map_coordinates

    last = np.array(numbers.shape)[:, None, None] - 0.5 + EDGE
    inside = ((points >= -0.5 - EDGE) & (points <= last)).all(axis=0)
    return np.where(inside, map_coordinates(numbers, points, float, 1, "nearest"), 0.0)


def _refuse(volume: NDArray[Any], affine: FloatArray, whose: str, fewest: int = 1) -> None:
    if volume.ndim != 3 or min(volume.shape) < fewest or volume.dtype.kind not in "biuf":
        rule = f"a volume of numbers, {fewest} or more along each axis"
        raise DscError(f"the {whose} must be {rule}, got {volume.dtype} of shape {volume.shape}.")
    _refuse_affine(affine, whose)


def _refuse_affine(affine: FloatArray, whose: str) -> None:
    usable = affine.shape == (4, 4) and np.isfinite(affine).all()
    if not usable or not abs(np.linalg.det(affine[:3, :3])) > 1e-9:
        raise DscError(f"the affine of the {whose} must place it, got none. Open another file.")


def _bent(axes: FloatArray) -> bool:
    """Whether three axes are not at right angles, or not of length 1."""
    return not np.allclose(axes.T @ axes, np.eye(3), atol=1e-3)
