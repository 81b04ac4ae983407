"""Curves of known truth, made on a fine grid and only then sampled."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

FloatArray = NDArray[np.floating[Any]]
Column = NDArray[Any]  # numbers, names or flags
Columns = Mapping[str, Column]  # of one length, a row for each voxel

FINE = 0.05  # s: residues are convolved on this grid
LENGTH = 120.0  # s
ARRIVAL = 24.0  # s: of the artery, at the earliest
EARLIEST, LATEST = -2.0, 6.0  # s: delays of tissue behind the artery
BASELINE = ARRIVAL + EARLIEST  # s: what is sampled before is baseline
ECHO_TIME = 0.03  # s
ARTERY_PEAK = 100.0  # 1/s
BOLUS_A, BOLUS_B = 3.0, 1.6  # gamma variate t^a exp(-t/b), b in s
GAMMA_SHAPE = 3.0
KH, RHO = 0.73, 1.04
FLOW = 6000 * KH / RHO  # mL/100g/min for a residue of 1/s

STEPS = (1.0, 1.5, 2.0)  # s
SNRS = (20.0, 50.0, 100.0, np.inf)
PHASES = (0.0, 0.25, 0.5, 0.75)  # of a step: when the artery arrives between two samples
VOLUMES = (2.0, 4.0, 6.0)  # mL/100g
TRANSITS = (3.0, 4.5, 6.0, 7.5, 9.0, 10.5, 12.0)  # s
LEVELS = (4.0, 8.0, 12.0)  # 1/s: peaks of the even mixes

RESIDUES: Mapping[str, Callable[[FloatArray, float], FloatArray]] = {
    "exponential": lambda lag, mtt: np.exp(-lag / mtt),
    "linear": lambda lag, mtt: np.maximum(1 - lag / (2 * mtt), 0),
    # One half at the edge: the trapezoidal rule then sees its true area.
    "box": lambda lag, mtt: np.heaviside(np.round(mtt - lag, 6), 0.5),
    "gamma": lambda lag, mtt: gammaincc(GAMMA_SHAPE, GAMMA_SHAPE * lag / mtt),
}


class Scan(NamedTuple):
    """One artery and the voxels that it feeds, at every noise level."""

    curves: FloatArray  # (V, T) 1/s
    aif: FloatArray  # (T,) 1/s
    time: FloatArray  # (T,) s
    truth: Columns  # of V rows


def scans(
    voxels: int,
    steps: tuple[float, ...] = STEPS,
    phases: tuple[float, ...] = PHASES,
    snrs: tuple[float, ...] = SNRS,
) -> Iterator[Scan]:
    """Scans of every time step and every phase of the arrival.

    Parameters
    ----------
    voxels : int
        Voxels of each kind, scan and noise level; they differ by their delay.
    steps : tuple of float
        Time steps, s.
    phases : tuple of float
        Arrivals of the artery after a sample, in steps.
    snrs : tuple of float
        Signal before the bolus over the noise's SD.

    Yields
    ------
    Scan
        The same at every call: the random numbers are seeded.
    """
    for step in steps:
        for number, phase in enumerate(phases):
            random = np.random.default_rng([number, round(10 * step)])
            yield _scan(step, ARRIVAL + phase * step, voxels, snrs, random)


def bolus(since: FloatArray) -> FloatArray:
    """First pass through the artery, 1/s, at times since its arrival, s."""
    after = np.maximum(since, 0) / (BOLUS_A * BOLUS_B)
    return ARTERY_PEAK * (after * np.exp(1 - after)) ** BOLUS_A


def tissue(fine: FloatArray, residue: str, mtt: float) -> FloatArray:
    """Curve of a tissue that holds 1 mL/100g, 1/s, on the fine grid from the artery's arrival."""
    artery, response = bolus(fine), RESIDUES[residue](fine, mtt)
    whole = np.convolve(artery, response)[: fine.size]
    ends = artery * response[0] + artery[0] * response
    curve: FloatArray = 60 / mtt / FLOW * FINE * (whole - ends / 2)
    return curve


def noisy(
    curves: FloatArray, time: FloatArray, snr: float, random: np.random.Generator
) -> FloatArray:
    """Curves after the way through a scanner: S = S0 exp(-TE x), Rician noise, and back.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s.
    time : ndarray, shape (T,)
        Time of each sample, s.
    snr : float
        S0 over the noise's SD; infinite: the curves as they are.
    random : Generator
        Source of the noise.

    Returns
    -------
    ndarray, shape (V, T)
        Delta R2*, 1/s.
    """
    if np.isinf(snr):
        return curves
    real, imaginary = random.normal(scale=1 / snr, size=(2, *curves.shape))
    signal = np.hypot(np.exp(-ECHO_TIME * curves) + real, imaginary)
    before = signal[:, time < BASELINE].mean(axis=1, keepdims=True)
    back: FloatArray = -np.log(signal / before) / ECHO_TIME
    return back


def _scan(
    step: float, arrival: float, voxels: int, snrs: tuple[float, ...], random: np.random.Generator
) -> Scan:
    time = np.arange(round(LENGTH / step)) * step
    fine = np.arange(0, LENGTH, FINE)
    clean: list[FloatArray] = []
    rows: list[dict[str, Column]] = []
    for residue in RESIDUES:
        for mtt in TRANSITS:
            one = tissue(fine, residue, mtt)
            brain = [(cbv, 0.0) for cbv in VOLUMES]
            even = [(level / one.max(), level) for level in LEVELS]
            for cbv, level in brain + even:
                delay = random.uniform(EARLIEST, LATEST, voxels)
                since = time - arrival - delay[:, None]
                clean.append(cbv * np.interp(since, fine, one, left=0))
                kind = {"cbf": 60 * cbv / mtt, "cbv": cbv, "mtt": mtt, "level": level}
                row = {name: np.full(voxels, value) for name, value in kind.items()}
                row |= {"residue": np.full(voxels, residue, dtype="U11")}
                # A decaying residue is largest when it begins; a box is, all along its top.
                rows.append(row | {"delay": delay, "tmax": delay})
    curves = np.vstack(clean)
    truth = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    seen = np.vstack([noisy(curves, time, snr, random) for snr in snrs])
    whole = {name: np.tile(values, len(snrs)) for name, values in truth.items()}
    whole |= {"snr": np.repeat(snrs, len(curves)), "step": np.full(len(seen), step)}
    return Scan(seen, bolus(time - arrival), time, whole)
