"""Maps of each voxel from prepared tissue and an artery: all that a new AIF has to compute."""

from collections.abc import Callable, Generator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from napari_dsc.core.deconvolution import Deconvolver
from napari_dsc.core.defaults import CBV_BY, DENSITY, SPREAD
from napari_dsc.core.maps.bolus_filters import BolusFilter, Match, bolus_filter
from napari_dsc.core.maps.cbv_and_mtt import compute_mtt
from napari_dsc.core.maps.optimal_weights import VolumeWeights, optimal_weights
from napari_dsc.core.maps.scale import Scale, arterial_area
from napari_dsc.core.maps.tissue_curves import Tissue
from napari_dsc.core.maps.voxel_maps import Block, Refresh, VoxelMaps, blocks_in, flags_of
from napari_dsc.core.parallel_blocks import blocks_of, each_block, in_blocks, whole_block, workers
from napari_dsc.core.peak import parabolic_peak
from napari_dsc.core.quality import Quality, mark
from napari_dsc.core.slice_timing import groups_of
from napari_dsc.core.types import BoolArray, CbvBy, FloatArray, Rows

__all__ = ["Partial", "Quantification", "matched", "perfusion_stages"]

USUAL_DENSITY = 0.9, 1.2  # g/mL: beyond, a notice


@dataclass(frozen=True, slots=True)
class Quantification:
    """How curves and an artery become maps: the choices of one analysis.

    Parameters
    ----------
    method : Deconvolver or None
        How to deconvolve; None for the ratio of peaks.
    scale : Scale
        Density and haematocrit factor.
    cbv : {"integral", "weights"}
        Whether CBV is the ratio of areas, or a weighted sum of least expected error.
    timing : Deconvolver, optional
        What Tmax and delay are read off; None: the residues of `method`.
    spread : bool
        Tell the scatter of what is linear in the curve too. A method that knows the standard
        deviation of its maps tells it whether asked or not.
    """

    method: Deconvolver | None
    scale: Scale
    cbv: CbvBy = CBV_BY
    timing: Deconvolver | None = None
    spread: bool = SPREAD


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
    how: Quantification,
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
    how : Quantification
        Method, scale, and what the maps are read off.
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
    method, scale, timing = how.method, how.scale, how.timing
    notices = tissue.notices
    if not USUAL_DENSITY[0] <= scale.density <= USUAL_DENSITY[1]:
        notices += (
            f"A density of {scale.density:g} g/mL is unusual: brain has about {DENSITY:g}.",
        )
    groups = groups_of(tissue.offsets)
    arteries = [tissue.artery_at(aif, group.offset) for group in groups]
    areas = [_area_of(tissue, one, how.cbv) for one in arteries]
    yield Partial(0.0)
    if method is None:
        values = _ratio_of_peaks(tissue, aif, scale, origin, how.cbv)
        yield Partial(1.0, None if first is None else values.of(first))
        return values, notices
    blocks = blocks_in(groups, len(tissue.curves))
    early, rest = _parted(blocks, first)
    share = len(early) / len(blocks)
    work = Refresh(tissue, scale, groups, origin=origin, quick=quick, spread=how.spread)

    def bind(at: int) -> None:
        artery, step = arteries[at], tissue.axis.step
        filters = None if quick else bolus_filter(artery, step)
        times = None if timing is None else timing(artery, step)
        work.bind(at, method(artery, step), areas[at], filters, times)

    with workers() as pool:
        sooner = {block.group for block in early}
        _bind_all(pool, bind, sorted(sooner))
        if first is not None:
            for done in each_block(pool, work.read, early):
                yield Partial(share * done)
            work.finish(early)
            yield Partial(share, work.values.of(first))
        _bind_all(pool, bind, sorted({block.group for block in rest} - sooner))
        for done in each_block(pool, work.read, rest):
            yield Partial(share + (1 - share) * done)
        work.finish(rest)
    return work.values, notices


def _parted(blocks: list[Block], first: BoolArray | None) -> tuple[list[Block], list[Block]]:
    """Blocks that hold a voxel that is wanted first, and the others."""
    early: list[Block] = []
    rest: list[Block] = []
    for block in blocks:
        wanted = first is not None and bool(first[block.rows].any())
        (early if wanted else rest).append(block)
    return early, rest


def _bind_all(pool: Executor, bind: Callable[[int], None], groups: list[int]) -> None:
    """Bind a method to the artery as each group of slices sees it; several side by side."""
    if len(groups) > 1:
        list(pool.map(bind, groups))
    elif groups:
        bind(groups[0])


def _area_of(tissue: Tissue, artery: FloatArray, cbv: CbvBy) -> float | VolumeWeights:
    """Area of an artery in the window of CBV, or the weights that stand for it."""
    area = arterial_area(artery, tissue.weights)  # refuses what is no artery
    return optimal_weights(tissue, artery) if cbv == "weights" else area


def _ratio_of_peaks(
    tissue: Tissue, aif: FloatArray, scale: Scale, origin: float, by: CbvBy
) -> VoxelMaps:
    """Relative flow and transit time, without deconvolution."""
    count, dtype = len(tissue.curves), tissue.curves.dtype
    cbv, cbf, ttp = (np.empty(count, dtype) for _ in range(3))
    weak, jumps = np.empty((2, count), np.bool_)
    for group in groups_of(tissue.offsets):
        rows = slice(None) if group.rows is None else group.rows
        artery = tissue.artery_at(aif, group.offset)
        peak = float(parabolic_peak(artery[None], slice(0, artery.size)).height[0])
        area = _area_of(tissue, artery, by)
        with np.errstate(all="ignore"):
            if isinstance(area, VolumeWeights):
                cbv[rows] = scale.volume * _weighted(tissue, rows, area)
            else:
                cbv[rows] = scale.volume / area * tissue.area[rows]
            cbf[rows] = tissue.height[rows] / peak
            ttp[rows] = tissue.ttp[rows] - (origin - group.offset)
        match = matched(tissue, rows, bolus_filter(artery, tissue.axis.step))
        with np.errstate(all="ignore"):
            weak[rows], jumps[rows] = flags_of(tissue, rows, match)
    for column in (cbv, cbf, ttp):
        column[tissue.spoilt] = np.nan
    flags = tissue.flags.copy()
    mark(flags, Quality.WEAK_BOLUS, ~tissue.spoilt & weak)
    mark(flags, Quality.JUMP, ~tissue.spoilt & jumps)
    mark(flags, Quality.NOT_POSITIVE, ~tissue.spoilt & ~((cbf > 0) & (cbv > 0)))
    columns = {"cbv": cbv, "cbf": cbf, "mtt": compute_mtt(cbv, cbf), "ttp": ttp}
    return VoxelMaps(columns, flags, deconvolved=False)


def _weighted(tissue: Tissue, rows: Rows, weights: VolumeWeights) -> FloatArray:
    """Ratio of areas of some rows, as weights have it, block by block."""
    numbers = np.arange(len(tissue.curves))[rows]
    found = np.empty(numbers.size, tissue.curves.dtype)
    column = weights.values.astype(tissue.curves.dtype)

    def work(part: slice) -> None:
        some = numbers[part]
        whole = whole_block(tissue.curves[some], tissue.spoilt[some])
        found[part] = (whole @ column)[: some.size]

    with workers() as pool:
        for _ in in_blocks(pool, work, blocks_of(numbers.size), numbers.size):
            pass
    return found


def matched(tissue: Tissue, rows: Rows, filters: BolusFilter) -> Match:
    """What filters find in some rows, block by block."""
    numbers = np.arange(len(tissue.curves))[rows]
    found = Match(*np.empty((len(Match._fields), numbers.size), tissue.curves.dtype))
    sought = filters.rows.astype(tissue.curves.dtype)

    def work(part: slice) -> None:
        some = numbers[part]
        whole = whole_block(tissue.curves[some], tissue.spoilt[some])
        with np.errstate(all="ignore"):
            match = filters.read(sought @ whole.T)
        for column, values in zip(found, match, strict=True):
            column[part] = values[: some.size]

    with workers() as pool:
        for _ in in_blocks(pool, work, blocks_of(numbers.size), numbers.size):
            pass
    return found
