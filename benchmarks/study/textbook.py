"""The methods, written once more from the papers: float64, explicit matrices, no shortcut."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import circulant, toeplitz

from benchmarks.study.curves import FLOW, KH, RHO, FloatArray

FIRST_LAG = -10.0  # s: no peak is searched for before
CANDIDATE_STEP = 0.05
LAMBDAS = np.geomspace(0.002, 1.5, 600)  # of the largest singular value


class Solution(NamedTuple):
    """Residue functions at even lags."""

    residues: FloatArray  # (V, L) 1/s
    lags: FloatArray  # (L,) s


def standard(curves: FloatArray, aif: FloatArray, step: float, threshold: float) -> Solution:
    """Truncated SVD of the lower-triangular Toeplitz matrix (Østergaard 1996)."""
    n = aif.size
    (inverse,) = _truncated(toeplitz(_weights(aif, step), np.zeros(n)), [threshold])
    before = np.zeros((len(curves), 1))  # the model: nothing before the artery
    return Solution(np.hstack([before, curves @ inverse.T]), step * np.arange(-1, n))


def block_circulant(curves: FloatArray, aif: FloatArray, step: float, threshold: float) -> Solution:
    """Truncated SVD of the block-circulant matrix, padded to twice the length (Wu 2003)."""
    return _block_circulant(curves, aif, step, [threshold])[0]


def oscillation(residues: FloatArray) -> FloatArray:
    """Oscillation index of residues whose columns run from lag −L/2 (Wu 2003, Eq. 6)."""
    size = residues.shape[1]
    circle = np.roll(residues, -(size // 2), axis=1)  # lag 0 first, as in the paper
    bends = np.abs(np.diff(circle, n=2, axis=1)).sum(axis=1)
    largest = circle.max(axis=1)
    return np.where(largest > 0, bends / size / np.where(largest > 0, largest, 1), np.inf)


def candidates(cap: float) -> list[float]:
    """Thresholds 0.05, 0.10, … and the cap."""
    return [*np.arange(1, 20)[np.arange(1, 20) * CANDIDATE_STEP < cap - 1e-9] * CANDIDATE_STEP, cap]


def oscillation_limited(
    curves: FloatArray, aif: FloatArray, step: float, threshold: float, limit: float = 0.035
) -> Solution:
    """Per voxel the first candidate whose residue is calm, by trying every one (Wu 2003)."""
    tried = _block_circulant(curves, aif, step, candidates(threshold))
    calm = np.array([oscillation(one.residues) < limit for one in tried])
    calm[-1] = True  # a voxel that still oscillates keeps the last
    choice = calm.argmax(axis=0)
    residues = np.stack([one.residues for one in tried])[choice, np.arange(len(curves))]
    return Solution(residues, tried[0].lags)


def tikhonov(curves: FloatArray, aif: FloatArray, step: float) -> Solution:
    """Tikhonov with the λ of the largest profile marginal likelihood, on a fine grid of λ."""
    n = aif.size
    early = max(8, int(np.ceil(8 / step)))
    # Column k holds the artery as a tissue would see it with a lag of k − early samples.
    late = np.concatenate([_weights(aif, step), np.zeros(early)])
    matrix = toeplitz(late, np.zeros(n + early))[early:]
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    projected = curves @ u
    spread = s[:, None] ** 2 + (s[0] * LAMBDAS) ** 2  # (N, number of λ)
    cost = n * np.log(projected**2 @ (1 / spread)) + np.log(spread).sum(axis=0)
    chosen = s[0] * LAMBDAS[cost.argmin(axis=1)]
    filtered = projected * s / (s**2 + chosen[:, None] ** 2)
    return Solution(filtered @ vt, step * np.arange(-early, n))


TEXTBOOK: Mapping[str, Callable[..., Solution]] = {
    "sSVD": standard,
    "cSVD": block_circulant,
    "oSVD": oscillation_limited,
    "Tikhonov": tikhonov,
}


class Peaks(NamedTuple):
    """Largest values of residue functions."""

    height: FloatArray  # (V,) 1/s, of a parabola through three samples
    lag: FloatArray  # (V,) s
    sample: NDArray[np.intp]  # (V,)


def peaks(solution: Solution) -> Peaks:
    """Peaks at lags from −10 s on, between samples by a parabola, not at the ends."""
    residues, lags = solution
    step, rows = lags[1] - lags[0], np.arange(len(residues))
    allowed = lags >= (FIRST_LAG if lags[0] < -step else 0) - 1e-9  # sSVD knows no earlier lag
    top = np.where(allowed, residues, -np.inf).argmax(axis=1)
    left = residues[rows, np.maximum(top - 1, 0)]
    middle = residues[rows, top]
    right = residues[rows, np.minimum(top + 1, lags.size - 1)]
    bend = left - 2 * middle + right
    inside = (top > allowed.argmax()) & (top < lags.size - 1) & (bend < 0)
    offset = np.where(inside, (left - right) / np.where(inside, 2 * bend, 1), 0)
    return Peaks(middle - (left - right) * offset / 4, lags[top] + step * offset, top)


def leading_edges(solution: Solution, peak: Peaks) -> FloatArray:
    """Lag at which each residue last rises through half of its peak, s; NaN if it never does."""
    residues, lags = solution
    rows, half = np.arange(len(residues)), peak.height / 2
    low = (residues < half[:, None]) & (np.arange(lags.size) < peak.sample[:, None])
    last = lags.size - 1 - low[:, ::-1].argmax(axis=1)
    found = low.any(axis=1) & (half > 0)
    last = np.where(found, last, 0)
    below, above = residues[rows, last], residues[rows, last + 1]
    part = np.divide(half - below, above - below, out=np.full(len(rows), np.nan), where=found)
    lag: FloatArray = lags[last] + (lags[1] - lags[0]) * part
    return lag


def estimates(solution: Solution, curves: FloatArray, aif: FloatArray) -> dict[str, FloatArray]:
    """Maps of some voxels: cbf, cbv, mtt, tmax and delay, in the units of the core's."""
    peak = peaks(solution)
    cbv = np.asarray(100 * KH / RHO * np.trapezoid(curves, axis=1) / np.trapezoid(aif))
    cbf = FLOW * peak.height
    mtt = 60 * cbv / np.where(cbf > 0, cbf, np.nan)
    delay = leading_edges(solution, peak)
    return {"cbf": cbf, "cbv": cbv, "mtt": mtt, "tmax": peak.lag, "delay": delay}


def searched(
    curves: FloatArray, aif: FloatArray, step: float, thresholds: list[float]
) -> tuple[FloatArray, FloatArray]:
    """Flow and oscillation index of each voxel (rows) at each threshold (columns)."""
    tried = _block_circulant(curves, aif, step, thresholds)
    flows = [FLOW * peaks(one).height for one in tried]
    return np.stack(flows, axis=1), np.stack([oscillation(one.residues) for one in tried], axis=1)


def _weights(aif: FloatArray, step: float) -> FloatArray:
    """Artery smoothed by 1-4-1, times the step; zero outside the scan."""
    return step * np.convolve(aif, [1 / 6, 4 / 6, 1 / 6])[1:-1]


def _block_circulant(
    curves: FloatArray, aif: FloatArray, step: float, thresholds: list[float]
) -> list[Solution]:
    n = aif.size
    matrix = circulant(np.concatenate([_weights(aif, step), np.zeros(n)]))
    inverses = _truncated(matrix, thresholds)
    lags = step * np.arange(-n, n)
    return [Solution(np.roll(curves @ one[:, :n].T, n, axis=1), lags) for one in inverses]


def _truncated(matrix: FloatArray, thresholds: list[float]) -> list[FloatArray]:
    """Pseudo-inverses from the singular values of at least a fraction of the largest."""
    u, s, vt = np.linalg.svd(matrix)
    kept = [s >= threshold * s[0] for threshold in thresholds]
    return [vt[keep].T @ np.diag(1 / s[keep]) @ u[:, keep].T for keep in kept]
