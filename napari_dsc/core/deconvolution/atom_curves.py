"""Tissue curves of a sample of transit times behind an artery, made in the Fourier domain.

The artery is the cubic spline through its samples; the survival function of gamma-distributed
transit times, the delay and the dispersion have transforms of their own.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from napari_dsc.core.deconvolution.transit_prior import LATEST, LONGEST, Atoms, atoms_before
from napari_dsc.core.types import ComplexArray, FloatArray

__all__ = ["latest_shown", "unit_curves"]

FADE = 8.0  # s: time constant by which an artery leaves the scan after its last sample
TAILS = 3.0  # of the longest transit time: so long the circle is beyond the scan
SHARP = 1.5  # of the Nyquist frequency: a bolus has nothing beyond
LEAST_LATEST = 1.0  # s: however early the scan ends


class _Waves(NamedTuple):
    """What of the curves no artery changes."""

    size: int  # samples of the circle
    spline: FloatArray  # (K,) spectrum of the cardinal spline, times the step
    responses: ComplexArray  # (J, K) of the atoms
    real: FloatArray  # (K, N): products with real and imaginary parts are curves
    imaginary: FloatArray


def latest_shown(aif: FloatArray, step: float) -> float:
    """Longest delay behind an artery whose bolus still peaks within the scan, s; at most 25 s."""
    left = step * (aif.size - 1 - int(aif.argmax()))
    return float(np.clip(left, LEAST_LATEST, LATEST))


def unit_curves(aif: FloatArray, step: float, latest: float, count: int) -> FloatArray:
    r"""Curves of the first atoms, each with the area of the artery times a volume of one.

    .. math:: \hat C(\omega) = \hat a(\omega)
        \frac{1 - (1 + i \omega m / \alpha)^{-\alpha}}{i \omega m}
        \frac{e^{-i \omega d}}{1 + i \omega \tau}

    Parameters
    ----------
    aif : ndarray, shape (N,)
        Delta R2* of the artery, 1/s.
    step : float
        Time from sample to sample, s.
    latest : float
        Longest delay, s.
    count : int
        Atoms, J.

    Returns
    -------
    ndarray, shape (J, N)
        1/s.
    """
    waves = _waves(aif.size, step, latest, count)
    after = step * np.arange(1, waves.size - aif.size + 1)
    whole = np.concatenate([aif, aif[-1] * np.exp(-after / FADE)])
    spectrum = np.fft.fft(whole)[np.arange(waves.spline.size) % waves.size] * waves.spline
    seen = waves.responses * spectrum
    return np.asarray(seen.real @ waves.real + seen.imag @ waves.imaginary)


@lru_cache(maxsize=4)
def _waves(n: int, step: float, latest: float, count: int) -> _Waves:
    """Everything about the atoms that a new artery leaves as it is."""
    atoms = atoms_before(latest, count)
    size = n + int(np.ceil((LATEST + TAILS * LONGEST) / step))
    numbers = np.arange(int(SHARP * size / 2) + 1)
    turn = 2 * np.pi * numbers / size  # a sample
    flat = np.sinc(numbers / size) ** 4 * 3 / (2 + np.cos(turn))
    angles = np.outer(turn, np.arange(n))
    share = np.where(numbers == 0, 1.0, 2.0)[:, None] / size / step
    return _Waves(
        size,
        step * flat,
        _responses(atoms, turn / step),
        share * np.cos(angles),
        -share * np.sin(angles),
    )


def _responses(atoms: Atoms, frequency: FloatArray) -> ComplexArray:
    """Transforms of the residue functions of atoms, shape (J, K); frequency in 1/s, from zero."""
    shape, transit, delay, smear = (
        one[:, None] for one in (atoms.shape, atoms.transit, atoms.delay, atoms.dispersion)
    )
    turning = 1j * frequency
    gone = np.exp(-shape * np.log1p(turning * transit / shape))
    with np.errstate(all="ignore"):
        still = (1 - gone) / (turning * transit)
    still[:, frequency == 0] = 1
    return np.asarray(still * np.exp(-turning * delay) / (1 + turning * smear))
