"""Tikhonov regularisation: its strength is chosen voxel by voxel, as the most probable one."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from napari_dsc.core.deconvolution.base import (
    Inverse,
    Residues,
    Solve,
    convolution,
    energy,
    lags_around,
    product,
)
from napari_dsc.core.parallel_blocks import Memory
from napari_dsc.core.parameters import NO_CODE
from napari_dsc.core.types import FloatArray

__all__ = ["Tikhonov"]

ANTICAUSAL = 8.0  # s before the artery in which a residue may begin
FEWEST_ANTICAUSAL = 8  # samples
WEAKEST, STRONGEST, GRID = 0.002, 1.5, 16  # λ over the largest singular value, log-spaced


@dataclass(frozen=True, slots=True, kw_only=True)
class Tikhonov:
    r"""Tikhonov regularisation: as strong as each curve asks for, and insensitive to delay.

    The residue may begin up to 8 s before the artery. With the convolution matrix
    :math:`T = U S V^T` and :math:`X = U^T c`, the strength :math:`\lambda` of each voxel is the
    one under which its curve is most probable, for residues and noise that are normal
    [1]_: it minimises

    .. math:: N \ln \sum_i \frac{X_i^2}{S_i^2 + \lambda^2} + \sum_i \ln (S_i^2 + \lambda^2)

    over a grid of 16 values from 0.002 to 1.5 of the largest singular value, and between them by
    a parabola in :math:`\ln \lambda`. Then :math:`R = V\,S/(S^2 + \lambda^2)\,X`.

    References
    ----------
    .. [1] MacKay DJC (1992). Neural Comput 4(3):415-447.
    """

    smoothed_by: ClassVar[str] = "Tikhonov λ (of largest)"
    sentence: ClassVar[str] = (
        "Tikhonov regularisation of residue functions that may begin up to 8 s before the artery, "
        "with for each voxel the strength under which its curve is most probable {cited}"
    )
    citation: ClassVar[str] = "MacKay DJC (1992). Neural Comput 4(3):415-447."
    code: ClassVar[str] = NO_CODE
    caution: ClassVar[str] = ""
    central_volume: ClassVar[bool] = True

    def __call__(self, aif: FloatArray, step: float) -> Inverse:
        """Bind the method to an arterial input, shape (N,) in 1/s, with a time step in s."""
        n = aif.size
        before = max(FEWEST_ANTICAUSAL, int(np.ceil(ANTICAUSAL / step - 1e-9)))
        forward = convolution(aif, step, before)
        u, s, vt = np.linalg.svd(forward, full_matrices=False)
        every, search = lags_around(before, n, step)
        return Inverse(
            solver=_Spectrum(u, s, vt).solver,
            forward=forward.T,
            lags=every,
            window=slice(0, every.size),
            search=search,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Spectrum:
    """Singular values and directions of a convolution matrix: they damp each curve by its own λ.

    Parameters
    ----------
    u : ndarray, shape (N, K)
        Directions of the curves.
    s : ndarray, shape (K,)
        Singular values, the largest first.
    vt : ndarray, shape (K, L)
        Directions of the residues.
    """

    u: FloatArray
    s: FloatArray
    vt: FloatArray

    def solver(self, lags: slice, dtype: np.dtype[Any], explain: bool = True) -> Solve:
        """Bind to some lags and a precision; see `Inverse.solver`."""
        largest = self.s[0]
        relative = self.s / largest
        strengths = np.geomspace(WEAKEST, STRONGEST, GRID)
        variance = relative[:, None] ** 2 + strengths**2  # of X, for each strength
        n = len(self.u)
        analysis = self.u.astype(dtype)
        backward = relative[:, None] * self.vt / largest
        synthesis = np.ascontiguousarray(backward[:, lags], dtype=dtype)
        precision = (1 / variance).astype(dtype)
        occam = (np.log(variance).sum(axis=0) / n).astype(dtype)
        squares = (relative**2).astype(dtype)

        def solve(curves: FloatArray, memory: Memory | None = None) -> Residues:
            x = product(memory, "x", curves, analysis)
            power = np.multiply(x, x, out=None if memory is None else memory("power", x.shape))
            cost = product(memory, "cost", power, precision)
            strength = _most_probable(cost, occam, strengths)
            damping = (strength * strength)[:, None]
            spare = np.add(squares, damping, out=power)
            before = energy(x) if explain else None
            x /= spare
            explained = None
            if before is not None:  # the fit leaves λ²/(S²+λ²) of each direction
                explained = before - energy(np.multiply(damping, x, out=spare))
            return Residues(
                values=product(memory, "values", x, synthesis),
                explained=explained,
                settled=np.ones(len(curves), dtype=np.bool_),
                used=strength,
            )

        return solve


def _most_probable(misfit: FloatArray, occam: FloatArray, strengths: FloatArray) -> FloatArray:
    """Strength of the smallest cost of each row, between the values of the grid.

    Parameters
    ----------
    misfit : ndarray, shape (V, G)
        Σ X²/(S²+λ²) for each strength; overwritten.
    occam : ndarray, shape (G,)
        Σ ln(S²+λ²) / N.
    strengths : ndarray, shape (G,)
        λ, log-spaced.
    """
    cost = np.maximum(misfit, np.finfo(misfit.dtype).tiny, out=misfit)
    np.log(cost, out=cost)
    cost += occam
    best = cost.argmin(axis=1)
    size = len(strengths)
    at = best + size * np.arange(len(cost))
    flat = cost.reshape(-1)
    low = flat.take(at)
    left, right = (flat.take(at + one, mode="clip") for one in (-1, 1))
    bend = left - 2 * low + right
    inside = (best > 0) & (best < size - 1) & (bend > 0)
    offset = np.divide(left - right, 2 * bend, out=np.zeros_like(low), where=inside)
    ratio = np.log(strengths[1] / strengths[0])
    position = best.astype(cost.dtype) + offset
    return np.asarray(np.exp(position * cost.dtype.type(ratio)) * cost.dtype.type(strengths[0]))
