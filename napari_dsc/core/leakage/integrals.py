"""Leakage terms: time integrals of a reference curve, with and without return to the blood."""

import numpy as np

from napari_dsc.core.types import FloatArray

__all__ = ["kept"]

SLOW = 1e-4  # rate times step, below which a series takes the place of a difference of like numbers


def kept(reference: FloatArray, time: FloatArray, rates: FloatArray) -> FloatArray:
    r"""Integral of a reference curve, of which a share is washed out again.

    .. math:: I_k(t) = \int_0^t r(\tau)\, e^{-k(t-\tau)}\, d\tau

    exact for curves that are straight between their samples, whatever the steps are.

    Parameters
    ----------
    reference : ndarray, shape (T,)
        Delta R2* of the reference, 1/s.
    time : ndarray, shape (T,)
        Time of each sample, s.
    rates : ndarray, shape (K,)
        Rates k at which it is washed out, 1/s; 0: never.

    Returns
    -------
    ndarray, shape (K, T)
        Without unit; 0 at the first sample.

    Examples
    --------
    >>> kept(np.array([0.0, 2.0, 2.0]), np.array([0.0, 1.0, 3.0]), np.array([0.0])).tolist()
    [[0.0, 1.0, 5.0]]
    """
    found = np.zeros((rates.size, reference.size))
    for at, step in enumerate(np.diff(time)):
        stays, first, second = _weights(rates, float(step))
        found[:, at + 1] = stays * found[:, at] + first * reference[at] + second * reference[at + 1]
    return found


def _weights(rates: FloatArray, step: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What is left after a step, and what its first and its last sample bring."""
    share = rates * step
    small = share < SLOW
    safe = np.where(small, 1.0, rates)
    stays = np.exp(-share)
    whole = np.where(small, step * (1 - share / 2), (1 - stays) / safe)
    last = np.where(small, step * (0.5 - share / 6), (step - whole) / (safe * step))
    return stays, whole - last, last
