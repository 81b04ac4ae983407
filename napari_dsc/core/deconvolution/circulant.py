"""Block-circulant SVD (cSVD, oSVD): tissue may come before or after the artery.

The curves are padded with zeros to twice their length. A circulant matrix is diagonal in the
Fourier domain, where its singular values are the moduli of the spectrum: its singular vectors are
waves, and a truncation keeps the waves whose modulus is large enough.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_dsc.core.deconvolution.base import (
    BY_THRESHOLD,
    THRESHOLD,
    Inverse,
    Residues,
    Solve,
    Solver,
    SvdThreshold,
    circular_weights,
    lags_around,
    linear_solver,
    product,
    refuse_threshold,
)
from napari_dsc.core.defaults import OSCILLATION_INDEX, SVD_THRESHOLD
from napari_dsc.core.errors import DscError
from napari_dsc.core.parallel_blocks import Memory
from napari_dsc.core.parameters import NO_CODE, Parameter
from napari_dsc.core.types import BoolArray, ComplexArray, FloatArray

__all__ = ["CirculantSvd", "OscillationSvd", "oscillation_index"]

CANDIDATE_STEP = 0.05  # of the largest singular value, between oSVD's candidates
NEGLIGIBLE = 1e-9  # of the energy of a curve: what a direction explains less of is left out
ROWS = 960  # voxels whose residues on the whole circle are held at once: they fit the cache

LargestThreshold = Annotated[float, replace(THRESHOLD, phrase="a threshold of at most {value}")]
OscillationLimit = Annotated[
    float,
    Parameter(
        label="Oscillation limit",
        unit="index",
        least=0.001,
        most=1.0,
        step=0.005,
        phrase="an oscillation index of at most {value}",
        tooltip="How much a residue function may oscillate at most. Lower is smoother.",
    ),
]
WU = "Wu O et al. (2003). Magn Reson Med 50(1):164-174."


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

    smoothed_by: ClassVar[str] = BY_THRESHOLD
    sentence: ClassVar[str] = "block-circulant singular value decomposition (cSVD) {cited}"
    citation: ClassVar[str] = WU
    code: ClassVar[str] = NO_CODE
    caution: ClassVar[str] = ""
    central_volume: ClassVar[bool] = True
    svd_threshold: SvdThreshold = SVD_THRESHOLD

    def __post_init__(self) -> None:
        refuse_threshold(self.svd_threshold)

    def __call__(self, aif: FloatArray, step: float) -> Inverse:
        """Bind the method to an arterial input, shape (N,) in 1/s, with a time step in s."""
        circle = _circle(aif, step, self.svd_threshold)
        operator = circle.analysis @ _in_order(circle.synthesis)
        explaining = _explaining(circle.analysis)
        solver = linear_solver(operator, explaining, self.svd_threshold)
        return replace(circle.inverse(step, solver), operator=operator)


@dataclass(frozen=True, slots=True, kw_only=True)
class OscillationSvd:
    """Oscillation-limited SVD (oSVD): insensitive to delay, with a threshold for each voxel.

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

    smoothed_by: ClassVar[str] = BY_THRESHOLD
    sentence: ClassVar[str] = (
        "block-circulant singular value decomposition with an oscillation index (oSVD) {cited}"
    )
    citation: ClassVar[str] = WU
    code: ClassVar[str] = NO_CODE
    caution: ClassVar[str] = ""
    central_volume: ClassVar[bool] = True
    svd_threshold: LargestThreshold = SVD_THRESHOLD
    oscillation_index: OscillationLimit = OSCILLATION_INDEX

    def __post_init__(self) -> None:
        refuse_threshold(self.svd_threshold)
        if not self.oscillation_index > 0:
            raise DscError(
                f"oscillation_index must be positive, got {self.oscillation_index:g}. "
                f"{OSCILLATION_INDEX:g} is usual."
            )

    @property
    def candidates(self) -> tuple[float, ...]:
        """Thresholds in the order of the search."""
        steps = int(np.ceil(self.svd_threshold / CANDIDATE_STEP - 1e-9))
        lower = (round(CANDIDATE_STEP * k, 10) for k in range(1, steps))
        return (*lower, self.svd_threshold)

    def __call__(self, aif: FloatArray, step: float) -> Inverse:
        """Bind the method to an arterial input, shape (N,) in 1/s, with a time step in s."""
        thresholds = np.array(self.candidates[::-1])  # each keeps the waves of the one before
        circle = _circle(aif, step, thresholds[-1])
        counts = [int((circle.moduli >= one).sum()) for one in thresholds]
        of_waves = np.arange(circle.moduli.size) < np.array(counts)[:, None]
        # Energy that waves explain together: they overlap, because the curves end halfway round.
        overlap = 2 * np.eye(circle.moduli.size) - circle.analysis.T @ circle.analysis

        def solver(lags: slice, dtype: np.dtype[Any], explain: bool = True) -> Solve:
            analysis = circle.analysis.astype(dtype)
            synthesis = np.ascontiguousarray(_in_order(circle.synthesis)[:, lags], dtype)
            around = np.ascontiguousarray(circle.synthesis.T, dtype=dtype)
            gram = overlap.astype(dtype)
            kept = of_waves.astype(dtype)

            def solve(curves: FloatArray, memory: Memory | None = None) -> Residues:
                waves = product(memory, "waves", curves, analysis)
                choice, settled = _calmest(waves, around, counts, self.oscillation_index, memory)
                waves *= kept[choice]
                explained = None
                if explain:
                    explained = np.einsum(
                        "vk,vk->v", waves, product(memory, "overlap", waves, gram)
                    )
                return Residues(
                    values=product(memory, "values", waves, synthesis),
                    explained=explained,
                    settled=settled,
                    used=thresholds[choice],
                )

            return solve

        return circle.inverse(step, solver)


def _calmest(
    waves: FloatArray, around: FloatArray, counts: list[int], limit: float, memory: Memory | None
) -> tuple[NDArray[np.intp], BoolArray]:
    """Last of the candidates whose residue oscillates less than a limit, of each voxel.

    Every candidate adds waves to those of the one before. All are tried in all voxels, a fixed
    number of rows at a time: how BLAS rounds a row may depend on its place, and no voxel may feel
    how its neighbours fared.

    Parameters
    ----------
    waves : ndarray, shape (V, K)
        Amplitudes, the largest modulus first.
    around : ndarray, shape (L, K)
        Waves of unit amplitude on the circle, from lag zero.
    counts : list of int
        How many of the waves each candidate keeps, ascending.
    limit : float
        Of the oscillation index.
    memory : callable, optional
        Gives memory to work in.

    Returns
    -------
    choice, settled : ndarray, shape (V,)
        Index of the candidate, 0 where none is calm; and whether one is.
    """
    size, count = len(around), len(waves)

    def room(name: str, shape: tuple[int, int]) -> FloatArray:
        return np.empty(shape, waves.dtype) if memory is None else memory(name, shape)

    bends, peaks = (room(name, (len(counts), count)) for name in ("bends", "peaks"))
    for start in range(0, count, ROWS):
        rows = slice(start, min(start + ROWS, count))
        some = waves[rows].T
        shape = size, rows.stop - rows.start
        residues, added, slopes = (room(name, shape) for name in ("circle", "added", "slopes"))
        known = 0
        for candidate, kept in enumerate(counts):
            if candidate == 0:
                np.matmul(around[:, :kept], some[:kept], out=residues)
            elif kept > known:
                np.matmul(around[:, known:kept], some[known:kept], out=added)
                residues += added
            known = kept
            residues.max(axis=0, out=peaks[candidate, rows])
            _sum_of_bends(residues, added, slopes, out=bends[candidate, rows])
    calm = (bends < limit * size * peaks) & (peaks > 0)
    last = len(counts) - 1 - calm[::-1].argmax(axis=0)
    settled: BoolArray = np.asarray(calm.any(axis=0))
    return np.where(settled, last, 0), settled


def _sum_of_bends(
    residues: FloatArray, bends: FloatArray, slopes: FloatArray, out: FloatArray | None = None
) -> FloatArray:
    """Σ|second difference| down the columns of residues, (L, V), with room for two more such."""
    np.subtract(residues[1:], residues[:-1], out=slopes[1:])
    inner = bends[2:]
    np.subtract(slopes[2:], slopes[1:-1], out=inner)
    np.abs(inner, out=inner)
    return np.asarray(inner.sum(axis=0, out=out))


def oscillation_index(residues: ArrayLike) -> FloatArray:
    r"""Oscillation index of residue functions [1]_.

    .. math:: OI = \frac{1}{L \max R} \sum_{k=2}^{L-1} |R_k - 2 R_{k-1} + R_{k-2}|

    Parameters
    ----------
    residues : array_like, shape (..., L)
        Residue functions, unclipped, from lag zero; negative lags follow the positive ones.

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
    values = np.moveaxis(np.asarray(residues, dtype=np.float64), -1, 0)
    total = _sum_of_bends(values, np.empty_like(values), np.empty_like(values))
    peak = values.max(axis=0)
    with np.errstate(all="ignore"):
        return np.where(peak > 0, total / (len(values) * peak), np.inf)


class _Circle(NamedTuple):
    """Waves on the circle of 2N lags that an arterial input passes on strongly enough."""

    analysis: FloatArray  # (N, K): curves times this are amplitudes; orthonormal on the circle
    synthesis: FloatArray  # (K, 2N): their residues, from lag zero
    moduli: FloatArray  # (K,) singular values over the largest, descending
    forward: FloatArray  # (2N, N): residues from lag zero to curves

    def inverse(self, step: float, solver: Solver) -> Inverse:
        """Lay the circle out as an `Inverse`."""
        n = len(self.analysis)
        lags, search = lags_around(n, n, step)
        forward = _in_order(self.forward.T).T
        return Inverse(
            solver=solver,
            forward=forward,
            lags=lags,
            window=search,
            search=search,
            circular=True,
        )


def _in_order(along: FloatArray) -> FloatArray:
    """Turn the last axis from lags 0 … N−1, −N … −1 to −N … N−1."""
    return np.roll(along, along.shape[-1] // 2, axis=-1)


def _explaining(analysis: FloatArray) -> FloatArray:
    """Directions whose energy is what the fits of kept waves explain.

    With P = A Aᵀ the fit of a curve c is c P, and explains c (2 P − P²) cᵀ: over the eigenvectors
    w and eigenvalues μ of AᵀA that is Σ (2 − μ)(c A w)². Few matter: the curves end halfway round.
    """
    share, mixed = np.linalg.eigh(analysis.T @ analysis)
    kept = share > NEGLIGIBLE
    return np.asarray(analysis @ (mixed[:, kept] * np.sqrt(2 - share[kept])))


def _circle(aif: FloatArray, step: float, threshold: float) -> _Circle:
    n = aif.size
    size = 2 * n
    spectrum: ComplexArray = np.fft.rfft(circular_weights(aif, step), size)
    moduli = np.abs(spectrum) / np.abs(spectrum).max()
    # By value, never by rank, so that the two waves of a frequency stay together.
    kept = np.flatnonzero((moduli >= threshold) & (moduli > np.finfo(float).eps * size))
    kept = kept[np.argsort(-moduli[kept], kind="stable")]
    frequency: NDArray[np.intp] = np.repeat(kept, 2)
    is_sine: BoolArray = np.tile(np.array([False, True]), kept.size)
    real = is_sine & ((frequency == 0) | (frequency == n))  # these have a cosine only
    frequency, is_sine = frequency[~real], is_sine[~real]
    lone = (frequency == 0) | (frequency == n)
    turn = np.exp(2j * np.pi * np.arange(size) / size)
    waves = turn[np.outer(frequency, np.arange(size)) % size]
    waves *= (np.sqrt(np.asarray(2.0 - lone) / size) * np.where(is_sine, -1j, 1))[:, None]
    response = np.fft.irfft(spectrum, size)
    turned = (np.arange(n)[None, :] - np.arange(size)[:, None]) % size
    return _Circle(
        analysis=waves.real[:, :n].T,
        synthesis=(waves / spectrum[frequency][:, None]).real,
        moduli=moduli[frequency],
        forward=response[turned],
    )
