"""Evidence of a brain's curves on the scan itself, against which every AIF is judged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.aif import ARRIVAL, mean_curve, measure
from napari_dsc.core.defaults import SLICE_AXIS
from napari_dsc.core.regions import voxel_volume
from napari_dsc.core.short_repr import brief
from napari_dsc.core.types import BoolArray, FloatArray, Measures

__all__ = ["BrainEvidence", "brain_evidence"]

ACROSS, NARROWEST = 16, 4  # patches across the shorter side of a slice, of at least so many voxels
CLEAR = 1.5  # standard deviations of the noise that 5 % of the peak of a patch must have
ENOUGH = 0.25  # of the brain in patches that tell: with less of it its mean curve tells
FILLED = 0.25  # of a patch: with less of it in the brain its curve is noise
FEWEST_TAIL = 5  # samples after the first pass that tell of leakage
BELOW = 0.05  # of its own peak: a curve that ends so far below its baseline
SURE = 4.0  # standard deviations
SMALLEST = 1.0  # mL of a piece of leaky tissue
FEW = 20  # its voxels, where nobody knows their size


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BrainEvidence:
    """What the curves of a brain tell by themselves, whatever the artery.

    Parameters
    ----------
    mean : Measures
        Of the brain's mean curve (one row).
    end : float
        Time of the last sample, s.
    arrivals : ndarray, shape (P,)
        Time at which the mean curve of each patch of neighbouring voxels reaches 5 % of its peak,
        s; NaN where none can be told, as single voxels are too noisy to tell it. Where few
        patches tell, all have that of the brain's mean curve.
    sizes : ndarray of int, shape (P,)
        Voxels of each patch.
    patch : ndarray of int, shape (V,)
        Patch of each voxel of the brain.
    leaking : float
        Volume of tissue whose curves end below their baseline, mL (voxels, if nobody knows their
        size): contrast agent that has left the vessels shortens T1.
    before : slice
        Volumes before the bolus: arrival is read above the level that a curve has there, which a
        baseline that is not flat may shift.
    """

    mean: Measures
    end: float
    arrivals: FloatArray
    sizes: NDArray[np.intp]
    patch: NDArray[np.intp]
    leaking: float
    before: slice

    def earlier_than(
        self,
        artery: FloatArray,
        time: FloatArray,
        margin: float,
        offsets: FloatArray | None = None,
    ) -> float:
        """Share of the brain that the bolus reaches earlier than an artery, by more than a margin.

        Parameters
        ----------
        artery : ndarray, shape (T,)
            Its curve, 1/s.
        time : ndarray, shape (T,)
            Time of each sample, s.
        margin : float
            s.
        offsets : ndarray, shape (V,), optional
            By how much later than the volumes each voxel was measured, s.

        Returns
        -------
        float
            0 to 1; NaN where no arrival is known.
        """
        arrivals, arrival = self.arrivals, float(_arrivals(artery[None], time, self.before)[0])
        if offsets is not None:
            sums = np.bincount(self.patch, weights=offsets, minlength=self.sizes.size)
            arrivals = arrivals + sums / np.maximum(self.sizes, 1)
        known = np.isfinite(arrivals)
        if not known.any() or not np.isfinite(arrival):
            return float("nan")
        early = known & (arrivals < arrival - margin)
        return float(self.sizes[early].sum() / self.sizes[known].sum())


def brain_evidence(
    curves: FloatArray,
    time: FloatArray,
    brain: BoolArray,
    *,
    before: slice,
    noise: FloatArray | None = None,
    slice_axis: int = SLICE_AXIS,
    affine: FloatArray | None = None,
) -> BrainEvidence:
    """Read off the curves of a brain what no AIF changes.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2* of the voxels of the brain, 1/s.
    time : ndarray, shape (T,)
        Time of each sample, s.
    brain : ndarray of bool, shape (...)
        Where they lie, V of them.
    before : slice
        Volumes before the bolus.
    noise : ndarray, shape (V,), optional
        Variance of the noise of each curve, 1/s²; None: leakage is not looked for.
    slice_axis : int
        Along which axis the slices lie.
    affine : ndarray, shape (4, 4), optional
        Voxel indices to RAS millimetres.
    """
    mean = measure(mean_curve(curves)[None], time, slice(0, 0))
    patch, count = _patches(brain, slice_axis)
    sizes, means = _means(curves, patch, count)
    tells = sizes >= FILLED * np.max(sizes, initial=1)
    if noise is not None:
        level = np.bincount(patch, weights=np.nan_to_num(noise), minlength=count)
        of_mean = np.sqrt(level) / np.maximum(sizes, 1)
        tells &= ARRIVAL * np.nan_to_num(means.max(axis=1)) >= CLEAR * of_mean
    arrivals = np.where(tells, _arrivals(means, time, before), np.nan)
    if sizes[np.isfinite(arrivals)].sum() < ENOUGH * sizes.sum():
        arrivals = np.full(count, _arrivals(mean_curve(curves)[None], time, before)[0])
    return BrainEvidence(
        mean=mean,
        end=float(time[-1]),
        arrivals=arrivals,
        sizes=sizes,
        patch=patch,
        before=before,
        leaking=0.0 if noise is None else _leaking(curves, time, brain, mean, noise, affine),
    )


def _arrivals(curves: FloatArray, time: FloatArray, before: slice) -> FloatArray:
    """Time at which each curve reaches 5 % of its peak above its own level before the bolus, s."""
    early = curves[:, before]
    if not early.shape[1]:
        return measure(curves, time, slice(0, 0)).arrival
    level = np.nan_to_num(np.median(early, axis=1))
    return measure(curves - level[:, None], time, slice(0, 0)).arrival


def _patches(brain: BoolArray, slice_axis: int) -> tuple[NDArray[np.intp], int]:
    """Patch of each voxel of a brain, and how many there are: squares within the slices."""
    at = np.argwhere(brain)
    if brain.ndim < 2:
        return np.zeros(len(at), np.intp), 1
    flat = slice_axis % brain.ndim if brain.ndim > 2 else None
    sides = [n for axis, n in enumerate(brain.shape) if axis != flat]
    edge = max(NARROWEST, round(min(sides) / ACROSS))
    steps = np.array([1 if axis == flat else edge for axis in range(brain.ndim)])
    cells = at // steps
    shape = tuple(-(-np.array(brain.shape) // steps))
    number = np.ravel_multi_index(tuple(cells.T), shape)
    found, patch = np.unique(number, return_inverse=True)
    return patch.astype(np.intp), found.size


def _means(
    curves: FloatArray, patch: NDArray[np.intp], count: int
) -> tuple[NDArray[np.intp], FloatArray]:
    """Voxels without a gap in each patch, and their mean curve, shape (P, T)."""
    from scipy.sparse import csr_matrix

    whole = np.flatnonzero(np.isfinite(curves).all(axis=1))
    sums = csr_matrix(
        (np.ones(whole.size, curves.dtype), (patch[whole], whole)), shape=(count, len(curves))
    )
    sizes = np.bincount(patch[whole], minlength=count).astype(np.intp)
    clean = curves if whole.size == len(curves) else np.nan_to_num(curves, posinf=0, neginf=0)
    return sizes, np.asarray(sums @ clean, np.float64) / np.maximum(sizes, 1)[:, None]


def _leaking(
    curves: FloatArray,
    time: FloatArray,
    brain: BoolArray,
    mean: Measures,
    noise: FloatArray,
    affine: FloatArray | None,
) -> float:
    """Volume of pieces of tissue whose curves end surely below their baseline."""
    after = float(mean.ttp[0] + 2 * mean.fwhm[0])
    tail = np.flatnonzero(time > after)
    if not np.isfinite(after) or tail.size < FEWEST_TAIL:
        return 0.0
    with np.errstate(all="ignore"):
        level = curves[:, tail[0] :].mean(axis=1, dtype=np.float64)
        known = level[np.isfinite(level)]
        if not known.size:  # a blank volume that the user has kept
            return 0.0
        usual = min(0.0, float(np.median(known)))  # a drift that the whole brain shares
        beside = level - usual
        low = beside < -BELOW * np.fmax(curves.max(axis=1), mean.peak[0])
        low &= beside < -SURE * np.sqrt(noise / tail.size)
    marked = np.zeros(brain.shape, np.bool_)
    marked[brain] = low
    return _large_pieces(marked, affine)


def _large_pieces(marked: BoolArray, affine: FloatArray | None) -> float:
    """Volume of the pieces that share faces and are no specks, mL, or voxels."""
    from scipy import ndimage

    each = voxel_volume(affine)
    pieces, _ = ndimage.label(marked)
    sizes = np.bincount(pieces.ravel())[1:]
    least, one = (FEW, 1.0) if np.isnan(each) else (SMALLEST / each, each)
    return float(sizes[sizes >= least].sum() * one)
