"""Noise of signals and curves: of the scanner, of a brain, and of each voxel by itself."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.types import BoolArray, FloatArray, Rows

__all__ = [
    "KNOWN",
    "OWN",
    "Level",
    "Noise",
    "curve_noise",
    "jump_noise",
    "scanner_noise",
    "some_of",
]

KNOWN, OWN = 3.7, 4.5  # thresholds of a matched filter: noise known from the brain, or one's own
PRIOR = 10.0  # volumes that a prediction, or the rest of the curve, counts against a baseline
CHANCE = 3.0  # standard deviations of a variance, beyond which a voxel is noisier than predicted
DIM, BRIGHT = 0.1, 95.0  # of the level at this percentile: darker voxels are none of the brain's
QUIET = 0.25  # of the voxels: those whose noise is the scanner's, not the patient's
FEW_AIR = 100  # voxels of air that tell the noise
RAYLEIGH_MEAN, RAYLEIGH_SD = np.sqrt(np.pi / 2), np.sqrt(2 - np.pi / 2)  # over the noise
RAYLEIGH = (1.6, 2.3)  # mean over standard deviation of air that nothing has filtered: 1.91


class Level(NamedTuple):
    """What a bolus has to stand out of."""

    variance: FloatArray  # (V,) of the noise, 1/s²
    threshold: FloatArray  # (V,) standard deviations
    structure: FloatArray  # (V,) energy that is neither noise nor the best bolus, 1/s²


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """Noise of curves, as far as it is known before any artery is.

    Parameters
    ----------
    own : ndarray, shape (V,)
        Variance of each curve before the bolus, 1/s²; NaN where fewer than two volumes tell.
    freedom : int
        Volumes that this variance stands on, less one.
    jitter : ndarray, shape (V,)
        The same from the differences of successive volumes, all but the largest: a jump does not
        enter it. NaN where fewer than three volumes tell.
    predicted : ndarray, shape (V,), or None
        Variance that the brain's noise and the voxel's baseline signal predict, 1/s²; None: no
        signal is known.
    """

    own: FloatArray
    freedom: int
    jitter: FloatArray
    predicted: FloatArray | None = None

    def of(self, rows: Rows) -> "Noise":
        """Noise of some of the curves."""
        predicted = None if self.predicted is None else self.predicted[rows]
        return Noise(self.own[rows], self.freedom, self.jitter[rows], predicted)

    @property
    def expected(self) -> FloatArray:
        """Variance known before any artery is: predicted, or one's own; NaN where neither."""
        if self.predicted is None:
            return self.own
        return np.where(self.predicted > 0, self.predicted, self.own)

    @property
    def pooled(self) -> float:
        """Standard deviation that the middle one of the curves has before the bolus, 1/s.

        NaN where no baseline tells it of any.
        """
        known = self.own[np.isfinite(self.own)]
        if known.size == 0:
            return float("nan")
        return float(np.sqrt(np.median(known) / _median_ratio(self.freedom)))

    @property
    def white(self) -> FloatArray:
        """Variance of noise from volume to volume: expected, or the curve's jitter if larger.

        A coil array leaves the middle of the head noisier than its signal predicts.
        """
        return np.fmax(self.expected, self.jitter)

    def against(self, rest: FloatArray, freedom: int) -> "Level":
        """What a bolus has to stand out of, in each curve.

        The baseline's variance is shrunk, by the number of its volumes, towards what the signal
        predicts; without a signal towards what the best bolus leaves of the curve itself. Where
        baseline or rest exceed the prediction by more than chance (pulsation, motion), they count.
        What is left beyond noise from volume to volume is structure, and a bolus has to be larger.

        Parameters
        ----------
        rest : ndarray, shape (V,)
            Variance of what the best bolus leaves of each curve, 1/s².
        freedom : int
            Degrees of freedom of `rest`.
        """
        own = self.own
        predicted = np.full_like(rest, np.nan) if self.predicted is None else self.predicted
        known = np.isfinite(predicted) & (predicted > 0)
        prior = np.where(known, predicted, rest)
        told = np.where(np.isfinite(own), own, prior)
        shrunk = (self.freedom * told + PRIOR * prior) / (self.freedom + PRIOR)
        restless = ~known | (told > _by_chance(self.freedom) * prior)
        found = np.where(restless, np.maximum(prior, shrunk), prior)
        freedoms = np.where(known, np.inf, self.freedom)
        white = self.white
        structured = rest > _by_chance(freedom, freedoms) * white
        found = np.where(structured, np.maximum(found, rest), found)
        return Level(
            variance=found,
            threshold=np.where(restless | structured, OWN, KNOWN),
            structure=np.where(structured, freedom * (rest - white), 0),
        )


def jump_noise(noise: Noise, rest: FloatArray) -> FloatArray:
    """Variance that a jump has to stand out of: predicted, or the curve's jitter where larger.

    Parameters
    ----------
    noise : Noise
        Of the curves.
    rest : ndarray, shape (V,)
        Variance of what the best bolus and the best jump leave of each, 1/s²: stands in where
        no signal predicts the noise.
    """
    if noise.predicted is None:
        return rest
    predicted, jitter = noise.predicted, noise.jitter
    restless = jitter > _by_chance(max(noise.freedom - 2, 0)) * predicted
    return np.where(predicted > 0, np.where(restless, jitter, predicted), rest)


def curve_noise(curves: FloatArray, baseline: slice, level: FloatArray | None) -> Noise:
    """Noise of curves before the bolus.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s.
    baseline : slice
        Volumes before the bolus.
    level : ndarray, shape (V,), or None
        Baseline signal, a.u.: the noise of delta R2* goes as one over it, so that its product
        with the level can be pooled over the brain. None: nothing is pooled.

    Returns
    -------
    Noise
        In float64.
    """
    before = curves[:, baseline]
    freedom = before.shape[1] - 1
    with np.errstate(all="ignore"):
        if freedom < 1:
            own = np.full(len(curves), np.nan)
        else:
            own = before.var(axis=1, ddof=1, dtype=np.float64)
        jitter = _jitter(before)
        predicted = None
        if level is not None:
            level = level.astype(np.float64)
            seen = level[np.isfinite(level)]
            bright = level >= DIM * (np.percentile(seen, BRIGHT) if seen.size else np.nan)
            pooled = (own * level**2)[bright & np.isfinite(own)]
            usual = np.median(pooled) / _median_ratio(freedom) if pooled.size else np.nan
            predicted = usual / level**2
    return Noise(own, max(freedom, 0), jitter, predicted)


def scanner_noise(
    signal: NDArray[np.generic], baseline: slice, around: NDArray[np.generic] | None = None
) -> float:
    """Standard deviation of the scanner's noise, whatever the patient adds to it.

    Pulsation and motion make a baseline restless, and are no floor below which a signal drowns.
    Where there is air that nothing has filtered or masked, its scatter tells (Rayleigh). Else the
    quietest quarter of the voxels does, each by its baseline's standard deviation or by the
    differences of successive volumes, whichever is the smaller over all voxels.

    Parameters
    ----------
    signal : ndarray, shape (V, T)
        Signals (Q.MS1.001) of the voxels of a brain, a.u.
    baseline : slice
        Volumes before the bolus.
    around : ndarray, shape (W, T), optional
        Signals of voxels of the whole volume, air among them.

    Returns
    -------
    float
        In the units of `signal`; NaN where neither air nor two volumes of baseline tell.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> signal = 900 + 9 * random.standard_normal((2000, 40))
    >>> signal[::2] += 30 * np.sin(np.arange(40))  # half of the voxels pulsate
    >>> bool(8.5 < scanner_noise(signal, slice(0, 20)) < 10.5)
    True
    """
    air = np.nan if around is None else _of_air(around, _bright(signal))
    if np.isfinite(air):
        return air
    before = signal[:, baseline].astype(np.float64)
    count = before.shape[1]
    before = before[np.isfinite(before).all(axis=1)]
    if count < 2 or len(before) == 0:
        return float("nan")
    steps = np.diff(before, axis=1)
    about_mean = before.var(axis=1, ddof=1)
    of_steps = np.square(steps).mean(axis=1) / 2
    freedom_of_steps = 2 * (count - 1) ** 2 / (3 * count - 4)
    return float(np.sqrt(min(_quiet(about_mean, count - 1.0), _quiet(of_steps, freedom_of_steps))))


def some_of(values: NDArray[Any], at_most: int = 20_000) -> NDArray[Any]:
    """Curves of every n-th voxel of an array, shape (..., T), as rows; of a small one of all."""
    if values.ndim == 1:
        return values[None]
    count = int(np.prod(values.shape[:-1]))
    chosen = np.arange(0, count, max(1, -(-count // at_most)))
    return np.asarray(values[np.unravel_index(chosen, values.shape[:-1])])


def _bright(signal: NDArray[np.generic]) -> float:
    """Level of the bright voxels."""
    level = signal.mean(axis=1, dtype=np.float64)
    seen = level[np.isfinite(level)]
    return float(np.percentile(seen, BRIGHT)) if seen.size else float("nan")


def _of_air(around: NDArray[np.generic], bright: float) -> float:
    """Noise from the scatter of air; NaN without enough of it, or where it is not Rayleigh's."""
    level = around.mean(axis=1, dtype=np.float64)
    dark: BoolArray = (level > 0) & (level < DIM * bright)
    values = around[dark].astype(np.float64)
    if len(values) < FEW_AIR:
        return float("nan")
    mean, scatter = values.mean(axis=1), values.std(axis=1, ddof=1 if values.shape[1] > 1 else 0)
    middle, spread = float(np.median(mean)), float(np.sqrt(np.median(scatter**2)))
    if not (spread > 0 and RAYLEIGH[0] < middle / spread < RAYLEIGH[1]):
        return float("nan")
    return float(middle / RAYLEIGH_MEAN)


def _quiet(variances: FloatArray, freedom: float) -> float:
    """Variance of noise alone, from that of the quietest voxels, which is small by chance too."""
    from scipy.stats import chi2

    at = int(QUIET * len(variances))
    lowest = float(np.partition(variances, at)[at])
    return lowest * freedom / float(chi2.ppf((at + 0.5) / len(variances), freedom))


def _jitter(before: FloatArray) -> FloatArray:
    """Variance from the differences of successive samples, the largest of them left out."""
    if before.shape[1] < 3:
        return np.full(len(before), np.nan)
    steps = np.square(np.diff(before.astype(np.float64), axis=1))
    return np.asarray((steps.sum(axis=1) - steps.max(axis=1)) / (2 * (steps.shape[1] - 1)))


def _by_chance(freedom: int, other: FloatArray | float = np.inf) -> FloatArray:
    """How many times another variance one may be by chance; each has its degrees of freedom."""
    with np.errstate(divide="ignore"):
        return np.asarray(1 + CHANCE * np.sqrt(2 / np.float64(freedom) + 2 / np.float64(other)))


def _median_ratio(freedom: int) -> float:
    """Median of a sample variance over its expectation (Wilson and Hilferty)."""
    return float((1 - 2 / (9 * freedom)) ** 3) if freedom > 0 else 1.0
