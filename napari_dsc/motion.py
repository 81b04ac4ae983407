"""Rigid motion correction: every volume is brought onto the baseline, and the shifts are shown.

During the first pass the contrast changes, and a metric that expects equal intensities mistakes
that for motion. Mutual information asks only that tissues stay apart [1]_: on the digital patient
without motion it errs by some 0.1 mm in the bolus, a correlation by 0.8 mm.

References
----------
.. [1] Mattes D et al. (2003). IEEE Trans Med Imaging 22(1):120-128.
"""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import cpu_count
from threading import Event
from typing import Any

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import mean_of_baseline
from napari_dsc.core.pipeline import find_odd_volumes, propose
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.types import BoolArray, FloatArray, Progress, Series

__all__ = ["Motion", "align", "moved_back", "one_thread"]

MISSING = (
    "motion correction needs SimpleITK, got none installed. Install it with "
    "pip install 'napari-dsc[motion]'."
)
BINS, STEPS = 50, 80  # of the metric's histogram; of the search at most
FEW_SLICES = 6  # below, nothing is estimated through the plane
LARGEST = 20.0  # mm: a shift beyond is a failed search, not a head that moved
STEEPEST = np.radians(15.0)  # the same of a turn
LEVER = 25.0  # mm: one radian weighs as much in the search; by corners, turns end too soon
STILL = 0.125  # of a voxel: below, a volume is left as it is; resampling would only blur it
LOOK = 0.05  # s between two looks whether a search is done
SAMPLES = 4000  # voxels of the brain whose displacement is averaged


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Motion:
    """A corrected scan, and how far its volumes had moved.

    Parameters
    ----------
    series : Series
        The scan with every volume on the baseline, float32; NaN where a volume has nothing.
    translation : ndarray, shape (T, 3)
        Shift along the axes of the file, mm.
    rotation : ndarray, shape (T, 3)
        Turn about them, through the centre of the volume, degrees.
    displacement : ndarray, shape (T,)
        Mean displacement of the brain's voxels, mm.
    interpolated : ndarray of bool, shape (T,)
        Volumes whose search failed: they move as their neighbours do.
    notices : tuple of str
        What a reader should know.
    """

    series: Series
    translation: FloatArray
    rotation: FloatArray
    displacement: FloatArray
    interpolated: BoolArray
    notices: tuple[str, ...]


def align(
    series: Series, *, baseline: slice | None = None, brain: BoolArray | None = None
) -> Generator[Progress, None, Motion]:
    """Bring every volume of a scan onto the mean of its baseline, rigidly.

    Parameters
    ----------
    series : Series
        The scan, signal of shape (X, Y, Z, T).
    baseline : slice, optional
        Volumes before the bolus; None: the proposal.
    brain : ndarray of bool, shape (X, Y, Z), optional
        Where displacements are measured; None: the proposal.

    Yields
    ------
    Progress
        Often enough to stop within a second, by closing the generator.

    Returns
    -------
    Motion
        The same for any number of threads, and every time.

    Raises
    ------
    DscError
        If the scan has no four axes or no place, its motion is corrected already, baseline or
        brain hold nothing, or SimpleITK is not installed.
    """
    _refuse_without_extra()
    spacing = _spacing_of(series)
    yield Progress("Looking for the baseline", 0.0)
    if baseline is None or brain is None:
        proposal = propose(series, brain)
        brain = proposal.brain if brain is None else brain
        baseline = slice(*proposal.baseline) if baseline is None else baseline
    if not brain.any():
        raise DscError("the brain must hold at least one voxel, got none. Draw it on the scan.")
    # What is unlike its neighbours may have moved; only what was lost has no place of its own.
    left_out = tuple(one.volume for one in find_odd_volumes(series, brain) if one.lost)
    first, last, _ = baseline.indices(series.n_volumes)
    fixed = mean_of_baseline(series.signal, (first, last), left_out)
    if not np.isfinite(fixed).any():
        raise DscError(
            "the baseline must hold numbers, got none. Choose other volumes for the baseline."
        )
    flat = series.signal.shape[2] < FEW_SLICES
    # Three angles, rad, and three shifts, mm, of every volume.
    found = yield from _searched(series, fixed, spacing, flat)
    found[list(left_out)] = np.nan  # blank or foreign: they have no place of their own
    failed: BoolArray = np.asarray(np.isnan(found).any(axis=1))
    if failed.all():
        raise DscError(
            "motion correction must find the volumes on one another, found none. Look at the scan."
        )
    _fill(found, failed)
    displacement = _displacements(found, brain, spacing, series.signal.shape[:3])
    still = displacement < STILL * min(spacing[:2])
    moves = np.where(still[:, None], 0.0, found)
    moved = yield from part_of_whole(moved_back(series, moves), 0.8, 1.0)
    notices = _in_words(displacement, still, failed, flat)
    return Motion(
        series=replace(moved, notices=(*series.notices, *notices), left_out=None),
        translation=found[:, 3:],
        rotation=np.degrees(found[:, :3]),
        displacement=displacement,
        interpolated=failed,
        notices=notices,
    )


def _spacing_of(series: Series) -> FloatArray:
    """Size of its voxels, mm, of a scan whose motion can be corrected."""
    if series.moves is not None:
        raise DscError("motion must be corrected once, got a scan that is corrected already.")
    if series.signal.ndim != 4 or series.affine is None:
        raise DscError(
            "motion correction needs a scan of four axes that says where it lies, got none. Open "
            "a file with an orientation."
        )
    spacing: FloatArray = np.linalg.norm(series.affine[:3, :3], axis=0)
    return spacing


def _fill(found: FloatArray, failed: BoolArray) -> None:
    """Take the moves of volumes that were not found from those before and after them."""
    for column in found.T:
        column[failed] = np.interp(np.flatnonzero(failed), np.flatnonzero(~failed), column[~failed])


def moved_back(series: Series, moves: FloatArray) -> Generator[Progress, None, Series]:
    """Move the volumes of a scan back, as it is known that they have moved.

    Parameters
    ----------
    series : Series
        The scan as it was measured, signal of shape (X, Y, Z, T).
    moves : ndarray, shape (T, 6)
        As `Series.moves`.

    Yields
    ------
    Progress
        After every volume.

    Returns
    -------
    Series
        float32; NaN where a volume has nothing.

    Raises
    ------
    DscError
        If the scan has no place, there are not six numbers for each volume, or SimpleITK is not
        installed.
    """
    _refuse_without_extra()
    if series.affine is None or moves.shape != (series.n_volumes, 6):
        raise DscError(
            f"moves must have six numbers for each of {series.n_volumes} volumes of a scan that "
            f"says where it lies, got {moves.shape}. Take those of this scan."
        )
    spacing = np.linalg.norm(series.affine[:3, :3], axis=0)
    moved = np.empty(series.signal.shape, np.float32)
    for volume, one in enumerate(moves):
        own = series.signal[..., volume]
        moved[..., volume] = _resampled(own, spacing, one) if one.any() else own
        yield Progress("Moving the volumes", (volume + 1) / len(moves))
    early = series.early
    if early is not None:
        early = np.stack(
            [
                _resampled(early[..., at], spacing, one) if one.any() else early[..., at]
                for at, one in enumerate(moves)
            ],
            axis=-1,
            dtype=np.float32,
        )
    return replace(series, signal=moved, moves=moves, early=early)


def _refuse_without_extra() -> None:
    try:
        import SimpleITK  # noqa: F401
    except ImportError as error:
        raise DscError(MISSING) from error


def _searched(
    series: Series, fixed: FloatArray, spacing: FloatArray, flat: bool
) -> Generator[Progress, None, FloatArray]:
    """Search every volume, each on a thread of its own: what one finds hangs on no other."""
    stop, count = Event(), series.n_volumes
    with one_thread(), ThreadPoolExecutor(min(cpu_count() or 1, 8)) as pool:
        jobs = [
            pool.submit(_search, fixed, series.signal[..., at], spacing, flat, stop)
            for at in range(count)
        ]
        try:
            waiting = set(jobs)
            while waiting:
                waiting = wait(waiting, LOOK).not_done
                yield Progress("Comparing the volumes", 0.8 * (1 - len(waiting) / count))
        finally:
            stop.set()
            for job in jobs:
                job.cancel()
    return np.array([job.result() for job in jobs])


@contextmanager
def one_thread() -> Iterator[None]:
    """Have the library's metric sum up on one thread: it heeds no other, and sums keep order."""
    from SimpleITK import ImageRegistrationMethod as Method

    threads = Method.GetGlobalDefaultNumberOfThreads()
    Method.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        Method.SetGlobalDefaultNumberOfThreads(threads)


def _image(volume: Any, spacing: FloatArray) -> Any:
    """Volume (X, Y, Z) as the library has it; its axes are the file's, in mm."""
    import SimpleITK

    values = np.nan_to_num(np.asarray(volume, dtype=np.float32))
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(values.T))
    image.SetSpacing([float(one) for one in spacing])
    return image


def _transform(fixed: Any, parameters: FloatArray | None = None) -> Any:
    """Rigid transform about the centre of the volume."""
    import SimpleITK

    centre = [(n - 1) * s / 2 for n, s in zip(fixed.GetSize(), fixed.GetSpacing(), strict=True)]
    transform: Any = SimpleITK.Euler3DTransform()
    transform.SetCenter(centre)
    if parameters is not None:
        transform.SetParameters([float(one) for one in parameters])
    return transform


def _search(
    fixed: FloatArray, moving: Any, spacing: FloatArray, flat: bool, stop: Event
) -> FloatArray:
    """Three angles, rad, and three shifts, mm, of a volume; NaN if the search fails."""
    import SimpleITK

    still, other = _image(fixed, spacing), _image(moving, spacing)
    method: Any = SimpleITK.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricSamplingStrategy(method.NONE)  # every voxel: the same result every time
    method.SetInterpolator(SimpleITK.sitkLinear)
    voxel = float(min(spacing[:2]))
    method.SetOptimizerAsRegularStepGradientDescent(voxel / 2, voxel / 2000, STEPS, 0.5, 1e-8)
    method.SetOptimizerScales([LEVER**2] * 3 + [1.0] * 3)
    if flat:
        method.SetOptimizerWeights([0, 0, 1, 1, 1, 0])
    method.SetShrinkFactorsPerLevel([1 if flat else 2, 1])
    # Less, and noise and the edges of voxels attract it.
    method.SetSmoothingSigmasPerLevel([1.5 * voxel, voxel])
    method.SetSmoothingSigmasAreSpecifiedInPhysicalUnits(True)
    transform = _transform(still)
    method.SetInitialTransform(transform, True)
    method.AddCommand(
        SimpleITK.sitkIterationEvent, lambda: method.StopRegistration() if stop.is_set() else None
    )
    try:
        method.Execute(still, other)
    except RuntimeError:  # nothing in common, or a volume that is flat
        return np.full(6, np.nan)
    finally:
        method.RemoveAllCommands()  # they hold the method, and it them
    found = np.array(transform.GetParameters())
    plausible = (
        np.isfinite(found).all()
        and np.linalg.norm(found[3:]) <= LARGEST
        and np.abs(found[:3]).max() <= STEEPEST
    )
    return found if plausible else np.full(6, np.nan)


def _resampled(volume: Any, spacing: FloatArray, parameters: FloatArray) -> FloatArray:
    """Volume on the baseline's grid; NaN beyond its edges, and where it had no number."""
    import SimpleITK

    image = _image(volume, spacing)
    transform = _transform(image, parameters)
    # Of two samples along an axis SimpleITK's spline reads a third from whatever memory holds.
    few = [(0, 1 if size == 2 else 0) for size in volume.shape]
    source = _image(np.pad(volume, few, mode="reflect"), spacing)
    moved = SimpleITK.Resample(source, image, transform, SimpleITK.sitkBSpline, float("nan"))
    values: FloatArray = SimpleITK.GetArrayFromImage(moved).T
    if source.GetSize() != image.GetSize():
        here = _image(np.ones(volume.shape), spacing)
        inside = SimpleITK.Resample(here, image, transform, SimpleITK.sitkNearestNeighbor, 0.0)
        values = np.where(SimpleITK.GetArrayFromImage(inside).T > 0, values, np.nan)
    missing = ~np.isfinite(np.asarray(volume, dtype=np.float32))
    if missing.any():
        holes = _image(missing, spacing)
        gone = SimpleITK.Resample(holes, holes, transform, SimpleITK.sitkLinear)
        values = np.where(SimpleITK.GetArrayFromImage(gone).T > 0, np.nan, values)
    return values


def _displacements(
    found: FloatArray, brain: BoolArray, spacing: FloatArray, shape: tuple[int, ...]
) -> FloatArray:
    """Mean displacement of the brain under each transform, mm."""
    places = np.argwhere(brain)
    points = places[:: max(1, len(places) // SAMPLES)] * spacing
    points = points - (np.array(shape) - 1) * spacing / 2
    moves = [points @ (_turn(one[:3]).T - np.eye(3)) + one[3:] for one in found]
    return np.array([np.linalg.norm(one, axis=1).mean() for one in moves])


def _turn(angles: FloatArray) -> FloatArray:
    """Rotation matrix of three angles, rad, as the library has it: Z X Y."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(angles), np.cos(angles)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    turn: FloatArray = about_z @ about_x @ about_y
    return turn


def _in_words(
    displacement: FloatArray, still: BoolArray, failed: BoolArray, flat: bool
) -> tuple[str, ...]:
    worst, moved = int(displacement.argmax()), int((~still).sum())
    words = [
        f"Motion corrected: the brain had moved by up to {displacement[worst]:.1f} mm, in volume "
        f"{worst}; {moved} of {displacement.size} volumes were moved back."
    ]
    if failed.any():
        words.append(f"In {int(failed.sum())} volumes the search failed: they move as neighbours.")
    if flat:
        words.append(
            f"With fewer than {FEW_SLICES} slices only motion in their plane is corrected."
        )
    return tuple(words)
