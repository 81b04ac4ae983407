"""CBV as a weighted sum of a tissue curve's samples, of the least expected error."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast, get_args

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.maps.tissue_curves import Tissue
from napari_dsc.core.real_numbers import described
from napari_dsc.core.types import CbvBy, ComplexArray, FloatArray

__all__ = [
    "CBV_WAYS",
    "USUAL_VOLUME",
    "VolumeWeights",
    "as_cbv",
    "model_curves",
    "optimal_weights",
]

CBV_WAYS: tuple[CbvBy, ...] = get_args(CbvBy)

FINER = 8  # of a time step: where curves are convolved
MEAN_TRANSITS = tuple(np.geomspace(1.2, 24.0, 13).tolist())  # s, of model tissue
SHAPES = (1.0, 2.0, 6.0, 100.0)  # of its transit times: from exponential to all alike
DELAYS = tuple(np.arange(-3.0, 15.5, 1.0).tolist())  # s, behind the artery
USUAL_VOLUME = 0.057  # ratio of areas that makes 4 mL/100g: what noise is weighed against
LEAST_NOISE = 0.01  # of a usual curve: what no model explains
UNKNOWN_NOISE = 0.05  # the same, where nothing tells the noise
DRIFT = 2.0  # of the noise, from the first volume to the last: expected of every curve
TRUST = 1e-10  # of the largest direction: weaker ones are no directions


@dataclass(frozen=True, slots=True, eq=False)
class VolumeWeights:
    """Weights of a tissue curve's samples, bound to one artery.

    Parameters
    ----------
    values : ndarray, shape (N,)
        Curve times weights is the ratio of the areas of tissue and artery, s: CBV but for density
        and haematocrit. Zero outside the window of the areas and the baseline.
    spread : float
        Standard deviation of that ratio for noise of 1 1/s in every volume that is measured, s.
    """

    values: FloatArray
    spread: float

    def deviation(self, noise: float) -> float:
        """Standard deviation of the ratio of areas under white noise of a curve, 1/s.

        It is the scatter about the same weights' answer without noise, not about the truth.
        """
        return self.spread * noise


def as_cbv(cbv: Any) -> CbvBy:
    """How CBV is read off a curve.

    Raises
    ------
    DscError
        If it is none of the ways that there are.
    """
    if cbv not in CBV_WAYS:
        raise DscError(
            f"cbv must be {' or '.join(CBV_WAYS)}, got {described(cbv)}. Choose one of them."
        )
    return cast("CbvBy", cbv)


def optimal_weights(tissue: Tissue, artery: FloatArray) -> VolumeWeights:
    r"""Weights whose sum with a curve is CBV with the least expected error.

    .. math:: w = \arg\min \frac{1}{J}\sum_j (w^T u_j - 1)^2 + (\sigma/v_0)^2\, w^T K w

    over the curves :math:`u_j` of model tissue of one volume, with the noise :math:`\sigma` of the
    brain's curves against a usual volume :math:`v_0` (4 mL/100g), and K the covariance of noise of
    one. Every curve counts from the mean of its baseline, model and measured alike, whose error is
    in K: a constant that is added to a curve changes nothing. Volumes that are left out, and an
    uneven time axis, bend models and noise as they bend the curves.

    Without noise the models' CBV comes back; noise draws it towards zero, as every ridge does.
    Tissue later than 15 s, or whose transit takes longer than 24 s, is none of the models.

    Parameters
    ----------
    tissue : Tissue
        Time axis, baseline, noise and window of the curves.
    artery : ndarray, shape (N,)
        Delta R2* of the artery on the even time axis of these curves, 1/s (`Tissue.artery_at`).

    Returns
    -------
    VolumeWeights
        In float64.
    """
    size = tissue.axis.time.size
    seen = np.eye(size) if tissue.sampled is None else tissue.sampled
    level = np.zeros(size)
    level[tissue.baseline] = 1 / max(1, level[tissue.baseline].size)
    from_level = np.eye(size) - np.outer(level, np.ones(size))
    inside = tissue.weights > 0
    taken = (seen @ from_level)[:, inside]
    models = model_curves(artery, tissue.axis.time, tissue.axis.step, tissue.time) @ taken
    usual = USUAL_VOLUME * float(np.sqrt(np.mean(np.square(models))))
    known = tissue.noise.pooled
    noise = max(known, LEAST_NOISE * usual) if np.isfinite(known) else UNKNOWN_NOISE * usual
    ramp = DRIFT * (np.linspace(0, 1, len(taken)) @ taken)
    disturbed = taken.T @ taken + np.outer(ramp, ramp)
    error = models.T @ models / len(models) + (noise / USUAL_VOLUME) ** 2 * disturbed
    found = np.linalg.lstsq(error, models.mean(axis=0), rcond=TRUST)[0]
    values = from_level[:, inside] @ found
    return VolumeWeights(values, float(np.linalg.norm(seen @ values)))


def model_curves(
    artery: FloatArray, time: FloatArray, step: float, wanted: FloatArray
) -> FloatArray:
    """Curves of model tissue whose area is that of the artery times one second's share, 1/s.

    Transit times are gamma-distributed: 13 means from 1.2 to 24 s, four shapes, delays from -3 to
    15 s. The artery is a cubic spline through its samples, zero before the scan.

    Parameters
    ----------
    artery : ndarray, shape (N,)
        Delta R2* of the artery, 1/s.
    time : ndarray, shape (N,)
        Its times, s, in even steps.
    step : float
        From one to the next, s.
    wanted : ndarray, shape (T,)
        Times of the samples of the curves, s.

    Returns
    -------
    ndarray, shape (J, T)
        Each with the ratio of areas 1.
    """
    from scipy.interpolate import CubicSpline

    count = FINER * (time.size - 1) + 1
    fine = step / FINER
    smooth = CubicSpline(time, artery)(time[0] + fine * np.arange(count))
    padded = 2 * count
    spectrum = np.fft.rfft(smooth, padded) * _responses(count, fine)
    whole = np.fft.irfft(spectrum, padded)[:, :count]
    at = (wanted - time[0] - np.array(DELAYS)[:, None]) / fine  # (delays, T)
    below = np.clip(np.floor(at).astype(np.intp), 0, count - 2)
    beyond = np.clip(at - below, 0.0, 1.0)
    left, right = whole[:, below], whole[:, below + 1]
    return np.where(at < 0, 0.0, left + beyond * (right - left)).reshape(-1, wanted.size)


@lru_cache(maxsize=8)
def _responses(count: int, fine: float) -> ComplexArray:
    """Spectra of the transit times' survival over their mean: of an area of one."""
    lags = fine * np.arange(count)
    return np.fft.rfft([_response(lags, *one) for one in _kinds()], 2 * count)


def _kinds() -> Sequence[tuple[float, float]]:
    return [(mean, shape) for mean in MEAN_TRANSITS for shape in SHAPES]


def _response(lags: FloatArray, mean: float, shape: float) -> FloatArray:
    """Weights of a convolution with the share of blood that has not left yet, over its mean."""
    from scipy.special import gammaincc

    fine = lags[1]
    stays = gammaincc(shape, shape * lags / mean)
    stays[0] /= 2  # the rule of trapezia
    return np.asarray(fine * stays / mean)
