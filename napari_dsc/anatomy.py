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
from napari_dsc.motion import _one_thread

__all__ = ["Alignment", "bringing", "onto_scan", "register"]

MISSING = (
    "registration needs SimpleITK, got none installed. Install it with "
    "pip install 'napari-dsc[motion]'."
)
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
ALIKE = 0.03  # mutual information, nats: what noise has in common with a head is below
STILL = 0.5  # mm: a search that ends so near, and no better, has found the headers right
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
    slice_axis: int = 2,
) -> tuple[FloatArray, FloatArray]:
    """Resample an anatomy onto the slices of a scan: `bringing`, to its end."""
    work = bringing(
        volume, affine, shape, scan_affine, rigid=rigid, finest=finest, slice_axis=slice_axis
    )
    return finished(work)


def bringing(
    volume: NDArray[Any],
    affine: FloatArray,
    shape: tuple[int, ...],
    scan_affine: FloatArray,
    *,
    rigid: FloatArray | None = None,
    finest: float | None = None,
    slice_axis: int = 2,
) -> Generator[Progress, None, tuple[FloatArray, FloatArray]]:
    """Resample an anatomy onto the axes and slices of a scan, finer in their plane.

    Linear interpolation, averaged over as many places in each voxel as it holds voxels of the
    anatomy: a thick slice is the mean of the thin ones in it.

    Parameters
    ----------
    volume : ndarray, shape (X, Y, Z)
        The anatomy, a.u.; NaN where it has no answer.
    affine : ndarray, shape (4, 4)
        Its voxel indices to RAS millimetres.
    shape : tuple of int
        Voxels of a volume of the scan.
    scan_affine : ndarray, shape (4, 4)
        The scan's voxel indices to RAS millimetres.
    rigid : ndarray, shape (4, 4), optional
        RAS millimetres of the scan to those of the anatomy, as `Alignment.rigid`; None: the same.
    finest : float, optional
        Voxel size in plane that is aimed at, mm; None: the smallest of the anatomy's.
    slice_axis : int
        Along which axis of the scan its slices lie.

    Yields
    ------
    Progress
        Several times in a slice.

    Returns
    -------
    values : ndarray of float32
        Shape of the scan, in plane by a whole factor of 1 to 8 finer; at most 64 M voxels, if the
        scan itself has no more. NaN where most of a voxel lies outside the anatomy.
    affine : ndarray, shape (4, 4)
        Its voxel indices to RAS millimetres; the field of view is the scan's.

    Raises
    ------
    DscError
        If a shape, an affine, `rigid` or `finest` makes no sense, or nothing of the anatomy lies
        in the scan.
    """
    _refuse_volume(volume, "anatomy", 1)
    _refuse_affine(affine, "anatomy")
    _refuse_affine(scan_affine, "scan")
    grid, placed = _grid(shape, scan_affine, _aim(affine, finest), slice_axis)
    rigid = np.eye(4) if rigid is None else _refuse_bent(rigid)
    to_anatomy = np.linalg.inv(affine) @ rigid @ placed
    numbers = np.asarray(volume, dtype=np.float32)
    known = np.isfinite(numbers)
    weights = None if known.all() else known.astype(np.float32)
    numbers = numbers if weights is None else np.where(known, numbers, np.float32(0))
    places = _places(to_anatomy)
    values = np.empty(grid, dtype=np.float32)
    for at in range(grid[slice_axis]):
        here = [slice(None)] * 3
        here[slice_axis] = slice(at, at + 1)
        indices = [np.arange(n, dtype=float)[one] for n, one in zip(grid, here, strict=True)]
        total = np.zeros([one.size for one in indices])
        weight = np.zeros_like(total)
        for done, place in enumerate(places):
            _add(total, weight, numbers, weights, _points(indices, place, to_anatomy))
            part = (at + (done + 1) / len(places)) / grid[slice_axis]
            yield Progress("Bringing the anatomy onto the scan", part)
        with np.errstate(invalid="ignore", divide="ignore"):
            enough = weight >= len(places) / 2
            values[tuple(here)] = np.where(enough, total / weight, np.nan)
    if np.isnan(values).all():
        raise DscError(
            f"the anatomy must lie in the scan, got no voxel of it there. {LOOK_AT_BOTH}"
        )
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

    Mattes' mutual information [1]_ of every voxel, on grids of 8, 4 and 2 mm, and a regular-step
    gradient descent over three turns and three shifts, on one thread.

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
        If SimpleITK is not installed, a volume is flat or has fewer than four voxels along an
        axis, an affine is sheared, `brain` does not fit, or the search fails: the volumes have
        nothing in common, or lie more than 30 mm or 20 degrees apart.

    References
    ----------
    .. [1] Mattes D et al. (2003). IEEE Trans Med Imaging 22(1):120-128.
    """
    _refuse_without_extra()
    yield Progress("Looking at the volumes", 0.0)
    still = _image(fixed, fixed_affine, "scan")
    other = _image(moving, moving_affine, "anatomy")
    mask = None if brain is None else _mask(brain, still)
    search = _Search(still, other, mask)
    with _one_thread(), ThreadPoolExecutor(1) as pool:
        job = pool.submit(search.run)
        try:
            while not wait([job], LOOK).done:
                yield Progress("Comparing the volumes", search.fraction)
        finally:
            search.stop.set()
    rigid, before, after = job.result()
    centre = fixed_affine @ [*(np.array(fixed.shape) - 1) / 2, 1.0]
    return _judged(rigid, before, after, centre)


class _Search:
    """A search on a thread of its own, that can be watched and stopped."""

    def __init__(self, still: Any, other: Any, mask: Any) -> None:
        self.still, self.other, self.mask = still, other, mask
        self.stop, self.fraction = Event(), 0.0

    def run(self) -> tuple[FloatArray, float, float]:
        """RAS to RAS, and the mutual information before and after; NaN if it failed."""
        import SimpleITK

        middle = [(n - 1) / 2 for n in self.still.GetSize()]
        transform: Any = SimpleITK.Euler3DTransform()
        transform.SetCenter(self.still.TransformContinuousIndexToPhysicalPoint(middle))
        unmoved = SimpleITK.Euler3DTransform(transform)
        before = after = float("nan")
        for level, size in enumerate(SIZES):
            still, other = _smoothed(self.still, size), _smoothed(self.other, size)
            if self.stop.is_set():
                break
            method = _method(size, self.mask)
            try:
                method.SetInitialTransform(unmoved)
                before = -method.MetricEvaluate(still, other)
                self._descend(method, transform, level, (still, other))
                method.SetInitialTransform(transform)
                after = -method.MetricEvaluate(still, other)
            except RuntimeError:  # nothing in common
                return np.eye(4), float("nan"), float("nan")
        matrix = np.eye(4)
        matrix[:3, :3] = np.reshape(transform.GetMatrix(), (3, 3))
        matrix[:3, 3] = transform.TransformPoint((0.0, 0.0, 0.0))
        return RAS_TO_LPS @ matrix @ RAS_TO_LPS, before, after

    def _descend(self, method: Any, transform: Any, level: int, images: tuple[Any, Any]) -> None:
        import SimpleITK

        def look() -> None:
            step = min(method.GetOptimizerIteration() / STEPS, 1.0)
            self.fraction = (level + step) / len(SIZES)
            if self.stop.is_set():
                method.StopRegistration()

        method.SetInitialTransform(transform, True)
        method.AddCommand(SimpleITK.sitkIterationEvent, look)
        try:
            method.Execute(*images)
        finally:
            method.RemoveAllCommands()  # they hold the method, and it them


def _method(size: float, mask: Any) -> Any:
    """Metric and optimizer of one search on voxels of so many mm."""
    import SimpleITK

    method: Any = SimpleITK.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricSamplingStrategy(method.NONE)  # every voxel: the same result every time
    method.SetMetricUseFixedImageGradientFilter(False)
    method.SetMetricUseMovingImageGradientFilter(False)
    method.SetInterpolator(SimpleITK.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(size / 2, size / 1000, STEPS, 0.5, 1e-8)
    method.SetOptimizerScales([LEVER**2] * 3 + [1.0] * 3)
    if mask is not None:
        method.SetMetricFixedMask(mask)
    return method


def _image(volume: NDArray[Any], affine: FloatArray, whose: str) -> Any:
    """Volume (X, Y, Z) where the library has it: in LPS mm, flips and turns included."""
    import SimpleITK

    _refuse_volume(volume, whose, FEWEST)
    _refuse_affine(affine, whose)
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    axes = affine[:3, :3] / sizes
    if np.abs(axes.T @ axes - np.eye(3)).max() > 1e-3:
        raise DscError(
            f"the axes of the {whose} must be at right angles, got a sheared affine. Resample it "
            "first."
        )
    left, _, right = np.linalg.svd(axes)  # to the last digit, as the library asks
    numbers = np.asarray(volume, dtype=np.float32)
    finite = numbers[np.isfinite(numbers)]
    low, high = np.percentile(finite, CLIPPED) if finite.size else (0.0, 0.0)
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
    return SimpleITK.DiscreteGaussian(small, (size / 2) ** 2, 32, 0.01, True)


def _mask(brain: BoolArray, still: Any) -> Any:
    """The brain and a rim, where the library has the scan."""
    import SimpleITK
    from scipy import ndimage

    if brain.shape != still.GetSize() or not brain.any():
        raise DscError(
            f"the brain must hold voxels of a volume of shape {still.GetSize()}, got "
            f"{int(brain.sum())} of {brain.shape}. Take that of this scan."
        )
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
    if not after >= ALIKE:
        raise DscError(
            "the anatomy must have something in common with the scan, got a mutual information of "
            f"{after:.3f}. {LOOK_AT_BOTH}"
        )
    if far > FARTHEST or steep > STEEPEST:
        raise DscError(
            f"the anatomy must lie within {FARTHEST:g} mm and {STEEPEST:g} degrees of the scan, "
            f"got a search that ended at {far:.0f} mm and {steep:.0f} degrees. {LOOK_AT_BOTH}"
        )
    words = f"The anatomy was moved by {far:.1f} mm and turned by {steep:.1f} degrees onto the scan"
    if after < before:
        if far > STILL or steep > STILL:
            raise DscError(
                "the search must bring the anatomy nearer to the scan, got a mutual information of "
                f"{after:.3f} after {before:.3f}. {LOOK_AT_BOTH}"
            )
        rigid, shift, turn, after = np.eye(4), np.zeros(3), np.zeros(3), before
        words = "The anatomy was left where its header puts it: no place near by is better"
    return Alignment(
        rigid=rigid,
        translation=shift,
        rotation=turn,
        similarity_before=before,
        similarity_after=after,
        notices=(f"{words}. Look whether the edges agree.",),
    )


def _aim(affine: FloatArray, finest: float | None) -> float:
    """Voxel size in plane that is aimed at, mm."""
    if finest is not None and not finest > 0:
        raise DscError(f"finest must be positive, got {finest:g}. Enter a voxel size in mm.")
    return float(np.linalg.norm(affine[:3, :3], axis=0).min()) if finest is None else finest


def _grid(
    shape: tuple[int, ...], affine: FloatArray, aim: float, slice_axis: int
) -> tuple[tuple[int, ...], FloatArray]:
    """Shape and affine of the scan's grid, made finer in plane."""
    if len(shape) != 3 or min(shape) < 1 or not 0 <= slice_axis < 3:
        raise DscError(
            f"shape must be that of a volume and slice_axis one of its axes, got {shape} and "
            f"{slice_axis}."
        )
    plane = [axis for axis in range(3) if axis != slice_axis]
    own = float(np.linalg.norm(affine[:3, plane], axis=0).min())
    room = int(np.sqrt(LARGEST / np.prod(shape, dtype=float)))
    factor = max(1, min(round(own / aim), FINER, room))
    factors = np.array([1 if axis == slice_axis else factor for axis in range(3)])
    # The first voxel begins where the scan's begins: its centre moves by less than half of that.
    to_scan = np.diag([*(1 / factors), 1.0])
    to_scan[:3, 3] = (1 / factors - 1) / 2
    return tuple(int(n) for n in factors * shape), affine @ to_scan


def _places(to_anatomy: FloatArray) -> list[tuple[float, ...]]:
    """Where in a voxel of the grid the anatomy is read: as often as it has voxels along there."""
    counts = np.clip(np.rint(np.linalg.norm(to_anatomy[:3, :3], axis=0)), 1, SAMPLES).astype(int)
    return list(product(*((np.arange(n) + 0.5) / n - 0.5 for n in counts)))


def _points(
    indices: list[FloatArray], place: tuple[float, ...], to_anatomy: FloatArray
) -> FloatArray:
    """Indices of the anatomy, shape (3, X, Y, Z), at a place in each of these voxels."""
    x, y, z = np.meshgrid(
        *(one + here for one, here in zip(indices, place, strict=True)), indexing="ij", sparse=True
    )
    return np.stack([a * x + b * y + c * z + d for a, b, c, d in to_anatomy[:3]])


def _add(
    total: FloatArray,
    weight: FloatArray,
    numbers: FloatArray,
    weights: FloatArray | None,
    points: FloatArray,
) -> None:
    """Add the anatomy at some points, and how much of it is known there; in place."""
    from scipy.ndimage import map_coordinates

    last = np.array(numbers.shape)[:, None, None, None] - 0.5 + EDGE
    inside = ((points >= -0.5 - EDGE) & (points <= last)).all(axis=0)
    read = map_coordinates(numbers, points, float, order=1, mode="nearest")
    total += np.where(inside, read, 0.0)
    if weights is None:
        weight += inside
    else:
        known = map_coordinates(weights, points, float, order=1, mode="nearest")
        weight += np.where(inside, known, 0.0)


def _refuse_volume(volume: NDArray[Any], whose: str, fewest: int) -> None:
    if volume.ndim != 3 or min(volume.shape) < fewest or volume.dtype.kind not in "biuf":
        raise DscError(
            f"the {whose} must be one volume of plain numbers, at least {fewest} along each axis, "
            f"got {volume.dtype} of shape {volume.shape}. Choose another file."
        )


def _refuse_affine(affine: FloatArray, whose: str) -> None:
    usable = affine.shape == (4, 4) and np.isfinite(affine).all()
    if not usable or not abs(np.linalg.det(affine[:3, :3])) > 1e-9:
        raise DscError(
            f"the affine of the {whose} must say where its voxels lie, got one that does not. Open "
            "a file with an orientation."
        )


def _refuse_bent(rigid: FloatArray) -> FloatArray:
    _refuse_affine(rigid, "alignment")
    turn = rigid[:3, :3]
    if np.abs(turn.T @ turn - np.eye(3)).max() > 1e-3 or np.linalg.det(turn) < 0:
        raise DscError("rigid must turn and shift only, got a matrix that scales or mirrors.")
    return rigid


def _refuse_without_extra() -> None:
    try:
        import SimpleITK  # noqa: F401
    except ImportError as error:
        raise DscError(MISSING) from error
