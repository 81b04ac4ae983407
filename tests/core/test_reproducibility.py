"""The same input gives the same bytes, whatever the machine is doing besides."""

import os
import subprocess
import sys
import threading
from dataclasses import dataclass, replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from napari_dsc import DECONVOLVERS, compute_perfusion_maps
from napari_dsc.core.deconvolution import CirculantSvd
from napari_dsc.core.maps import Scale, perfusion_stages
from napari_dsc.core.maps.stages import BLOCK

METHODS = tuple(DECONVOLVERS)
DIGEST = """
import hashlib, os, sys
if sys.argv[1] == "one":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import numpy as np
from napari_dsc import compute_perfusion_maps, phantom
patient = phantom((64, 64, 8), snr=50.0)
curves = np.log(900 / np.maximum(patient.series.signal.astype(np.float32), 1)) / 0.03
for method in ("sSVD", "cSVD", "oSVD"):
    made = compute_perfusion_maps(
        curves, patient.aif, patient.series.time, patient.brain, deconvolution_method=method
    )
    for one in made:
        print(hashlib.sha256(one.values.tobytes()).hexdigest())
    print(hashlib.sha256(made.quality.tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def many(noisy):
    """More than two blocks of curves, none like another."""
    random = np.random.default_rng(0)
    some = noisy.curves[random.integers(len(noisy.curves), size=2 * BLOCK + 900)]
    factors = random.uniform(0.5, 2, (len(some), 1)).astype(np.float32)
    return noisy._replace(curves=some * factors)


def everything(made):
    """Bytes of all maps and flags."""
    return b"".join(one.values.tobytes() for one in made) + made.quality.tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_threads_change_no_byte(many, method, monkeypatch):
    """Run after run, on one core or on many."""
    found = set()
    for cores in (1, 2, 7, 7):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        found.add(everything(compute_perfusion_maps(*many, deconvolution_method=method)))
    assert len(found) == 1


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
    assert len(digests[0].split()) == 21


@pytest.mark.parametrize("method", METHODS)
def test_order_of_blocks_changes_no_byte(many, method):
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

    shapes: list
    blas: list

    def __call__(self, aif, step):
        inverse = CirculantSvd()(aif, step)

        def solve(curves):
            self.shapes.append(curves.shape)
            libraries = (one for one in threadpool_info() if one["user_api"] == "blas")
            self.blas.extend(one["num_threads"] for one in libraries)
            return inverse.solve(curves)

        return replace(inverse, solve=solve)


def stages_of(many, witness):
    return perfusion_stages(*many, witness, Scale(), baseline=slice(0, 10))


def test_every_block_has_one_shape_and_one_thread(many):
    """Rounding depends on the shape of a product and on BLAS's threads: both are fixed."""
    witness = Witness([], [])
    assert list(stages_of(many, witness))[-1].fraction == 1
    assert witness.shapes == [(BLOCK, many.aif.size)] * 3
    assert set(witness.blas) <= {1}


def test_closing_cancels_what_has_not_begun(many, monkeypatch):
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
