"""Curves of the bolus: in the artery, in tissue and in veins."""

import numpy as np

from napari_dsc.core.types import FloatArray

__all__ = ["AIF_PEAK", "FINE", "arterial_curve", "passed_on"]

FINE = 0.05  # s: curves are convolved on this grid, then sampled
AIF_PEAK = 120.0  # 1/s: S/S0 = 0.027 at TE 30 ms, above the noise floor of a bright artery
RECIRCULATION = 0.3  # of the area of the first pass


def arterial_curve(since: FloatArray, peak: float) -> FloatArray:
    """Delta R2* of an artery: a gamma variate, then a wider, smaller second pass; 1/s.

    Parameters
    ----------
    since : ndarray, shape (T,)
        Evenly spaced times after the arrival, s.
    peak : float
        Height, 1/s.
    """
    first = _gamma_variate(since, 3.0, 2.2)
    second = _gamma_variate(since - 10.0, 3.0, 4.5)
    second *= RECIRCULATION * first.sum() / second.sum() if second.any() else 0
    curve = first + second
    return np.asarray(peak / curve.max() * curve)


def _gamma_variate(since: FloatArray, a: float, b: float) -> FloatArray:
    after = np.maximum(since, 0)
    return np.asarray(after**a * np.exp(-after / b))


def passed_on(
    fine: FloatArray, artery: FloatArray, residue: FloatArray, delay: float = 0.0
) -> FloatArray:
    """Convolve an arterial curve with a residue function, by the trapezoidal rule.

    Parameters
    ----------
    fine : ndarray, shape (N,)
        Times `FINE` seconds apart, from 0.
    artery, residue : ndarray, shape (N,)
        Curve in 1/s and residue function in 1/s, at these times.
    delay : float
        By how much the blood comes later, s.
    """
    delayed = np.interp(fine - delay, fine, artery, left=0)
    # Half of the first and of the last product.
    whole = np.convolve(delayed, residue)[: fine.size]
    return np.asarray(FINE * (whole - (delayed * residue[0] + delayed[0] * residue) / 2))
