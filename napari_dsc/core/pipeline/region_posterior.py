"""Posterior of a region's mean curve: its flow and times, with the standard deviation of these.

Standard deviations of voxels over √n are none of a region's: neighbours share the artery, the
method's prior and its grid, so that they err together. A mean curve has less noise, which is
measured in it anew, and an interval of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_dsc.core.deconvolution import Posterior
from napari_dsc.core.maps import region_answers
from napari_dsc.core.mask_rows import values_at
from napari_dsc.core.pipeline.stages import Analysis
from napari_dsc.core.regions import MapStatistics, RegionStatistics, as_labels
from napari_dsc.core.slice_timing import moved
from napari_dsc.core.types import FloatArray

__all__ = ["RegionPosterior", "region_posterior", "with_mean_curves"]

MEAN_CURVE = "{} of mean curve"  # in tables, behind the symbol of a map


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RegionPosterior:
    """What the mean curve of a region tells.

    Parameters
    ----------
    label : int
        Of its voxels.
    name : str
        In words.
    voxels : int
        Accepted voxels of the brain whose curves the mean is of.
    values, sd, low, high : mapping of str to float
        By the symbol of the map, in its unit: the answer, its standard deviation, and the 16th and
        84th percentile. NaN where the curve shows no bolus.
    beyond : bool
        Whether the delay lies at the end of the search, or beyond: no answer.
    """

    label: int
    name: str
    voxels: int
    values: Mapping[str, float]
    sd: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]
    beyond: bool


def region_posterior(
    analysis: Analysis, labels: ArrayLike, names: Mapping[int, str] = {}
) -> tuple[RegionPosterior, ...]:
    """Fit the posterior to the mean curve of the accepted voxels of each region.

    Parameters
    ----------
    analysis : Analysis
        The scan, its AIF and scale; whatever method its maps are of.
    labels : array_like of int, shape (...)
        Regions: each positive number that is present; a mask of bool is label 1.
    names : mapping of int to str, optional
        Of the regions; by default "Region 1" and so on.

    Returns
    -------
    tuple of RegionPosterior
        One for each label that has an accepted voxel of the brain, ascending.

    Raises
    ------
    DscError
        If `labels` are no whole numbers or not of the scan's shape.
    """
    painted = as_labels(labels, analysis.brain.shape)
    stands = analysis.maps.cbf.quality_mask & analysis.brain
    own = values_at(np.where(stands, painted, 0), analysis.brain)
    found = [int(one) for one in np.unique(own) if one > 0]
    if not found:
        return ()
    tissue = analysis.prepared.tissue
    curves = np.stack([_mean_curve(analysis, own == label) for label in found])
    artery = tissue.artery_at(analysis.aif.curve)
    method = analysis.settings.method
    posterior = method if isinstance(method, Posterior) else Posterior()
    inverse = posterior(artery, tissue.axis.step)
    told = region_answers(inverse, curves, analysis.settings.scale)
    return tuple(
        RegionPosterior(
            label=label,
            name=names.get(label, f"Region {label}"),
            voxels=int(np.count_nonzero(own == label)),
            values={symbol: float(one.value[at]) for symbol, one in told.maps.items()},
            sd={symbol: float(one.sd[at]) for symbol, one in told.maps.items()},
            low={symbol: float(one.low[at]) for symbol, one in told.maps.items()},
            high={symbol: float(one.high[at]) for symbol, one in told.maps.items()},
            beyond=bool(told.beyond[at]),
        )
        for at, label in enumerate(found)
    )


def with_mean_curves(
    rows: tuple[RegionStatistics, ...], told: tuple[RegionPosterior, ...]
) -> tuple[RegionStatistics, ...]:
    """Rows of a table with what the mean curves tell: their answers and standard deviations."""
    known = {one.label: one for one in told}

    def more(row: RegionStatistics) -> RegionStatistics:
        one = known.get(row.label)
        if one is None or one.beyond:
            return row
        units = {symbol: own.units for symbol, own in row.maps.items()}
        maps = {
            MEAN_CURVE.format(symbol): MapStatistics(
                units=units[symbol], n=one.voxels, mean=value, sd=one.sd[symbol]
            )
            for symbol, value in one.values.items()
        }
        return replace(row, maps={**row.maps, **maps})

    return tuple(more(row) for row in rows)


def _mean_curve(analysis: Analysis, rows: NDArray[np.bool_]) -> FloatArray:
    """Mean curve of some rows on the even time axis, at the times of the volumes."""
    prepared, tissue = analysis.prepared, analysis.prepared.tissue
    if tissue.offsets is None:
        return np.asarray(tissue.curves[rows].mean(axis=0, dtype=np.float64))
    curves = moved(prepared.curves[rows], tissue.offsets[rows], prepared.time)
    mean = np.asarray(curves.mean(axis=0, dtype=np.float64))
    return mean if tissue.axis.resample is None else mean @ tissue.axis.resample
