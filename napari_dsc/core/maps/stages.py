"""The maps of some voxels, block by block on every core, and their way back onto the volume."""

import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from napari_dsc.core.deconvolution import Deconvolver, Inverse
from napari_dsc.core.maps.ratios import compute_mtt
from napari_dsc.core.maps.scale import Scale, area_weights, arterial_area
from napari_dsc.core.quality import (
    EARLY,
    POOR_FIT,
    REJECTING,
    UNRETURNED,
    Flags,
    Quality,
    SignalEvidence,
    mark,
    weak_bolus,
)
from napari_dsc.core.residue import leading_edge, parabolic_peak
from napari_dsc.core.signal import EvenTime, even_time
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray, ParameterMap, Progress
from napari_dsc.core.voxels import lay_out

__all__ = ["VoxelMaps", "on_volume", "perfusion_stages"]

# Voxels at once: a constant, because rounding depends on the shape of a product; and a multiple of
# the rows that BLAS kernels work on together, so that no row stands at a ragged end.
BLOCK = 7680
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


def perfusion_stages(
    curves: FloatArray,
    aif: FloatArray,
    time: FloatArray,
    method: Deconvolver | None,
    scale: Scale,
    *,
    baseline: slice,
    evidence: SignalEvidence | None = None,
) -> Generator[Progress, None, tuple[VoxelMaps, tuple[str, ...]]]:
    """Compute the maps of some voxels, block by block, on every core.

    The blocks do not depend on the number of threads, and BLAS runs one thread in each: the
    same input gives the same bytes.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s.
    aif : ndarray, shape (T,)
        Delta R2* of the artery, 1/s.
    time : ndarray, shape (T,)
        Time of each sample, s.
    method : Deconvolver or None
        How to deconvolve; None for the ratio of peaks.
    scale : Scale
        Density and haematocrit factor.
    baseline : slice
        Volumes before the bolus.
    evidence : SignalEvidence, optional
        What the signal tells of each voxel.

    Yields
    ------
    Progress
        After each block; closing the generator cancels what has not begun.

    Returns
    -------
    VoxelMaps, tuple of str
        The results, and what a reader should know of them.
    """
    axis = even_time(time, curves.shape[1])
    notices: tuple[str, ...] = ()
    if axis.resample is not None:
        notices = (
            f"Time steps differ by up to {axis.deviation:.0%}: curves were resampled to "
            f"{axis.step:g} s.",
        )
        aif = aif @ axis.resample
    if not USUAL_DENSITY[0] <= scale.density <= USUAL_DENSITY[1]:
        notices += (f"A density of {scale.density:g} g/mL is unusual: brain has about 1.04.",)
    weights = area_weights(axis.time)
    area = arterial_area(aif, weights)
    count = len(curves)
    level = None if evidence is None else evidence.baseline
    flags: Flags = np.zeros(count, np.uint16) if evidence is None else evidence.flags.copy()
    mark(flags, Quality.WEAK_BOLUS, weak_bolus(curves, baseline, level))
    yield Progress("Deconvolution", 0.0)
    out = {
        name: np.full(count, np.nan, dtype=curves.dtype)
        for name in ("cbv", "cbf", "mtt", "ttp", "tmax", "delay")
    }
    inverse = None if method is None else method(aif, axis.step)
    peak_of_aif = float(parabolic_peak(aif[None], slice(0, aif.size)).height[0])

    def compute(start: int) -> None:
        rows = slice(start, min(start + BLOCK, count))
        block = np.zeros((BLOCK, curves.shape[1]), dtype=curves.dtype)
        filled = rows.stop - rows.start
        block[:filled] = curves[rows]
        lost = np.flatnonzero(~np.isfinite(block).all(axis=1))
        block[lost] = 0  # nothing of it reaches a neighbour
        with np.errstate(all="ignore"):
            if axis.resample is not None:
                block = block @ axis.resample.astype(block.dtype)
            results, bits = _block(block, axis, weights / area, inverse, scale, peak_of_aif)
        for name, values in results.items():
            values[lost] = np.nan
            out[name][rows] = values[:filled]
        bits[lost] = 0
        flags[rows] |= bits[:filled]
        flags[rows][lost] = Quality.NON_FINITE  # a row that pads the block is finite

    starts = range(0, count, BLOCK)
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(compute, start) for start in starts]
        try:
            for done, block in enumerate(as_completed(running), 1):
                block.result()
                yield Progress("Deconvolution", done / len(running))
        finally:
            pool.shutdown(cancel_futures=True)
    values = VoxelMaps(
        cbv=out["cbv"],
        cbf=out["cbf"],
        mtt=out["mtt"],
        ttp=out["ttp"],
        tmax=None if inverse is None else out["tmax"],
        delay=None if inverse is None else out["delay"],
        flags=flags,
    )
    return values, notices


MAPS = {  # what each map is, in the words of the field
    "cbv": ("Cerebral blood volume", "CBV", "mL/100g"),
    "cbf": ("Cerebral blood flow", "CBF", "mL/100g/min"),
    "mtt": ("Mean transit time", "MTT", "s"),
    "ttp": ("Time to peak", "TTP", "s"),
    "tmax": ("Time to maximum of the residue function", "Tmax", "s"),
    "delay": ("Arterial delay", "Delay", "s"),
}
RELATIVE = {  # without deconvolution
    "cbf": ("Relative cerebral blood flow (ratio of peaks)", "rCBF", "1"),
    "mtt": ("Relative mean transit time (CBV over ratio of peaks)", "rMTT", "1"),
}


def on_volume(
    values: VoxelMaps, voxels: BoolArray, affine: FloatArray | None = None
) -> DSCPerfusionMaps:
    """Lay results of voxels out on the volume they came from.

    Parameters
    ----------
    values : VoxelMaps
        Results of the V voxels that `voxels` marks, in the order of `curves_of`.
    voxels : ndarray of bool, shape (...)
        Which voxels these are.
    affine : ndarray, shape (4, 4), optional
        Voxel indices to RAS millimetres.

    Returns
    -------
    DSCPerfusionMaps
        Maps of shape (...); NaN elsewhere.
    """
    bits = lay_out(values.flags, voxels, 0)
    stands = voxels & ((bits & REJECTING) == 0)
    words = MAPS if values.tmax is not None else {**MAPS, **RELATIVE}
    maps: dict[str, ParameterMap | None] = {}
    for key, (name, symbol, units) in words.items():
        column: FloatArray | None = getattr(values, key)
        if column is None:
            maps[key] = None
            continue
        maps[key] = ParameterMap(
            values=lay_out(column, voxels, np.nan),
            name=name,
            symbol=symbol,
            units=units,
            affine=affine,
            quality_mask=stands,
        )
    return DSCPerfusionMaps(**maps, quality_mask=stands, quality=bits)  # type: ignore[arg-type]


def _block(
    curves: FloatArray,
    axis: EvenTime,
    area_weights: FloatArray,
    inverse: Inverse | None,
    scale: Scale,
    peak_of_aif: float,
) -> tuple[dict[str, FloatArray], Flags]:
    """Maps and flags of one block of curves, shape (V, N), all finite."""
    flags: Flags = np.zeros(len(curves), dtype=np.uint16)
    own = parabolic_peak(curves, slice(0, curves.shape[1]))
    cbv = scale.volume * (curves @ area_weights.astype(curves.dtype))
    ttp = np.where(own.height > 0, axis.time[0] + axis.step * own.position, np.nan)
    end = curves[:, -3:].mean(axis=1)
    mark(flags, Quality.UNRETURNED, end > UNRETURNED * own.height)
    if inverse is None:
        cbf = own.height / peak_of_aif
        mark(flags, Quality.NOT_POSITIVE, ~((cbf > 0) & (cbv > 0)))
        return {"cbv": cbv, "cbf": cbf, "mtt": compute_mtt(cbv, cbf), "ttp": ttp}, flags
    residues = inverse.solve(curves)
    peak = parabolic_peak(residues.values, inverse.search)
    cbf = scale.flow * peak.height
    rises = peak.height > 0
    tmax = np.where(rises, inverse.lags[0] + axis.step * peak.position, np.nan)
    delay = inverse.lags[0] + axis.step * leading_edge(residues.values, peak)
    fit = residues.values @ inverse.forward.astype(curves.dtype)
    fit -= curves
    misfit = np.einsum("vt,vt->v", fit, fit)
    spread = curves.var(axis=1) * curves.shape[1]
    first, last = inverse.search.start, inverse.search.stop - 1
    too_early = (peak.sample == first) & (inverse.lags[first] < 0)
    mark(flags, Quality.EDGE, too_early | (peak.sample == last))
    mark(flags, Quality.POOR_FIT, ~(misfit <= (1 - POOR_FIT) * spread))
    mark(flags, Quality.NOT_POSITIVE, ~((cbf > 0) & (cbv > 0)))
    mark(flags, Quality.OSCILLATES, ~residues.settled)
    mark(flags, Quality.EARLY, tmax < EARLY)
    mtt = 60 * compute_mtt(cbv, cbf)
    return {"cbv": cbv, "cbf": cbf, "mtt": mtt, "ttp": ttp, "tmax": tmax, "delay": delay}, flags
