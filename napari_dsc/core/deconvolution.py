"""Deconvolution: from Ct = Ca ⊗ R to the residue function R.

A deconvolver is a frozen value; called with an arterial input it returns an `Inverse`, whose
matrices are built once in float64, so that a voxel costs one row of a matrix product.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Annotated, Protocol

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray, ComplexArray, FloatArray

__all__ = [
    "DECONVOLVERS",
    "CirculantSvd",
    "Deconvolver",
    "Inverse",
    "OscillationSvd",
    "Residues",
    "StandardSvd",
    "deconvolver",
    "oscillation_index",
]

EARLIEST = 10.0  # s: a peak is searched for from this much before the artery
CANDIDATE_STEP = 0.05  # of the largest singular value, between oSVD's candidates


@dataclass(frozen=True, slots=True, eq=False)
class Residues:
    """Residue functions of some voxels.

    Parameters
    ----------
    values : ndarray, shape (V, L)
        Flow-scaled residue functions, 1/s, in the order of the inverse's lags.
    settled : ndarray of bool, shape (V,)
        False where a method's own rule was not met (oSVD: the residue oscillates at the cap).
    """

    values: FloatArray
    settled: BoolArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inverse:
    """A deconvolver bound to one arterial input.

    Parameters
    ----------
    solve : callable
        Curves, shape (V, N), to `Residues`, of shape (V, L); in the dtype of the curves.
    forward : ndarray, shape (L, N)
        Residues times this are the curves again: the fit.
    lags : ndarray, shape (L,)
        Lag of each residue sample behind the artery, s, ascending and even; negative: before it.
    search : slice
        Where a peak is searched for; beyond lies only noise.
    """

    solve: Callable[[FloatArray], Residues]
    forward: FloatArray
    lags: FloatArray
    search: slice


class Deconvolver(Protocol):
    """A method of deconvolution: its fields are its parameters."""

    def __call__(self, aif: FloatArray, step: float) -> Inverse:
        """Bind the method to an arterial input, shape (N,) in 1/s, with a time step in s."""
        ...


SvdThreshold = Annotated[
    float, {"label": "SVD threshold (of largest)", "min": 0.0, "max": 0.99, "step": 0.01}
]
OscillationLimit = Annotated[
    float, {"label": "Oscillation limit (index)", "min": 0.001, "max": 1.0, "step": 0.005}
]


def _refuse_threshold(svd_threshold: float) -> None:
    if not 0 <= svd_threshold < 1:
        raise DscError(
            f"svd_threshold must lie in [0, 1), got {svd_threshold:g}. It is a fraction of the "
            "largest singular value; 0.2 is usual."
        )


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

    svd_threshold: SvdThreshold = 0.2

    def __post_init__(self) -> None:
        _refuse_threshold(self.svd_threshold)

    def __call__(self, aif: FloatArray, step: float) -> Inverse:
        """Bind the method to an arterial input, shape (N,) in 1/s, with a time step in s."""
        n = aif.size
        forward = _volterra(aif, step)
        u, s, vt = np.linalg.svd(forward)
        keep = (s >= self.svd_threshold * s[0]) & (s > np.finfo(float).eps * n * s[0])
        inverse = (u[:, keep] / s[keep]) @ vt[keep]
        # A lag of one step before the artery, where the model says zero: the leading edge.
        before = np.zeros((n, 1))
        return Inverse(
            solve=_product(np.hstack([before, inverse])),
            forward=np.vstack([before.T, forward.T]),
            lags=np.arange(-1, n) * step,
            search=slice(1, n + 1),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CirculantSvd:
    """Block-circulant SVD (cSVD): insensitive to delay.

    The curves are padded with zeros to twice their length; a circulant matrix is diagonal in
    the Fourier domain, where its singular values are the moduli of the spectrum [1]_.

    Parameters
    ----------
    svd_threshold : float
        Singular values below this fraction of the largest are dropped. Higher is smoother and
        underestimates flow more.

    References
    ----------
    .. [1] Wu O et al. (2003). Magn Reson Med 50(1):164-174.
    """

    svd_threshold: SvdThreshold = 0.2

    def __post_init__(self) -> None:
        _refuse_threshold(self.svd_threshold)

    def __call__(self, aif: FloatArray, step: float) -> Inverse:
        """Bind the method to an arterial input, shape (N,) in 1/s, with a time step in s."""
        spectrum = _spectrum(aif, step)
        return _circulant(
            _product(_circulant_inverse(spectrum, self.svd_threshold)), spectrum, step
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OscillationSvd:
    """Oscillation-limited SVD (oSVD): block-circulant, with a threshold for each voxel.

    Per voxel the smallest of the thresholds 0.05, 0.10, … up to `svd_threshold` whose residue
    oscillates less than the limit [1]_. A voxel that still oscillates there keeps that residue
    and is flagged.

    Parameters
    ----------
    svd_threshold : float
        The largest threshold that the search may reach, as a fraction of the largest singular
        value.
    oscillation_index : float
        Limit of the oscillation index. Lower is smoother.

    References
    ----------
    .. [1] Wu O et al. (2003). Magn Reson Med 50(1):164-174.
    """

    svd_threshold: SvdThreshold = 0.2
    oscillation_index: OscillationLimit = 0.035

    def __post_init__(self) -> None:
        _refuse_threshold(self.svd_threshold)
        if not self.oscillation_index > 0:
            raise DscError(
                f"oscillation_index must be positive, got {self.oscillation_index:g}. "
                "0.035 is usual."
            )

    @property
    def candidates(self) -> tuple[float, ...]:
        """Thresholds in the order of the search."""
        steps = int(np.ceil(self.svd_threshold / CANDIDATE_STEP - 1e-9))
        lower = (round(CANDIDATE_STEP * k, 10) for k in range(1, steps))
        return (*lower, self.svd_threshold)

    def __call__(self, aif: FloatArray, step: float) -> Inverse:
        """Bind the method to an arterial input, shape (N,) in 1/s, with a time step in s."""
        spectrum = _spectrum(aif, step)
        inverses = [_circulant_inverse(spectrum, candidate) for candidate in self.candidates]
        n = aif.size

        def solve(curves: FloatArray) -> Residues:
            values = curves @ inverses[0].astype(curves.dtype)
            settled = oscillation_index(values, origin=n) < self.oscillation_index
            for inverse in inverses[1:]:
                if settled.all():
                    break
                left = ~settled
                # Of the whole block, though only some rows are wanted: how BLAS rounds a row
                # depends on its place, and no voxel may feel how its neighbours fared.
                values[left] = (curves @ inverse.astype(curves.dtype))[left]
                settled[left] = oscillation_index(values[left], origin=n) < self.oscillation_index
            return Residues(values, settled)

        return _circulant(solve, spectrum, step)


DECONVOLVERS: Mapping[str, type[StandardSvd | CirculantSvd | OscillationSvd]] = MappingProxyType(
    {
        "sSVD": StandardSvd,
        "cSVD": CirculantSvd,
        "oSVD": OscillationSvd,
    }
)


def deconvolver(name: str, **parameters: float) -> Deconvolver:
    """Make a method by its name, from those of the parameters that it has.

    Parameters
    ----------
    name : str
        A key of `DECONVOLVERS`.
    **parameters : float
        Values of parameters, of this method or of others.

    Returns
    -------
    Deconvolver
        The method, ready to be called with an arterial input.

    Raises
    ------
    DscError
        If the method is unknown or a parameter is out of its range.
    """
    if name not in DECONVOLVERS:
        raise DscError(
            f"deconvolution_method must be one of {', '.join(DECONVOLVERS)}, got {name!r}."
        )
    method = DECONVOLVERS[name]
    own = {field.name for field in fields(method)}
    return method(**{key: value for key, value in parameters.items() if key in own})


def oscillation_index(residues: ArrayLike, origin: int = 0) -> FloatArray:
    r"""Oscillation index of residue functions [1]_.

    .. math:: OI = \frac{1}{L \max R} \sum_{k=2}^{L-1} |R_k - 2 R_{k-1} + R_{k-2}|

    Parameters
    ----------
    residues : array_like, shape (..., L)
        Residue functions, unclipped.
    origin : int
        Column of lag zero, for residues that run from negative lags on a circle of lags; the
        sum starts two steps after it, as in the paper.

    Returns
    -------
    ndarray, shape (...)
        The index; infinite where no residue is positive.

    References
    ----------
    .. [1] Wu O et al. (2003). Magn Reson Med 50(1):164-174, Eq. 6.

    Examples
    --------
    >>> float(oscillation_index([0.0, 1.0, 2.0, 1.0]))
    0.25
    """
    values = np.asarray(residues)
    circle = np.concatenate([values[..., -2:], values], axis=-1)
    bends = circle[..., 2:] - circle[..., 1:-1]
    bends -= circle[..., 1:-1]
    bends += circle[..., :-2]
    np.abs(bends, out=bends)
    bends[..., [origin, (origin + 1) % values.shape[-1]]] = 0  # these reach back across lag zero
    total = bends.sum(axis=-1)
    peak = values.max(axis=-1)
    with np.errstate(all="ignore"):
        return np.where(peak > 0, total / (values.shape[-1] * peak), np.inf)


def _product(inverse: FloatArray) -> Callable[[FloatArray], Residues]:
    """Solve by one matrix for all voxels."""

    def solve(curves: FloatArray) -> Residues:
        return Residues(curves @ inverse.astype(curves.dtype), np.ones(len(curves), dtype=np.bool_))

    return solve


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


def _spectrum(aif: FloatArray, step: float) -> ComplexArray:
    """Spectrum of the padded arterial input: the diagonal of the circulant matrix."""
    a = np.concatenate([np.zeros(1), aif, np.zeros(1)])
    weights = step * (a[:-2] + 4 * a[1:-1] + a[2:]) / 6
    return np.fft.rfft(weights, 2 * aif.size)


def _circulant_matrix(spectrum: ComplexArray) -> FloatArray:
    """(L, L) matrix whose rows are one response, each a sample later than the last."""
    response = np.fft.irfft(spectrum)
    k = np.arange(response.size)
    return np.asarray(response[(k[None, :] - k[:, None]) % k.size])


def _circulant_inverse(spectrum: ComplexArray, threshold: float) -> FloatArray:
    """(N, 2N) matrix from curves to residues at the lags −N … N−1."""
    size = np.abs(spectrum)
    keep = (size >= threshold * size.max()) & (size > np.finfo(float).eps * size.size * size.max())
    inverse = np.divide(1, spectrum, out=np.zeros_like(spectrum), where=keep)
    n = spectrum.size - 1
    return np.roll(_circulant_matrix(inverse)[:n], n, axis=1)


def _circulant(
    solve: Callable[[FloatArray], Residues], spectrum: ComplexArray, step: float
) -> Inverse:
    n = spectrum.size - 1
    return Inverse(
        solve=solve,
        forward=np.roll(_circulant_matrix(spectrum)[:, :n], n, axis=0),
        lags=np.arange(-n, n) * step,
        search=slice(n - min(n, int(EARLIEST / step)), 2 * n),
    )
