"""Proposal of an artery, or a vein, for a scan."""

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.aif import SearchedCurves, largest_areas, mean_curve, propose_rows
from napari_dsc.core.aif.vessel_search import aif_of
from napari_dsc.core.defaults import SLICE_TIMING
from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import retained, retained_signals
from napari_dsc.core.mask_rows import curves_of, lay_out, values_at
from napari_dsc.core.noise import scanner_noise
from napari_dsc.core.pipeline.preparation import NO_TIME, Prepared, refuse_mask
from napari_dsc.core.pipeline.scan_proposal import (
    FEWEST_BASELINE,
    everywhere,
    find_odd_volumes,
    left_out_of,
    sample_signals,
)
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.signal import log_attenuation, relaxation_stages
from napari_dsc.core.slice_timing import moved, offsets_of
from napari_dsc.core.types import Aif, BoolArray, FloatArray, Progress, Series

__all__ = ["propose_artery"]


def propose_artery(
    series: Series,
    brain: BoolArray,
    baseline: tuple[int, int],
    region: BoolArray | None = None,
    vein: bool = False,
    known: Prepared | None = None,
    slice_timing: bool = SLICE_TIMING,
) -> Generator[Progress, None, Aif]:
    """Propose an arterial input function for a scan, or a venous output function.

    Parameters
    ----------
    series : Series
        The scan, with its time axis.
    brain : ndarray of bool, shape (...)
        Brain with its vessels.
    baseline : tuple of int
        First volume of the baseline and the first after it; the volumes before are discarded.
    region : ndarray of bool, shape (...), optional
        Where in the brain to search; None: everywhere.
    vein : bool
        Search for a vein.
    known : Prepared, optional
        From an earlier run: where scan, brain and baseline are still the same, its curves are
        taken.
    slice_timing : bool
        Bring each curve from the times of its slice, where they are known, to those of the
        volumes.

    Yields
    ------
    Progress
        Often enough to cancel within a second, by closing the generator.

    Returns
    -------
    Aif
        Its curve covers the retained volumes. The candidates are ranked, the best first, those
        that make the curve are marked as chosen, and others are told why not. Where no voxel is
        without an objection, the ten best are candidates and none is chosen: then there is no
        voxel, and the curve is NaN.

    Raises
    ------
    DscError
        If the time step is unknown, a mask or the baseline does not fit, or there is no bolus.
    """
    if series.time is None:
        raise DscError(NO_TIME)
    search = _searched(series, brain, region)
    start, before = _retained(series, baseline)
    yield Progress("Mean curve of the brain", 0.0)
    if series.left_out is None:
        odd = find_odd_volumes(series, brain)
        series = replace(series, left_out=left_out_of(series, odd)[0])
    left_out = series.left_out or ()
    kept = retained(series.n_volumes, start, left_out)
    time = series.time[kept]  # type: ignore[index]  # known, as above
    sample = sample_signals(series, brain)[:, kept]
    noise = scanner_noise(sample, before, around=everywhere(series)[:, kept])
    mean = _scaled(mean_curve(log_attenuation(sample, before)), series.echo_time)
    del sample
    yield Progress("Reading the curves", 0.1)
    if known is not None and known.serves(series, brain, baseline):
        curves = known.curves if region is None else known.curves[values_at(search, brain)]
    else:
        curves = yield from _curves_of_search(series, search, start, before)
    yield Progress("Comparing the curves", 0.6)
    rows = largest_areas(curves, time)
    index, signal = _signals_of(series, search, rows)
    own = curves[rows]
    offsets = offsets_of(series, search) if slice_timing else None
    if offsets is not None:
        own = moved(own, offsets[rows], time)
    yield Progress("Comparing the curves", 0.8)
    searched = SearchedCurves(
        own,
        time,
        before,
        signal=retained_signals(signal, start, left_out, series.time),
        noise=noise,
    )
    found = propose_rows(searched, reference=mean, vein=vein, share=1.0)
    return aif_of(found.candidates(index, own), brain.shape, region=region is not None)


def _curves_of_search(
    series: Series, search: BoolArray, start: int, before: slice
) -> Generator[Progress, None, FloatArray]:
    """Curves of the voxels of the search, over the retained volumes."""
    signal = curves_of(series.signal, search)
    signal = retained_signals(signal, start, series.left_out or (), series.time)
    work = relaxation_stages(signal, before, series.echo_time)
    return (yield from part_of_whole(work, 0.2, 0.6, "Reading the curves"))


def _searched(series: Series, brain: BoolArray, region: BoolArray | None) -> BoolArray:
    """Voxels of the brain, within the region if there is one."""
    refuse_mask(series, "brain", brain)
    if region is None:
        return brain
    refuse_mask(series, "region", region)
    both = brain & region
    if not both.any():
        raise DscError("region must hold a voxel of the brain, got none. Draw it on the brain.")
    return both


def _retained(series: Series, baseline: tuple[int, int]) -> tuple[int, slice]:
    """First retained volume, and the baseline counted from it."""
    start, stop = baseline
    if not (start >= 0 and start + FEWEST_BASELINE <= stop < series.n_volumes):
        raise DscError(
            f"baseline must hold at least {FEWEST_BASELINE} of the {series.n_volumes} volumes and "
            f"end before the last, got {start}:{stop}. Choose volumes before the bolus."
        )
    return start, slice(0, stop - start)


def _scaled(attenuation: FloatArray, echo_time: float | None) -> FloatArray:
    """Delta R2* of an attenuation, as far as the echo time is known."""
    return attenuation if echo_time is None else attenuation / echo_time


def _signals_of(
    series: Series, search: BoolArray, rows: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.generic]]:
    """Voxels and signals of some rows (ascending) of the curves of `search`."""
    marked = np.zeros(int(search.sum()), dtype=np.bool_)
    marked[rows] = True
    voxels = lay_out(marked, search, False)
    return np.argwhere(voxels.T)[:, ::-1], curves_of(series.signal, voxels)
