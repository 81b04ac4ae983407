"""Scatter of a map: how far the noise of a curve alone moves it, by a linear method.

A sum of samples with weights w has the standard deviation √Σ (Pw)² σ², where P takes the mean of
the baseline off every sample, as it was taken off the curve, and brings back samples that were
left out or resampled to those that were measured. It tells how far a value lies from that of the
same method without noise. How far that is from the truth it does not tell: the bias of a
truncation, and the artery's own error, are larger.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.deconvolution import Inverse
from napari_dsc.core.maps.scale import Scale
from napari_dsc.core.maps.tissue_curves import Tissue
from napari_dsc.core.peak import Peak
from napari_dsc.core.quantities import CBF, CBV, MTT, TMAX
from napari_dsc.core.types import FloatArray

__all__ = ["NoisePath", "Scatter", "noise_path", "scattered"]


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """Standard deviations that noise alone makes, of some voxels.

    Parameters
    ----------
    volume : ndarray, shape (V,)
        Of the ratio of areas.
    flow : ndarray, shape (V,), or None
        Of the residue's peak, 1/s; None of a method that is not linear.
    shared : ndarray, shape (V,), or None
        Covariance of these two, 1/s.
    peak : ndarray, shape (V,), or None
        Of the time of the peak, s.
    """

    volume: FloatArray
    flow: FloatArray | None = None
    shared: FloatArray | None = None
    peak: FloatArray | None = None

    def columns(self, scale: Scale, area: FloatArray, height: FloatArray) -> dict[str, FloatArray]:
        """Scatter of the maps by their keys, in their units.

        Parameters
        ----------
        scale : Scale
            Density and haematocrit factor.
        area, height : ndarray, shape (V,)
            Ratio of areas, and peak of the residue, 1/s: MTT is the one over the other.
        """
        found = {CBV.key: scale.volume * self.volume}
        if self.flow is None or self.shared is None or self.peak is None:
            return found
        parts = (self.volume / area) ** 2 + (self.flow / height) ** 2
        relative = parts - 2 * self.shared / (area * height)
        return {
            **found,
            CBF.key: scale.flow * self.flow,
            MTT.key: np.abs(area / height) * np.sqrt(np.maximum(relative, 0)),
            TMAX.key: self.peak,
        }


def scattered(
    count: int, dtype: np.dtype[Any], flow: Inverse, times: Inverse | None
) -> dict[str, FloatArray]:
    """Room for the scatter of those maps of which a method tells any, by their keys."""
    keys = [CBV.key]
    if flow.operator is not None:
        keys += [CBF.key, MTT.key]
        # Where tissue must follow the artery a peak may stand at lag zero, and no noise moves it.
        keys += [TMAX.key] * (times is None and flow.circular)
    return {key: np.empty(count, dtype) for key in keys}


@dataclass(frozen=True, slots=True, eq=False)
class NoisePath:
    """How the noise of measured samples reaches what is made of them, for one artery.

    Parameters
    ----------
    volume : ndarray, shape (T,)
        Weights of the samples in the ratio of areas.
    residue : ndarray, shape (T, L), or None
        Weights in the residue at each lag, 1/s; None for a method that is not linear.
    step : float
        From lag to lag, s.
    growth : float
        s: noise grows as exp(growth · ΔR2*), where signal and echo time are known; else 0.
    """

    volume: FloatArray
    residue: FloatArray | None
    step: float
    growth: float

    def scatter(
        self, curves: FloatArray, variance: FloatArray, residues: FloatArray, peak: Peak
    ) -> Scatter:
        """Scatter of some voxels.

        Parameters
        ----------
        curves : ndarray, shape (V, N)
            1/s.
        variance : ndarray, shape (V,)
            Of their noise before the bolus, 1/s².
        residues : ndarray, shape (V, L)
            1/s.
        peak : Peak
            Of them.
        """
        noise = np.broadcast_to(variance[:, None], (len(curves), self.volume.size))
        if curves.shape == noise.shape:  # else they are not at the samples that were measured
            noise = noise * np.exp(2 * self.growth * np.maximum(curves, 0))
        volume = np.sqrt(noise @ np.square(self.volume))
        if self.residue is None:
            return Scatter(volume)
        at = np.clip(peak.sample, 1, residues.shape[1] - 2)
        offset = np.clip(peak.position - at, -0.5, 0.5)
        # Weights of three samples in the parabola's top: its own offset does not move it.
        top = offset * (offset - 1) / 2, 1 - offset**2, offset * (offset + 1) / 2
        near = _noise_around(at, noise, self.residue, self.volume)
        rows = np.arange(len(curves))
        rise = near.rise
        bend = residues[rows, at - 1] - 2 * residues[rows, at] + residues[rows, at + 1]
        # Of a ratio, to the second order: the bend is noisy too, and what it divides is larger.
        wider = 1 + 3 * np.maximum(near.bend, 0) / np.square(bend)
        return Scatter(
            volume,
            np.sqrt(np.maximum(near.variance_of(*top), 0)),
            near.shared_by(*top),
            self.step * np.sqrt(np.maximum(rise, 0) * wider) / (2 * np.abs(bend)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _NoiseAround:
    """Noise of the residue's three samples around its peak; every column has shape (V,).

    Parameters
    ----------
    before, at, after : ndarray
        Variances of the samples, 1/s².
    rising, falling, across : ndarray
        Covariances of the first with the second, the second with the third, the first with the
        third, 1/s².
    shared : tuple of ndarray
        Covariance of each sample with the ratio of areas, 1/s.
    """

    before: FloatArray
    at: FloatArray
    after: FloatArray
    rising: FloatArray
    falling: FloatArray
    across: FloatArray
    shared: tuple[FloatArray, FloatArray, FloatArray]

    def variance_of(self, left: FloatArray, middle: FloatArray, right: FloatArray) -> FloatArray:
        """Variance of a weighted sum of the three, 1/s²."""
        return (left**2 * self.before + middle**2 * self.at + right**2 * self.after) + 2 * (
            left * middle * self.rising + middle * right * self.falling + left * right * self.across
        )

    def shared_by(self, left: FloatArray, middle: FloatArray, right: FloatArray) -> FloatArray:
        """Covariance of that sum with the ratio of areas, 1/s."""
        before, at, after = self.shared
        return left * before + middle * at + right * after

    @property
    def rise(self) -> FloatArray:
        """Variance of the difference of the outer two, 1/s²."""
        return self.before + self.after - 2 * self.across

    @property
    def bend(self) -> FloatArray:
        """Variance of their second difference, 1/s²."""
        return (
            self.before
            + 4 * self.at
            + self.after
            - 4 * (self.rising + self.falling)
            + 2 * self.across
        )


def _noise_around(
    at: NDArray[np.intp], noise: FloatArray, weights: FloatArray, volume: FloatArray
) -> _NoiseAround:
    """Noise of the residue around its peaks, from the variances (V, T) of measured samples."""
    own = noise @ np.square(weights)
    next_one, second = (noise @ (weights[:, :-later] * weights[:, later:]) for later in (1, 2))
    beside = noise @ (weights * volume[:, None])
    rows = np.arange(len(noise))
    before, after = at - 1, at + 1
    return _NoiseAround(
        before=own[rows, before],
        at=own[rows, at],
        after=own[rows, after],
        rising=next_one[rows, before],
        falling=next_one[rows, at],
        across=second[rows, before],
        shared=(beside[rows, before], beside[rows, at], beside[rows, after]),
    )


def noise_path(tissue: Tissue, volume: FloatArray, operator: FloatArray | None) -> NoisePath:
    """Follow noise through a method that is bound to an artery.

    Parameters
    ----------
    tissue : Tissue
        Its baseline, and how its curves were brought onto their time axis.
    volume : ndarray, shape (N,)
        Weights of a curve's samples in the ratio of areas.
    operator : ndarray, shape (N, L), or None
        Curves times this are residues, 1/s; None for a method that is not linear.
    """
    size = tissue.axis.time.size
    seen = np.eye(size) if tissue.sampled is None else tissue.sampled
    level = np.zeros(size)
    level[tissue.baseline] = 1 / max(1, level[tissue.baseline].size)
    taken = seen @ (np.eye(size) - np.outer(level, np.ones(size)))
    return NoisePath(
        volume=taken @ volume,
        residue=None if operator is None else taken @ operator,
        step=tissue.axis.step,
        growth=0.0 if tissue.echo_time is None else tissue.echo_time,
    )
