"""Rigid search for the place of an anatomy on a scan, by mutual information."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.anatomy.grid import LOOK_AT_BOTH, is_bent, refuse
from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray, FloatArray, Progress
from napari_dsc.motion import one_thread

__all__ = ["Alignment", "register"]

MISSING = "registration needs SimpleITK, got none. Run pip install 'napari-dsc[motion]'."
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

    refuse(volume, affine, whose, FEWEST)
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    axes = affine[:3, :3] / sizes
    if is_bent(axes):
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
