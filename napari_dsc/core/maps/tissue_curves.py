"""Properties of tissue curves that no artery changes: prepared once, used for every AIF."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import bridged_curves
from napari_dsc.core.maps.scale import area_weights
from napari_dsc.core.noise import Noise, curve_noise
from napari_dsc.core.parallel_blocks import (
    BLOCK,
    Scratch,
    blocks_of,
    in_blocks,
    whole_block,
    workers,
)
from napari_dsc.core.peak import parabolic_peak
from napari_dsc.core.quality import (
    UNRETURNED,
    Flags,
    Quality,
    SignalEvidence,
    mark,
)
from napari_dsc.core.short_repr import brief
from napari_dsc.core.signal import EvenTime, even_time
from napari_dsc.core.slice_timing import later
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["Tissue", "recurved_stages", "times_of", "tissue_stages", "windowed"]

FEWEST = 3  # volumes of a window
END = 3  # volumes whose mean is the end of a curve


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tissue:
    """Curves of some voxels on an even time axis, and all of them that no AIF changes.

    Parameters
    ----------
    curves : ndarray, shape (V, N)
        Delta R2*, 1/s.
    spoilt : ndarray of bool, shape (V,)
        Curves with a sample that is not finite: they have no answer.
    axis : EvenTime
        The even time axis, and how an arterial curve is brought onto it.
    weights : ndarray, shape (N,)
        Of each sample in an area, s; 0 outside the window.
    area : ndarray, shape (V,)
        Area under the curve, within the window.
    energy, spread : ndarray, shape (V,)
        Sum of squares of the curve, and of its deviations from its mean, 1/s².
    height, ttp : ndarray, shape (V,)
        Largest value between samples, 1/s, and its time, s: NaN where that is not positive.
    mean : ndarray, shape (N,)
        Mean of the finite samples over all voxels, in float64.
    noise : Noise
        What is known of the curves' noise before any artery is.
    flags : ndarray of uint16, shape (V,)
        What the curves alone, and their signals, tell of quality.
    time : ndarray, shape (T,)
        Times of the samples as they were measured, s.
    baseline : slice
        Samples of the even time axis before the bolus.
    sampled : ndarray, shape (T, N), or None
        Curves as they were measured times this are `curves`: volumes that are left out stand on a
        line, uneven times were made even. None: the two are the same.
    offsets : ndarray, shape (V,), or None
        By how much later than that each voxel was measured, s; None: nobody is.
    echo_time : float or None
        In the unit of one over the curves: their noise grows as the exponential of their product.
        None: the signal that they were made of is unknown.
    scratch : Scratch
        Memory that one refresh leaves for the next.
    """

    curves: FloatArray
    spoilt: BoolArray
    axis: EvenTime
    weights: FloatArray
    area: FloatArray
    energy: FloatArray
    spread: FloatArray
    height: FloatArray
    ttp: FloatArray
    mean: FloatArray
    noise: Noise
    flags: Flags
    time: FloatArray
    baseline: slice
    sampled: FloatArray | None = None
    offsets: FloatArray | None = None
    echo_time: float | None = None
    scratch: Scratch = field(default_factory=Scratch)

    def artery_at(self, aif: FloatArray, offset: float = 0.0) -> FloatArray:
        """Arterial curve of the volumes' times, on the even axis of voxels measured later.

        Parameters
        ----------
        aif : ndarray, shape (T,)
            Delta R2* of the artery, 1/s.
        offset : float
            By how much later those voxels were measured, s.

        Returns
        -------
        ndarray, shape (N,)
            What the curves of these voxels are deconvolved with.
        """
        seen = aif if offset == 0 else aif @ later(self.time, offset)
        return seen if self.axis.resample is None else seen @ self.axis.resample

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader should know of the time axis."""
        return (self.axis.words,) if self.axis.words else ()


def tissue_stages(
    curves: FloatArray,
    time: FloatArray,
    *,
    baseline: slice,
    evidence: SignalEvidence | None = None,
    left_out: Sequence[int] = (),
) -> Generator[float, None, Tissue]:
    """Prepare the curves of some voxels, block by block.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s; kept as they are, unless the time axis is uneven.
    time : ndarray, shape (T,)
        Time of each sample, s.
    baseline : slice
        Volumes before the bolus.
    evidence : SignalEvidence, optional
        What the signal tells of each voxel.
    left_out : sequence of int
        Samples that were not measured, or are not used: the curves are straight there.

    Yields
    ------
    float
        Fraction done.
    """
    axis = even_time(time, curves.shape[1])
    count = len(curves)
    flags: Flags = np.zeros(count, np.uint16) if evidence is None else evidence.flags.copy()
    level = None if evidence is None else evidence.baseline
    noise = curve_noise(curves, baseline, level)
    properties = _Properties(curves, axis, flags)
    with workers() as pool:
        yield from in_blocks(pool, properties.read, blocks_of(count), count)
    flags[properties.spoilt] = Quality.NON_FINITE
    times, columns = np.asarray(time, dtype=np.float64), properties.columns
    return Tissue(
        curves=properties.even,
        spoilt=properties.spoilt,
        axis=axis,
        time=times,
        baseline=_even(baseline, times, axis),
        sampled=_sampled(times, axis, left_out),
        weights=properties.weights,
        mean=properties.mean,
        noise=noise,
        flags=flags,
        area=columns["area"],
        energy=columns["energy"],
        spread=columns["spread"],
        height=columns["height"],
        ttp=columns["ttp"],
    )


class _Properties:
    """Properties of curves on an even time axis, read block by block.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        As they were measured, 1/s.
    axis : EvenTime
        The even time axis.
    flags : ndarray of uint16, shape (V,)
        Curves that have not returned are marked in it.
    """

    def __init__(self, curves: FloatArray, axis: EvenTime, flags: Flags) -> None:
        self._curves, self._axis, self._flags = curves, axis, flags
        count, size, dtype = len(curves), axis.time.size, curves.dtype
        self.even = curves if axis.resample is None else np.empty((count, size), dtype=dtype)
        self.columns = {
            name: np.empty(count, dtype=dtype)
            for name in ("area", "energy", "spread", "height", "ttp")
        }
        self.spoilt = np.empty(count, dtype=np.bool_)
        self.weights = area_weights(axis.time)
        self._sums, self._samples = np.zeros((2, len(blocks_of(count)), size))

    def read(self, rows: slice) -> None:
        """Read the curves of one block."""
        even, spoilt, resample = self.even, self.spoilt, self._axis.resample
        with np.errstate(all="ignore"):
            if resample is not None:
                even[rows] = self._curves[rows] @ resample.astype(even.dtype)
            finite = np.isfinite(even[rows])
            spoilt[rows] = ~finite.all(axis=1)
            at = rows.start // BLOCK
            self._sums[at] = np.where(finite, even[rows], 0).sum(axis=0, dtype=np.float64)
            self._samples[at] = finite.sum(axis=0)
            block = whole_block(even[rows], spoilt[rows])
            found, incomplete = _statistics(block, self._axis, self.weights.astype(even.dtype))
        filled = rows.stop - rows.start
        for name, values in found.items():
            self.columns[name][rows] = values[:filled]
        mark(self._flags[rows], Quality.UNRETURNED, incomplete[:filled])

    @property
    def mean(self) -> FloatArray:
        """Mean of the finite samples of all curves that were read."""
        seen = self._samples.sum(axis=0)
        mean = np.full(seen.size, np.nan)
        np.divide(self._sums.sum(axis=0), seen, out=mean, where=seen > 0)
        return mean


def recurved_stages(
    tissue: Tissue, curves: FloatArray, left: FloatArray
) -> Generator[float, None, Tissue]:
    """Give tissue other curves on the same time axis: what the signal tells of quality stays.

    Parameters
    ----------
    tissue : Tissue
        Its areas are those of the whole scan.
    curves : ndarray, shape (V, N)
        Delta R2*, 1/s.
    left : ndarray, shape (V,)
        Share of the noise's variance that is left in each; NaN: all.

    Yields
    ------
    float
        Fraction done.
    """
    new = yield from tissue_stages(curves, tissue.axis.time, baseline=tissue.baseline)
    share = np.where(np.isfinite(left), left, 1)
    known = tissue.noise.predicted
    unreturned = np.uint16(Quality.UNRETURNED)
    return replace(
        tissue,
        curves=new.curves,
        area=new.area,
        energy=new.energy,
        spread=new.spread,
        height=new.height,
        ttp=new.ttp,
        mean=new.mean,
        noise=replace(new.noise, predicted=None if known is None else known * share),
        flags=(tissue.flags & ~unreturned) | (new.flags & unreturned),
    )


def _even(baseline: slice, time: FloatArray, axis: EvenTime) -> slice:
    """Samples of the even time axis that lie in the baseline of the measured one."""
    before = time[baseline]
    if axis.resample is None or before.size == 0:
        return baseline
    slack = axis.step / 100
    first, stop = np.searchsorted(axis.time, [before[0] - slack, before[-1] + slack])
    return slice(int(first), int(stop))


def _sampled(time: FloatArray, axis: EvenTime, left_out: Sequence[int]) -> FloatArray | None:
    """What brings curves as they were measured to those that are held; None: nothing has to."""
    if not len(left_out):
        return axis.resample
    bridge = bridged_curves(np.eye(time.size), left_out, time)
    return bridge if axis.resample is None else bridge @ axis.resample


def windowed(tissue: Tissue, window: tuple[float, float] | None) -> Tissue:
    """Return the same tissue, its areas taken within a window: all else stays.

    Parameters
    ----------
    tissue : Tissue
        Prepared curves.
    window : tuple of float, or None
        First and last time of the window, s; None: the whole scan.

    Returns
    -------
    Tissue
        Shares its curves with the one given.
    """
    time = tissue.axis.time
    weights = area_weights(time)
    if window is not None:
        slack = tissue.axis.step / 100
        inside = (time >= window[0] - slack) & (time <= window[1] + slack)
        weights = np.zeros_like(time)
        weights[inside] = area_weights(time[inside])
    area = np.empty_like(tissue.area)
    narrow = weights.astype(area.dtype)

    def work(rows: slice) -> None:
        with np.errstate(all="ignore"):
            block = whole_block(tissue.curves[rows], tissue.spoilt[rows])
            area[rows] = (block @ narrow)[: rows.stop - rows.start]

    with workers() as pool:
        for _ in in_blocks(pool, work, blocks_of(area.size), area.size):
            pass
    return replace(tissue, weights=weights, area=area)


def times_of(window: slice, time: FloatArray) -> tuple[float, float]:
    """First and last time of a window of volumes, s.

    Raises
    ------
    DscError
        If the window holds fewer than three volumes: no curve has an area there.
    """
    inside = time[window]
    if inside.size < FEWEST:
        raise DscError(
            f"window must hold at least {FEWEST} of the {time.size} volumes, got "
            f"{window.start}:{window.stop}. Choose the first pass, or the whole scan."
        )
    return float(inside[0]), float(inside[-1])


def _statistics(
    block: FloatArray, axis: EvenTime, weights: FloatArray
) -> tuple[dict[str, FloatArray], BoolArray]:
    """Columns of `Tissue` for a block of finite curves, and which have not returned."""
    peak = parabolic_peak(block, slice(0, block.shape[1]))
    power = np.einsum("vt,vt->v", block, block)
    centred = block - block.mean(axis=1, keepdims=True)
    found = {
        "area": block @ weights,
        "energy": power,
        "spread": np.einsum("vt,vt->v", centred, centred),
        "height": peak.height,
        "ttp": np.where(
            peak.height > 0,
            np.interp(peak.position, np.arange(axis.time.size), axis.time),
            np.nan,
        ),
    }
    return found, block[:, -END:].mean(axis=1) > UNRETURNED * peak.height
