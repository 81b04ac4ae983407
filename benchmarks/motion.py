"""Motion correction of a full matrix: `make motion`.

Moves volumes of the digital patient by known amounts, corrects them, and prints how far what was
found is from what was put in; the time as a multiple of resampling every volume once, and the
memory it takes beside the scan.
"""

import resource
import sys
from dataclasses import replace
from time import perf_counter

import numpy as np

from benchmarks.speed import machine
from napari_dsc import phantom
from napari_dsc.core.progress import finished
from napari_dsc.motion import align, moved_back

SHAPE, VOLUMES = (128, 128, 20), 60
BASELINE = slice(4, 14)
RATIO = 40.0  # times the yardstick
OFF = 0.35  # mm, of every volume that was moved


def main() -> int:
    """Print a line for each figure; return 1 if a bar is missed."""
    patient = phantom(SHAPE, VOLUMES, seed=3)
    random = np.random.default_rng(3)
    moves = np.zeros((VOLUMES, 6))
    moved = np.arange(16, VOLUMES, 4)  # in the bolus and after it, none in the baseline
    moves[moved, 2] = np.radians(random.uniform(-2, 2, moved.size))
    moves[moved, 3:5] = random.uniform(-3, 3, (moved.size, 2))
    print(f"{machine()}; {SHAPE} voxels, {VOLUMES} volumes, {moved.size} of them moved")
    every = np.where(moves.any(axis=1, keepdims=True), moves, 1e-9)
    start = perf_counter()
    finished(moved_back(patient.series, every))
    yardstick = perf_counter() - start
    shaken = finished(moved_back(patient.series, moves))
    signal = np.nan_to_num(shaken.signal)
    series = replace(patient.series, signal=signal)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, gaps, last = perf_counter(), [], perf_counter()
    work = align(series, baseline=BASELINE, brain=patient.brain)
    while True:
        try:
            next(work)
        except StopIteration as done:
            found = done.value
            break
        gaps.append(perf_counter() - last)
        last = perf_counter()
    took = perf_counter() - start
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    off = found.translation[moved] + moves[moved, 3:]  # what was put in is taken back
    still = np.setdiff1d(np.arange(BASELINE.stop, VOLUMES), moved)
    worst = float(np.linalg.norm(off[:, :2], axis=1).max())
    print(f"time: {took:.1f} s, {took / yardstick:.1f} × resampling every volume (bar {RATIO:g})")
    print(f"longest time between two steps: {1000 * max(gaps):.0f} ms (bar 1000)")
    print(f"memory beside the scan: {memory / signal.nbytes:.1f} × the scan in float32")
    print(f"shift in plane off by at most {worst:.2f} mm where moved (bar {OFF:g})")
    print(f"brain displaced by at most {found.displacement[still].max():.2f} mm where still")
    return int(took > RATIO * yardstick or worst > OFF or max(gaps) > 1)


if __name__ == "__main__":
    sys.exit(main())
