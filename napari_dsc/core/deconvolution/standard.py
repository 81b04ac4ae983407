"""Standard SVD: the tissue follows the artery, never precedes it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from napari_dsc.core.deconvolution.base import (
    BY_THRESHOLD,
    Inverse,
    SvdThreshold,
    linear_solver,
    refuse_threshold,
)
from napari_dsc.core.defaults import SVD_THRESHOLD
from napari_dsc.core.parameters import NO_CODE
from napari_dsc.core.types import FloatArray

__all__ = ["StandardSvd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardSvd:
    """Standard SVD (sSVD): sensitive to delay, because tissue must not precede the artery.

    Inverts the lower-triangular convolution matrix, exact for piecewise-linear curves
    (G.DI1.003), by a truncated singular value decomposition [1]_.

    Parameters
    ----------
    svd_threshold : float
        Singular values below this fraction of the largest are dropped. Higher is smoother and
        underestimates flow more.

    References
    ----------
    .. [1] Østergaard L et al. (1996). Magn Reson Med 36(5):715-725.
    """

    smoothed_by: ClassVar[str] = BY_THRESHOLD
    sentence: ClassVar[str] = (
        "standard truncated singular value decomposition (sSVD) {cited}, which is sensitive to "
        "delay"
    )
    citation: ClassVar[str] = "Østergaard L et al. (1996). Magn Reson Med 36(5):715-725."
    code: ClassVar[str] = NO_CODE
    caution: ClassVar[str] = ""
    central_volume: ClassVar[bool] = True
    svd_threshold: SvdThreshold = SVD_THRESHOLD

    def __post_init__(self) -> None:
        refuse_threshold(self.svd_threshold)

    def __call__(self, aif: FloatArray, step: float) -> Inverse:
        """Bind the method to an arterial input, shape (N,) in 1/s, with a time step in s."""
        n = aif.size
        forward = _volterra(aif, step)
        u, s, vt = np.linalg.svd(forward)
        keep = (s >= self.svd_threshold * s[0]) & (s > np.finfo(float).eps * n * s[0])
        inverse = (u[:, keep] / s[keep]) @ vt[keep]
        # A lag of one step before the artery, where the model says zero: the leading edge.
        before = np.zeros((n, 1))
        operator = np.hstack([before, inverse])
        return Inverse(
            solver=linear_solver(operator, u[:, keep], self.svd_threshold),
            operator=operator,
            forward=np.vstack([before.T, forward.T]),
            lags=np.arange(-1, n) * step,
            window=slice(0, n + 1),
            search=slice(1, n + 1),
        )


def _volterra(aif: FloatArray, step: float) -> FloatArray:
    """Lower-triangular convolution matrix, exact for piecewise-linear curves (G.DI1.003)."""
    a = np.concatenate([np.zeros(1), aif, np.zeros(1)])  # a[i] at i + 1
    n = aif.size
    weights = (a[:-2] + 4 * a[1:-1] + a[2:]) / 6
    lag = np.subtract.outer(np.arange(n), np.arange(n))
    matrix = np.where(lag > 0, weights[lag], 0.0)
    matrix[:, 0] = (a[:-2] + 2 * a[1:-1]) / 6
    np.fill_diagonal(matrix, (2 * aif[0] + aif[1]) / 6)
    matrix[0, 0] = 0
    return step * matrix
