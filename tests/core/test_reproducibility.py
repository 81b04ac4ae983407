"""The same input gives the same bytes, whatever the machine is doing besides."""

import gc
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from threadpoolctl import OpenBLASController, threadpool_info, threadpool_limits

from napari_dsc import DECONVOLVERS, compute_perfusion_maps
from napari_dsc.core.deconvolution import CirculantSvd
from napari_dsc.core.maps import Quantification, Scale, perfusion_stages, tissue_stages
from napari_dsc.core.parallel_blocks import BLOCK, workers
from napari_dsc.core.progress import finished
from napari_dsc.core.quantities import STANDARD
from tests.core.conftest import Curves

METHODS = tuple(DECONVOLVERS)
DIGEST = """
import hashlib, os, sys
if sys.argv[1] == "one":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import numpy as np
from napari_dsc import DECONVOLVERS, compute_perfusion_maps, phantom
patient = phantom((64, 64, 8), snr=50.0)
curves = np.log(900 / np.maximum(patient.series.signal.astype(np.float32), 1)) / 0.03
for method in DECONVOLVERS:
    made = compute_perfusion_maps(
        curves, patient.aif, patient.series.time, patient.brain, deconvolution_method=method
    )
    for one in made:
        print(hashlib.sha256(one.values.tobytes()).hexdigest())
    print(hashlib.sha256(made.quality.tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def many(noisy: Curves) -> Curves:
    """More than two blocks of curves, none like another."""
    random = np.random.default_rng(0)
    some = noisy.curves[random.integers(len(noisy.curves), size=2 * BLOCK + 900)]
    factors = random.uniform(0.5, 2, (len(some), 1)).astype(np.float32)
    return noisy._replace(curves=some * factors)


def everything(made):
    """Bytes of all maps and flags."""
    return b"".join(one.values.tobytes() for one in made) + made.quality.tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_threads_change_no_byte(many: Curves, method, monkeypatch):
    """Run after run, on one core or on many."""
    found = set()
    for cores in (1, 2, 7, 7):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        found.add(everything(compute_perfusion_maps(*many, deconvolution_method=method)))
    assert len(found) == 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores are chosen on Linux only")
def test_threads_of_the_linear_algebra_change_no_byte():
    """A process that may use one core gives the bytes of one that may use all."""
    digests = [
        subprocess.run(
            [sys.executable, "-c", DIGEST, cores],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for cores, threads in (("one", "1"), ("all", "4"))
    ]
    assert digests[0] == digests[1]
    assert len(digests[0].split()) == (len(STANDARD) + 1) * len(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_order_of_blocks_changes_no_byte(many: Curves, method):
    """A block does not know which blocks come before it."""
    full = many._replace(curves=many.curves[: 2 * BLOCK])
    order = np.r_[BLOCK : 2 * BLOCK, :BLOCK]
    plain = compute_perfusion_maps(*full, deconvolution_method=method, baseline=0)
    turned = compute_perfusion_maps(
        full.curves[order], full.aif, full.time, deconvolution_method=method, baseline=0
    )
    for was, now in zip(plain, turned, strict=True):
        np.testing.assert_array_equal(now.values, was.values[order])


@dataclass(frozen=True)
class Witness:
    """A circulant SVD that notes what it is asked."""

    shapes: list[tuple[int, ...]]
    blas: list[int]

    def __call__(self, aif, step):
        inverse = CirculantSvd()(aif, step)

        def solver(lags: slice, dtype: np.dtype[Any], explain: bool = True) -> Any:
            solve = inverse.solver(lags, dtype, explain)

            def watched(curves, memory):
                self.shapes.append(curves.shape)
                libraries = (one for one in threadpool_info() if "numpy" in one["filepath"])
                self.blas.extend(one["num_threads"] for one in libraries)
                return solve(curves, memory)

            return watched

        return replace(inverse, solver=solver)


def columns_of(values):
    """Maps and flags of voxels, by their names."""
    return {**values.columns, "flags": values.flags}


def stages_of(many: Curves, method, **options):
    tissue = finished(tissue_stages(many.curves, many.time, baseline=slice(0, 10)))
    return perfusion_stages(tissue, many.aif, Quantification(method, Scale()), **options)


@pytest.fixture
def two_threads():
    """A machine on which linear algebra may use two threads, and nobody computes."""
    gc.collect()  # a computation that a test has left half done
    with threadpool_limits(2, "blas"):
        yield


@pytest.mark.usefixtures("two_threads")
def test_every_block_has_one_shape_and_one_thread(many: Curves):
    """Rounding depends on the shape of a product and on BLAS's threads: both are fixed."""
    witness = Witness([], [])
    assert list(stages_of(many, witness))[-1].fraction == 1
    assert witness.shapes == [(BLOCK, many.aif.size)] * -(-len(many.curves) // BLOCK)
    assert set(witness.blas) <= {1}


def blas_threads():
    """What numpy's linear algebra may use now."""
    (threads,) = (one["num_threads"] for one in threadpool_info() if "numpy" in one["filepath"])
    return threads


@pytest.mark.usefixtures("two_threads")
def test_one_thread_whoever_asked_before():
    """Another library's worker that lives on is not the only one that BLAS listens to."""
    with ThreadPoolExecutor(1) as alive:
        alive.submit(OpenBLASController.clear_controlling_thread, force=True).result()
        alive.submit(threadpool_limits, 2, "blas").result()
        with workers() as pool:
            assert {blas_threads(), pool.submit(blas_threads).result()} == {1}
        assert blas_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_the_last_to_leave_gives_all_threads_back():
    """Whoever came first may end first, and in another thread."""
    with ThreadPoolExecutor(1) as alive:
        first, second = workers(), workers()
        alive.submit(first.__enter__).result()
        second.__enter__()
        assert blas_threads() == 1
        alive.submit(first.__exit__, None, None, None).result()
        assert blas_threads() == 1
        second.__exit__(None, None, None)
        assert blas_threads() == 2


def test_closing_cancels_what_has_not_begun(many: Curves, monkeypatch):
    """Progress rises block by block; after closing, no thread goes on."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    witness = Witness([], [])
    tissue = many._replace(curves=np.resize(many.curves, (12 * BLOCK, many.aif.size)))
    threads = threading.active_count()
    work = stages_of(tissue, witness)
    assert next(work).fraction == 0  # before the first block
    assert 0 < next(work).fraction < 0.5
    work.close()
    assert threading.active_count() == threads
    assert len(witness.shapes) < 12


@pytest.mark.parametrize("method", METHODS)
def test_what_is_wanted_first_comes_first_and_changes_no_byte(many: Curves, method):
    """The slice on screen is there before the rest has begun, and is the one that comes of it."""
    wanted = np.zeros(len(many.curves), dtype=bool)
    wanted[BLOCK + 100 : BLOCK + 400] = True
    work = stages_of(many, DECONVOLVERS[method](), first=wanted)
    early = next(step for step in work if step.first is not None)
    assert 0 < early.fraction < 0.5
    assert np.isfinite(early.first["cbf"]).all()
    first, _ = finished(work)
    plain, _ = finished(stages_of(many, DECONVOLVERS[method]()))
    seen, whole, alone = (columns_of(one) for one in (early.first, first, plain))
    for name, column in whole.items():
        np.testing.assert_array_equal(seen[name], column[wanted], err_msg=name)
        np.testing.assert_array_equal(column, alone[name], err_msg=name)


@pytest.mark.parametrize("method", METHODS)
def test_a_voxel_that_is_first_and_spoilt_has_no_scatter_and_no_other_lacks_it(many, method):
    """Nor an interval: whether the blocks before it are finished by then or not."""
    spoilt, wanted = BLOCK + 7, np.zeros(len(many.curves), dtype=bool)
    wanted[BLOCK + 5 : BLOCK + 90] = True
    curves = many.curves.copy()
    curves[spoilt, 40] = -np.inf  # whose noise is still finite
    tissue = finished(tissue_stages(curves, many.time, baseline=slice(0, 10)))
    how = Quantification(DECONVOLVERS[method](), Scale(), spread=True)
    values, _ = finished(perfusion_stages(tissue, many.aif, how, first=wanted))
    for key, kinds in values.spreads.items():
        for kind, column in kinds.items():
            assert np.flatnonzero(np.isnan(column)).tolist() == [spoilt], (key, kind)


def test_every_block_is_finished(many: Curves):
    """Of a brain of many blocks none is left out: each gives what its copy gives."""
    few = many.curves[:BLOCK, :30]
    tissue = many._replace(curves=np.tile(few, (40, 1)), aif=many.aif[:30], time=many.time[:30])
    values, _ = finished(stages_of(tissue, CirculantSvd()))
    for name, values_of_all in columns_of(values).items():
        column = values_of_all.reshape(40, BLOCK)
        np.testing.assert_array_equal(column[1:], np.tile(column[0], (39, 1)), err_msg=name)


@pytest.mark.parametrize("method", METHODS)
def test_memory_that_a_refresh_leaves_shows_in_none(many: Curves, method):
    """Whatever method came before, on the same tissue or none."""
    tissue = finished(tissue_stages(many.curves, many.time, baseline=slice(0, 10)))

    def values(one):
        how = Quantification(DECONVOLVERS[one](), Scale())
        return finished(perfusion_stages(tissue, many.aif, how))[0]

    alone = values(method)
    for other in METHODS:
        values(other)
        again = values(method)
        for name, column in columns_of(alone).items():
            np.testing.assert_array_equal(columns_of(again)[name], column)
