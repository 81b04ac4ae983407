"""Why a voxel has no answer, or one to be read with care."""

from collections.abc import Mapping
from enum import IntFlag
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.blocks import blocks_of, in_blocks, workers
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = [
    "REJECTING",
    "WORDS",
    "Flags",
    "Quality",
    "SignalEvidence",
    "explain",
    "mark",
    "signal_evidence",
    "weak_bolus",
]

Flags: TypeAlias = NDArray[np.uint16]

LOW_SIGNAL = 0.1  # of the median baseline signal
UNSTABLE = 0.1  # coefficient of variation of the baseline signal
NOISE_FLOOR = 3.0  # standard deviations of the noise
DARKEST = 0.02  # of the baseline signal
WEAK = 3.0  # standard deviations of the baseline
POOR_FIT = 0.5  # R² of the re-convolved curve
UNRETURNED = 0.5  # end over peak
EARLY = -3.0  # s


class Quality(IntFlag):
    """Bits of the quality map."""

    NON_FINITE = 1
    LOW_SIGNAL = 2
    UNSTABLE_BASELINE = 4
    WEAK_BOLUS = 8
    SATURATED = 16
    EDGE = 32
    POOR_FIT = 64
    NOT_POSITIVE = 128
    OSCILLATES = 256
    UNRETURNED = 512
    EARLY = 1024


WORDS: Mapping[Quality, str] = MappingProxyType(
    {
        Quality.NON_FINITE: "a sample is missing or not positive",
        Quality.LOW_SIGNAL: "baseline signal below 10 % of the brain's",
        Quality.UNSTABLE_BASELINE: "baseline varies by more than 10 %",
        Quality.WEAK_BOLUS: "bolus below 3 times the baseline's noise",
        Quality.SATURATED: "signal within the noise floor",
        Quality.EDGE: "residue peaks at the edge of the search",
        Quality.POOR_FIT: "curve is not explained by the AIF (R² below 0.5)",
        Quality.NOT_POSITIVE: "flow or volume is not positive",
        Quality.OSCILLATES: "residue oscillates at the SVD threshold (advisory)",
        Quality.UNRETURNED: "curve has not returned by the end of the scan (advisory)",
        Quality.EARLY: "bolus more than 3 s before the artery's (advisory)",
    }
)

REJECTING = Quality(Quality.OSCILLATES - 1)  # every bit below the first advisory one


def explain(bits: int) -> str:
    """Say in words what the bits of one voxel mean.

    Examples
    --------
    >>> explain(Quality.EDGE | Quality.NOT_POSITIVE)
    'residue peaks at the edge of the search; flow or volume is not positive'
    """
    return "; ".join(words for bit, words in WORDS.items() if bits & bit)


def mark(flags: Flags, bit: Quality, where: BoolArray) -> None:
    """Raise one bit, in place, where the condition holds."""
    flags |= np.multiply(where, np.uint16(bit), dtype=np.uint16)


class SignalEvidence(NamedTuple):
    """What only the signal can tell of each voxel."""

    baseline: FloatArray  # (V,) mean before the bolus, a.u.
    flags: Flags  # (V,)


def signal_evidence(signal: FloatArray, baseline: slice) -> SignalEvidence:
    """Judge signals by their level and noise before the bolus.

    Parameters
    ----------
    signal : ndarray, shape (V, T)
        Signals of the voxels of a brain, a.u.
    baseline : slice
        Volumes before the bolus.

    Returns
    -------
    SignalEvidence
        Mean of the baseline, and the flags: low signal, unstable baseline, saturated (a sample
        below 3 standard deviations of the noise or 2 % of the baseline). The noise is the
        median standard deviation of the baselines. Only saturation at 2 % and low signal can
        be told from a single volume, and nothing from none: the mean is NaN then.
    """
    before = signal[:, baseline]
    flags = np.zeros(len(signal), dtype=np.uint16)
    if before.shape[1] == 0:
        return SignalEvidence(np.full(len(signal), np.nan), flags)
    with np.errstate(all="ignore"):
        mean = before.mean(axis=1, dtype=np.float64)
        deviation = before.std(axis=1, ddof=min(1, before.shape[1] - 1), dtype=np.float64)
        floor = np.maximum(NOISE_FLOOR * np.nan_to_num(_usual(deviation)), DARKEST * mean)
        mark(flags, Quality.LOW_SIGNAL, ~(mean >= LOW_SIGNAL * _usual(mean)))
        mark(flags, Quality.UNSTABLE_BASELINE, ~(deviation <= UNSTABLE * mean))
        mark(flags, Quality.SATURATED, np.fmin.reduce(signal, axis=1) < floor)
    return SignalEvidence(mean, flags)


def weak_bolus(curves: FloatArray, baseline: slice, level: FloatArray | None) -> BoolArray:
    """Tell boluses that do not rise above the noise before them.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s.
    baseline : slice
        Volumes before the bolus; with fewer than two nothing can be said.
    level : ndarray, shape (V,), or None
        Baseline signal: its noise is pooled over the brain, that of delta R2* goes as 1/level.

    Returns
    -------
    ndarray of bool, shape (V,)
        True where the peak of the three-point mean stays below 3 standard deviations.
    """
    before = curves[:, baseline]
    if before.shape[1] < 2:
        return np.zeros(len(curves), dtype=np.bool_)
    with np.errstate(all="ignore"):
        level = np.ones(len(curves)) if level is None else level
        deviation = before.std(axis=1, ddof=1, dtype=np.float64) * level
        noise = np.sqrt(_usual(deviation**2)) / level
        return np.asarray(~(_smooth_peak(curves) >= WEAK * noise))


def _smooth_peak(curves: FloatArray) -> FloatArray:
    """Peak of the three-point mean of each curve."""
    peak = np.empty(len(curves), dtype=curves.dtype)

    def work(rows: slice) -> None:
        some = curves[rows]
        with np.errstate(all="ignore"):
            smooth = some[:, 2:] + some[:, 1:-1]
            smooth += some[:, :-2]
            peak[rows] = smooth.max(axis=1) / 3

    with workers() as pool:
        for _ in in_blocks(pool, work, blocks_of(len(curves)), len(curves)):
            pass
    return peak


def _usual(values: FloatArray) -> float:
    """Median of the finite values; NaN where there are none."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else np.nan
