"""Deliberate faults in the core, one at a time: every one has to be caught by a test.

`make mutants` copies the package and its tests aside, changes one line, runs the tests of the
numbers until one fails, and names it. What survives is a missing test; exit code 1 says so.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TESTS = ("tests/core", "tests/reference")
PATIENCE = 3600  # s for all tests; each test has its own limit


class Fault(NamedTuple):
    """One line of the core, and what it is turned into."""

    what: str
    file: str  # below napari_dsc/core
    right: str
    wrong: str


FAULTS = (
    Fault(
        "a bolus by its largest value",
        "signal.py",
        "peak, earliest = largest.peak, largest.arrival",
        "pass",
    ),
    Fault(
        "the end of a scan made up",
        "left_out_volumes.py",
        "while stop - 1 in left_out and stop - 1 > start:",
        "while False:",
    ),
    Fault(
        "bridged straight in the signal",
        "left_out_volumes.py",
        "bent = a * (b / a) ** made.dtype.type(share)",
        "bent = (1 - share) * a + share * b",
    ),
    Fault("recirculation is a bolus", "bolus_passages.py", "SMALLEST = 0.15", "SMALLEST = 0.0001"),
    Fault("half a volume is whole", "left_out_volumes.py", "MISSING = 0.5", "MISSING = 1.5"),
    Fault("a leap is no leap", "left_out_volumes.py", "STANDS_OUT = 4.0", "STANDS_OUT = 400.0"),
    Fault("baseline in the bolus", "pipeline/preparation.py", "HELD = 0.2", "HELD = 20.0"),
    Fault(
        "4 s told first",
        "regions/late_volumes.py",
        "key=lambda one: (one.above < LATE, one.above)",
        "key=lambda one: one.above",
    ),
    Fault(
        "healthy regions lack late tissue",
        "regions/uncounted.py",
        "whole = np.flatnonzero((voxels > 0) & (outside == 0))",
        "whole = np.flatnonzero(voxels > 0)",
    ),
    Fault(
        "a piece counted twice",
        "regions/uncounted.py",
        "own = set(touched.tolist()) - taken",
        "own = set(touched.tolist()) - {0}",
    ),
    Fault(
        "rejected voxels in a region's mean",
        "regions/statistics.py",
        "stands = accepted & np.isfinite(values)",
        "stands = np.isfinite(values)",
    ),
    Fault(
        "standard deviation over all n",
        "regions/statistics.py",
        "squares.sum() / (n - 1)",
        "squares.sum() / n",
    ),
    Fault(
        "percentiles between two voxels",
        "regions/statistics.py",
        "below + (rank - low) * (above - below)",
        "below + 0.5 * (above - below)",
    ),
    Fault(
        "the reference in oedema",
        "regions/reference.py",
        "here if flows[0] >= flows[1] else there",
        "here if flows[0] < flows[1] else there",
    ),
    Fault(
        "oedema opposite late tissue is not told",
        "regions/reference.py",
        "if share < LESS else",
        "if False else",
    ),
    Fault("specks choose the side", "regions/reference.py", "APART = 5.0", "APART = 0.0"),
    Fault(
        "a volume in doubt told as sure",
        "summary.py",
        'words += f", {AIF_IN_DOUBT}" if in_doubt else ""',
        "pass",
    ),
    Fault("a step in the baseline", "signal.py", "if stop - odd > BASELINE_VOLUMES:", "if False:"),
    Fault("cropped scans parted", "signal.py", "LITTLE_AIR = 0.2", "LITTLE_AIR = -1"),
    Fault("order by length", "scan_checks.py", "PASSAGES = 3", "PASSAGES = 300"),
    Fault("a factor: flow per 10 g", "maps/scale.py", "60 * self.volume", "6 * self.volume"),
    Fault(
        "kH forgotten",
        "maps/scale.py",
        "100 * self.hematocrit_ratio / self.density",
        "100 / self.density",
    ),
    Fault(
        "density multiplies",
        "maps/scale.py",
        "* self.hematocrit_ratio / self.density",
        "* self.hematocrit_ratio * self.density",
    ),
    Fault(
        "kH left out of the flow",
        "maps/voxel_maps.py",
        "flow = self._scale.flow * height",
        "flow = self._scale.flow / self._scale.hematocrit_ratio * height",
    ),
    Fault(
        "CBV without kH",
        "maps/voxel_maps.py",
        "volume = self._scale.volume / (bound.area or 1.0) * area",
        "volume = self._scale.volume / self._scale.hematocrit_ratio / (bound.area or 1.0) * area",
    ),
    Fault(
        "area as a plain sum",
        "maps/scale.py",
        "half = np.diff(time) / 2",
        "half = np.ones(time.size - 1) / 2",
    ),
    Fault(
        "a midline wherever the scan lies",
        "regions/midline.py",
        "np.packbits(mask).tobytes(), known.tobytes())",
        "np.packbits(mask).tobytes(), np.eye(4).tobytes())",
    ),
    Fault("transit time in minutes", "maps/voxel_maps.py", "60 * compute_mtt", "compute_mtt"),
    Fault(
        "transit time of negative flow",
        "maps/cbv_and_mtt.py",
        "np.where(flow > 0, ratio, np.nan)",
        "np.where(flow != 0, ratio, np.nan)",
    ),
    Fault(
        "threshold ignored by cSVD",
        "deconvolution/circulant.py",
        "circle = _circle(aif, step, self.svd_threshold)",
        "circle = _circle(aif, step, 0.2)",
    ),
    Fault(
        "threshold ignored by sSVD",
        "deconvolution/standard.py",
        "s >= self.svd_threshold * s[0]",
        "s >= 0.2 * s[0]",
    ),
    Fault(
        "cap ignored by oSVD",
        "deconvolution/circulant.py",
        "np.array(self.candidates[::-1])",
        "np.array([0.95, *self.candidates[::-1]])",
    ),
    Fault(
        "limit ignored by oSVD",
        "deconvolution/circulant.py",
        "waves, around, counts, self.oscillation_index, memory",
        "waves, around, counts, 0.035, memory",
    ),
    Fault("padding dropped", "deconvolution/circulant.py", "size = 2 * n\n", "size = n + 2\n"),
    Fault(
        "first instead of second difference",
        "deconvolution/circulant.py",
        "np.subtract(slopes[2:], slopes[1:-1], out=inner)",
        "np.copyto(inner, slopes[2:])",
    ),
    Fault(
        "oscillation without its length",
        "deconvolution/circulant.py",
        "bends < limit * size * peaks",
        "bends < limit * size / 2 * peaks",
    ),
    Fault(
        "oscillation of the largest modulus",
        "deconvolution/circulant.py",
        "residues.max(axis=0, out=peaks[candidate, rows])",
        "np.abs(residues).max(axis=0, out=peaks[candidate, rows])",
    ),
    Fault(
        "last candidate instead of the first",
        "deconvolution/circulant.py",
        "last = len(counts) - 1 - calm[::-1].argmax(axis=0)",
        "last = calm.argmax(axis=0)",
    ),
    Fault(
        "unsettled voxels called settled",
        "deconvolution/circulant.py",
        "return np.where(settled, last, 0), settled",
        "return np.where(settled, last, 0), settled | True",
    ),
    Fault(
        "kept by rank, one wave short",
        "deconvolution/circulant.py",
        "int((circle.moduli >= one).sum())",
        "int((circle.moduli >= one).sum()) - 1",
    ),
    Fault(
        "time step forgotten",
        "deconvolution/base.py",
        "step * (a[:-2] + 4 * a[1:-1] + a[2:]) / 6",
        "(a[:-2] + 4 * a[1:-1] + a[2:]) / 6",
    ),
    Fault(
        "plain instead of 1-4-1 weights",
        "deconvolution/base.py",
        "step * (a[:-2] + 4 * a[1:-1] + a[2:]) / 6",
        "step * a[1:-1]",
    ),
    Fault(
        "Volterra's first column",
        "deconvolution/standard.py",
        "(a[:-2] + 2 * a[1:-1]) / 6",
        "(a[:-2] + 4 * a[1:-1]) / 6",
    ),
    Fault(
        "Volterra's diagonal",
        "deconvolution/standard.py",
        "(2 * aif[0] + aif[1]) / 6",
        "(4 * aif[0] + aif[1]) / 6",
    ),
    Fault(
        "a sign: waves turn backwards",
        "deconvolution/circulant.py",
        "waves / spectrum[frequency][:, None]",
        "waves / spectrum[frequency].conj()[:, None]",
    ),
    Fault(
        "peaks from 3 s before the artery only",
        "deconvolution/base.py",
        "EARLIEST = 10.0",
        "EARLIEST = 3.0",
    ),
    Fault(
        "peaks from anywhere on the circle",
        "deconvolution/base.py",
        "EARLIEST = 10.0",
        "EARLIEST = 1e9",
    ),
    Fault(
        "evidence without its Occam factor", "deconvolution/tikhonov.py", "cost += occam", "pass"
    ),
    Fault(
        "Occam factor not over N",
        "deconvolution/tikhonov.py",
        "np.log(variance).sum(axis=0) / n",
        "np.log(variance).sum(axis=0)",
    ),
    Fault(
        "no room before the artery",
        "deconvolution/tikhonov.py",
        "FEWEST_ANTICAUSAL = 8",
        "FEWEST_ANTICAUSAL = 0\nANTICAUSAL = 0.0",
    ),
    Fault(
        "λ instead of λ²",
        "deconvolution/tikhonov.py",
        "damping = (strength * strength)",
        "damping = strength",
    ),
    Fault(
        "a coarse strength",
        "deconvolution/tikhonov.py",
        "position = best.astype(cost.dtype) + offset",
        "position = best.astype(cost.dtype)",
    ),
    Fault(
        "Tikhonov explains all",
        "deconvolution/tikhonov.py",
        "explained = before - energy(np.multiply(damping, x, out=spare))",
        "explained = before",
    ),
    Fault(
        "projection counted twice",
        "deconvolution/circulant.py",
        "np.sqrt(2 - share[kept])",
        "np.sqrt(share[kept])",
    ),
    Fault(
        "peak not between samples",
        "peak.py",
        "return Peak(top - rise * offset / 4, index + offset, index)",
        "return Peak(top, index + offset, index)",
    ),
    Fault(
        "Tmax quantised",
        "peak.py",
        "return Peak(top - rise * offset / 4, index + offset, index)",
        "return Peak(top - rise * offset / 4, index + 0 * offset, index)",
    ),
    Fault("parabola the wrong way", "peak.py", "index + offset, index)", "index - offset, index)"),
    Fault(
        "edge at a quarter of the peak",
        "peak.py",
        "peak.height.take(rows) / 2",
        "peak.height.take(rows) / 4",
    ),
    Fault(
        "delay is Tmax",
        "maps/voxel_maps.py",
        "leading_edge(residues.values, peak)[here]",
        "peak.position[here]",
    ),
    Fault(
        "lags counted from the wrong sample",
        "maps/voxel_maps.py",
        "self.inverse.lags[self.inverse.window.start]",
        "self.inverse.lags[self.inverse.search.start]",
    ),
    Fault(
        "TTP ignores the time axis",
        "maps/tissue_curves.py",
        "np.interp(peak.position, np.arange(axis.time.size), axis.time)",
        "axis.step * peak.position",
    ),
    Fault(
        "TTP's origin added",
        "maps/voxel_maps.py",
        "tissue.ttp[rows] - (self._origin - later)",
        "tissue.ttp[rows] + (self._origin - later)",
    ),
    Fault(
        "TTP ignores the time of its slice",
        "maps/voxel_maps.py",
        "tissue.ttp[rows] - (self._origin - later)",
        "tissue.ttp[rows] - self._origin",
    ),
    Fault(
        "the artery is that of the first slice",
        "maps/stages.py",
        "tissue.artery_at(aif, group.offset) for group in groups",
        "tissue.artery_at(aif, 0.0) for group in groups",
    ),
    Fault(
        "arterial voxels stay at the times of their slices",
        "pipeline/preparation.py",
        "curves = moved(curves, offsets[rows], self.time)",
        "pass",
    ),
    Fault(
        "a rising signal is logged in silence",
        "pipeline/preparation.py",
        "if doubt or still:",
        "if still:",
    ),
    Fault(
        "curves that were computed are logged again",
        "scan_checks.py",
        "signal = np.exp(-np.float32(NOMINAL) * curves)",
        "signal = curves",
    ),
    Fault("signal not inverted", "signal.py", "np.negative(values, out=values)", "pass"),
    Fault(
        "baseline off by a volume",
        "pipeline/preparation.py",
        "before = slice(0, stop - start)",
        "before = slice(0, stop - start + 1)",
    ),
    Fault(
        "discarded volumes kept",
        "pipeline/preparation.py",
        "retained_signals(signal, start,",
        "retained_signals(signal, 0,",
    ),
    Fault("infinite rates kept", "signal.py", "values[np.isinf(values)] = np.nan", "pass"),
    Fault(
        "saturation at half the noise floor", "quality.py", "NOISE_FLOOR = 3.0", "NOISE_FLOOR = 1.5"
    ),
    Fault("weak boluses accepted", "noise.py", "KNOWN, OWN = 3.7, 4.5", "KNOWN, OWN = 2.0, 2.5"),
    Fault("late boluses unseen", "maps/bolus_filters.py", "-2.0, 25.0, 1.5", "-2.0, 10.0, 1.5"),
    Fault("noise not pooled", "noise.py", "predicted = usual / level**2", "predicted = own"),
    Fault("pulsation taken for a floor", "noise.py", "QUIET = 0.25", "QUIET = 0.75"),
    Fault("jumps from 10 deviations on", "quality.py", "JUMP = 5.0", "JUMP = 10.0"),
    Fault("poor fits accepted", "quality.py", "POOR_FIT = 0.5", "POOR_FIT = 0.0"),
    Fault(
        "fit judged against the energy",
        "maps/tissue_curves.py",
        "centred = block - block.mean(axis=1, keepdims=True)",
        "centred = block",
    ),
    Fault(
        "edges of the search accepted",
        "maps/voxel_maps.py",
        "edge: BoolArray = sample == self.within.stop - 1",
        "edge: BoolArray = sample < 0",
    ),
    Fault(
        "a bad voxel reaches its block",
        "parallel_blocks.py",
        "block[: len(rows)][spoilt] = 0",
        "pass",
    ),
    Fault("spoilt voxels get numbers", "maps/voxel_maps.py", "column[spoilt] = np.nan", "pass"),
    Fault(
        "BLAS threads not pinned",
        "parallel_blocks.py",
        "self._set([1] * len(self.threads))",
        "self._set(self.threads)",
    ),
    Fault(
        "BLAS listens to the thread that came first",
        "parallel_blocks.py",
        "clear_controlling_thread(force=True)",
        "clear_controlling_thread()",
    ),
    Fault(
        "BLAS is not given back its threads",
        "parallel_blocks.py",
        "self._set(self.threads)",
        "pass",
    ),
    Fault(
        "boluses pass on half of what came before",
        "maps/bolus_filters.py",
        "reach *= 2",
        "reach *= 3",
    ),
    Fault(
        "uneven time not resampled",
        "maps/tissue_curves.py",
        "seen if self.axis.resample is None else seen @ self.axis.resample",
        "seen[: self.axis.time.size]",
    ),
    Fault(
        "an earlier preparation always serves",
        "pipeline/preparation.py",
        "and self.baseline == baseline",
        "and True",
    ),
    Fault(
        "the AIF of the spoilt counts as zero",
        "aif/arterial_input.py",
        "count = finite.sum(axis=0)",
        "count = np.full(curves.shape[1], len(curves))",
    ),
    Fault(
        "a slice is not what is done first",
        "maps/stages.py",
        "bool(first[block.rows].any())",
        "bool(first[block.rows].all())",
    ),
    Fault(
        "some blocks are never finished",
        "maps/voxel_maps.py",
        "                start = stop\n",
        "                start = stop + (stop - start == FEW)\n",
    ),
    Fault(
        "memory of another block shows",
        "parallel_blocks.py",
        "held.shape != shape or held.dtype != dtype",
        "False",
    ),
    Fault(
        "weights of the window's first lag",
        "deconvolution/tikhonov.py",
        "backward[:, lags], dtype=dtype",
        "backward[:, slice(1, None)], dtype=dtype",
    ),
    Fault(
        "a late bolus is called early",
        "maps/voxel_maps.py",
        "yield Quality.EARLY, tmax < EARLY",
        "yield Quality.EARLY, tmax > EARLY",
    ),
    Fault("an edge looks back four samples only", "peak.py", "back = back + STRIDE.size", "break"),
    Fault(
        "peaks from 8 s before the artery",
        "deconvolution/base.py",
        "EARLIEST = 10.0",
        "EARLIEST = 8.0",
    ),
    Fault(
        "6 s before the artery", "deconvolution/tikhonov.py", "ANTICAUSAL = 8.0", "ANTICAUSAL = 6.0"
    ),
    Fault("early from 2 s on", "quality.py", "EARLY = -3.0", "EARLY = -2.0"),
    Fault("one volume is the end of a curve", "maps/tissue_curves.py", "END = 3", "END = 1"),
    Fault(
        "saturation unseen in vessels",
        "aif/curve_measures.py",
        "lost |= signal <",
        "lost |= 0 * signal >",
    ),
    Fault(
        "half of a noise floor in vessels",
        "aif/curve_measures.py",
        "NOISE_FLOOR = 3.0",
        "NOISE_FLOOR = 1.5",
    ),
    Fault(
        "a width at a quarter of the peak",
        "aif/curve_measures.py",
        "time, top, peak / 2)",
        "time, top, peak / 4)",
    ),
    Fault(
        "width of the last pass",
        "peak.py",
        "np.where(under, places, end).min(axis=1)",
        "np.where(under, places, 0).max(axis=1)",
    ),
    Fault(
        "roughness without its area",
        "aif/curve_measures.py",
        "bends, bends) / area**2",
        "bends, bends) / area",
    ),
    Fault(
        "moment from the first sample",
        "aif/curve_measures.py",
        "whole, weights * time)",
        "whole, weights * (time - time[0]))",
    ),
    Fault(
        "volumes of late tissue in another order",
        "pipeline/threshold_sweep.py",
        "*tmax_volumes(maps))",
        "*tmax_volumes(maps)[::-1])",
    ),
    Fault(
        "peaks of vessels on samples",
        "aif/curve_measures.py",
        "np.interp(top + offset,",
        "np.interp(top + 0 * offset,",
    ),
    Fault("air taken for noise as it is", "noise.py", "middle / RAYLEIGH_MEAN", "middle"),
    Fault(
        "a vein passes for an artery",
        "aif/verdicts.py",
        "measures.ttp >= ttp",
        "measures.ttp >= ttp + 9",
    ),
    Fault(
        "a saturated voxel sets the mark",
        "aif/verdicts.py",
        '0.0, ~against["saturated"]',
        '0.0, against["noisy"] | True',
    ),
    Fault("partial volume accepted", "aif/verdicts.py", "PARTIAL = 6.0", "PARTIAL = 3.0"),
    Fault("wide curves accepted", "aif/verdicts.py", "WIDE = 0.8", "WIDE = 1.1"),
    Fault(
        "the last group is kept",
        "aif/curve_clusters.py",
        "int(np.argmin(means))",
        "int(np.argmin([-one for one in means]))",
    ),
    Fault(
        "groups by the longest way", "aif/curve_clusters.py", ").argmin(axis=1)", ").argmax(axis=1)"
    ),
    Fault(
        "roughness by the sum",
        "aif/candidates.py",
        "np.median(np.abs(np.diff(shapes, 2, axis=1)), axis=1)",
        "(np.diff(shapes, 2, axis=1) ** 2).sum(axis=1)",
    ),
    Fault(
        "the smallest areas",
        "aif/candidates.py",
        "np.sort(highest(areas,",
        "np.sort(highest(-areas,",
    ),
    Fault(
        "a drift passes for a bolus",
        "aif/candidates.py",
        "stands_out and np.isfinite(brain.fwhm[0])",
        "stands_out",
    ),
    Fault(
        "noise passes for a bolus", "aif/candidates.py", "CLEAR_BOLUS = 5.0", "CLEAR_BOLUS = 0.0"
    ),
    Fault(
        "refused voxels are chosen",
        "aif/candidates.py",
        "judge(seen).good &",
        "(judge(seen).score > 0) &",
    ),
    Fault(
        "low and wide ones first", "aif/ranking.py", "else 1 / measures.fwhm", "else measures.fwhm"
    ),
    Fault(
        "region ignored",
        "aif/vessel_search.py",
        'head & _as_mask("region", region, shape)',
        'head | _as_mask("region", region, shape)',
    ),
    Fault(
        "moment of a gamma variate",
        "aif/gamma_variate.py",
        "self.b * (self.a + 1)",
        "self.b * self.a",
    ),
    Fault("recirculation fitted", "aif/gamma_variate.py", "FIRST_PASS = 0.4", "FIRST_PASS = 0.02"),
    Fault(
        "rescaled the wrong way",
        "pipeline/vof_scaling.py",
        "factor=areas[1] / areas[0]",
        "factor=areas[0] / areas[1]",
    ),
    Fault(
        "discarded volumes searched",
        "pipeline/vessel_proposal.py",
        "signal=retained_signals(signal, start,",
        "signal=retained_signals(signal, 0,",
    ),
    Fault(
        "known curves of other voxels",
        "pipeline/vessel_proposal.py",
        "known.curves[values_at(search, brain)]",
        "known.curves[: int(search.sum())]",
    ),
    Fault(
        "weights that forget the baseline's error",
        "maps/optimal_weights.py",
        "taken = (seen @ from_level)[:, inside]",
        "taken = seen[:, inside]",
    ),
    Fault(
        "weights that count from nowhere",
        "maps/optimal_weights.py",
        "values = from_level[:, inside] @ found",
        "values = np.eye(size)[:, inside] @ found",
    ),
    Fault(
        "weights outside the window",
        "maps/optimal_weights.py",
        "inside = tissue.weights > 0",
        "inside = np.ones(size, bool)",
    ),
    Fault(
        "weights of curves that were all measured",
        "maps/optimal_weights.py",
        "np.eye(size) if tissue.sampled is None else tissue.sampled",
        "np.eye(size)",
    ),
    Fault(
        "models of another area",
        "maps/optimal_weights.py",
        "stays[0] /= 2",
        "stays[0] *= 2",
    ),
    Fault(
        "models that all come on time",
        "maps/optimal_weights.py",
        "DELAYS = tuple(np.arange(-3.0, 15.5, 1.0).tolist())",
        "DELAYS = (0.0,)",
    ),
    Fault(
        "weights that fear no noise",
        "maps/optimal_weights.py",
        "(noise / USUAL_VOLUME) ** 2 * disturbed",
        "1e-9 * (noise / USUAL_VOLUME) ** 2 * disturbed",
    ),
    Fault("weights that expect no drift", "maps/optimal_weights.py", "DRIFT = 2.0", "DRIFT = 0.0"),
    Fault(
        "scatter of weights without what was bridged",
        "maps/optimal_weights.py",
        "np.linalg.norm(seen @ values)",
        "np.linalg.norm(values)",
    ),
    Fault(
        "noise of the noisiest curve",
        "noise.py",
        "np.sqrt(np.median(known) / _median_ratio(self.freedom))",
        "np.sqrt(np.max(known) / _median_ratio(self.freedom))",
    ),
    Fault(
        "weights of the volumes' artery in every slice",
        "maps/stages.py",
        "areas = [_area_of(tissue, one, how.cbv) for one in arteries]",
        "areas = [_area_of(tissue, arteries[0], how.cbv) for one in arteries]",
    ),
    Fault(
        "weights left out of the ratio of peaks",
        "maps/stages.py",
        "area = _area_of(tissue, artery, by)",
        'area = _area_of(tissue, artery, "integral")',
    ),
    Fault(
        "times of the flow all the same",
        "maps/voxel_maps.py",
        "self._read_times(rows, bound.times, whole,",
        "self._read_times(rows, bound.flow, whole,",
    ),
    Fault(
        "flow of the times' method",
        "maps/stages.py",
        "work.bind(at, method(artery, step), areas[at], filters, times)",
        "work.bind(at, (timing or method)(artery, step), areas[at], filters, times)",
    ),
    Fault(
        "an edge of the times' search that nobody sees",
        "maps/voxel_maps.py",
        "into.at_edge[rows] |= lens.at_edge(peak.sample)[here]",
        "pass",
    ),
    Fault(
        "parameters that are not shared",
        "deconvolution/__init__.py",
        "given = {name: getattr(method, name) for name in shared}",
        "given = {name: getattr(method, name) for name in ()}",
    ),
    Fault(
        "a lens with the flow's times",
        "maps/residue.py",
        "tmax=other.tmax, delay=other.delay, times_by",
        "times_by",
    ),
    Fault(
        "jackknife as a plain standard deviation",
        "pipeline/sensitivity.py",
        "return (count - 1) / float(np.sqrt(count))",
        "return 1.0",
    ),
    Fault(
        "added neighbours in the jackknife",
        "pipeline/sensitivity.py",
        "if len(self.words) <= self._less:",
        "if True:",
    ),
    Fault(
        "an interval of the normal distribution",
        "pipeline/sensitivity.py",
        "float(t.ppf(0.5 + SURE / 2, self.voxels - 1))",
        "1.96",
    ),
    Fault(
        "variants by another recipe",
        "pipeline/sensitivity.py",
        "prepared.shaped(artery, vof).curve",
        "(prepared.vessel(artery) if vof is None else prepared.shaped(artery, vof)).curve",
    ),
    Fault(
        "a shift to earlier times",
        "aif/arterial_recipe.py",
        "plain.curve @ later(time, -self.shift)",
        "plain.curve @ later(time, self.shift)",
    ),
    Fault(
        "a fit that is not shifted",
        "aif/arterial_recipe.py",
        "curve = fit(time - self.shift)",
        "curve = fit(time)",
    ),
    Fault(
        "a fit of the fit",
        "aif/arterial_recipe.py",
        "plain = self.measured(aif)",
        "plain = aif",
    ),
    Fault(
        "a trimmed mean that trims one end",
        "aif/arterial_input.py",
        "middle = (rank >= cut) & (rank < count - cut)",
        "middle = rank < count - cut",
    ),
    Fault(
        "a median of two as one of them",
        "aif/arterial_input.py",
        "np.maximum(count - 1, 0) // 2",
        "np.maximum(count, 0) // 2",
    ),
    Fault(
        "a coarse method as its own remedy",
        "pipeline/finer_times.py",
        "sharp = [one for one in read if np.isfinite(one.delay) and not is_coarse(one)]",
        "sharp = [one for one in read if np.isfinite(one.delay) and is_coarse(one)]",
    ),
    Fault(
        "leaked agent as a plain sum",
        "leakage/integrals.py",
        "(step - whole) / (safe * step)",
        "step / (safe * step)",
    ),
    Fault("no series for a slow rate", "leakage/integrals.py", "SLOW = 1e-4", "SLOW = 1e-12"),
    Fault(
        "agent that never comes back",
        "leakage/integrals.py",
        "stays = np.exp(-share)",
        "stays = np.ones_like(share)",
    ),
    Fault(
        "K2 of the other sign",
        "leakage/base.py",
        "k2 = (own * self._rk[rate] - there * self._rr) / det",
        "k2 = (there * self._rr - own * self._rk[rate]) / det",
    ),
    Fault(
        "K1 as if nothing leaked",
        "leakage/base.py",
        "k1 = (own * self._kk[rate] - there * self._rk[rate]) / det",
        "k1 = own / self._rr",
    ),
    Fault(
        "the rate of washing out is not refined",
        "leakage/base.py",
        "rate = self._refined(seen, own, rate)",
        "pass",
    ),
    Fault(
        "tolerance is ignored",
        "leakage/base.py",
        "columns = columns - (columns @ beside) @ beside.T",
        "pass",
    ),
    Fault(
        "slow transit taken for leakage",
        "defaults.py",
        "LEAKAGE_TOLERANT: Final = True",
        "LEAKAGE_TOLERANT: Final = False",
    ),
    Fault("washing out as fast as transit", "leakage/models.py", "FASTEST = 0.05", "FASTEST = 0.5"),
    Fault(
        "agent comes back in BSW too",
        "leakage/models.py",
        "bound(reference, time, 0.0,",
        "bound(reference, time, FASTEST,",
    ),
    Fault(
        "leakage is corrected everywhere in Python",
        "leakage/correct.py",
        "leaked[~applied.ravel()] = 0",
        "pass",
    ),
    Fault(
        "leakage is taken away once more",
        "leakage/correct.py",
        "corrected=(rows + leaked)",
        "corrected=(rows - leaked)",
    ),
    Fault(
        "negative leakage is clipped",
        "leakage/correct.py",
        "for one in (found.k1, found.k2,",
        "for one in (found.k1, np.maximum(found.k2, 0),",
    ),
    Fault(
        "what leaks is its own reference",
        "leakage/reference.py",
        "usual &= np.abs(ratio - middle) <= USUAL_END * spread",
        "pass",
    ),
    Fault(
        "late tissue is a reference of leakage",
        "leakage/reference.py",
        "TIMELY = 4.0",
        "TIMELY = 400.0",
    ),
    Fault(
        "how a leaky region was chosen is that of an earlier run",
        "pipeline/stages.py",
        "same = found.as_chosen(masks)",
        "same = found",
    ),
    Fault(
        "what enhances is a reference of leakage",
        "leakage/reference.py",
        "looked &= ~without",
        "pass",
    ),
    Fault(
        "leakage is corrected outside the region",
        "pipeline/leaked_agent.py",
        "added[~self._applied[rows]] = 0",
        "pass",
    ),
    Fault(
        "late slices have the reference of the first",
        "pipeline/leaked_agent.py",
        "tissue.artery_at(curve, one.offset)",
        "tissue.artery_at(curve, 0.0)",
    ),
    Fault(
        "leakage beyond the window of CBV",
        "pipeline/leaked_agent.py",
        "one.terms @ tissue.weights",
        "one.terms.sum(axis=1) * tissue.axis.step",
    ),
    Fault(
        "leakage of another region is taken over",
        "pipeline/leakage_result.py",
        "and _same(self.region, corrected_in(settings, masks, brain))",
        "and True",
    ),
    Fault(
        "no warning at 60 degrees without a preload",
        "protocol.py",
        "high = angle is not None and angle >= HIGH",
        "high = angle is not None and angle > 360",
    ),
    Fault(
        "a missing flip angle is taken for a low one",
        "protocol.py",
        "(self.flip_angle or HIGH) <= LOW + NEAR",
        "(self.flip_angle or LOW) <= LOW + NEAR",
    ),
    Fault(
        "T1 of leaked agent is forgotten",
        "phantom/leaky_tissue.py",
        "(rate + R1 * agent)",
        "(rate + 0 * agent)",
    ),
    Fault(
        "a preload does nothing",
        "phantom/leaky_tissue.py",
        "before = LEFT * acquisition.preload",
        "before = 0.0",
    ),
    Fault(
        "transit times half as long",
        "deconvolution/transit_prior.py",
        "TYPICAL, SPREAD = 6.5, 0.7",
        "TYPICAL, SPREAD = 3.2, 0.7",
    ),
    Fault(
        "most tissue is late",
        "deconvolution/transit_prior.py",
        "EARLIER = (0.0, 0.84, 0.94, 1.0)",
        "EARLIER = (0.0, 0.3, 0.6, 1.0)",
    ),
    Fault(
        "delays end at 10 s",
        "deconvolution/transit_prior.py",
        "DELAYS = (-3.0, 8.0, 14.0, 25.0)",
        "DELAYS = (-3.0, 4.0, 7.0, 10.0)",
    ),
    Fault(
        "dispersion in no atom",
        "deconvolution/transit_prior.py",
        "UNDISPERSED = 0.6",
        "UNDISPERSED = 0.999",
    ),
    Fault(
        "another sequence of points",
        "deconvolution/transit_prior.py",
        "(3, 1, (1, 3, 1))",
        "(3, 1, (1, 1, 1))",
    ),
    Fault(
        "a dispersed residue as it begins",
        "deconvolution/transit_prior.py",
        "peak=found.delay + np.where(found.dispersion > 0, risen, 0.0)",
        "peak=found.delay + 0 * risen",
    ),
    Fault(
        "later than the scan shows",
        "deconvolution/atom_curves.py",
        "return float(np.clip(left, LEAST_LATEST, LATEST))",
        "return LATEST",
    ),
    Fault(
        "delays of the other sign",
        "deconvolution/atom_curves.py",
        "np.exp(-turning * delay)",
        "np.exp(turning * delay)",
    ),
    Fault(
        "curves of twice the volume",
        "deconvolution/atom_curves.py",
        "/ size / step",
        "/ size / step * 2",
    ),
    Fault(
        "an artery of straight lines",
        "deconvolution/atom_curves.py",
        "np.sinc(numbers / size) ** 4 * 3 / (2 + np.cos(turn))",
        "np.sinc(numbers / size) ** 8",
    ),
    Fault(
        "noise of nothing",
        "deconvolution/posterior.py",
        "variance = rest + peak * peak",
        "variance = 0.05 * rest + 0.05 * peak * peak",
    ),
    Fault(
        "a strong curve is sure of itself",
        "deconvolution/posterior.py",
        "MODEL_ERROR = 0.05",
        "MODEL_ERROR = 0.0005",
    ),
    Fault(
        "the end of the search is an answer",
        "deconvolution/posterior_answers.py",
        "beyond=last > BEYOND",
        "beyond=last > 2",
    ),
    Fault(
        "volume of the score alone",
        "deconvolution/posterior_answers.py",
        "half = unit * unit.dtype.type(np.sqrt(2))",
        "half = unit",
    ),
    Fault(
        "variance of amplitude forgotten",
        "deconvolution/posterior_answers.py",
        "aa, maa, mmaa = second + spread",
        "aa, maa, mmaa = second + 0 * spread",
    ),
    Fault(
        "flow as the mean of 1/F",
        "deconvolution/posterior_answers.py",
        "return Estimate(inverse / square,",
        "return Estimate(1 / inverse**0 / square,",
    ),
    Fault(
        "percentiles about the mean",
        "deconvolution/posterior_answers.py",
        "middle, half = mean * np.exp(-width / 2)",
        "middle, half = mean * np.exp(width / 2)",
    ),
    Fault(
        "intervals half as wide",
        "deconvolution/posterior_answers.py",
        "return Estimate(mean, sd, mean - sd, mean + sd)",
        "return Estimate(mean, sd, mean - sd / 2, mean + sd / 2)",
    ),
    Fault(
        "an atom's length without weight",
        "deconvolution/posterior_sums.py",
        "whole = np.concatenate([rows * weight,",
        "whole = np.concatenate([rows * 1,",
    ),
    Fault("pruned too much", "deconvolution/posterior_sums.py", "CUT = 9.0", "CUT = 1.0"),
    Fault(
        "a pull that forgets the noise",
        "deconvolution/posterior.py",
        "np.sqrt(0.5)) * noise",
        "np.sqrt(0.5)) + 0 * noise",
    ),
    Fault(
        "an expected volume of ten times as much",
        "deconvolution/posterior.py",
        "PERCENT = 100 * HEMATOCRIT_RATIO / DENSITY",
        "PERCENT = 10 * HEMATOCRIT_RATIO / DENSITY",
    ),
    Fault(
        "a prior of volume that is exponential",
        "deconvolution/posterior.py",
        "self.scale_of_volume = expected / 2",
        "self.scale_of_volume = expected",
    ),
    Fault(
        "explained by what the prior pulls",
        "deconvolution/posterior.py",
        "explained=found.explained + more",
        "explained=found.explained + 0 * more",
    ),
    Fault(
        "former records with a volume that is expected",
        "deconvolution/posterior.py",
        "ANY_VOLUME = 0.0",
        "ANY_VOLUME = 1.0",
    ),
    Fault(
        "times alone by a volume that is expected",
        "deconvolution/__init__.py",
        "**{**given, **_for_times(times_by)}",
        "**given",
    ),
    Fault(
        "a mean volume that forgets its own weight",
        "deconvolution/posterior_answers.py",
        "first = first + mean[17:] * own / half",
        "first = first + 0 * mean[17:]",
    ),
    Fault(
        "variance of one volume instead of three",
        "deconvolution/posterior_answers.py",
        "spread *= 3",
        "spread *= 1",
    ),
    Fault(
        "volumes below nothing",
        "deconvolution/posterior_sums.py",
        "np.maximum(score, FEWEST, out=score)",
        "pass",
    ),
    Fault(
        "voxels that are none need every atom",
        "deconvolution/posterior_sums.py",
        "needed = (z[:, pruned] > least)",
        "needed = (z[:, pruned] > least - 9)",
    ),
    Fault(
        "baseline's error forgotten",
        "maps/scatter.py",
        "taken = seen @ (np.eye(size) - np.outer(level, np.ones(size)))",
        "taken = seen @ np.eye(size)",
    ),
    Fault(
        "scatter of Tmax in samples",
        "maps/scatter.py",
        "self.step * np.sqrt(np.maximum(rise, 0) * wider)",
        "np.sqrt(np.maximum(rise, 0) * wider) / 2",
    ),
    Fault(
        "a transit time's scatter without that of volume",
        "maps/scatter.py",
        "parts = (self.volume / area) ** 2 + (self.flow / height) ** 2",
        "parts = (self.flow / height) ** 2",
    ),
    Fault(
        "scatter of the variance",
        "maps/scatter.py",
        "volume = np.sqrt(noise @ np.square(self.volume))",
        "volume = noise @ np.square(self.volume)",
    ),
    Fault(
        "scatter of flow beside the peak's place",
        "maps/scatter.py",
        "offset = np.clip(peak.position - at, -0.5, 0.5)",
        "offset = np.clip(peak.position - at, -0.5, 0.4)",
    ),
    Fault(
        "a region in another unit",
        "maps/answered.py",
        'factors = {"volume": scale.volume, "flow": scale.flow}',
        'factors = {"volume": scale.flow, "flow": scale.volume}',
    ),
    Fault(
        "arrival at a quarter of the peak",
        "maps/bolus_shape.py",
        '"arrival": low - (high - low) * LOW / (HIGH - LOW),',
        '"arrival": low,',
    ),
    Fault(
        "a bolus as wide as at a quarter of its peak",
        "maps/bolus_shape.py",
        "half = height / 2\n    weights",
        "half = height / 4\n    weights",
    ),
    Fault(
        "recovery of the darkest sample",
        "maps/bolus_shape.py",
        "signal[:, end].mean(axis=1) - least",
        "1 - signal[:, end].mean(axis=1)",
    ),
    Fault(
        "recovery within the first pass",
        "maps/bolus_shape.py",
        "if not over <= time[first]:",
        "if False:",
    ),
    Fault(
        "the window of the areas forgotten",
        "maps/bolus_shape.py",
        "weights = tissue.weights\n",
        "weights = np.full(time.size, tissue.axis.step)\n",
    ),
    Fault(
        "times of the bolus from the scan",
        "maps/bolus_shape.py",
        "if BOLUS[key].from_origin:",
        "if False:",
    ),
    Fault(
        "noise has a bolus without an artery",
        "maps/bolus_shape.py",
        "(Quality.WEAK_BOLUS, weak),",
        "(Quality.WEAK_BOLUS, weak & False),",
    ),
    Fault(
        "an artery out of nothing",
        "pipeline/stages.py",
        "before = (NO_ARTERY, *_no_leakage(settings))",
        "pass",
    ),
    Fault(
        "burden of vessels too",
        "tumour/burden.py",
        "stands = inside & ~left_out & relative",
        "stands = inside & relative",
    ),
    Fault(
        "burden of what has no answer",
        "tumour/burden.py",
        "~left_out & relative.quality_mask & np.isfinite",
        "~left_out & np.isfinite",
    ),
    Fault(
        "burden at the threshold",
        "tumour/burden.py",
        "float((values > one).mean())",
        "float((values > 1.2 * one).mean())",
    ),
    Fault(
        "hot spots that share voxels",
        "tumour/hot_spots.py",
        "heat[taken > 0.5] = -np.inf",
        "heat[at] = -np.inf",
    ),
    Fault("a hot spot at an edge", "tumour/hot_spots.py", "WHOLE = 0.75", "WHOLE = 0.01"),
    Fault(
        "a hot spot across slices",
        "tumour/hot_spots.py",
        "0 if axis == slice_axis else int(",
        "int(",
    ),
    Fault(
        "a vessel of three medians",
        "tumour/vessels.py",
        "level = factor * float",
        "level = 0.6 * factor * float",
    ),
    Fault(
        "gains of T1 not matched",
        "tumour/enhancement.py",
        "(after / gain - before)",
        "(after - before)",
    ),
    Fault("dura enhances", "tumour/enhancement.py", "found = inner &", "found = inside &"),
    Fault("small pieces enhance", "tumour/enhancement.py", "SMALLEST = 0.2", "SMALLEST = 0.0"),
    Fault(
        "a scale of its own dose",
        "tumour/standard_scale.py",
        "every.append(marks / marks[PERCENTILES.index(50.0)])",
        "every.append(marks)",
    ),
    Fault(
        "a standard map that ends at its landmarks",
        "tumour/standard_scale.py",
        "goal[end] + slope * (one.values - own[end])",
        "goal[end]",
    ),
    Fault(
        "rCBV over the wrong mean",
        "regions/reference.py",
        "amount = CBV.symbol if one.symbol == AUC.symbol else one.symbol",
        "amount = one.symbol",
    ),
    Fault(
        "curves of another voxel",
        "regions/region_curves.py",
        "rows = values_at(where, brain)",
        "rows = np.roll(values_at(where, brain), 1)",
    ),
    Fault(
        "a reference beside the tumour",
        "regions/reference.py",
        "if tumour is not None and tumour.any():",
        "if False:",
    ),
    Fault(
        "a reference in the tumour",
        "regions/reference.py",
        'like &= ~as_region("tumour", tumour, brain.shape)',
        "pass",
    ),
    Fault(
        "corrected blood volume is not normalised",
        "regions/reference.py",
        "for row in (CBF, CBV_CORRECTED))",
        "for row in (CBF,))",
    ),
    Fault(
        "uncorrected burden told as corrected",
        "tumour/reading.py",
        "burden=burden_of(leaked), spots",
        "burden=burden_of(relative), spots",
    ),
    Fault(
        "a correction elsewhere counts as one of the tumour",
        "tumour/reading.py",
        "corrected_in, counted.shape)[counted].mean()",
        "corrected_in, counted.shape).any()",
    ),
    Fault(
        "an unknown dose goes unsaid",
        "protocol.py",
        'given = "unknown" if self.dose is None else',
        'given = "" if self.dose is None else',
    ),
    Fault(
        "a wide bolus goes unsaid",
        "pipeline/leaked_agent.py",
        "if not own > WIDER * usual:",
        "if own > 0:",
    ),
    Fault(
        "a width of the whole bolus",
        "pipeline/leaked_agent.py",
        "curve <= curve[peak] / 2",
        "curve <= curve[peak] / 4",
    ),
    Fault(
        "T1 by the echo time",
        "phantom/record.py",
        "self.t1_echo_time / self.echo_time",
        "1.0",
    ),
    Fault(
        "one noise for both echoes",
        "phantom/two_echoes.py",
        "(seed, number))",
        "(seed, 0))",
    ),
    Fault("wider weights", "denoising.py", "LIKE = 1.2", "LIKE = 4.8"),
    Fault(
        "the own curve twice",
        "denoising.py",
        "np.ones(len(own), curves.dtype)",
        "2 * np.ones(len(own), curves.dtype)",
    ),
    Fault("noise of one curve alone", "denoising.py", "(level + noise[other])) - 1", "level) - 1"),
    Fault(
        "distance of curves as measured", "denoising.py", "seen = _smoothed(whole)", "seen = whole"
    ),
    Fault(
        "broken curves enter means",
        "denoising.py",
        "mean += weight[:, None] * whole[other]",
        "mean += weight[:, None] * curves[other]",
    ),
    Fault(
        "noise left without its weights",
        "denoising.py",
        "share += weight**2 * noise[other]",
        "share += weight * noise[other]",
    ),
    Fault(
        "slices beside one another at other times",
        "maps/denoised_tissue.py",
        "across = 0 if apart else ACROSS",
        "across = ACROSS",
    ),
    Fault("noise as before denoising", "maps/tissue_curves.py", "known * share)", "known)"),
    Fault(
        "no way back",
        "pipeline/denoised_scan.py",
        "return known if known.plain is None else known.plain.under(settings)",
        "return known",
    ),
    Fault(
        "a slice alone is shown first",
        "pipeline/stages.py",
        "alone = settings.denoise == DENOISE",
        "alone = True",
    ),
)


def caught(fault: Fault) -> str | None:
    """Name of the test that fails with this fault; None if all pass."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        for part in ("napari_dsc", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        path = copy / "napari_dsc" / "core" / fault.file
        text = path.read_text()
        if text.count(fault.right) < 1:
            raise SystemExit(f"{fault.file} no longer holds {fault.right!r}: renew the list.")
        path.write_text(text.replace(fault.right, fault.wrong))
        near = nearest(fault.file)
        return (near and failing(copy, near)) or failing(copy, *TESTS)


def nearest(file: str) -> str | None:
    """Tests that mirror a file of the core, or its folder: they run first."""
    mirrored = Path("tests/core", file)
    mirrored = mirrored.with_name(f"test_{mirrored.name}")
    if not (ROOT / mirrored).exists():
        mirrored = mirrored.parent
    return None if mirrored == Path("tests/core") else mirrored.as_posix()


def failing(copy: Path, *tests: str) -> str | None:
    """Name of the first test that fails in a copy; None if all pass, or if they do not end."""
    words = [sys.executable, "-m", "pytest", *tests, "-x", "-q", "-p", "no:cacheprovider"]
    words += ["--no-header", "--tb=no", "-c", str(copy / "pyproject.toml")]
    try:
        done = subprocess.run(
            words,
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return found[1] if found else f"exit {done.returncode}"


def main() -> int:
    """Try every fault, and print what caught it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="faults whose words or file hold this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    chosen = parser.parse_args()
    faults = [fault for fault in FAULTS if chosen.only in fault.what or chosen.only in fault.file]
    survivors = 0
    with ThreadPoolExecutor(chosen.jobs) as pool:
        for fault, test in zip(faults, pool.map(caught, faults), strict=True):
            survivors += test is None
            print(f"{fault.what:<45}{test or 'SURVIVED'}", flush=True)
    print(f"{len(faults)} faults, {survivors} survived")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
