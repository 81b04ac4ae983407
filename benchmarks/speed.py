"""Speed and memory of a refresh, as ratios against yardsticks of the same run: `make bench`.

Every figure is the median of interleaved runs: yardstick and candidate take turns, so that a
machine whose speed drifts drifts for both. "With delay and flags" is what the viewer and the public
function do; "CBF MTT Tmax" leaves the rest out, for whoever needs a slice at once.
"""

import argparse
import os
import platform
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from napari_dsc import DECONVOLVERS, compute_perfusion_maps
from napari_dsc.core.deconvolution import Method
from napari_dsc.core.maps import Quantification, Scale, Tissue, perfusion_stages, tissue_stages
from napari_dsc.core.parallel_blocks import BLOCK
from napari_dsc.core.progress import finished
from napari_dsc.core.signal import relaxation_stages
from napari_dsc.core.types import FloatArray

SHAPES = {"S": (128, 128, 20, 60), "L": (256, 256, 30, 120)}
BRAIN = 0.36  # of the field of view: 118,000 and 720,000 voxels
STEP = 1.5  # s
POSTERIOR = 15  # bare products, of a brain
SETTLE = 0.2  # s between jobs: the threads of a BLAS product spin on for a while after it
Job = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """A scan of one size: curves of its brain, their artery, and what comes of them once."""

    name: str
    shape: tuple[int, int, int, int]
    brain: np.ndarray
    tissue: Tissue
    aif: np.ndarray
    time: np.ndarray


@dataclass(frozen=True)
class Row:
    """A ratio and its bar."""

    what: str
    ratio: float
    bar: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the bar is reached."""
        return self.ratio >= self.bar if self.at_least else self.ratio <= self.bar

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        said = "" if self.holds else " MISSED"
        return f"{self.what:<66}{self.ratio:>9.2f}  {sign} {self.bar:<6g}{said}"


def ellipsoid(shape: tuple[int, ...]) -> np.ndarray:
    """Brain of about the share `BRAIN` of the field of view, in every slice."""
    x, y, _ = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij", sparse=True)
    disc = x**2 + y**2 < BRAIN * 4 / np.pi
    return np.broadcast_to(disc, shape).copy()


def make_case(name: str) -> Case:
    """Noisy boluses of many delays and transit times (SNR 50), and a gamma-variate artery."""
    shape = SHAPES[name]
    brain = ellipsoid(shape[:3])
    random = np.random.default_rng(0)
    fine = np.arange(0, STEP * shape[3], 0.1)
    time = STEP * np.arange(shape[3])
    since = np.maximum(fine - 20, 0)
    artery = since**3 * np.exp(-since / 1.8)
    artery *= 100 / artery.max()
    kinds = []
    for mtt, flow in ((3.0, 70.0), (4.0, 60.0), (5.5, 25.0), (11.0, 20.0)):
        whole = 0.1 * np.convolve(artery, np.exp(-fine / mtt))[: fine.size] * flow / 4212
        kinds += [np.interp(time - delay, fine, whole) for delay in (-1.0, 0.0, 1.3, 4.0)]
    count = int(brain.sum())
    curves = np.array(kinds, np.float32)[random.integers(len(kinds), size=count)]
    curves += random.standard_normal(curves.shape, dtype=np.float32) * np.float32(0.67)
    tissue = finished(tissue_stages(curves, time, baseline=slice(0, 10)))
    return Case(name, shape, brain, tissue, np.interp(time, fine, artery), time)


def refresh(case: Case, method: Method, *, quick: bool = False, rows: slice | None = None) -> Job:
    """A new AIF, method or threshold on a scan that is prepared; or its middle slice only."""
    wanted = None
    if rows is not None:
        wanted = np.zeros(len(case.tissue.curves), dtype=bool)
        wanted[rows] = True

    def job() -> object:
        how = Quantification(DECONVOLVERS[method](), Scale())
        work = perfusion_stages(case.tissue, case.aif, how, quick=quick, first=wanted)
        if wanted is None:
            return finished(work)
        early = next(step for step in work if step.first is not None)
        work.close()
        return early

    return job


def bare_product(case: Case) -> Job:
    """The yardstick: one float32 product (V × N)(N × 2N) on every core, and nothing else."""
    curves = case.tissue.curves
    count, n = curves.shape
    matrix = np.random.default_rng(1).standard_normal((n, 2 * n), dtype=np.float32)
    out = np.empty((count, 2 * n), dtype=np.float32)
    return lambda: np.matmul(curves, matrix, out=out)


def medians(jobs: Mapping[str, Job], runs: int) -> dict[str, float]:
    """Median seconds of each job, in turns; the first turn warms up."""
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(runs + 1):
        for name, job in jobs.items():
            start = perf_counter()
            while perf_counter() < start + SETTLE:  # awake: a core that slept is slow at first
                pass
            start = perf_counter()
            job()
            taken[name].append(perf_counter() - start)
    return {name: float(np.median(seconds[1:])) for name, seconds in taken.items()}


def refreshes(case: Case, runs: int) -> tuple[list[Row], dict[str, float]]:
    """Refreshes of the whole brain and of a slice, against the bare product and each other."""
    per_slice = len(case.tissue.curves) // case.shape[2]
    middle = slice(case.shape[2] // 2 * per_slice, (case.shape[2] // 2 + 1) * per_slice)
    jobs: dict[str, Job] = {"product": bare_product(case)}
    for method in DECONVOLVERS:
        jobs[f"{method} quick"] = refresh(case, method, quick=True)
        jobs[f"{method} full"] = refresh(case, method)
        jobs[f"{method} slice"] = refresh(case, method, rows=middle)
    took = medians(jobs, runs)
    product = took["product"]
    name, large = case.name, case.name == "L"
    quick, full = (1.4, 2.8) if large else (2, 4.5)  # bars of cSVD, in bare products
    most = 4 if large else 6  # of oSVD, in cSVD
    rows = [
        Row(f"{name}: cSVD, CBF MTT Tmax / bare product", took["cSVD quick"] / product, quick),
        Row(
            f"{name}: cSVD, with delay and flags / bare product", took["cSVD full"] / product, full
        ),
    ]
    for kind, said in (("full", "with delay and flags"), ("quick", "CBF MTT Tmax")):
        csvd = took[f"cSVD {kind}"]
        rows += [
            Row(f"{name}: Tikhonov / cSVD, {said}", took[f"Tikhonov {kind}"] / csvd, 2.2),
            Row(f"{name}: oSVD / cSVD, {said}", took[f"oSVD {kind}"] / csvd, most),
        ]
    for method in DECONVOLVERS:
        ratio = took[f"{method} slice"] / took[f"{method} full"]
        rows.append(Row(f"{name}: one slice / whole brain, {method}", ratio, 1 / 8))
    # The same two against the yardstick itself: a faster cSVD must not make others look slow.
    osvd, piece = took["oSVD quick"] / product, took["cSVD slice"] / product
    rows += [
        Row(f"{name}: oSVD, CBF MTT Tmax / bare product", osvd, most * quick),
        Row(f"{name}: one slice, cSVD / bare product", piece, full / 8),
        Row(
            f"{name}: Posterior, with delay and flags / bare product",
            took["Posterior full"] / product,
            POSTERIOR,
        ),
    ]
    return rows, took


def conversion(case: Case, runs: int) -> Row:
    """Signal to delta R2* of the brain, against the naive expression on the whole 4-D scan."""
    random = np.random.default_rng(2)
    signal = np.asfortranarray(random.integers(300, 1200, case.shape, dtype=np.int16))
    from napari_dsc.core.mask_rows import curves_of

    def ours() -> object:
        return finished(relaxation_stages(curves_of(signal, case.brain), slice(0, 10), 0.03))

    def naive() -> object:
        levels = signal.astype(np.float64)
        return -np.log(levels / levels[..., :10].mean(axis=-1, keepdims=True)) / 0.03

    took = medians({"ours": ours, "naive": naive}, runs)
    ratio = took["naive"] / took["ours"]
    return Row(
        f"{case.name}: naive float64 4-D expression / signal to ΔR2*", ratio, 6, at_least=True
    )


def naive_loops(case: Case, took: Mapping[str, float], some: int = 400) -> list[Row]:
    """Against a loop over voxels that solves each by numpy's own product, and by FFT for oSVD."""
    n, size = case.time.size, 2 * case.time.size
    a = np.concatenate([[0], case.aif, [0]])
    weights = STEP * (a[:-2] + 4 * a[1:-1] + a[2:]) / 6
    column = np.concatenate([weights, np.zeros(n)])
    matrix = column[(np.arange(size)[:, None] - np.arange(size)[None, :]) % size]
    u, s, vt = np.linalg.svd(matrix)
    curves = case.tissue.curves[:some].astype(np.float64)

    def residue(curve: FloatArray, threshold: float) -> FloatArray:
        inverse = np.where(s >= threshold * s[0], 1 / s, 0)
        found: FloatArray = vt.T @ (inverse * (u.T @ np.concatenate([curve, np.zeros(n)])))
        return found

    def csvd() -> None:
        for curve in curves:
            found = residue(curve, 0.2)
            found.max(), found.argmax()

    def osvd() -> None:
        for curve in curves:
            for threshold in (0.05, 0.1, 0.15, 0.2):
                found = residue(curve, threshold)
                bends = np.abs(np.diff(found, 2)).sum()
                if bends / size / found.max() < 0.035:
                    break
            found.max(), found.argmax()

    slow = medians({"cSVD": csvd, "oSVD": osvd}, 3)
    share = len(case.tissue.curves) / some
    return [
        Row(
            f"{case.name}: loop over voxels / {method}",
            slow[method] * share / took[f"{method} quick"],
            bar,
            at_least=True,
        )
        for method, bar in (("cSVD", 30), ("oSVD", 60))
    ]


def memory(case: Case) -> list[Row]:
    """Peak extra memory of a refresh over the masked float32 curves."""
    rows = []
    for method in DECONVOLVERS:
        tracemalloc.start()
        refresh(case, method)()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        rows.append(
            Row(
                f"{case.name}: extra memory of a refresh, {method} / curves",
                peak / case.tissue.curves.nbytes,
                1,
            )
        )
    return rows


def whole_in_memory(size: str) -> None:
    """Compute everything from a 4-D array in this process, and print its peak, GB."""
    shape = SHAPES[size]
    curves = np.empty(shape, dtype=np.float32)
    random = np.random.default_rng(0)
    time = STEP * np.arange(shape[3])
    since = np.maximum(time - 20, 0)
    aif = since**3 * np.exp(-since / 1.8)
    for z in range(shape[2]):
        curves[:, :, z] = aif / aif.max() * 6 + random.standard_normal(
            (*shape[:2], shape[3]), dtype=np.float32
        )
    compute_perfusion_maps(curves, aif, time, ellipsoid(shape[:3]))
    with open("/proc/self/status", encoding="utf-8") as file:  # not a parent's, as getrusage's is
        kilobytes = next(line.split()[1] for line in file if line.startswith("VmHWM"))
    print(int(kilobytes) / 2**20)


def main() -> int:
    """Print one table of ratios, and return 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9, help="turns of each job; 9")
    parser.add_argument("--sizes", default="SL", help="S, L or both")
    parser.add_argument("--memory-of", choices=SHAPES, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.memory_of:
        whole_in_memory(chosen.memory_of)
        return 0
    print(f"{machine()}; numpy {np.__version__}, blocks of {BLOCK} voxels\n")
    rows: list[Row] = []
    per_sample = {}
    for size in chosen.sizes:
        case = make_case(size)
        found, took = refreshes(case, chosen.runs)
        per_sample[size] = took["cSVD full"] / case.tissue.curves.size
        seconds = ", ".join(f"{name} {1e3 * value:.0f}" for name, value in took.items())
        print(f"{size}: {case.tissue.curves.shape} curves; ms: {seconds}\n")
        rows += found + naive_loops(case, took) + memory(case)
        rows.append(conversion(case, max(3, chosen.runs // 3)))
        del case
    if len(per_sample) == 2:
        ratio = per_sample["L"] / per_sample["S"]
        rows.append(Row("cSVD with delay and flags per voxel and sample, L / S", ratio, 1.5))
        words = [sys.executable, "-m", "benchmarks.speed", "--memory-of", "L"]
        peak = float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
        rows.append(Row("L: compute_perfusion_maps, peak resident GB", peak, 2.5))
    print("\n".join(map(str, rows)))
    return int(not all(row.holds for row in rows))


def machine() -> str:
    """Name of the processor, and how many cores."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = next(
                line.split(":")[1].strip() for line in file if line.startswith("model name")
            )
    except OSError:
        pass
    return f"{name}, {os.cpu_count()} cores"


if __name__ == "__main__":
    sys.exit(main())
