"""Deconvolution of many voxels: parameters are read off residues block by block."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.deconvolution import Inverse, Residues
from napari_dsc.core.deconvolution.base import Solve, product
from napari_dsc.core.maps.answered import FIELDS, FLOWS, TIMES, Answered, fields_answered
from napari_dsc.core.maps.bolus_filters import BolusFilter, Match
from napari_dsc.core.maps.cbv_and_mtt import compute_mtt
from napari_dsc.core.maps.optimal_weights import VolumeWeights
from napari_dsc.core.maps.scale import Scale
from napari_dsc.core.maps.scatter import NoisePath, noise_path, scattered
from napari_dsc.core.maps.tissue_curves import Tissue
from napari_dsc.core.noise import jump_noise
from napari_dsc.core.parallel_blocks import BLOCK, Memory, whole_block
from napari_dsc.core.peak import Peak, leading_edge, parabolic_peak
from napari_dsc.core.quality import EARLY, JUMP, POOR_FIT, Flags, Quality, mark
from napari_dsc.core.quantities import STANDARD
from napari_dsc.core.short_repr import brief
from napari_dsc.core.slice_timing import Group
from napari_dsc.core.types import BoolArray, FloatArray, Rows

__all__ = ["Block", "Refresh", "VoxelMaps", "blocks_in", "flags_of"]

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
    spreads : mapping of str to mapping of str to ndarray, shape (V,)
        By the key of the map, what is known beside its value, by the fields of `ParameterMap`.
    """

    columns: Mapping[str, FloatArray]
    flags: Flags
    deconvolved: bool = True
    spreads: Mapping[str, Mapping[str, FloatArray]] = field(default_factory=dict)

    def __getitem__(self, key: str) -> FloatArray:
        """Return the column of one map, shape (V,)."""
        return self.columns[key]

    def beside(self, columns: Mapping[str, FloatArray]) -> "VoxelMaps":
        """Return these with further columns, of the same voxels, that these have not."""
        return replace(self, columns={**columns, **self.columns})

    def of(self, some: BoolArray) -> "VoxelMaps":
        """Results of some of the voxels."""
        rows = np.flatnonzero(some)  # once, and not for every column
        columns = {key: column[rows] for key, column in self.columns.items()}
        spreads = {
            key: {kind: column[rows] for kind, column in kinds.items()}
            for key, kinds in self.spreads.items()
        }
        return VoxelMaps(columns, self.flags[rows], self.deconvolved, spreads)


class _Readings(NamedTuple):
    """What blocks read off residues; small steps on few voxels would have threads wait."""

    height: FloatArray  # (V,) peak of the residue, 1/s
    position: FloatArray  # (V,) of the peak, in samples of the window
    edge: FloatArray  # (V,) leading edge, in samples of the window
    explained: FloatArray  # (V,) energy of the curve that the fit explains, 1/s²
    settled: BoolArray  # (V,)
    match: Match  # what filters find
    area: FloatArray  # (V,) of the tissue's curve over that of the artery
    at_edge: BoolArray  # (V,) the peak lies at an edge of the search


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
    spread : bool
        Tell what is known of the scatter too.

    Notes
    -----
    Where times have a method of their own, flow, fit and oscillation are the first method's, Tmax
    and delay the second's; a peak at an edge of the search counts in either.
    """

    def __init__(
        self,
        tissue: Tissue,
        scale: Scale,
        groups: Sequence[Group],
        *,
        origin: float,
        quick: bool,
        spread: bool = False,
    ) -> None:
        self._spread = spread and not quick
        self._scattered: dict[str, FloatArray] = {}
        self._tissue, self._scale, self._groups = tissue, scale, groups
        self._origin, self._quick = origin, quick
        self._bound: dict[int, _Bound] = {}
        self._answered: Answered | None = None
        self._lock = Lock()
        count, dtype = len(tissue.curves), tissue.curves.dtype
        self._readings = _Readings(
            height=np.empty(count, dtype),
            position=np.empty(count, dtype),
            edge=np.empty(count, dtype),
            explained=np.empty(count, dtype),
            settled=np.empty(count, np.bool_),
            match=Match(*np.empty((len(Match._fields), count), dtype)),
            area=np.empty(count, dtype),
            at_edge=np.empty(count, np.bool_),
        )
        self.values = VoxelMaps(
            {key: np.empty(count, dtype) for key in STANDARD}, np.empty(count, np.uint16)
        )

    def bind(
        self,
        group: int,
        inverse: Inverse,
        area: "float | VolumeWeights",
        filters: BolusFilter | None,
        timing: Inverse | None = None,
    ) -> None:
        """Give a group its inverse, the artery's area or weights, its filters, that of times."""
        dtype = self._tissue.curves.dtype
        with self._lock:  # groups are bound side by side
            if self._answered is None:
                fields = fields_answered(inverse, timing)
                count = len(self._tissue.curves)
                self._answered = Answered(count, dtype, fields)
                if self._spread and inverse.answer is None:
                    self._scattered = scattered(count, dtype, inverse, timing)
                beside = {key: {"scatter": column} for key, column in self._scattered.items()}
                self.values = replace(self.values, spreads={**beside, **self._answered.spreads})
        if filters is not None:
            filters = replace(filters, rows=filters.rows.astype(dtype))
        self._bound[group] = _Bound(
            flow=_Lens.of(inverse, dtype, explain=not self._quick),
            times=None if timing is None else _Lens.of(timing, dtype, explain=False),
            area=None if isinstance(area, VolumeWeights) else area,
            weights=area.values.astype(dtype) if isinstance(area, VolumeWeights) else None,
            filters=filters,
            path=self._path(inverse, area) if self._scattered else None,
        )

    def _path(self, inverse: Inverse, area: "float | VolumeWeights") -> NoisePath:
        """Way of the noise through a method."""
        volume = area.values if isinstance(area, VolumeWeights) else self._tissue.weights / area
        operator = None if inverse.operator is None else inverse.operator[:, inverse.window]
        return noise_path(self._tissue, volume, operator)

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
                match = bound.filters.read(product(memory, "match", bound.filters.rows, whole.T))
                for filtered, values in zip(into.match, match, strict=True):
                    filtered[rows] = values[here]
            if bound.weights is not None:
                into.area[rows] = (whole @ bound.weights)[here]
            self._read_flow(rows, bound, whole, len(curves), memory)
            if bound.times is not None:
                self._read_times(rows, bound.times, whole, len(curves), _beside(memory))

    def _read_flow(
        self, rows: Rows, bound: "_Bound", whole: FloatArray, count: int, memory: Memory
    ) -> None:
        """Read flow and fit of a block, and times where these have no method of their own."""
        into, lens, here = self._readings, bound.flow, slice(0, count)
        if lens.inverse.answer is not None and self._answered is not None:
            answers = lens.inverse.answer(whole)
            self._answered.keep(rows, answers, count, FLOWS if bound.times else FIELDS)
            into.explained[rows] = answers.explained[here]
            into.settled[rows], into.at_edge[rows] = True, answers.beyond[here]
            return
        residues = lens.solve(whole, memory)
        peak = parabolic_peak(residues.values, lens.within)
        into.height[rows] = peak.height[here]
        into.at_edge[rows] = lens.at_edge(peak.sample)[here]
        if residues.explained is not None:
            into.explained[rows] = residues.explained[here]
            into.settled[rows] = residues.settled[here]
        if bound.path is not None:
            self._read_scatter(rows, bound, bound.path, residues.values, peak)
        if bound.times is None:
            self._read_off(rows, residues, peak, count)

    def _read_scatter(
        self, rows: Rows, bound: "_Bound", path: NoisePath, residues: FloatArray, peak: Peak
    ) -> None:
        """Tell how far noise moves the maps of a block."""
        tissue = self._tissue
        curves, variance = tissue.curves[rows], tissue.noise.of(rows).expected
        count = len(curves)
        some = Peak(peak.height[:count], peak.position[:count], peak.sample[:count])
        told = path.scatter(curves, variance, residues[:count], some)
        area = self._readings.area[rows] if bound.area is None else tissue.area[rows] / bound.area
        columns = told.columns(self._scale, area, some.height)
        for key, column in self._scattered.items():
            column[rows] = columns[key]

    def _read_times(
        self, rows: Rows, lens: "_Lens", whole: FloatArray, count: int, memory: Memory
    ) -> None:
        """Read the times of a block by a method of their own."""
        into, here = self._readings, slice(0, count)
        if lens.inverse.answer is not None and self._answered is not None:
            answers = lens.inverse.answer(whole)
            self._answered.keep(rows, answers, count, TIMES)
            into.at_edge[rows] |= answers.beyond[here]
            return
        residues = lens.solve(whole, memory)
        peak = parabolic_peak(residues.values, lens.within)
        into.at_edge[rows] |= lens.at_edge(peak.sample)[here]
        self._read_off(rows, residues, peak, count)

    def _read_off(self, rows: Rows, residues: Residues, peak: Peak, count: int) -> None:
        """Read the times of a block off residues and their peaks."""
        into, here = self._readings, slice(0, count)
        into.position[rows] = np.where(peak.height > 0, peak.position, np.nan)[here]
        if not self._quick:
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
        tissue, bound = self._tissue, self._bound[group]
        later = self._groups[group].offset
        found = {**self._amounts(rows, bound), **self._times(rows, bound)}
        if self._answered is not None:
            found |= self._answered.found(rows, self._scale)
        found["ttp"] = tissue.ttp[rows] - (self._origin - later)
        if found.keys() != STANDARD.keys():
            raise TypeError(f"STANDARD must list what is computed, {list(found)}, and nothing else")
        flags = tissue.flags[rows].copy()
        if not self._quick:
            for bit, where in self._told(rows, found["cbf"], found["cbv"], found["tmax"]):
                mark(flags, bit, where)
        spoilt = np.flatnonzero(tissue.spoilt[rows])
        blank = spoilt + rows.start if isinstance(rows, slice) else rows[spoilt]
        for kinds in self.values.spreads.values():
            for column in kinds.values():
                column[blank] = np.nan
        flags[spoilt] = Quality.NON_FINITE
        self.values.flags[rows] = flags
        for name, column in found.items():
            column[spoilt] = np.nan
            self.values[name][rows] = column

    def _amounts(self, rows: Rows, bound: "_Bound") -> dict[str, FloatArray]:
        """Volume, flow and transit time of some voxels from what was read of them."""
        readings = self._readings
        area = readings.area[rows] if bound.area is None else self._tissue.area[rows]
        volume = self._scale.volume / (bound.area or 1.0) * area
        height = readings.height[rows]
        flow = self._scale.flow * height
        return {"cbv": volume, "cbf": flow, "mtt": 60 * compute_mtt(volume, flow)}

    def _times(self, rows: Rows, bound: "_Bound") -> dict[str, FloatArray]:
        """Tmax and delay of some voxels from what was read of them."""
        readings, step = self._readings, self._tissue.axis.step
        origin = (bound.times or bound.flow).origin
        tmax = origin + step * readings.position[rows]
        edge = np.full_like(tmax, np.nan) if self._quick else readings.edge[rows]
        return {"tmax": tmax, "delay": origin + step * edge}

    def _told(
        self, rows: Rows, flow: FloatArray, volume: FloatArray, tmax: FloatArray
    ) -> Iterator[tuple[Quality, BoolArray]]:
        """Flags that a deconvolution tells, and where they hold."""
        readings = self._readings
        misfit = self._tissue.energy[rows] - readings.explained[rows]
        match = Match(*(column[rows] for column in readings.match))
        weak, jumps = flags_of(self._tissue, rows, match)
        yield Quality.WEAK_BOLUS, weak
        yield Quality.JUMP, jumps
        yield Quality.EDGE, readings.at_edge[rows]
        spread, noise = self._tissue.spread[rows], noise_energy(self._tissue, rows)
        yield Quality.POOR_FIT, ~(misfit - noise <= (1 - POOR_FIT) * (spread - noise))
        yield Quality.NOT_POSITIVE, ~((flow > 0) & (volume > 0))
        yield Quality.OSCILLATES, ~readings.settled[rows]
        yield Quality.EARLY, tmax < EARLY


def _beside(memory: Memory) -> Memory:
    """The same memory under other names: a second method has other shapes."""

    def array(name: str, shape: tuple[int, int]) -> NDArray[Any]:
        return memory(f"times: {name}", shape)

    return array


class _Lens(NamedTuple):
    """A method bound to an artery, and where in its window a peak is searched for."""

    inverse: Inverse
    solve: Solve
    within: slice

    @classmethod
    def of(cls, inverse: Inverse, dtype: np.dtype[Any], *, explain: bool) -> "_Lens":
        """Build the matrices of a method that is bound to an artery."""
        window, search = inverse.window, inverse.search
        within = slice(search.start - window.start, search.stop - window.start)
        return cls(inverse, inverse.solver(window, dtype, explain=explain), within)

    @property
    def origin(self) -> "np.floating[Any]":
        """Lag of the first sample of the window, s; in double precision, as the lags are."""
        first: np.floating[Any] = self.inverse.lags[self.inverse.window.start]
        return first

    def at_edge(self, sample: NDArray[np.integer[Any]]) -> BoolArray:
        """Whether the largest sample lies at an edge of the search."""
        edge: BoolArray = sample == self.within.stop - 1
        if self.inverse.lags[self.inverse.search.start] < 0:  # else a residue may begin there
            edge |= sample == self.within.start
        return edge


class _Bound(NamedTuple):
    """What is bound to the artery as one group of slices sees it."""

    flow: _Lens
    times: _Lens | None  # of Tmax and delay; None: they are the flow's
    area: float | None  # of the artery, within the window of CBV; None: there are weights
    weights: FloatArray | None  # of a curve's samples: its area over the artery's
    filters: BolusFilter | None  # None: nobody asked for flags
    path: NoisePath | None = None  # of the noise; None: nobody asked


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
    size, noise = tissue.curves.shape[1], tissue.noise.of(rows)
    spread = tissue.spread[rows].astype(np.float64)
    bolus, jump = (column.astype(np.float64) for column in match)
    rest = np.maximum(spread - bolus**2, 0)
    level = noise.against(rest / max(size - 2, 1), max(size - 2, 1))
    beside = np.maximum(rest - jump**2, 0) / max(size - 3, 1)
    beside = jump_noise(noise, beside)
    stands_out = (bolus > level.threshold * np.sqrt(level.variance)) & (bolus**2 > level.structure)
    return ~stands_out, jump > JUMP * np.sqrt(beside)


def noise_energy(tissue: Tissue, rows: Rows) -> FloatArray:
    """Sum of squares that noise alone has in some curves, 1/s²: as known before the bolus.

    Never more than the curve itself has.
    """
    spread = tissue.spread[rows]
    energy = (tissue.curves.shape[1] - 1) * np.nan_to_num(tissue.noise.of(rows).white)
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
