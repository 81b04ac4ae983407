"""Tissues that no prior was made for, behind arteries as they are measured: curves and truth."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np
from scipy.special import ndtr

from benchmarks.study.curves import ECHO_TIME, FLOW, FloatArray

FINE, LENGTH, ARRIVAL, BASELINE = 0.05, 120.0, 22.0, 19.0  # s
STEPS, SNRS = (1.0, 1.5, 2.0), (20.0, 50.0, 100.0)
TRANSITS, VOLUMES, DELAYS = (2.5, 18.0), (1.5, 7.0), (-2.0, 8.0)  # s, mL/100g, s
ARTERIAL, EARLY_ECHO = 8, 0.01  # voxels of an AIF, and the echo that it is taken from, s
DISPERSION = 1.5  # s
SEED = 21  # of everything


def _gamma(since: FloatArray, a: float, b: float) -> FloatArray:
    after = np.maximum(since, 0) / (a * b)
    return np.asarray((after * np.exp(1 - after)) ** a)


def _broad(since: FloatArray) -> FloatArray:
    """First pass, a second one 15 s later, and what stays in the blood."""
    tail = 6 * (1 - np.exp(-np.maximum(since - 9, 0) / 11))
    return np.asarray(108 * _gamma(since, 3.2, 2.4) + 14 * _gamma(since - 15, 2.2, 5.5) + tail)


ARTERIES: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "narrow": lambda since: 175 * _gamma(since, 2.8, 1.25),
    "broad, recirculating": _broad,
    "dispersed by 1.5 s": lambda since: 150 * _gamma(since, 3.2, 1.55),
}

Arteries: TypeAlias = Mapping[str, Callable[[FloatArray], FloatArray]]


def drawn_arteries(seed: int) -> Arteries:
    """Three arteries of the same kinds, whose heights, widths and tails are drawn at random."""
    random = np.random.default_rng([seed, SEED])
    narrow, broad, smeared = (
        [random.uniform(*span) for span in spans]
        for spans in (
            ((150, 200), (2.3, 3.4), (1.0, 1.6)),
            ((90, 125), (2.6, 3.8), (1.9, 2.7), (8, 18), (12, 17), (4, 9)),
            ((130, 170), (2.6, 3.6), (1.2, 1.8)),
        )
    )

    def of_broad(since: FloatArray) -> FloatArray:
        again = broad[3] * _gamma(since - broad[4], 2.2, 5.5)
        tail = broad[5] * (1 - np.exp(-np.maximum(since - 9, 0) / 11))
        return np.asarray(broad[0] * _gamma(since, *broad[1:3]) + again + tail)

    def of_one(drawn: list[float]) -> Callable[[FloatArray], FloatArray]:
        return lambda since: drawn[0] * _gamma(since, *drawn[1:])

    return dict(zip(ARTERIES, (of_one(narrow), of_broad, of_one(smeared)), strict=True))


def _two_compartments(lag: FloatArray, mtt: float) -> FloatArray:
    return np.asarray(0.6 * np.exp(-1.8 * lag / mtt) + 0.4 * np.exp(-0.6 * lag / mtt))


def _log_normal(lag: FloatArray, mtt: float) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.asarray(1 - ndtr((np.log(lag / mtt) + 0.125) / 0.5))


RESIDUES: Mapping[str, Callable[[FloatArray, float], FloatArray]] = {
    "exponential": lambda lag, mtt: np.exp(-lag / mtt),
    "box": lambda lag, mtt: np.clip((mtt - lag) / FINE + 0.5, 0, 1),
    "log-normal": _log_normal,
    "two compartments": _two_compartments,
}


class Cell(NamedTuple):
    """Tissues behind one artery at one time step and noise."""

    artery: str
    step: float
    snr: float
    curves: FloatArray  # (V, T) 1/s
    aif: FloatArray  # (T,) 1/s: as measured
    ideal: FloatArray  # (T,) 1/s: without noise
    time: FloatArray  # (T,) s
    phase: float  # s: by how much the scan starts after its artery's curve does
    baseline: int  # samples before the bolus
    truth: Mapping[str, FloatArray]  # (V,) each


def cell(
    artery: str,
    step: float,
    snr: float,
    count: int,
    *,
    delays: tuple[float, float] = DELAYS,
    seed: int = SEED,
    averaged: int = 1,
    arteries: Arteries = ARTERIES,
) -> Cell:
    """Make the curves of some tissues.

    Parameters
    ----------
    artery : str
        A key of `ARTERIES`.
    step, snr : float
        Time step, s, and baseline signal over the noise's standard deviation.
    count : int
        Tissues: log-uniform transit times, uniform volumes and delays, residues in turn.
    delays : tuple of float
        Least and most, s.
    seed : int
        Of everything that is random.
    averaged : int
        Voxels whose mean a curve is.
    arteries : mapping of str to callable
        Curve of each, 1/s, over the time since it arrives, s.
    """
    names = list(ARTERIES)
    random = np.random.default_rng([seed, names.index(artery), round(10 * step), round(snr)])
    phase = random.uniform(0, step)
    time = np.arange(0, LENGTH - step, step)
    fine, measured, reaching = curves_of_artery(artery, arteries)
    size = 2 * fine.size
    spectrum = np.fft.rfft(reaching, size)
    clean = np.empty((count, time.size))
    rows = np.empty((4, count))
    for at in range(count):
        residue = list(RESIDUES.values())[at % len(RESIDUES)]
        mtt = np.exp(random.uniform(*np.log(TRANSITS)))
        volume, delay = random.uniform(*VOLUMES), random.uniform(*delays)
        share = residue(fine, mtt)
        share[0] /= 2
        whole = FINE * np.fft.irfft(spectrum * np.fft.rfft(share, size), size)[: fine.size]
        flow = 60 * volume / mtt
        clean[at] = np.interp(time + phase - delay, fine, flow / FLOW * whole, left=0)
        rows[:, at] = flow, volume, mtt, delay
    baseline = int(np.count_nonzero(time + phase < BASELINE))
    ideal = np.interp(time + phase, fine, measured)
    aif = _noisy(np.tile(ideal, (ARTERIAL, 1)), snr, EARLY_ECHO, baseline, random).mean(axis=0)
    curves = sum(_noisy(clean, snr, ECHO_TIME, baseline, random) for _ in range(averaged))
    truth = dict(zip(("cbf", "cbv", "mtt", "delay"), rows, strict=True))
    seen = np.asarray(curves / averaged, np.float32)
    return Cell(artery, step, snr, seen, aif, ideal, time, phase, baseline, truth)


def curves_of_artery(
    artery: str, arteries: Arteries = ARTERIES
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fine times, s, and over them an artery as it is measured and as it reaches the tissue."""
    fine = np.arange(0, LENGTH + 10, FINE)
    measured = arteries[artery](fine - ARRIVAL)
    reaching = dispersed(measured) if artery.startswith("dispersed") else measured
    return fine, measured, reaching


def dispersed(measured: FloatArray) -> FloatArray:
    """Artery over the fine times after a way that smears it by `DISPERSION`."""
    smear = np.exp(-FINE * np.arange(measured.size) / DISPERSION) / DISPERSION
    return np.asarray(FINE * np.convolve(measured, smear)[: measured.size])


def cells(count: int, arteries: Arteries = ARTERIES, seed: int = SEED) -> Iterator[Cell]:
    """Cells of every artery, time step and noise."""
    for artery in arteries:
        for step in STEPS:
            for snr in SNRS:
                yield cell(artery, step, snr, count, seed=seed, arteries=arteries)


def _noisy(
    curves: FloatArray, snr: float, echo: float, baseline: int, random: np.random.Generator
) -> FloatArray:
    """Curves after the way through a scanner: Rician noise on the signal, and back."""
    real, imaginary = random.normal(scale=1 / snr, size=(2, *curves.shape))
    signal = np.hypot(np.exp(-echo * curves) + real, imaginary)
    level = signal[:, :baseline].mean(axis=1, keepdims=True)
    return np.asarray(-np.log(signal / level) / echo)
