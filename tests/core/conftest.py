"""A bolus and the tissues it passes, made on a fine grid: never with the core's own matrices."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
import pytest

from napari_dsc import DECONVOLVERS, delta_r2_star, phantom
from napari_dsc.core.deconvolution import CirculantSvd, Method
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.pipeline import Analysis, Settings, stages
from napari_dsc.core.progress import finished

TRUNCATED = tuple(  # methods by a threshold of singular values
    name
    for name, kind in DECONVOLVERS.items()
    if "svd_threshold" in {one.name for one in fields(kind)}
)
CIRCULANT = tuple(  # methods that ignore a delay of whole steps, early tissue included
    name for name, kind in DECONVOLVERS.items() if kind.__module__ == CirculantSvd.__module__
)
FINE = 0.02  # s
KH, RHO = 0.73, 1.04
RESIDUES: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "exponential": lambda lag, mtt: np.exp(-lag / mtt),
    "linear": lambda lag, mtt: np.maximum(1 - lag / (2 * mtt), 0),
    "box": lambda lag, mtt: (lag < mtt).astype(float),
}


def expecting_nothing(method: Method) -> dict[str, float]:
    """Parameters with which a method expects no amount: then answers follow the amplitudes."""
    own = parameters_of(DECONVOLVERS[method])
    known = {name: row.for_times for name, row in own.items()}
    return {name: value for name, value in known.items() if value is not None}


class Scene(NamedTuple):
    """Curves of tissues, one for each delay, and what they come from."""

    curves: np.ndarray  # (V, T) 1/s
    aif: np.ndarray  # (T,) 1/s
    time: np.ndarray  # (T,) s


SceneMaker: TypeAlias = Callable[..., Scene]


class Curves(NamedTuple):
    """Noisy curves of a brain."""

    curves: np.ndarray  # (V, T) float32, 1/s
    aif: np.ndarray  # (T,) 1/s
    time: np.ndarray  # (T,) s


@cache
def first_pass(length, mtt, flow, residue, arrival):
    """Fine time, artery and tissue without delay."""
    fine = np.arange(0, length + 2, FINE)
    since = np.maximum(fine - arrival, 0)
    artery = since**3 * np.exp(-since / 1.5)
    artery *= 100 / artery.max()
    response = flow / 6000 * RHO / KH * RESIDUES[residue](fine, mtt)
    whole = np.convolve(artery, response)[: fine.size]
    return fine, artery, FINE * (whole - (artery * response[0] + artery[0] * response) / 2)


def make_scene(
    *,
    step=1.5,
    length=120.0,
    delays=(0.0,),
    mtt=4.0,
    flow=60.0,
    residue="exponential",
    arrival=20.0,
    times=None,
):
    """First pass of a gamma-variate bolus through tissues that differ by their delay.

    `step`, `length`, `delays`, `mtt`, `arrival` and `times` in s, `flow` in mL/100g/min.
    """
    fine, artery, tissue = first_pass(length, mtt, flow, residue, arrival)
    time = np.arange(0, length, step) if times is None else times
    curves = np.stack([np.interp(time - delay, fine, tissue) for delay in delays])
    return Scene(curves, np.interp(time, fine, artery), time)


@pytest.fixture(scope="session")
def scene():
    """Make a `Scene`."""
    return make_scene


@pytest.fixture(scope="session")
def noisy() -> Curves:
    """Curves of 4000 voxels of a digital patient at SNR 50, and its true AIF."""
    one = phantom((48, 48, 6), snr=50.0, seed=3)
    inside = np.isin(one.tissue, (2, 3, 5))
    curves = delta_r2_star(one.series.signal[inside][:, 2:], 0.03, 10)
    curves = curves[np.isfinite(curves).all(axis=1)][:4000]
    return Curves(curves, one.aif[2:], one.series.time[2:])


def analyse(series, artery, brain, settings=None) -> Analysis:
    """Run an analysis to its end."""
    return finished(stages(series, artery, brain, settings or Settings()))


@pytest.fixture(scope="session", name="analyse")
def analyse_fixture():
    """Run an analysis to its end."""
    return analyse
