"""One deconvolution of many voxels: what blocks read off residues, and the maps that this makes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.blocks import BLOCK, whole_block
from napari_dsc.core.deconvolution import Inverse
from napari_dsc.core.maps.ratios import compute_mtt
from napari_dsc.core.maps.scale import Scale
from napari_dsc.core.maps.tissue import Tissue
from napari_dsc.core.peak import leading_edge, parabolic_peak
from napari_dsc.core.quality import EARLY, POOR_FIT, Flags, Quality, mark
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["Refresh", "VoxelMaps"]

FEW = 16  # blocks that are finished at once: what they read is still in the cache


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

    def of(self, some: BoolArray) -> "VoxelMaps":
        """Results of some of the voxels."""
        return VoxelMaps(
            cbv=self.cbv[some],
            cbf=self.cbf[some],
            mtt=self.mtt[some],
            ttp=self.ttp[some],
            tmax=None if self.tmax is None else self.tmax[some],
            delay=None if self.delay is None else self.delay[some],
            flags=self.flags[some],
        )


class _Readings(NamedTuple):
    """What blocks read off residues; small steps on few voxels would have threads wait."""

    height: FloatArray  # (V,) peak of the residue, 1/s
    position: FloatArray  # (V,) of the peak, in samples of the window
    sample: NDArray[np.int32]  # (V,) the largest sample itself
    edge: FloatArray  # (V,) leading edge, in samples of the window
    explained: FloatArray  # (V,) energy of the curve that the fit explains, 1/s²
    settled: BoolArray  # (V,)


class Refresh:
    """Maps of prepared tissue under one arterial input.

    Parameters
    ----------
    tissue : Tissue
        Prepared curves of V voxels.
    inverse : Inverse
        A method bound to the artery.
    scale : Scale
        Density and haematocrit factor.
    volume : float
        CBV of a voxel whose curve has an area of one, mL/100g.
    origin : float
        Time from which TTP counts, s.
    quick : bool
        Leave out the delay and the flags that need a deconvolution.
    """

    def __init__(
        self,
        tissue: Tissue,
        inverse: Inverse,
        scale: Scale,
        *,
        volume: float,
        origin: float,
        quick: bool,
    ) -> None:
        self._tissue, self._inverse, self._scale = tissue, inverse, scale
        self._volume, self._origin, self._quick = volume, origin, quick
        count, dtype = len(tissue.curves), tissue.curves.dtype
        self._solve = inverse.solver(inverse.window, dtype, explain=not quick)
        window, search = inverse.window, inverse.search
        self._within = slice(search.start - window.start, search.stop - window.start)
        self._readings = _Readings(
            height=np.empty(count, dtype),
            position=np.empty(count, dtype),
            sample=np.empty(count, np.int32),
            edge=np.empty(count, dtype),
            explained=np.empty(count, dtype),
            settled=np.empty(count, np.bool_),
        )
        self.values = VoxelMaps(
            cbv=np.empty(count, dtype),
            cbf=np.empty(count, dtype),
            mtt=np.empty(count, dtype),
            ttp=np.empty(count, dtype),
            tmax=np.empty(count, dtype),
            delay=np.empty(count, dtype),
            flags=np.empty(count, np.uint16),
        )

    def read(self, rows: slice) -> None:
        """Read the residues of one block; blocks may be read side by side."""
        tissue, into = self._tissue, self._readings
        here = slice(0, rows.stop - rows.start)
        with (
            np.errstate(all="ignore"),
            tissue.scratch.borrowed(tissue.curves.dtype) as memory,
        ):
            block = whole_block(tissue.curves[rows], tissue.spoilt[rows])
            residues = self._solve(block, memory)
            peak = parabolic_peak(residues.values, self._within)
            for column, found in zip(into[:3], peak, strict=True):
                column[rows] = found[here]
            if residues.explained is not None:
                into.explained[rows] = residues.explained[here]
                into.settled[rows] = residues.settled[here]
                into.edge[rows] = leading_edge(residues.values, peak)[here]

    def finish(self, starts: NDArray[np.intp]) -> None:
        """Turn the readings of blocks into maps and flags."""
        breaks = np.flatnonzero(np.diff(starts) != BLOCK) + 1
        with np.errstate(all="ignore"):
            for run in np.split(starts, breaks):
                for part in range(0, len(run), FEW):
                    some = run[part : part + FEW]
                    stop = min(int(some[-1]) + BLOCK, len(self._tissue.curves))
                    self._finish(slice(int(some[0]), stop))

    def _finish(self, rows: slice) -> None:
        tissue, readings = self._tissue, self._readings
        step, origin = tissue.axis.step, self._inverse.lags[self._inverse.window.start]
        height = readings.height[rows]
        flow, volume = self._scale.flow * height, self._volume * tissue.area[rows]
        tmax = np.where(height > 0, origin + step * readings.position[rows], np.nan)
        none = np.full(height.shape, np.nan, dtype=height.dtype)
        found = {
            "cbv": volume,
            "cbf": flow,
            "mtt": 60 * compute_mtt(volume, flow),
            "ttp": tissue.ttp[rows] - self._origin,
            "tmax": tmax,
            "delay": none if self._quick else origin + step * readings.edge[rows],
        }
        flags = self.values.flags[rows]
        flags[:] = tissue.flags[rows]
        if not self._quick:
            for bit, where in self._told(rows, flow, volume, tmax):
                mark(flags, bit, where)
        spoilt = np.flatnonzero(tissue.spoilt[rows])
        flags[spoilt] = Quality.NON_FINITE
        for name, column in found.items():
            column[spoilt] = np.nan
            getattr(self.values, name)[rows] = column

    def _told(
        self, rows: slice, flow: FloatArray, volume: FloatArray, tmax: FloatArray
    ) -> Iterator[tuple[Quality, BoolArray]]:
        """Flags that a deconvolution tells, and where they hold."""
        readings, sample = self._readings, self._readings.sample[rows]
        at_edge = sample == self._within.stop - 1
        if self._inverse.lags[self._inverse.search.start] < 0:  # else a residue may begin there
            at_edge |= sample == self._within.start
        misfit = self._tissue.energy[rows] - readings.explained[rows]
        yield Quality.EDGE, at_edge
        yield Quality.POOR_FIT, ~(misfit <= (1 - POOR_FIT) * self._tissue.spread[rows])
        yield Quality.NOT_POSITIVE, ~((flow > 0) & (volume > 0))
        yield Quality.OSCILLATES, ~readings.settled[rows]
        yield Quality.EARLY, tmax < EARLY
