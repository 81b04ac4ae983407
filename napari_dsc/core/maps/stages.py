"""From prepared tissue and an artery to the maps of each voxel: what every new AIF costs."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np

from napari_dsc.core.blocks import blocks_of, in_blocks, whole_block, workers
from napari_dsc.core.deconvolution import Deconvolver, Inverse, Residues
from napari_dsc.core.maps.ratios import compute_mtt
from napari_dsc.core.maps.scale import Scale, area_weights, arterial_area
from napari_dsc.core.maps.tissue import Tissue
from napari_dsc.core.peak import leading_edge, parabolic_peak
from napari_dsc.core.quality import EARLY, POOR_FIT, Flags, Quality, mark
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["Partial", "VoxelMaps", "perfusion_stages"]

USUAL_DENSITY = 0.9, 1.2  # g/mL: beyond, a notice


@dataclass(frozen=True, slots=True, eq=False)
class VoxelMaps:
    """Results voxel by voxel, each of shape (V,); units as in DSCPerfusionMaps."""

    cbv: FloatArray
    cbf: FloatArray
    mtt: FloatArray
    ttp: FloatArray
    tmax: FloatArray | None
    delay: FloatArray | None
    flags: Flags


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """How far a computation is, and what is known from it already.

    Parameters
    ----------
    fraction : float
        Done, 0 to 1.
    values : VoxelMaps or None
        As soon as the voxels that were wanted first are done: all, of which only these hold.
    """

    fraction: float
    values: VoxelMaps | None = None


def perfusion_stages(
    tissue: Tissue,
    aif: FloatArray,
    method: Deconvolver | None,
    scale: Scale,
    *,
    origin: float = 0.0,
    first: BoolArray | None = None,
    quick: bool = False,
) -> Generator[Partial, None, tuple[VoxelMaps, tuple[str, ...]]]:
    """Compute the maps of some voxels, block by block, on every core.

    The blocks depend neither on the number of threads nor on the order, and BLAS runs one thread
    in each: the same input gives the same bytes.

    Parameters
    ----------
    tissue : Tissue
        Prepared curves of V voxels.
    aif : ndarray, shape (T,)
        Delta R2* of the artery, 1/s, on the time axis that the curves came with.
    method : Deconvolver or None
        How to deconvolve; None for the ratio of peaks.
    scale : Scale
        Density and haematocrit factor.
    origin : float
        Time from which TTP counts, s.
    first : ndarray of bool, shape (V,), optional
        Voxels to do first, such as the slice on screen.
    quick : bool
        Leave out the delay and the flags that need a deconvolution: half of the work.

    Yields
    ------
    Partial
        Between blocks; closing the generator cancels what has not begun.

    Returns
    -------
    VoxelMaps, tuple of str
        The results, and what a reader should know of them.
    """
    axis = tissue.axis
    notices = tissue.notices
    if not USUAL_DENSITY[0] <= scale.density <= USUAL_DENSITY[1]:
        notices += (f"A density of {scale.density:g} g/mL is unusual: brain has about 1.04.",)
    artery = aif if axis.resample is None else aif @ axis.resample
    area = arterial_area(artery, area_weights(axis.time))
    values = _empty(tissue, scale.volume / area, origin, deconvolve=method is not None)
    if method is None:
        _ratio_of_peaks(tissue, artery, values)
        yield Partial(1.0, values)
        return values, notices
    count = len(tissue.curves)
    early = blocks_of(count, first) if first is not None else blocks_of(0)
    rest = np.setdiff1d(blocks_of(count), early)
    share = len(early) / (len(early) + len(rest))
    yield Partial(0.0)
    with workers() as pool:
        work = _deconvolution(tissue, method(artery, axis.step), scale, values, quick)
        if first is not None:
            for done in in_blocks(pool, work, early, count):
                yield Partial(share * done)
            yield Partial(share, values)
        for done in in_blocks(pool, work, rest, count):
            yield Partial(share + (1 - share) * done)
    return values, notices


def _empty(tissue: Tissue, volume: float, origin: float, *, deconvolve: bool) -> VoxelMaps:
    """Results with all that needs no deconvolution filled in; spoilt voxels have no answer."""

    def column() -> FloatArray:
        return np.full(len(tissue.curves), np.nan, dtype=tissue.curves.dtype)

    with np.errstate(all="ignore"):
        cbv = tissue.area * tissue.area.dtype.type(volume)
    cbv[tissue.spoilt] = np.nan
    ttp = tissue.ttp - tissue.ttp.dtype.type(origin)
    ttp[tissue.spoilt] = np.nan
    return VoxelMaps(
        cbv=cbv,
        cbf=column(),
        mtt=column(),
        ttp=ttp,
        tmax=column() if deconvolve else None,
        delay=column() if deconvolve else None,
        flags=tissue.flags.copy(),
    )


def _ratio_of_peaks(tissue: Tissue, artery: FloatArray, values: VoxelMaps) -> None:
    """Fill in relative flow and transit time."""
    peak = float(parabolic_peak(artery[None], slice(0, artery.size)).height[0])
    whole = ~tissue.spoilt
    values.cbf[whole] = tissue.height[whole] / peak
    values.mtt[:] = compute_mtt(values.cbv, values.cbf)
    mark(values.flags, Quality.NOT_POSITIVE, whole & ~((values.cbf > 0) & (values.cbv > 0)))


def _deconvolution(
    tissue: Tissue, inverse: Inverse, scale: Scale, values: VoxelMaps, quick: bool
) -> Callable[[slice], None]:
    """Make what fills in the results of one block of voxels."""
    window, search, step = inverse.window, inverse.search, tissue.axis.step
    solve = inverse.solver(window, tissue.curves.dtype, not quick)
    within = slice(search.start - window.start, search.stop - window.start)
    origin = float(inverse.lags[window.start])
    # The edges of the search at which a peak is no peak: a residue may well begin at lag zero.
    edges = [within.stop - 1, *([within.start] if inverse.lags[search.start] < 0 else [])]

    def work(rows: slice) -> None:
        spoilt = tissue.spoilt[rows]
        here = slice(0, rows.stop - rows.start)
        with np.errstate(all="ignore"):
            residues = solve(whole_block(tissue.curves[rows], spoilt))
            peak = parabolic_peak(residues.values, within)
            flow = scale.flow * peak.height[here]
            tmax = np.where(flow > 0, origin + step * peak.position[here], np.nan)
            columns = {
                "cbf": flow,
                "mtt": 60 * compute_mtt(values.cbv[rows], flow),
                "tmax": tmax,
            }
            if not quick:
                edge = leading_edge(residues.values, peak)[here]
                columns["delay"] = origin + step * edge
                values.flags[rows] |= _flags(tissue, rows, residues, values.cbv[rows], flow, tmax)
                at_edge = np.isin(peak.sample[here], edges)
                mark(values.flags[rows], Quality.EDGE, at_edge)
        for name, found in columns.items():
            getattr(values, name)[rows] = found
        if spoilt.any():
            values.flags[rows][spoilt] = Quality.NON_FINITE
            for name in columns:
                getattr(values, name)[rows][spoilt] = np.nan

    return work


def _flags(
    tissue: Tissue,
    rows: slice,
    residues: Residues,
    cbv: FloatArray,
    flow: FloatArray,
    tmax: FloatArray,
) -> Flags:
    """Flags that the deconvolution of some rows tells."""
    here = slice(0, rows.stop - rows.start)
    flags: Flags = np.zeros(here.stop, dtype=np.uint16)
    mark(flags, Quality.NOT_POSITIVE, ~((flow > 0) & (cbv > 0)))
    mark(flags, Quality.OSCILLATES, ~residues.settled[here])
    mark(flags, Quality.EARLY, tmax < EARLY)
    if residues.explained is not None:
        misfit = tissue.energy[rows] - residues.explained[here]
        mark(flags, Quality.POOR_FIT, ~(misfit <= (1 - POOR_FIT) * tissue.spread[rows]))
    return flags
