"""Sweep over SVD thresholds: flow, oscillation and late tissue, at a voxel or in a region."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.argument_checks import arterial_curve
from napari_dsc.core.deconvolution import (
    DECONVOLVERS,
    Deconvolver,
    method_name,
    oscillation_index,
)
from napari_dsc.core.errors import DscError
from napari_dsc.core.maps import Tissue
from napari_dsc.core.mask_rows import values_at
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.pipeline.comparison import maps_under
from napari_dsc.core.pipeline.preparation import Prepared, refuse_mask
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.regions import ABOVE, LATE, means_in, tmax_volume, tmax_volumes
from napari_dsc.core.settings import Settings
from napari_dsc.core.short_repr import brief
from napari_dsc.core.slice_timing import groups_of
from napari_dsc.core.types import Aif, BoolArray, DSCPerfusionMaps, FloatArray, Progress

__all__ = ["MOST_INDEXED", "THRESHOLDS", "ThresholdSweep", "explore_threshold"]

THRESHOLDS = tuple(
    round(percent / 100, 2) for percent in (*range(1, 10), *range(10, 30, 2), *range(30, 51, 5))
)
MOST_INDEXED = 200  # voxels whose oscillation index is computed


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ThresholdSweep:
    """Flow, oscillation and late tissue against the SVD threshold; every column has shape (S,).

    Parameters
    ----------
    thresholds : ndarray
        Fractions of the largest singular value, ascending; of oSVD, the largest that its search
        may reach.
    today : int
        Which of them is the one in the settings.
    cbf : ndarray
        Mean over the accepted voxels of the region, mL/100g/min; NaN where there are none.
    oscillation : ndarray
        Mean oscillation index over the accepted of the `indexed` voxels; NaN where there are none.
    accepted : ndarray of int
        Voxels of the region whose answer stands.
    region_tmax_volume : ndarray
        Volume with Tmax > 6 s in the region, mL; NaN without an affine.
    late : ndarray, shape (S, 4)
        Volume with Tmax above 4, 6, 8 and 10 s in the whole brain, mL; NaN without an affine.
    voxels, indexed : int
        Voxels of the brain in the region, and those of them whose oscillation index was computed.
    """

    thresholds: FloatArray
    today: int
    cbf: FloatArray
    oscillation: FloatArray
    accepted: NDArray[np.intp]
    region_tmax_volume: FloatArray
    late: FloatArray
    voxels: int
    indexed: int

    @property
    def brain_tmax_volume(self) -> FloatArray:
        """Volume with Tmax > 6 s in the whole brain, mL; shape (S,)."""
        volumes: FloatArray = self.late[:, ABOVE.index(LATE)]
        return volumes


def explore_threshold(
    prepared: Prepared, aif: Aif, settings: Settings, voxels: BoolArray
) -> Generator[Progress, None, ThresholdSweep]:
    """Compute the maps under every threshold, and read them at a voxel or in a region.

    The maps are whole ones, with every quality flag. The oscillation index is that of residues in
    float64, from lag zero, of at most 200 voxels: of a larger region every second, third, … .

    Parameters
    ----------
    prepared : Prepared
        The scan.
    aif : Aif
        Its curve covers the retained volumes.
    settings : Settings
        How; its baseline is that of `prepared`, its method has an SVD threshold.
    voxels : ndarray of bool, shape (...)
        One voxel, or a region; what lies outside the brain does not count.

    Yields
    ------
    Progress
        Between blocks; closing the generator cancels.

    Returns
    -------
    ThresholdSweep
        At 0.01 … 0.5, and at the threshold in the settings.

    Raises
    ------
    DscError
        If the method has no SVD threshold, no voxel lies in the brain, or the curve does not fit
        the scan.
    """
    today = _threshold_of(settings.method)
    refuse_mask(prepared.series, "region", voxels)
    region = voxels & prepared.brain
    if not region.any():
        raise DscError(
            f"region must hold a voxel of the brain, got {int(voxels.sum())} outside it. "
            "Pin or draw inside the brain."
        )
    curve = arterial_curve(aif, prepared.curves)
    prepared = prepared.under(settings)
    thresholds = np.unique([*THRESHOLDS, today])
    some = _sample(values_at(region, prepared.brain) & ~prepared.tissue.spoilt)
    rows: list[tuple[float, ...]] = []
    for done, threshold in enumerate(map(float, thresholds)):
        stage = f"SVD threshold {threshold:g}"
        yield Progress(stage, done / len(thresholds))
        method = _with_threshold(settings.method, threshold)
        maps = yield from part_of_whole(
            maps_under(prepared, curve, replace(settings, method=method)),
            done / len(thresholds),
            (done + 1) / len(thresholds),
            stage,
        )
        stands = values_at(maps.cbf.quality_mask, prepared.brain)
        index = _oscillation(prepared.tissue, curve, method, some & stands)
        rows.append(_row(maps, region, index))
    cbf, oscillation, accepted, in_region, *late = np.array(rows).T
    return ThresholdSweep(
        thresholds=thresholds,
        today=int(np.searchsorted(thresholds, today)),
        cbf=cbf,
        oscillation=oscillation,
        accepted=accepted.astype(np.intp),
        region_tmax_volume=in_region,
        late=np.stack(late, axis=1),
        voxels=int(np.count_nonzero(region)),
        indexed=int(np.count_nonzero(some)),
    )


def _row(maps: DSCPerfusionMaps, region: BoolArray, oscillation: float) -> tuple[float, ...]:
    """Flow, oscillation, accepted voxels and late volume of a region, and late volumes."""
    means = means_in(maps, region)
    late = tmax_volume(maps, region=region)
    return (means.cbf, oscillation, means.accepted, late, *tmax_volumes(maps))


def _threshold_of(method: Deconvolver) -> float:
    if "svd_threshold" not in parameters_of(method):
        having = ", ".join(
            name for name, kind in DECONVOLVERS.items() if "svd_threshold" in parameters_of(kind)
        )
        name = method_name(method)
        raise DscError(
            f"method must be one of {having}, got {name}: {name} has no SVD threshold to explore. "
            "Choose one that has."
        )
    return float(cast("Any", method).svd_threshold)


def _with_threshold(method: Deconvolver, threshold: float) -> Deconvolver:
    return cast("Deconvolver", replace(cast("Any", method), svd_threshold=threshold))


def _sample(rows: BoolArray) -> BoolArray:
    """Mark at most 200 of the marked rows, evenly."""
    marked = np.flatnonzero(rows)
    some = np.zeros_like(rows)
    some[marked[:: max(1, -(-marked.size // MOST_INDEXED))]] = True
    return some


def _oscillation(tissue: Tissue, aif: FloatArray, method: Deconvolver, rows: BoolArray) -> float:
    """Mean oscillation index of some voxels; NaN of none."""
    if not rows.any():
        return np.nan
    found = []
    for group in groups_of(None if tissue.offsets is None else tissue.offsets[rows]):
        inverse = method(tissue.artery_at(aif, group.offset), tissue.axis.step)
        solve = inverse.solver(slice(None), np.dtype(np.float64), explain=False)
        curves = tissue.curves[rows] if group.rows is None else tissue.curves[rows][group.rows]
        residues = solve(curves.astype(np.float64)).values
        if inverse.circular:  # lag zero first, the negative lags last
            residues = np.roll(residues, -int(np.argmin(np.abs(inverse.lags))), axis=1)
        found.append(oscillation_index(residues))
    return float(np.concatenate(found).mean())
