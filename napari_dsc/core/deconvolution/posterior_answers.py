"""Sums over the posterior of atoms turned into answers, with their standard deviations."""

import numpy as np

from napari_dsc.core.deconvolution.base import Answers, Estimate
from napari_dsc.core.types import FloatArray

__all__ = ["answers_of"]

GRID_ERROR = 0.02  # s²: of a delay, between neighbouring atoms
BEYOND = 0.3  # of the weight: on the last step, the delay is longer than the search


def answers_of(
    sums: FloatArray, unit: FloatArray, explained: FloatArray, *, informed: bool
) -> Answers:
    """Turn sums over a posterior into answers.

    Parameters
    ----------
    sums : ndarray, shape (17, V), or (20, V) where a volume is expected
        From `sums_of`.
    unit : ndarray, shape (V,)
        Volume of a typical atom whose curve is one standard deviation of the noise long.
    explained : ndarray, shape (V,)
        Energy.
    informed : bool
        Whether a volume is expected: an atom weighs by its own volume A then, and of normal
        amplitudes E[A·A]/E[A] and E[A·A²]/E[A] are A + v/A and A² + 3 v, with their variance v.
    """
    own = unit * unit  # variance of a typical atom's volume: how the noise moves its score
    mean = sums / sums[0]
    _, m, mm, d, dd, x, xx, last, qq, mqq, mmqq = mean[:11]
    half = unit * unit.dtype.type(np.sqrt(2))  # scores are over √2 standard deviations
    first, second = mean[11:14] * half, mean[14:17] * half * half
    spread = np.stack([qq, mqq, mmqq]) * own
    if informed:
        first = first + mean[17:] * own / half
        spread *= 3
    a, ma, mma = first
    aa, maa, mmaa = second + spread
    # 1/F = m/A and its square, by the second order in A about its mean.
    inverse = (3 * a * a * m - 3 * a * ma + maa) / a**3
    square = (6 * a * a * mm - 8 * a * mma + 3 * mmaa) / a**4
    return Answers(
        volume=_amount(a, aa - a * a),
        flow=_flow(inverse, square),
        transit=_amount(m, mm - m * m),
        peak=_time(x, xx - x * x + GRID_ERROR),
        delay=_time(d, dd - d * d + GRID_ERROR),
        explained=explained,
        beyond=last > BEYOND,
    )


def _amount(mean: FloatArray, variance: FloatArray) -> Estimate:
    """Positive quantity: its percentiles are those of a log-normal with its mean and SD."""
    variance = np.maximum(variance, 0)
    width = np.log1p(variance / (mean * mean))
    middle, half = mean * np.exp(-width / 2), np.exp(np.sqrt(width))
    return Estimate(mean, np.sqrt(variance), middle / half, middle * half)


def _flow(inverse: FloatArray, square: FloatArray) -> Estimate:
    """Flow of the least relative error, E[1/F] / E[1/F²], with percentiles of a log-normal."""
    width = np.log(np.maximum(square / (inverse * inverse), 1))
    middle, half = np.exp(width / 2) / inverse, np.exp(np.sqrt(width))
    spread = middle * np.exp(width / 2) * np.sqrt(np.expm1(width))
    return Estimate(inverse / square, spread, middle / half, middle * half)


def _time(mean: FloatArray, variance: FloatArray) -> Estimate:
    """Time of either sign: its percentiles are those of a normal with its mean and SD."""
    sd = np.sqrt(np.maximum(variance, 0))
    return Estimate(mean, sd, mean - sd, mean + sd)
