"""Posterior method: flow, volume and times by a curve and a prior, each with its uncertainty."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.deconvolution.atom_curves import latest_shown, unit_curves
from napari_dsc.core.deconvolution.base import (
    Answers,
    Inverse,
    Residues,
    Solve,
    convolution,
    energy,
    lags_around,
)
from napari_dsc.core.deconvolution.posterior_answers import answers_of
from napari_dsc.core.deconvolution.posterior_sums import (
    CUT,
    FAINTEST,
    FEWEST,
    Level,
    level_of,
    sort_key,
    sums_of,
)
from napari_dsc.core.deconvolution.transit_prior import Atoms, atoms_before, residues_of
from napari_dsc.core.defaults import DENSITY, EXPECTED_VOLUME, HEMATOCRIT_RATIO
from napari_dsc.core.errors import DscError
from napari_dsc.core.parallel_blocks import Memory
from napari_dsc.core.parameters import NO_CODE, Parameter
from napari_dsc.core.types import FloatArray

__all__ = ["ANY_VOLUME", "Posterior"]

# Atoms: the stronger a curve, the more of them it tells apart; and the standard deviations of a
# curve from which it takes the next level. Where no volume is expected, and where one is.
LEVELS = {False: (256, 512, 1024, 2048), True: (128, 256, 512, 1024, 4096)}
STRONG = {False: (12.0, 20.0, 36.0), True: (10.0, 13.0, 16.0, 22.0)}
EARLIEST_LAG = 10.0  # s before the artery: from where its residue is shown
FINE = 4  # lags to a sample, between which a residue is straight
KEYS = 32  # atoms by which voxels are sorted
WEAKEST = 0.01  # of the strongest direction: weaker ones no atom needs
MODEL_ERROR = 0.05  # of a curve's peak: what no atom describes
LAST_STEP = 1.5  # s: of the delays that are searched
ANY_VOLUME = 0.0  # expected: none more than another
PERCENT = 100 * HEMATOCRIT_RATIO / DENSITY  # mL/100g of a blood volume of one

EXPECTED = Parameter(
    label="Expected CBV",
    unit="mL/100g",
    least=ANY_VOLUME,
    most=50.0,
    step=0.5,
    phrase="an expected CBV of {value} mL/100g",
    tooltip="CBV that is expected before a curve is looked at: weak curves are drawn towards "
    "it, strong ones are not. 0: any CBV is as likely as any other.",
    for_times=ANY_VOLUME,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    r"""Bayesian posterior over transit times and delays: each map with its standard deviation.

    An atom is a tissue: a mean transit time (log-normal about 6.5 s), a shape of its
    gamma-distributed transit times, a delay from -3 to 25 s (five in six below 8 s; never beyond
    what the scan's end shows) and, with a probability of 0.4, a dispersion of the artery on its
    way. Behind an artery it has a curve :math:`u_j`; a tissue curve c, whose baseline and blood
    volume are unknown, gives it the weight

    .. math:: p_j \propto \frac{1}{\lVert u_j \rVert} \exp \frac{s_j^2}{2}, \quad
        s_j = \frac{\langle c, u_j \rangle}{\sigma \lVert u_j \rVert}

    with the noise σ of what no atom could explain of the curve, and 5 % of its peak besides.
    Where a CBV is expected, volumes have a gamma distribution of shape 2 with this mean 2θ: then
    :math:`s_j` is less by :math:`\sigma / (\theta \lVert u_j \rVert)`, and an atom weighs by its
    own volume too. A volume of many times as much is no harder to find where its curve is strong.
    CBV, MTT, Tmax and delay are posterior means [1]_, [2]_; CBF is E[1/F] / E[1/F²], which has the
    least relative error. The prior decides where the data do not.

    Parameters
    ----------
    expected_volume : float
        Mean CBV before a curve is seen, mL/100g at the usual density and haematocrits. 0: any is as
        likely as any other.

    Raises
    ------
    DscError
        If the expected CBV is negative or not finite.

    References
    ----------
    .. [1] Mouridsen K et al. (2006). NeuroImage 33(2):570-579.
    .. [2] Boutelier T et al. (2012). IEEE Trans Med Imaging 31(7):1381-1395.
    """

    smoothed_by: ClassVar[str] = "Noise (of the curve's peak)"
    sentence: ClassVar[str] = (
        "a Bayesian posterior over transit times, delays and dispersions, whose prior decides "
        "where the data do not (Posterior) {cited}"
    )
    citation: ClassVar[str] = "Boutelier T et al. (2012). IEEE Trans Med Imaging 31(7):1381-1395."
    code: ClassVar[str] = NO_CODE
    caution: ClassVar[str] = "Posterior: the prior decides where the data do not."
    central_volume: ClassVar[bool] = False  # its MTT is a mean of its own

    expected_volume: Annotated[float, EXPECTED] = EXPECTED_VOLUME

    def __post_init__(self) -> None:
        if not 0 <= self.expected_volume < np.inf:
            raise DscError(
                f"expected_volume must be a CBV in mL/100g, or 0, got {self.expected_volume:g}. "
                f"Take {EXPECTED_VOLUME:g}, or 0 to expect none."
            )

    def __call__(self, aif: FloatArray, step: float) -> Inverse:
        """Bind the method to an arterial input, shape (N,) in 1/s, with a time step in s."""
        model = _Model(aif, step, self.expected_volume / PERCENT)
        before = int(EARLIEST_LAG / step)
        every, search = lags_around(before, aif.size, step)
        forward = convolution(aif, step, before).T

        def solver(lags: slice, dtype: np.dtype[Any], explain: bool = True) -> Solve:
            model.parts(dtype)  # before threads ask for them

            def solve(curves: FloatArray, memory: Memory | None = None) -> Residues:
                del memory  # few voxels are looked at
                weight, amount, noise = model.weights(curves)
                used = np.flatnonzero((weight > 0).any(axis=1))
                shares = (weight * amount)[used].T.astype(dtype)
                values = shares @ _residues_at(model.atoms, used, every).astype(dtype)
                misfit = energy(curves - values @ forward.astype(dtype))
                return Residues(
                    values=np.ascontiguousarray(values[:, lags]),
                    explained=energy(curves) - misfit if explain else None,
                    settled=np.ones(len(curves), dtype=np.bool_),
                    used=noise / np.maximum(curves.max(axis=1), noise),
                )

            return solve

        return Inverse(
            solver=solver,
            forward=forward,
            lags=every,
            window=slice(0, every.size),
            search=search,
            answer=model.answer,
        )


def _residues_at(atoms: Atoms, some: NDArray[np.intp], lags: FloatArray) -> FloatArray:
    """Residue functions of some atoms at lags behind the artery, shape (J, L)."""
    chosen = Atoms(*(one[some] for one in atoms))
    step = (lags[1] - lags[0]) / FINE
    since = step * np.arange(FINE * lags.size)
    found = residues_of(chosen, since)
    at = (lags - chosen.delay[:, None]) / step
    below = np.clip(np.floor(at).astype(np.intp), 0, since.size - 2)
    left, right = (np.take_along_axis(found, below + one, axis=1) for one in (0, 1))
    inside = np.minimum(at - below, 1.0)
    return np.where(at < 0, 0.0, left + inside * (right - left))


class _Fit(NamedTuple):
    """Curves seen in the directions that atoms have."""

    scores: FloatArray  # (K, V) over √2 standard deviations
    noise: FloatArray  # (V,) standard deviation, model error and all, 1/s
    level: FloatArray  # (V,) which atoms
    spread: FloatArray  # (V,) energy about the mean, 1/s²


class _Model:
    """Atoms bound to one arterial input.

    Parameters
    ----------
    aif : ndarray, shape (N,)
        Delta R2* of the artery, 1/s.
    step : float
        Time from sample to sample, s.
    expected : float
        Mean blood volume before a curve is seen, of the area of the artery; 0: any.
    """

    def __init__(self, aif: FloatArray, step: float, expected: float) -> None:
        self.scale_of_volume = expected / 2  # θ of a gamma distribution of shape 2
        self.informed = expected > 0
        latest = latest_shown(aif, step)
        self.levels = LEVELS[self.informed]
        self.strong = STRONG[self.informed]
        self.atoms = atoms_before(latest, self.levels[-1])
        # An offset is unknown in every curve: what remains hangs on no baseline.
        curves = unit_curves(aif / np.abs(aif).max(), step, latest, self.levels[-1])
        self.scale = float(np.abs(aif).max())
        curves -= curves.mean(axis=1, keepdims=True)
        length = np.sqrt(energy(curves))
        curves /= length[:, None]
        power, directions = np.linalg.eigh(curves.T @ curves)
        kept = power > WEAKEST**2 * power[-1]
        kept[: len(kept) // 3] = False  # of few samples, some are left to tell the noise
        self.basis = directions[:, kept]
        self.curves = curves @ self.basis
        self.volume = float(np.exp(-np.log(length).mean())) / self.scale
        self.volumes = 1 / length / self.scale / self.volume
        if self.informed:  # how far a volume is pulled down, times an amount for each voxel
            self.curves = np.column_stack([self.curves, self.volumes])
        self._known: dict[np.dtype[Any], tuple[tuple[Level, ...], FloatArray, FloatArray]] = {}

    def parts(self, dtype: np.dtype[Any]) -> tuple[tuple[Level, ...], FloatArray, FloatArray]:
        """Levels, keys and basis in a dtype."""
        if dtype not in self._known:
            levels = tuple(
                level_of(
                    self.curves, self.volumes, self.atoms, count, LAST_STEP, dtype, self.informed
                )
                for count in self.levels
            )
            keys = sort_key(self.curves, self.atoms, KEYS, dtype)
            self._known[dtype] = levels, keys, self.basis.astype(dtype)
        return self._known[dtype]

    def fit(self, curves: FloatArray) -> _Fit:
        """Judge curves by what no atom could explain of them."""
        _, _, basis = self.parts(curves.dtype)
        count, size = curves.shape[1], basis.shape[1]
        mean = curves.mean(axis=1)
        scores = basis.T @ curves.T - basis.sum(axis=0)[:, None] * mean
        spread = energy(curves) - count * mean * mean
        within = np.einsum("kv,kv->v", scores, scores)
        rest = np.maximum(spread - within, 0) / (count - 1 - size)
        peak = MODEL_ERROR * curves.max(axis=1)
        variance = rest + peak * peak
        noise = np.sqrt(np.maximum(variance, np.finfo(curves.dtype).tiny))
        level = np.searchsorted(np.array(self.strong, curves.dtype), np.sqrt(within) / noise)
        scores *= curves.dtype.type(np.sqrt(0.5)) / noise
        if self.informed:
            pull = curves.dtype.type(self.volume / self.scale_of_volume * np.sqrt(0.5)) * noise
            scores = np.concatenate([scores, -pull[None]])
        return _Fit(scores, noise, level, spread)

    def weights(self, curves: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Weights and volumes of every atom, (J, V), and the noise of each curve, (V,), 1/s."""
        fit = self.fit(curves)
        scores = self.curves @ fit.scores
        best = np.maximum(scores.max(axis=0), FAINTEST)
        least = np.where(fit.level > 0, np.exp(-CUT), 0.0)
        weight = np.exp(np.abs(scores) * scores - best * best) - least
        weight = np.maximum(weight, 0) * self.volumes[:, None]
        count = np.array(self.levels)[fit.level]
        weight[np.arange(len(weight))[:, None] >= count] = 0
        spread = self.volume * fit.noise * self.volumes[:, None]
        amount = np.sqrt(2) * spread * scores
        if self.informed:  # by an atom's own volume, whose mean is the larger for it
            amount = np.sqrt(2) * spread * np.maximum(scores, FEWEST)
            weight *= amount
            amount = amount + spread**2 / amount
        return weight / weight.sum(axis=0), amount, fit.noise

    def answer(self, curves: FloatArray) -> Answers:
        """Answer for every curve by itself."""
        fit = self.fit(curves)
        levels, keys, _ = self.parts(curves.dtype)
        nearest = (keys @ fit.scores).argmax(axis=0)
        order = np.argsort(nearest + len(keys) * fit.level, kind="stable")
        ends = np.cumsum(np.bincount(fit.level, minlength=len(levels)))
        sums = np.empty((levels[0].sums, len(curves)), curves.dtype)
        best = np.empty(len(curves), curves.dtype)
        for level, start, stop in zip(levels, (0, *ends), ends, strict=False):
            some = order[start:stop]
            pruned = level is not levels[0]  # of weak curves no atom can be left out
            sums[:, some], best[some] = sums_of(level, fit.scores[:, some], pruned=pruned)
        nothing = ~(best > 0)  # no atom has the sign of the curve: no blood, and no times
        sums[:, nothing] = np.nan
        misfit = fit.spread - 2 * (best * np.abs(best)) * fit.noise**2
        unit = fit.noise * curves.dtype.type(self.volume)
        found = answers_of(sums, unit, energy(curves) - misfit, informed=self.informed)
        for amount in (found.volume, found.flow):
            amount.value[nothing] = 0
        return self._unpulled(found, unit, fit.noise) if self.informed else found

    def _unpulled(self, found: Answers, unit: FloatArray, noise: FloatArray) -> Answers:
        """Explained energy of the best atom as it fits, not as the expected volume pulls it."""
        theta = unit.dtype.type(self.scale_of_volume)
        more = noise**2 * (2 * found.volume.value + unit * unit / theta) / theta
        return found._replace(explained=found.explained + more)
