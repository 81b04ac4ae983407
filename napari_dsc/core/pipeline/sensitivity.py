"""Sensitivity of the maps to the AIF's voxels: a jackknife, and each neighbour added."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.mask_rows import lay_out, values_at
from napari_dsc.core.pipeline.comparison import maps_under
from napari_dsc.core.pipeline.preparation import Prepared, refuse_vessel
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.quantities import CBF
from napari_dsc.core.regions import ABOVE, LATE, limits_words, tmax_volume, tmax_volumes
from napari_dsc.core.settings import Settings
from napari_dsc.core.short_repr import brief
from napari_dsc.core.types import (
    Aif,
    BoolArray,
    DSCPerfusionMaps,
    FloatArray,
    ParameterMap,
    Progress,
)

__all__ = ["MOST_ADDED", "MOST_LEFT_OUT", "Sensitivity", "sensitivity"]

MOST_LEFT_OUT = 24  # voxels that are left out, one at a time
MOST_ADDED = 12  # neighbours that are added, one at a time
FEWEST = 2  # variants that tell a spread, and voxels that can be left out
SURE = 0.95  # of an interval
FLOW_UNITS = CBF.units
MEDIAN = (
    "The AIF is the median of its voxels, which one voxel less hardly moves, or moves at a leap: "
    "its standard errors are rough."
)


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sensitivity:
    """How far an AIF's voxels tell its maps, and what one voxel less or more does to them.

    Standard errors are those of a jackknife [1]_: with the standard deviation s of what is found
    when each of n voxels is left out in turn, the standard error is (n − 1)/√n · s. The voxels
    count as a sample of the artery, each by itself: what all of them share, such as partial volume
    or a delay on the way to the tissue, is not in it.

    Parameters
    ----------
    error : ParameterMap
        Standard error of CBF over its mean, %. NaN, and False in its quality mask, where fewer
        than two of the variants that leave a voxel out accept the voxel.
    voxels : int
        Of the AIF as it was chosen, n.
    flow : float
        Mean of CBF over the accepted voxels under the AIF as it was chosen, mL/100g/min.
    flow_error : float
        Its standard error, mL/100g/min; NaN without one.
    late_error : ndarray, shape (4,)
        Standard error of the volume with Tmax above 4, 6, 8 and 10 s, mL; NaN without one.
    variants : tuple of str
        What each variant did, in words: "without (12, 30, 2)", "with (13, 30, 2)".
    late : ndarray, shape (n, 4)
        Volume with Tmax above 4, 6, 8 and 10 s in the brain under each variant, mL; NaN where it
        has no answer.
    chosen : float
        That above 6 s under the AIF as it was chosen, mL.
    notices : tuple of str
        What was not varied, and why.

    References
    ----------
    .. [1] Efron B, Stein C (1981). Ann Stat 9(3):586-596.
    """

    error: ParameterMap
    voxels: int
    flow: float
    flow_error: float
    late_error: FloatArray
    variants: tuple[str, ...]
    late: FloatArray
    chosen: float
    notices: tuple[str, ...]

    @property
    def chosen_error(self) -> float:
        """Standard error of the volume with Tmax > 6 s, mL; NaN without one."""
        return float(self.late_error[ABOVE.index(LATE)])

    @property
    def flow_interval(self) -> tuple[float, float]:
        """Interval of 95 % of the mean CBF, mL/100g/min; NaN without one."""
        return self._interval(self.flow, self.flow_error)

    @property
    def volume_interval(self) -> tuple[float, float]:
        """Interval of 95 % of the volume with Tmax > 6 s, mL; NaN without one."""
        return self._interval(self.chosen, self.chosen_error)

    def _interval(self, value: float, error: float) -> tuple[float, float]:
        """Value and so many standard errors as Student's t says for n − 1 degrees of freedom."""
        if self.voxels < FEWEST or not np.isfinite(error):
            return float("nan"), float("nan")
        from scipy.stats import t

        half = float(t.ppf(0.5 + SURE / 2, self.voxels - 1)) * error
        return max(value - half, 0.0), value + half

    @property
    def words(self) -> str:
        """The AIF's own share in one sentence; empty without one."""
        known = self.error.values[self.error.quality_mask]
        if known.size == 0 or not np.isfinite(self.flow_error):
            return ""
        low, high = self.flow_interval
        told = (
            f"Uncertainty from the AIF's voxels (jackknife over {self.voxels}): standard error "
            f"of CBF {np.median(known):.2g} % in the median voxel; mean CBF {self.flow:.3g} "
            f"{FLOW_UNITS}, {100 * SURE:g} % interval {low:.3g} to {high:.3g}"
        )
        low, high = self.volume_interval
        if np.isfinite(low):
            told += (
                f"; Tmax > {LATE:g} s, before cleaning, {self.chosen:.1f} mL, {100 * SURE:g} % "
                f"interval {low:.1f} to {high:.1f} mL"
            )
        return f"{told}."

    def as_json(self) -> dict[str, Any]:
        """The same for a program, JSON-ready: None where there is no number."""
        known = self.error.values[self.error.quality_mask]
        median = float(np.median(known)) if known.size else np.nan
        numbers = {
            "cbf_error_percent_median_voxel": median,
            "mean_cbf": self.flow,
            "mean_cbf_error": self.flow_error,
            "tmax_volume_mL": self.chosen,
            "tmax_volume_error_mL": self.chosen_error,
        }
        told = {key: value if np.isfinite(value) else None for key, value in numbers.items()}
        spans = {"mean_cbf": self.flow_interval, "tmax_volume_mL": self.volume_interval}
        intervals = {
            f"{key}_interval_95": list(span) if np.isfinite(span[0]) else None
            for key, span in spans.items()
        }
        return {"voxels": self.voxels, **told, **intervals}

    @property
    def tmax_volumes(self) -> FloatArray:
        """Volume with Tmax > 6 s under each variant, mL."""
        volumes: FloatArray = self.late[:, ABOVE.index(LATE)]
        return volumes

    @property
    def spread(self) -> tuple[float, float]:
        """Smallest and largest Tmax > 6 s volume over the variants, mL; NaN without any."""
        known = self.tmax_volumes[np.isfinite(self.tmax_volumes)]
        return (float(known.min()), float(known.max())) if known.size else (np.nan, np.nan)


def sensitivity(
    prepared: Prepared,
    artery: BoolArray,
    settings: Settings,
    *,
    vein: BoolArray | None = None,
    add: bool = True,
) -> Generator[Progress, None, Sensitivity]:
    """Vary an AIF by one voxel: leave each out in turn, then add each of its neighbours.

    What leaving one out does tells the standard errors; neighbours tell what another choice would
    have made of the maps.

    The maps are whole ones, with every quality flag, so that a volume under the AIF as it was
    chosen is that of its `Analysis`. A few maps are held, whatever the number of variants.

    Parameters
    ----------
    prepared : Prepared
        The scan.
    artery : ndarray of bool, shape (...)
        Arterial voxels. Two or more are left out one at a time; of more than 24, an even sample.
        Of the brain's voxels that share a face with one of them and have a sample in every
        volume, the 12 of the highest peak are added one at a time.
    settings : Settings
        How; its baseline is that of `prepared`.
    vein : ndarray of bool, shape (...), optional
        Venous voxels, to whose area each variant's is scaled as `stages` does.
    add : bool
        Whether neighbours are added, too.

    Yields
    ------
    Progress
        Between blocks; closing the generator cancels.

    Returns
    -------
    Sensitivity
        The same for every run. A variant that makes no AIF counts for nothing, and is said.

    Raises
    ------
    DscError
        If a mask is empty, of another shape or not inside the brain, or the AIF as it was chosen
        is none.
    """
    for name, mask in (("AIF", artery), ("VOF", vein)):
        if mask is not None:
            refuse_vessel(prepared.series, name, mask, prepared.brain)
    prepared = prepared.under(settings)
    vof = None if vein is None else prepared.vessel(vein)
    less, more = _left_out(artery), _added(prepared, artery)[: None if add else 0]
    notices = _notices(artery, len(less), len(more) if add else None, settings)
    share = 1 / (1 + len(less) + len(more))
    yield Progress("AIF as chosen", 0.0)
    maps = yield from part_of_whole(
        _maps_of(prepared, artery, vof, settings), 0.0, share, "AIF as chosen"
    )
    chosen, flow = tmax_volume(maps), _mean_flow(maps)
    told = _Told(artery.shape, len(less))
    for name, voxels in _variants(artery, less, more):
        start = share * (1 + len(told.words))
        try:
            maps = yield from part_of_whole(
                _maps_of(prepared, voxels, vof, settings), start, start + share, f"AIF {name}"
            )
        except DscError as failure:
            told.fail(name)
            notices += (f"The AIF {name} gives no maps: {failure}",)
        else:
            told.add(name, maps)
    late, count = told.late, int(np.count_nonzero(artery))
    return Sensitivity(
        error=told.spread.error(count, prepared.series.affine),
        voxels=count,
        flow=flow,
        flow_error=_jackknife(np.array(told.flows[: len(less)]), count),
        late_error=np.array([_jackknife(one, count) for one in late[: len(less)].T]),
        variants=tuple(told.words),
        late=late,
        chosen=chosen,
        notices=notices,
    )


def _factor(count: int) -> float:
    """What turns the standard deviation over voxels left out of n into a standard error."""
    return (count - 1) / float(np.sqrt(count))


def _jackknife(found: FloatArray, count: int) -> float:
    """Standard error of what was found with each of n voxels, or some of them, left out."""
    known = found[np.isfinite(found)]
    return _factor(count) * float(known.std(ddof=1)) if known.size >= FEWEST else float("nan")


def _mean_flow(maps: DSCPerfusionMaps) -> float:
    values = maps.cbf.values[maps.cbf.quality_mask]
    return float(values.mean(dtype=np.float64)) if values.size else float("nan")


class _Spread:
    """Running mean and sum of squares about it, voxel by voxel (Welford 1962), in float64."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._count: NDArray[np.intp] = np.zeros(shape, dtype=np.intp)
        self._mean, self._squares = np.zeros((2, *shape))

    def add(self, one: ParameterMap) -> None:
        """Count the accepted voxels of a map in."""
        stands = one.quality_mask
        self._count[stands] += 1
        mean, values = self._mean[stands], one.values[stands].astype(np.float64)
        nearer = mean + (values - mean) / self._count[stands]
        self._squares[stands] += (values - mean) * (values - nearer)
        self._mean[stands] = nearer

    def error(self, count: int, affine: FloatArray | None) -> ParameterMap:
        """Jackknife standard error over the mean, %; of an AIF of so many voxels."""
        enough = self._count >= FEWEST
        values = np.full(enough.shape, np.nan, dtype=np.float32)
        deviation = np.sqrt(self._squares[enough] / (self._count[enough] - 1))
        values[enough] = 100 * _factor(count) * deviation / self._mean[enough]
        return ParameterMap(
            values=values,
            name="Standard error of CBF from the AIF's own voxels (jackknife)",
            symbol="SE of CBF",
            units="%",
            affine=affine,
            quality_mask=enough,
        )


class _Told:
    """Late tissue and mean flow under each variant of an AIF, NaN of one that gives no maps.

    Parameters
    ----------
    shape : tuple of int
        Of the maps.
    less : int
        So many variants come first that leave a voxel out: only these tell the jackknife's spread.
    """

    def __init__(self, shape: tuple[int, ...], less: int) -> None:
        self._less = less
        self.words: list[str] = []
        self.flows: list[float] = []
        self._volumes: list[FloatArray] = []
        self.spread = _Spread(shape)

    def add(self, name: str, maps: DSCPerfusionMaps) -> None:
        """Keep what the maps of a variant tell."""
        self.words.append(name)
        self._volumes.append(tmax_volumes(maps))
        self.flows.append(_mean_flow(maps))
        if len(self.words) <= self._less:
            self.spread.add(maps.cbf)

    def fail(self, name: str) -> None:
        """Keep that a variant gives no maps."""
        self.words.append(name)
        self._volumes.append(np.full(len(ABOVE), np.nan))
        self.flows.append(np.nan)

    @property
    def late(self) -> FloatArray:
        """Volume with Tmax above each of `ABOVE`, a row for each variant, mL."""
        return np.array(self._volumes).reshape(-1, len(ABOVE))


def _maps_of(
    prepared: Prepared, artery: BoolArray, vof: Aif | None, settings: Settings
) -> Generator[float, None, DSCPerfusionMaps]:
    return (yield from maps_under(prepared, prepared.shaped(artery, vof).curve, settings))


def _variants(
    artery: BoolArray, less: NDArray[np.intp], more: NDArray[np.intp]
) -> Iterator[tuple[str, BoolArray]]:
    """Words and voxels of each variant."""
    for word, voxels, kept in (("without", less, False), ("with", more, True)):
        for voxel in voxels:
            varied = artery.copy()
            varied[tuple(voxel)] = kept
            yield f"{word} {tuple(map(int, voxel))}", varied


def _left_out(artery: BoolArray) -> NDArray[np.intp]:
    """Voxels to leave out, shape (n, ndim), in file order: all, or an even sample."""
    voxels = _in_file_order(artery)
    if len(voxels) < 2:
        return voxels[:0]
    if len(voxels) <= MOST_LEFT_OUT:
        return voxels
    return voxels[np.linspace(0, len(voxels) - 1, MOST_LEFT_OUT).round().astype(np.intp)]


def _added(prepared: Prepared, artery: BoolArray) -> NDArray[np.intp]:
    """Neighbours to add, shape (n, ndim), the highest peak first, then in file order."""
    near = np.zeros_like(artery)
    for axis in range(artery.ndim):
        here, there = np.moveaxis(artery, axis, 0), np.moveaxis(near, axis, 0)
        there[1:] |= here[:-1]
        there[:-1] |= here[1:]
    candidates = near & ~artery & lay_out(~prepared.tissue.spoilt, prepared.brain, False)
    peaks = prepared.curves[values_at(candidates, prepared.brain)].max(axis=1)
    return _in_file_order(candidates)[np.argsort(-peaks, kind="stable")[:MOST_ADDED]]


def _in_file_order(voxels: BoolArray) -> NDArray[np.intp]:
    """Indices of the marked voxels, the last axis slowest, as `curves_of` has its rows."""
    return np.argwhere(voxels.T)[:, ::-1]


def _notices(artery: BoolArray, less: int, more: int | None, settings: Settings) -> tuple[str, ...]:
    """What was not varied; `more` is None where no neighbour was to be added."""
    count = int(np.count_nonzero(artery))
    notices: tuple[str, ...] = ()
    if count == 1:
        notices += ("The AIF has one voxel: it was not left out.",)
    elif less < count:
        notices += (f"Of the AIF's {count} voxels {less}, evenly taken, were left out in turn.",)
    if more == 0:
        notices += ("The AIF has no neighbour in the brain that could be added.",)
    if settings.aif_average == "median" and less:
        notices += (MEDIAN,)
    if settings.tmax_by:
        words = limits_words(settings.tmax_by)
        notices += (f"{words[:1].upper()}{words[1:]}.",)
    return notices
