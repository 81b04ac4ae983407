"""From prepared tissue and an artery to the maps of each voxel: what every new AIF costs."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from napari_dsc.core.blocks import BLOCK, blocks_of, in_blocks, workers
from napari_dsc.core.deconvolution import Deconvolver
from napari_dsc.core.maps.ratios import compute_mtt
from napari_dsc.core.maps.refresh import Refresh, VoxelMaps
from napari_dsc.core.maps.scale import Scale, arterial_area
from napari_dsc.core.maps.tissue import Tissue
from napari_dsc.core.peak import parabolic_peak
from napari_dsc.core.quality import Quality, mark
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["Partial", "perfusion_stages"]

USUAL_DENSITY = 0.9, 1.2  # g/mL: beyond, a notice


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """How far a computation is, and what is known from it already.

    Parameters
    ----------
    fraction : float
        Done, 0 to 1.
    first : VoxelMaps or None
        Results of the voxels that were wanted first, as soon as they are done.
    """

    fraction: float
    first: VoxelMaps | None = None


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
    volume = scale.volume / arterial_area(artery, tissue.weights)
    yield Partial(0.0)
    if method is None:
        values = _ratio_of_peaks(tissue, artery, volume, origin)
        yield Partial(1.0, None if first is None else values.of(first))
        return values, notices
    count = len(tissue.curves)
    early = blocks_of(0) if first is None else blocks_of(count, first)
    rest = np.delete(blocks_of(count), early // BLOCK)
    share = len(early) / (len(early) + len(rest))
    with workers() as pool:
        work = Refresh(
            tissue, method(artery, axis.step), scale, volume=volume, origin=origin, quick=quick
        )
        if first is not None:
            for done in in_blocks(pool, work.read, early, count):
                yield Partial(share * done)
            work.finish(early)
            yield Partial(share, work.values.of(first))
        for done in in_blocks(pool, work.read, rest, count):
            yield Partial(share + (1 - share) * done)
        work.finish(rest)
    return work.values, notices


def _ratio_of_peaks(tissue: Tissue, artery: FloatArray, volume: float, origin: float) -> VoxelMaps:
    """Relative flow and transit time, without deconvolution."""
    peak = float(parabolic_peak(artery[None], slice(0, artery.size)).height[0])
    with np.errstate(all="ignore"):
        cbv, cbf = volume * tissue.area, tissue.height / peak
        ttp = tissue.ttp - origin
    for column in (cbv, cbf, ttp):
        column[tissue.spoilt] = np.nan
    flags = tissue.flags.copy()
    mark(flags, Quality.NOT_POSITIVE, ~tissue.spoilt & ~((cbf > 0) & (cbv > 0)))
    return VoxelMaps(cbv, cbf, compute_mtt(cbv, cbf), ttp, None, None, flags)
