"""The first pass of a vascular curve as a gamma variate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.aif.curve_measures import measure
from napari_dsc.core.argument_checks import as_reals, as_time
from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray

__all__ = ["GammaVariate", "fit_gamma_variate"]

FIRST_PASS = 0.4  # of the peak: where the fit ends, before recirculation
FEWEST = 5  # samples for four parameters


@dataclass(frozen=True, slots=True)
class GammaVariate:
    r"""First pass of a bolus [1]_.

    .. math:: C(t) = K\,(t - t_0)^a\,e^{-(t - t_0)/b}, \quad t > t_0

    Parameters
    ----------
    scale : float
        K, 1/s per s to the power of a.
    t0 : float
        Arrival, s.
    a : float
        Shape, without unit.
    b : float
        Time of the decay, s.

    References
    ----------
    .. [1] Thompson HK et al. (1964). Circ Res 14:502-515.

    Examples
    --------
    >>> bolus = GammaVariate(scale=1.0, t0=20.0, a=3.0, b=2.0)
    >>> bolus.peak_time, bolus.first_moment
    (26.0, 28.0)
    """

    scale: float
    t0: float
    a: float
    b: float

    @property
    def peak_time(self) -> float:
        """Time of the peak, t0 + ab, s."""
        return self.t0 + self.a * self.b

    @property
    def first_moment(self) -> float:
        """Mean time, t0 + b(a + 1), s."""
        return self.t0 + self.b * (self.a + 1)

    def __call__(self, time: ArrayLike) -> FloatArray:
        """Value at some times (s), 1/s; zero before the arrival."""
        since = np.maximum(np.asarray(time, dtype=np.float64) - self.t0, 0)
        return np.asarray(self.scale * since**self.a * np.exp(-since / self.b))


def fit_gamma_variate(curve: ArrayLike, time: ArrayLike) -> GammaVariate:
    """Fit a gamma variate to the first pass of a vascular curve, by least squares.

    The fit ends where the curve falls to 40 % of its peak: recirculation follows. It is done in
    height, time of the peak, rise and shape, which hardly depend on each other [1]_.

    Parameters
    ----------
    curve : array_like, shape (T,)
        Delta R2*, 1/s.
    time : array_like, shape (T,)
        Time of each sample, s.

    Returns
    -------
    GammaVariate
        The best one.

    Raises
    ------
    DscError
        If the curve holds no first pass, or too few samples of it.

    References
    ----------
    .. [1] Madsen MT (1992). Phys Med Biol 37(7):1597-1600.
    """
    from scipy.optimize import least_squares

    values, times = _as_curve(curve, time)
    found = measure(values[None], times, slice(0, 0))
    height, peak, width = (float(one[0]) for one in (found.peak, found.ttp, found.fwhm))
    top = int(values.argmax())
    fallen = np.flatnonzero(values[top:] < FIRST_PASS * height)
    if not np.isfinite([height, peak, width]).all() or fallen.size == 0:
        raise DscError(
            "the curve must hold the first pass of a bolus, got none that rises and falls. "
            "Choose other voxels."
        )
    stop = top + int(fallen[0]) + 1
    kept, at = values[:stop] / height, times[:stop]
    if (at > peak - 1.5 * width).sum() < FEWEST or top < 2:
        raise DscError(
            f"the first pass must hold at least {FEWEST} samples, got fewer in {width:.1f} s. "
            "Such a bolus is too short for the time step."
        )

    def misfit(x: FloatArray) -> FloatArray:
        relative = np.maximum((at - x[1]) / x[2] + 1, 0)
        with np.errstate(divide="ignore"):
            logarithm = x[3] * (np.log(relative) + 1 - relative)
        return np.asarray(x[0] * np.exp(logarithm) - kept)

    # The width of a gamma variate of shape a is about 2.355 rise / √a.
    start = [1.0, peak, 2.355**-1 * np.sqrt(3.0) * width, 3.0]
    bounds = ([0.1, times[0], 0.1 * width, 0.1], [10.0, times[-1], 20 * width, 200.0])
    best = least_squares(misfit, start, bounds=bounds, x_scale=[1, width, width, 3])
    level, summit, rise, a = (float(one) for one in best.x)
    b = rise / a
    scale = height * level * np.exp(a - a * np.log(rise))
    return GammaVariate(scale=float(scale), t0=summit - rise, a=a, b=b)


def _as_curve(curve: ArrayLike, time: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Curve and its times in float64."""
    values = as_reals("curve", curve, "Pass one curve, shape (T,).").astype(np.float64)
    if values.ndim != 1:
        raise DscError(
            f"the curve must be one, shape (T,), got {values.shape}. Pass that of one vessel."
        )
    times = as_time(time, values.size, "the curve")
    if not np.isfinite(values).all():
        first = int(np.flatnonzero(~np.isfinite(values))[0])
        raise DscError(f"the curve must be finite, got {values[first]} at sample {first}.")
    return values, times
