"""Rigid motion correction: every volume is brought onto the baseline, and the shifts are shown.

During the first pass the contrast changes, and a metric that expects equal intensities mistakes
that for motion. Mutual information asks only that tissues stay apart [1]_: on the digital patient
without motion it errs by some 0.1 mm in the bolus, a correlation by 0.8 mm.

References
----------
.. [1] Mattes D et al. (2003). IEEE Trans Med Imaging 22(1):120-128.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import propose
from napari_dsc.core.types import BoolArray, FloatArray, Progress, Series

__all__ = ["Motion", "align"]

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
        After every volume.

    Returns
    -------
    Motion
        The same for any number of threads, and every time.

    Raises
    ------
    DscError
        If the scan has no four axes or no place, or SimpleITK is not installed.
    """
    try:
        import SimpleITK  # noqa: F401
    except ImportError as error:
        raise DscError(MISSING) from error
    if series.signal.ndim != 4 or series.affine is None:
        raise DscError(
            "motion correction needs a scan of four axes that says where it lies, got none. Open "
            "a file with an orientation."
        )
    yield Progress("Looking for the baseline", 0.0)
    if baseline is None or brain is None:
        proposal = propose(series, brain)
        brain = proposal.brain if brain is None else brain
        baseline = slice(*proposal.baseline) if baseline is None else baseline
    spacing = np.linalg.norm(series.affine[:3, :3], axis=0)
    fixed = _image(series.signal[..., baseline].mean(axis=-1, dtype=np.float32), spacing)
    flat = series.signal.shape[2] < FEW_SLICES
    count = series.n_volumes
    found = np.full((count, 6), np.nan)  # three angles, rad; three shifts, mm
    for volume in range(count):
        found[volume] = _search(fixed, _image(series.signal[..., volume], spacing), flat)
        yield Progress("Comparing the volumes", 0.8 * (volume + 1) / count)
    failed = ~np.isfinite(found).all(axis=1)
    if failed.all():
        raise DscError(
            "motion correction must find the volumes on one another, found none. Look at the scan."
        )
    for column in found.T:
        column[failed] = np.interp(np.flatnonzero(failed), np.flatnonzero(~failed), column[~failed])
    displacement = _displacements(found, brain, spacing, series.signal.shape[:3])
    still = displacement < STILL * min(spacing[:2])
    moved = np.empty(series.signal.shape, np.float32)
    for volume in range(count):
        moved[..., volume] = (
            series.signal[..., volume]
            if still[volume]
            else _resampled(series.signal[..., volume], fixed, spacing, found[volume])
        )
        yield Progress("Moving the volumes", 0.8 + 0.2 * (volume + 1) / count)
    notices = _in_words(displacement, still, failed, flat)
    return Motion(
        series=replace(series, signal=moved, notices=(*series.notices, *notices)),
        translation=found[:, 3:],
        rotation=np.degrees(found[:, :3]),
        displacement=displacement,
        interpolated=failed,
        notices=notices,
    )


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


def _search(fixed: Any, moving: Any, flat: bool) -> FloatArray:
    """Three angles, rad, and three shifts, mm, of a volume; NaN if the search fails."""
    import SimpleITK

    method: Any = SimpleITK.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricSamplingStrategy(method.NONE)  # every voxel: the same result every time
    method.SetInterpolator(SimpleITK.sitkLinear)
    voxel = float(min(fixed.GetSpacing()[:2]))
    method.SetOptimizerAsRegularStepGradientDescent(voxel / 2, voxel / 2000, STEPS, 0.5, 1e-8)
    method.SetOptimizerScales([LEVER**2] * 3 + [1.0] * 3)
    if flat:
        method.SetOptimizerWeights([0, 0, 1, 1, 1, 0])
    method.SetShrinkFactorsPerLevel([1 if flat else 2, 1])
    # Less, and noise and the edges of voxels attract it.
    method.SetSmoothingSigmasPerLevel([1.5 * voxel, voxel])
    method.SetSmoothingSigmasAreSpecifiedInPhysicalUnits(True)
    transform = _transform(fixed)
    method.SetInitialTransform(transform, True)
    threads = method.GetGlobalDefaultNumberOfThreads()
    method.SetGlobalDefaultNumberOfThreads(1)  # the metric heeds no other; sums keep their order
    try:
        method.Execute(fixed, moving)
    except RuntimeError:  # nothing in common, or a volume that is flat
        return np.full(6, np.nan)
    finally:
        method.SetGlobalDefaultNumberOfThreads(threads)
    found = np.array(transform.GetParameters())
    plausible = (
        np.isfinite(found).all()
        and np.linalg.norm(found[3:]) <= LARGEST
        and np.abs(found[:3]).max() <= STEEPEST
    )
    return found if plausible else np.full(6, np.nan)


def _resampled(volume: Any, fixed: Any, spacing: FloatArray, parameters: FloatArray) -> FloatArray:
    """Volume on the baseline's grid; NaN beyond its edges, and where it had no number."""
    import SimpleITK

    moved = SimpleITK.Resample(
        _image(volume, spacing),
        fixed,
        _transform(fixed, parameters),
        SimpleITK.sitkBSpline,
        float("nan"),
    )
    values: FloatArray = SimpleITK.GetArrayFromImage(moved).T
    missing = ~np.isfinite(np.asarray(volume, dtype=np.float32))
    if missing.any():
        gone = SimpleITK.Resample(
            _image(missing, spacing), fixed, _transform(fixed, parameters), SimpleITK.sitkLinear
        )
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
