"""A leakage model bound to a reference curve: what it makes of tissue curves."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.leakage.integrals import kept
from napari_dsc.core.types import FloatArray

__all__ = ["Bound", "Found", "LeakageModel", "bound"]

COARSE, FINER = 15, 20  # rates that are tried, and steps from one to the next
ALIKE = 1e-9  # of the largest: columns that add less than this are the others' sum
FLAT = 1e-6  # of what two columns could differ by: below, no fit tells them apart
ONE_REFERENCE = (
    "reference must be the curve of a bolus, got one from which leakage cannot be told. Take "
    "tissue that does not enhance, over the whole scan."
)


class Found(NamedTuple):
    """What a fit finds in some curves."""

    k1: FloatArray  # (V,) volume over that of the reference
    k2: FloatArray  # (V,) leakage, 1/s
    rate: NDArray[np.intp]  # (V,) which of the rates of washing out


class LeakageModel(Protocol):
    """How leaked agent changes a curve: a frozen value."""

    @property
    def tolerant(self) -> bool:
        """Whether a curve may also come later, or be wider, than the reference."""

    def __call__(self, reference: FloatArray, time: FloatArray) -> "Bound":
        """Bind the model to a reference, shape (T,) in 1/s, at times in s."""


class Bound:
    """A model whose columns are known.

    Parameters
    ----------
    reference : ndarray, shape (T,)
        Delta R2* of tissue that does not leak, 1/s.
    time : ndarray, shape (T,)
        Time of each sample, s.
    rates : ndarray, shape (K,)
        Rates of washing out that may be found, 1/s, ascending.
    step : int
        Every so manieth rate is tried first.
    nuisance : ndarray, shape (N, T)
        Columns that a curve may hold beside these, and that nobody asks for.

    Raises
    ------
    DscError
        If the reference is flat.
    """

    def __init__(
        self,
        reference: FloatArray,
        time: FloatArray,
        rates: FloatArray,
        step: int,
        nuisance: FloatArray,
    ) -> None:
        self.rates, self._step = rates, step
        self.terms = kept(reference, time, rates)  # (K, T)
        columns = np.vstack([reference, self.terms])
        if nuisance.size:
            beside = np.linalg.qr(nuisance.T)[0]
            columns = columns - (columns @ beside) @ beside.T
        lengths = np.linalg.norm(columns, axis=1, keepdims=True)
        if not np.isfinite(columns).all() or not (lengths > 0).all():
            raise DscError(ONE_REFERENCE)
        _, sizes, basis = np.linalg.svd(columns / lengths, full_matrices=False)
        self._basis = basis[sizes > ALIKE * sizes[0]]  # (Q, T)
        inner = columns @ self._basis.T
        self._first, self._kept = inner[0], inner[1:]
        self._rr = float(self._first @ self._first)
        self._rk = self._kept @ self._first
        self._kk = np.einsum("kq,kq->k", self._kept, self._kept)
        self._det = self._rr * self._kk - self._rk**2
        if not (self._det > FLAT * self._rr * self._kk).all():
            raise DscError(ONE_REFERENCE)

    def fit(self, curves: FloatArray) -> Found:
        """Fit curves of finite samples by least squares.

        Parameters
        ----------
        curves : ndarray, shape (V, T)
            Delta R2*, 1/s.
        """
        seen = (curves @ self._basis.T.astype(curves.dtype)).astype(np.float64)
        own = seen @ self._first
        rate = np.zeros(len(curves), np.intp)
        if self.rates.size > 1:
            tried = np.arange(0, self.rates.size, self._step)
            rate = tried[self._explained(seen, own, tried).argmax(axis=1)]
            rate = self._refined(seen, own, rate)
        there = np.einsum("vq,vq->v", seen, self._kept[rate])
        det = self._det[rate]
        k1 = (own * self._kk[rate] - there * self._rk[rate]) / det
        k2 = (own * self._rk[rate] - there * self._rr) / det
        return Found(k1, k2, rate)

    def _refined(
        self, seen: FloatArray, own: FloatArray, rate: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """Best of the rates between the neighbours of the one that was best of a few."""
        best = rate.copy()
        for at in np.unique(rate):
            rows = np.flatnonzero(rate == at)
            near = np.arange(max(0, at - self._step), min(self.rates.size, at + self._step + 1))
            best[rows] = near[self._explained(seen[rows], own[rows], near).argmax(axis=1)]
        return best

    def _explained(self, seen: FloatArray, own: FloatArray, at: NDArray[np.intp]) -> FloatArray:
        """Energy of each curve that the model explains at some rates, shape (V, K)."""
        there = seen @ self._kept[at].T
        rr, rk, kk = self._rr, self._rk[at], self._kk[at]
        own = own[:, None]
        energy = (own**2 * kk - 2 * own * there * rk + there**2 * rr) / self._det[at]
        return np.asarray(energy)


def bound(reference: FloatArray, time: FloatArray, fastest: float, *, tolerant: bool) -> Bound:
    """Bind a model whose agent is washed out at a rate from 0 to the fastest, 1/s."""
    rates = np.linspace(0, fastest, (COARSE - 1) * FINER + 1) if fastest else np.zeros(1)
    nuisance = np.zeros((0, reference.size))
    if tolerant:
        slope = np.gradient(reference, time)
        nuisance = np.stack([slope, np.gradient(slope, time)])
    return Bound(reference, time, rates, FINER, nuisance)
