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
        "flow, volume = self._scale.flow * height,",
        "flow, volume = self._scale.flow / self._scale.hematocrit_ratio * height,",
    ),
    Fault(
        "CBV without kH",
        "maps/stages.py",
        "volumes = [scale.volume / arterial_area",
        "volumes = [scale.volume / scale.hematocrit_ratio / arterial_area",
    ),
    Fault(
        "area as a plain sum",
        "maps/scale.py",
        "half = np.diff(time) / 2",
        "half = np.ones(time.size - 1) / 2",
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
        "bound.inverse.lags[bound.inverse.window.start]",
        "bound.inverse.lags[bound.inverse.search.start]",
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
        "at_edge = sample == bound.within.stop - 1",
        "at_edge = sample < 0",
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
        "parallel_blocks.py",
        "starts[marked]",
        "starts[:1]",
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
        "[:, lags], dtype=dtype",
        "[:, slice(1, None)], dtype=dtype",
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
        "aif/curve_measures.py",
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
        "*tmax_volumes(maps),",
        "*tmax_volumes(maps)[::-1],",
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
