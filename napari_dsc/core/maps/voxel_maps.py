"""One deconvolution of many voxels: what blocks read off residues, and the maps that this makes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.deconvolution import Inverse
from napari_dsc.core.deconvolution.base import Solve, product
from napari_dsc.core.maps.bolus_filters import BolusFilter, Match
from napari_dsc.core.maps.cbv_and_mtt import compute_mtt
from napari_dsc.core.maps.scale import Scale
from napari_dsc.core.maps.tissue_curves import Tissue
from napari_dsc.core.noise import jump_noise
from napari_dsc.core.parallel_blocks import BLOCK, whole_block
from napari_dsc.core.peak import leading_edge, parabolic_peak
from napari_dsc.core.quality import EARLY, JUMP, POOR_FIT, Flags, Quality, mark
from napari_dsc.core.quantities import COMPUTED
from napari_dsc.core.short_repr import brief
from napari_dsc.core.slice_timing import Group
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["Block", "Refresh", "Rows", "VoxelMaps", "blocks_in", "flags_of"]

Rows: TypeAlias = slice | NDArray[np.intp]

FEW = 16  # blocks that are finished at once: what they read is still in the cache


@brief
@dataclass(frozen=True, slots=True, eq=False)
class VoxelMaps:
    """Results voxel by voxel.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (V,)
        By the key of the map in `COMPUTED`, in its unit.
    flags : ndarray of uint16, shape (V,)
        Bits of `Quality`.
    deconvolved : bool
        Whether they were read off residue functions; if not, flow is a ratio of peaks.
    """

    columns: Mapping[str, FloatArray]
    flags: Flags
    deconvolved: bool = True

    def __getitem__(self, key: str) -> FloatArray:
        """Return the column of one map, shape (V,)."""
        return self.columns[key]

    def of(self, some: BoolArray) -> "VoxelMaps":
        """Results of some of the voxels."""
        columns = {key: column[some] for key, column in self.columns.items()}
        return VoxelMaps(columns, self.flags[some], self.deconvolved)


class _Readings(NamedTuple):
    """What blocks read off residues; small steps on few voxels would have threads wait."""

    height: FloatArray  # (V,) peak of the residue, 1/s
    position: FloatArray  # (V,) of the peak, in samples of the window
    sample: NDArray[np.int32]  # (V,) the largest sample itself
    edge: FloatArray  # (V,) leading edge, in samples of the window
    explained: FloatArray  # (V,) energy of the curve that the fit explains, 1/s²
    settled: BoolArray  # (V,)
    match: Match  # what filters find


class Block(NamedTuple):
    """Rows that are solved at once: all of one group, whose slices are measured together."""

    rows: Rows
    group: int


def blocks_in(groups: Sequence[Group], count: int) -> list[Block]:
    """Cut the rows of each group into blocks; a block knows nothing of the others."""
    found = []
    for number, group in enumerate(groups):
        held = count if group.rows is None else group.rows.size
        for start in range(0, held, BLOCK):
            here = slice(start, min(start + BLOCK, held))
            found.append(Block(here if group.rows is None else group.rows[here], number))
    return found


class Refresh:
    """Maps of prepared tissue under one arterial input.

    Parameters
    ----------
    tissue : Tissue
        Prepared curves of V voxels.
    scale : Scale
        Density and haematocrit factor.
    groups : sequence of Group
        Rows that are measured together; each is bound before its blocks are read.
    origin : float
        Time from which TTP counts, s.
    quick : bool
        Leave out the delay and the flags that need a deconvolution.
    """

    def __init__(
        self,
        tissue: Tissue,
        scale: Scale,
        groups: Sequence[Group],
        *,
        origin: float,
        quick: bool,
    ) -> None:
        self._tissue, self._scale, self._groups = tissue, scale, groups
        self._origin, self._quick = origin, quick
        self._bound: dict[int, _Bound] = {}
        count, dtype = len(tissue.curves), tissue.curves.dtype
        self._readings = _Readings(
            height=np.empty(count, dtype),
            position=np.empty(count, dtype),
            sample=np.empty(count, np.int32),
            edge=np.empty(count, dtype),
            explained=np.empty(count, dtype),
            settled=np.empty(count, np.bool_),
            match=Match(*np.empty((len(Match._fields), count), dtype)),
        )
        self.values = VoxelMaps(
            {key: np.empty(count, dtype) for key in COMPUTED}, np.empty(count, np.uint16)
        )

    def bind(
        self, group: int, inverse: Inverse, volume: float, filters: BolusFilter | None
    ) -> None:
        """Give a group its inverse, the CBV of a curve with an area of one, and its filters."""
        solve = inverse.solver(inverse.window, self._tissue.curves.dtype, explain=not self._quick)
        window, search = inverse.window, inverse.search
        within = slice(search.start - window.start, search.stop - window.start)
        if filters is not None:
            filters = replace(filters, columns=filters.columns.astype(self._tissue.curves.dtype))
        self._bound[group] = _Bound(inverse, solve, within, volume, filters)

    def read(self, block: Block) -> None:
        """Read the residues of one block; blocks may be read side by side."""
        tissue, into, rows = self._tissue, self._readings, block.rows
        bound = self._bound[block.group]
        curves = tissue.curves[rows]
        here = slice(0, len(curves))
        with (
            np.errstate(all="ignore"),
            tissue.scratch.borrowed(tissue.curves.dtype) as memory,
        ):
            whole = whole_block(curves, tissue.spoilt[rows])
            if bound.filters is not None:
                match = bound.filters.read(product(memory, "match", whole, bound.filters.columns))
                for filtered, values in zip(into.match, match, strict=True):
                    filtered[rows] = values[here]
            residues = bound.solve(whole, memory)
            peak = parabolic_peak(residues.values, bound.within)
            for column, found in zip((into.height, into.position, into.sample), peak, strict=True):
                column[rows] = found[here]
            if residues.explained is not None:
                into.explained[rows] = residues.explained[here]
                into.settled[rows] = residues.settled[here]
                into.edge[rows] = leading_edge(residues.values, peak)[here]

    def finish(self, blocks: Sequence[Block]) -> None:
        """Turn the readings of blocks into maps and flags."""
        with np.errstate(all="ignore"):
            start = 0
            while start < len(blocks):
                stop = start + 1
                while stop < min(start + FEW, len(blocks)) and _follows(blocks, stop):
                    stop += 1
                self._finish(_joined(blocks[start:stop]), blocks[start].group)
                start = stop

    def _finish(self, rows: Rows, group: int) -> None:
        tissue, readings, bound = self._tissue, self._readings, self._bound[group]
        step, origin = tissue.axis.step, bound.inverse.lags[bound.inverse.window.start]
        later = self._groups[group].offset
        height = readings.height[rows]
        flow, volume = self._scale.flow * height, bound.volume * tissue.area[rows]
        tmax = np.where(height > 0, origin + step * readings.position[rows], np.nan)
        none = np.full(height.shape, np.nan, dtype=height.dtype)
        found = {
            "cbv": volume,
            "cbf": flow,
            "mtt": 60 * compute_mtt(volume, flow),
            "ttp": tissue.ttp[rows] - (self._origin - later),
            "tmax": tmax,
            "delay": none if self._quick else origin + step * readings.edge[rows],
        }
        if found.keys() != COMPUTED.keys():
            raise TypeError(f"COMPUTED must list what is computed, {list(found)}, and nothing else")
        flags = tissue.flags[rows].copy()
        if not self._quick:
            for bit, where in self._told(rows, bound, flow, volume, tmax):
                mark(flags, bit, where)
        spoilt = np.flatnonzero(tissue.spoilt[rows])
        flags[spoilt] = Quality.NON_FINITE
        self.values.flags[rows] = flags
        for name, column in found.items():
            column[spoilt] = np.nan
            self.values[name][rows] = column

    def _told(
        self, rows: Rows, bound: "_Bound", flow: FloatArray, volume: FloatArray, tmax: FloatArray
    ) -> Iterator[tuple[Quality, BoolArray]]:
        """Flags that a deconvolution tells, and where they hold."""
        readings, sample = self._readings, self._readings.sample[rows]
        at_edge = sample == bound.within.stop - 1
        if bound.inverse.lags[bound.inverse.search.start] < 0:  # else a residue may begin there
            at_edge |= sample == bound.within.start
        misfit = self._tissue.energy[rows] - readings.explained[rows]
        match = Match(*(column[rows] for column in readings.match))
        weak, jumps = flags_of(self._tissue, rows, match)
        yield Quality.WEAK_BOLUS, weak
        yield Quality.JUMP, jumps
        yield Quality.EDGE, at_edge
        spread, noise = self._tissue.spread[rows], noise_energy(self._tissue, rows)
        yield Quality.POOR_FIT, ~(misfit - noise <= (1 - POOR_FIT) * (spread - noise))
        yield Quality.NOT_POSITIVE, ~((flow > 0) & (volume > 0))
        yield Quality.OSCILLATES, ~readings.settled[rows]
        yield Quality.EARLY, tmax < EARLY


class _Bound(NamedTuple):
    """A method bound to the artery as one group of slices sees it."""

    inverse: Inverse
    solve: Solve
    within: slice  # where in the window a peak is searched for
    volume: float  # CBV of a curve with an area of one, mL/100g
    filters: BolusFilter | None  # None: nobody asked for flags


def flags_of(tissue: Tissue, rows: Rows, match: Match) -> tuple[BoolArray, BoolArray]:
    """Tell the curves without a bolus that stands out, and those that jump.

    Parameters
    ----------
    tissue : Tissue
        Prepared curves.
    rows : slice or ndarray of int
        Which of them.
    match : Match
        What the filters find in them.

    Returns
    -------
    weak, jumps : ndarray of bool, shape (R,)
        Both against the noise, of which what neither explains of a curve is a part. Where
        more than noise is left of a curve, the bolus has to explain more than that.
    """
    size = tissue.curves.shape[1]
    spread = tissue.spread[rows].astype(np.float64)
    bolus, jump = (column.astype(np.float64) for column in match)
    rest = np.maximum(spread - bolus**2, 0)
    level = tissue.noise.against(rows, rest / max(size - 2, 1), max(size - 2, 1))
    beside = np.maximum(rest - jump**2, 0) / max(size - 3, 1)
    beside = jump_noise(tissue.noise, rows, beside)
    stands_out = (bolus > level.threshold * np.sqrt(level.variance)) & (bolus**2 > level.structure)
    return ~stands_out, jump > JUMP * np.sqrt(beside)


def noise_energy(tissue: Tissue, rows: Rows) -> FloatArray:
    """Sum of squares that noise alone has in some curves, 1/s²: as known before the bolus.

    Never more than the curve itself has.
    """
    spread = tissue.spread[rows]
    energy = (tissue.curves.shape[1] - 1) * np.nan_to_num(tissue.noise.white[rows])
    return np.asarray(np.minimum(energy, spread), dtype=spread.dtype)


def _follows(blocks: Sequence[Block], at: int) -> bool:
    """Whether a block continues the one before it."""
    before, here = blocks[at - 1], blocks[at]
    if before.group != here.group:
        return False
    if isinstance(before.rows, slice) and isinstance(here.rows, slice):
        return bool(before.rows.stop == here.rows.start)
    return True


def _joined(blocks: Sequence[Block]) -> Rows:
    first, last = blocks[0].rows, blocks[-1].rows
    if isinstance(first, slice) and isinstance(last, slice):
        return slice(first.start, last.stop)
    return np.concatenate([np.asarray(block.rows) for block in blocks])
