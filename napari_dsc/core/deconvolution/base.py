"""Deconvolution methods: the interface that each has, and the inverse that it makes of an AIF."""

from dataclasses import Field, dataclass
from typing import Annotated, Any, ClassVar, NamedTuple, Protocol

import numpy as np

from napari_dsc.core.defaults import SVD_THRESHOLD
from napari_dsc.core.errors import DscError
from napari_dsc.core.parallel_blocks import Memory
from napari_dsc.core.parameters import Parameter
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = [
    "BY_THRESHOLD",
    "THRESHOLD",
    "Answer",
    "Answers",
    "Deconvolver",
    "Estimate",
    "Inverse",
    "Residues",
    "Solve",
    "Solver",
    "SvdThreshold",
    "circular_weights",
    "convolution",
    "energy",
    "lags_around",
    "linear_solver",
    "product",
    "refuse_threshold",
]

EARLIEST = 10.0  # s: a peak is searched for from this much before the artery

THRESHOLD = Parameter(
    label="SVD threshold",
    unit="of largest",
    least=0.0,
    most=0.99,
    step=0.01,
    phrase="a threshold of {value}",
    tooltip="Singular values below this fraction of the largest are dropped. Higher is smoother "
    "and underestimates flow more.",
)
BY_THRESHOLD = THRESHOLD.title
SvdThreshold = Annotated[float, THRESHOLD]


class Residues(NamedTuple):
    """Residue functions of some voxels.

    Parameters
    ----------
    values : ndarray, shape (V, W)
        Flow-scaled residue functions, 1/s, at the lags that were asked for.
    explained : ndarray, shape (V,), or None
        Σc² − Σ(c − fit)² of each curve c and its re-convolved fit, 1/s²; None if nobody asked.
    settled : ndarray of bool, shape (V,)
        False where a method's own rule was not met (oSVD: the residue oscillates at the cap).
    used : ndarray, shape (V,)
        How much was smoothed: the SVD threshold, or Tikhonov's λ, over the largest singular value.
    """

    values: FloatArray
    explained: FloatArray | None
    settled: BoolArray
    used: FloatArray


class Solve(Protocol):
    """From curves, shape (V, N), to residues; with memory to work in, they hold until its reuse."""

    def __call__(self, curves: FloatArray, memory: Memory | None = None) -> Residues:
        """Solve for every curve by itself."""
        ...


class Solver(Protocol):
    """What makes a `Solve`; see `Inverse`."""

    def __call__(self, lags: slice, dtype: np.dtype[Any], explain: bool = True) -> Solve:
        """Build the matrices for some lags, in a dtype; explain: tell what a fit explains."""
        ...


def product(memory: Memory | None, name: str, left: FloatArray, right: FloatArray) -> FloatArray:
    """Matrix product, into memory if there is some."""
    if memory is None:
        return left @ right
    return np.matmul(left, right, out=memory(name, (left.shape[0], right.shape[1])))


class Estimate(NamedTuple):
    """One quantity of some voxels, and what is believed of it."""

    value: FloatArray  # (V,)
    sd: FloatArray  # (V,) standard deviation of the truth
    low: FloatArray  # (V,) below which the truth lies with a probability of 16 %
    high: FloatArray  # (V,) above which it does


class Answers(NamedTuple):
    """What a method that knows more than a residue says of some voxels."""

    volume: Estimate  # area of the curve over that of the artery
    flow: Estimate  # 1/s
    transit: Estimate  # s
    peak: Estimate  # s behind the artery: when the residue has risen
    delay: Estimate  # s behind the artery
    explained: FloatArray  # (V,) as `Residues.explained`
    beyond: BoolArray  # (V,) the delay lies at the end of the search, or beyond


class Answer(Protocol):
    """From curves, shape (V, N) in 1/s, to what a method says of them."""

    def __call__(self, curves: FloatArray) -> Answers:
        """Answer for every curve by itself."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inverse:
    """A deconvolver bound to one arterial input.

    Parameters
    ----------
    solver : callable
        From some of the lags (a slice of `lags`), a dtype and whether to tell what is explained, to
        what takes curves in that dtype to `Residues`. A row depends on its own curve only.
    forward : ndarray, shape (L, N)
        Residues times this are the curves again: the fit.
    lags : ndarray, shape (L,)
        Lag of each residue sample behind the artery, s, ascending and even; negative: before it.
    window : slice
        Lags from which a peak and its leading edge are read.
    search : slice
        Lags among which the peak is searched for; beyond lies only noise.
    circular : bool
        Whether the first lag follows the last.
    answer : callable or None
        Of a method whose maps are not read off a residue: what gives them.
    operator : ndarray, shape (N, L), or None
        Of a method that is linear, and the same for every voxel: curves times this are residues.
    """

    solver: Solver
    forward: FloatArray
    lags: FloatArray
    window: slice
    search: slice
    circular: bool = False
    answer: Answer | None = None
    operator: FloatArray | None = None


class Deconvolver(Protocol):
    """A method of deconvolution: a frozen dataclass whose fields are its parameters.

    A method is its class and a row of `DECONVOLVERS`: forms, options of the command line, records
    and texts are made of these. A field is `Annotated[float, Parameter(...)]` with a default.

    Attributes
    ----------
    smoothed_by : str
        What `Residues.used` is, in words.
    sentence, citation : str
        What it is, for the methods of a paper, with ``{cited}`` where its reference goes; and that
        reference.
    code : str
        Of the method in the OSIPI lexicon (CAPLEX), or "none".
    caution : str
        What a reader has to know with every map of it: one sentence, or empty.
    central_volume : bool
        Whether its MTT is 60·CBV/CBF (M.ID1.001); if not, each of the three is an answer by itself.
    """

    smoothed_by: ClassVar[str]
    sentence: ClassVar[str]
    citation: ClassVar[str]
    code: ClassVar[str]
    caution: ClassVar[str]
    central_volume: ClassVar[bool]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __call__(self, aif: FloatArray, step: float) -> Inverse:
        """Bind the method to an arterial input, shape (N,) in 1/s, with a time step in s."""
        ...


def refuse_threshold(svd_threshold: float) -> None:
    """Raise `DscError` for what is no fraction of the largest singular value."""
    if not 0 <= svd_threshold < 1:
        raise DscError(
            f"svd_threshold must lie in [0, 1), got {svd_threshold:g}. It is a fraction of the "
            f"largest singular value; {SVD_THRESHOLD:g} is usual. If it is in percent, divide it "
            "by 100."
        )


def circular_weights(aif: FloatArray, step: float) -> FloatArray:
    """Convolution weights of an arterial input that is zero beyond its ends, shape (N,).

    Each is the integral over one sample's hat function, for curves that are straight between
    their samples: dt · (1, 4, 1)/6.
    """
    a = np.concatenate([np.zeros(1), aif, np.zeros(1)])
    return np.asarray(step * (a[:-2] + 4 * a[1:-1] + a[2:]) / 6)


def convolution(aif: FloatArray, step: float, before: int) -> FloatArray:
    """(N, before + N) matrix from residues, from some samples before the artery, to curves."""
    n = aif.size
    weights = np.concatenate([circular_weights(aif, step), np.zeros(before)])
    behind = np.arange(n)[:, None] - np.arange(-before, n)[None, :]
    return np.where(behind >= 0, weights[np.maximum(behind, 0)], 0.0)


def lags_around(before: int, n: int, step: float) -> tuple[FloatArray, slice]:
    """Lags from some samples before the artery to the end of the scan, and where to search."""
    earliest = before - min(before, int(EARLIEST / step))
    return np.arange(-before, n) * step, slice(earliest, before + n)


def energy(rows: FloatArray) -> FloatArray:
    """Sum of squares of each row."""
    return np.asarray(np.einsum("vk,vk->v", rows, rows))


def linear_solver(inverse: FloatArray, explaining: FloatArray, used: float) -> Solver:
    """Solver of a method that is one matrix for every voxel.

    Parameters
    ----------
    inverse : ndarray, shape (N, L)
        Curves times this are residues.
    explaining : ndarray, shape (N, K)
        The energy of curves times this is what their fits explain.
    used : float
        The SVD threshold.
    """

    def solver(lags: slice, dtype: np.dtype[Any], explain: bool = True) -> Solve:
        wanted = np.ascontiguousarray(inverse[:, lags], dtype=dtype)
        directed = explaining.astype(dtype)

        def solve(curves: FloatArray, memory: Memory | None = None) -> Residues:
            count = len(curves)
            return Residues(
                values=product(memory, "values", curves, wanted),
                explained=energy(product(memory, "fit", curves, directed)) if explain else None,
                settled=np.ones(count, dtype=np.bool_),
                used=np.full(count, used),
            )

        return solve

    return solver
