"""Statistics of regions in each map: mean, spread and histogram of the accepted voxels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.regions.input_checks import as_labels, as_region, refuse_shape
from napari_dsc.core.regions.means import voxel_volume
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray, ParameterMap

__all__ = ["Histogram", "MapStatistics", "RegionStatistics", "histogram_in", "statistics_in"]

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapStatistics:
    """One map over the accepted voxels of a region, in the map's unit; NaN where none is.

    Parameters
    ----------
    units : str
        Of the map.
    n : int
        Accepted voxels with a finite value: what the rest is taken over.
    mean, sd : float
        Mean, and standard deviation of a sample (n - 1); NaN with a single voxel.
    median, p5, p95 : float
        Percentiles, linear between voxels.
    """

    units: str
    n: int
    mean: float = np.nan
    sd: float = np.nan
    median: float = np.nan
    p5: float = np.nan
    p95: float = np.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionStatistics:
    """What a region holds.

    Parameters
    ----------
    label : int
        Of its voxels.
    name : str
        In words.
    voxels : int
        In the region, accepted or not.
    accepted : int
        Of them, those that the maps accept: none outside the brain. A map may lack a value in
        some of them; its own `n` says so.
    volume : float
        Of all of them, mL; NaN without an affine.
    maps : mapping of str to MapStatistics
        By the symbol of the map, in the order in which the maps are read.
    """

    label: int
    name: str
    voxels: int
    accepted: int
    volume: float
    maps: Mapping[str, MapStatistics]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histogram:
    """How the accepted voxels of a region spread over a window.

    Parameters
    ----------
    counts : ndarray of int, shape (B,)
        Voxels in each bin; a bin holds its lower edge, the last one both.
    edges : ndarray, shape (B + 1,)
        In the map's unit.
    below, above : int
        Accepted voxels on either side of the window.
    """

    counts: NDArray[np.intp]
    edges: FloatArray
    below: int
    above: int

    @property
    def density(self) -> FloatArray:
        """Share of the accepted voxels per unit of the map; shape (B,).

        Its integral is the share within the window, so that two regions compare. NaN without an
        accepted voxel.
        """
        n = int(self.counts.sum()) + self.below + self.above
        if n == 0:
            return np.full(self.counts.shape, np.nan)
        return np.asarray(self.counts / (n * np.diff(self.edges)))


class _Grouped(NamedTuple):
    """Voxels of each label, one label after the other."""

    labels: tuple[int, ...]  # (L,) ascending
    at: NDArray[np.intp]  # (V,) flat indices
    bounds: NDArray[np.intp]  # (L + 1,) where each label begins in `at`


def statistics_in(
    maps: DSCPerfusionMaps,
    labels: ArrayLike,
    names: Mapping[int, str] = {},
    extra: Mapping[str, ParameterMap] = {},
) -> tuple[RegionStatistics, ...]:
    """Statistics of each map over the accepted voxels of each label.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (...).
    labels : array_like of int, shape (...)
        Regions: each positive number that is present; a mask of bool is label 1.
    names : mapping of int to str, optional
        Of the regions; by default "Region 1" and so on.
    extra : mapping of str to ParameterMap, optional
        Further maps on the same grid, by symbol.

    Returns
    -------
    tuple of RegionStatistics
        One for each label, ascending; in float64.

    Raises
    ------
    DscError
        If `labels` are no whole numbers or not of the maps' shape, or an extra map is on another
        grid or bears the symbol of one of `maps`.

    Examples
    --------
    >>> flow = np.array([40.0, 60.0, 20.0, np.nan])
    >>> one = ParameterMap(
    ...     values=flow, name="Cerebral blood flow", symbol="CBF", units="mL/100g/min",
    ...     affine=None, quality_mask=np.isfinite(flow),
    ... )
    >>> maps = DSCPerfusionMaps(cbv=one, cbf=one, mtt=one)
    >>> for row in statistics_in(maps, [1, 1, 0, 3], names={1: "Cortex"}):
    ...     print(row.name, row.voxels, row.accepted, row.maps["CBF"].mean)
    Cortex 2 2 50.0
    Region 3 1 0 nan
    """
    shape = maps.shape
    painted = as_labels(labels, shape)
    columns = _columns(maps, extra, shape)
    order: Literal["C", "F"] = "C" if maps.first.values.flags.c_contiguous else "F"
    groups = _grouped(painted.ravel(order))
    accepted = {
        id(one.quality_mask): one.quality_mask.ravel(order)[groups.at] for one in columns.values()
    }
    found = {
        symbol: _of_groups(
            one.values.ravel(order)[groups.at],
            accepted[id(one.quality_mask)],
            groups.bounds,
            one.units,
        )
        for symbol, one in columns.items()
    }
    each = voxel_volume(maps.affine)
    stands = maps.first.quality_mask.ravel(order)[groups.at]
    voxels = np.diff(groups.bounds).tolist()
    return tuple(
        RegionStatistics(
            label=label,
            name=names.get(label, f"Region {label}"),
            voxels=voxels[at],
            accepted=int(np.count_nonzero(stands[slice(*groups.bounds[at : at + 2])])),
            volume=voxels[at] * each,
            maps={symbol: rows[at] for symbol, rows in found.items()},
        )
        for at, label in enumerate(groups.labels)
    )


def histogram_in(
    one: ParameterMap, region: BoolArray, window: tuple[float, float], bins: int = 40
) -> Histogram:
    """Histogram of the accepted voxels of a region within a window.

    Parameters
    ----------
    one : ParameterMap
        A map of shape (...).
    region : ndarray of bool, shape (...)
        Where.
    window : tuple of float
        Lowest and highest value, in the map's unit.
    bins : int
        Bins of equal width over the window.

    Returns
    -------
    Histogram
        Counts, edges, and how many voxels lie outside the window.

    Raises
    ------
    DscError
        If the region is not of the map's shape, the window is empty or there is no bin.
    """
    region = as_region("region", region, one.values.shape)
    low, high = (float(edge) for edge in window)
    if not (np.isfinite([low, high]).all() and low < high):
        raise DscError(f"window must be a range of values, got {low:g} to {high:g}.")
    if bins < 1:
        raise DscError(f"bins must be at least 1, got {bins}.")
    values = one.values[region & one.quality_mask].astype(np.float64)
    values = values[np.isfinite(values)]
    counts, edges = np.histogram(values, bins, range=(low, high))
    return Histogram(
        counts=counts,
        edges=edges,
        below=int(np.count_nonzero(values < low)),
        above=int(np.count_nonzero(values > high)),
    )


def _columns(
    maps: DSCPerfusionMaps, extra: Mapping[str, ParameterMap], shape: tuple[int, ...]
) -> dict[str, ParameterMap]:
    own = {one.symbol: one for one in maps}
    if twice := own.keys() & extra.keys():
        raise DscError(
            f"extra must have other symbols than the maps, got {sorted(twice)}. Rename it."
        )
    for symbol, one in extra.items():
        refuse_shape(symbol, one.values, shape)
    return {**own, **extra}


def _grouped(painted: NDArray[np.integer[Any]]) -> _Grouped:
    """Sort the painted voxels of a flat volume by label, once for all maps."""
    at = np.flatnonzero(painted > 0)
    own = painted[at]
    if own.size and own.max() <= np.iinfo(np.uint16).max:
        own = own.astype(np.uint16)  # sorted by radix: in time that grows with the voxels only
    by_label = np.argsort(own, kind="stable")
    own = own[by_label]
    starts = np.flatnonzero(np.diff(own, prepend=own[:1] - 1)) if own.size else by_label
    return _Grouped(tuple(own[starts].tolist()), at[by_label], np.append(starts, own.size))


def _of_groups(
    values: FloatArray, accepted: BoolArray, bounds: NDArray[np.intp], units: str
) -> Sequence[MapStatistics]:
    stands = accepted & np.isfinite(values)
    parts = (slice(*ends) for ends in pairwise(bounds.tolist()))
    return [_of_values(values[part][stands[part]], units) for part in parts]


def _of_values(values: FloatArray, units: str) -> MapStatistics:
    """Statistics of finite values, which are sorted in place."""
    n = values.size
    if n == 0:
        return MapStatistics(units=units, n=0)
    values.sort()  # several times faster than a selection: numpy sorts by vector instructions
    precise = values.astype(np.float64)  # summed in this order wherever the voxels lie
    mean = float(precise.mean())
    squares = np.square(precise - mean)
    rank = (n - 1) * np.array(QUANTILES)
    low = rank.astype(np.intp)
    below, above = precise[low], precise[np.minimum(low + 1, n - 1)]
    p5, median, p95 = (below + (rank - low) * (above - below)).tolist()
    return MapStatistics(
        units=units,
        n=n,
        mean=mean,
        sd=float(np.sqrt(squares.sum() / (n - 1))) if n > 1 else np.nan,
        median=median,
        p5=p5,
        p95=p95,
    )
