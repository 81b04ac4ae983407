"""The least error possible on a grid: a posterior that knows how its tissues were made.

Its atoms are tissues drawn as those of the grid are: residues, transit times, volumes, delays, the
artery without noise or sampling, and the noise of every sample. No method can err by less in the
mean over such tissues, but for the finite number of atoms.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from benchmarks.study.curves import ECHO_TIME, FLOW, FloatArray
from benchmarks.study.second_grid import (
    DELAYS,
    FINE,
    RESIDUES,
    TRANSITS,
    VOLUMES,
    Cell,
    curves_of_artery,
    dispersed,
)

TIMES, LATER = 500, 10  # transit times of each residue, and delays of each of these
DISPERSED = 1 / 3  # of the arteries
LEAST = 1e-300  # of a probability


class Drawn(NamedTuple):
    """Tissues as those of a grid."""

    curves: FloatArray  # (J, T) 1/s, of 1 mL/100g
    mtt: FloatArray  # (J,) s
    delay: FloatArray  # (J,) s


def drawn(one: Cell, *, known: bool, seed: int = 5) -> Drawn:
    """Draw many tissues behind the artery of a cell.

    Parameters
    ----------
    one : Cell
        Tells artery and times.
    known : bool
        Whether this artery is dispersed; else one in three is, as over the grid.
    seed : int
        Of everything that is random.
    """
    random = np.random.default_rng(seed)
    fine, measured, reaching = curves_of_artery(one.artery)
    size = 2 * fine.size
    ways = [reaching] if known else [measured, dispersed(measured)]
    spectra = [np.fft.rfft(way, size) for way in ways]
    low, high = np.log(TRANSITS)
    kinds: list[tuple[FloatArray, float, FloatArray]] = []
    for residue in RESIDUES.values():
        for at in range(TIMES):
            mtt = float(np.exp(low + (high - low) * (at + random.random()) / TIMES))
            behind = (np.arange(LATER) + random.random(LATER)) / LATER
            delay = DELAYS[0] + (DELAYS[1] - DELAYS[0]) * behind
            spectrum = spectra[int(not known and random.random() < DISPERSED)]
            still = residue(fine, mtt)
            still[0] /= 2
            whole = FINE * np.fft.irfft(spectrum * np.fft.rfft(still, size), size)[: fine.size]
            seen = np.interp(one.time + one.phase - delay[:, None], fine, whole, left=0)
            kinds.append((seen * 60 / mtt / FLOW, mtt, delay))
    curves, mtts, delays = zip(*kinds, strict=True)
    return Drawn(
        np.concatenate(curves).astype(np.float32),
        np.repeat(mtts, LATER),
        np.concatenate(delays),
    )


def least_values(one: Cell, atoms: Drawn) -> Mapping[str, FloatArray]:
    """Values of the least expected error of each cell's tissues.

    Of least squared relative error CBF and CBV, E[1/x] / E[1/x²]; of least squared error MTT, the
    posterior's mean; of least absolute error the delay, its median.
    """
    everywhere = np.full(one.curves.shape, (ECHO_TIME * one.snr) ** 2)
    amount, precision = _amounts(one.curves, atoms.curves, everywhere)
    best = (amount * np.abs(amount) * precision).argmax(axis=0)
    volume = np.clip(amount[best, np.arange(best.size)], *VOLUMES)
    fit = volume[:, None] * atoms.curves[best]
    # The deeper the signal, the noisier a sample.
    amount, precision = _amounts(
        one.curves, atoms.curves, everywhere * np.exp(-2 * ECHO_TIME * fit)
    )
    weight, mean, variance = truncated(amount, precision)
    weight = np.exp(weight - weight.max(axis=0))
    weight /= weight.sum(axis=0)
    mtt = atoms.mtt[:, None]
    inverse, square = 1 / mean + variance / mean**3, 1 / mean**2 + 3 * variance / mean**4
    order = np.argsort(atoms.delay)
    middle = (np.cumsum(weight[order], axis=0) >= 0.5).argmax(axis=0)
    return {
        "cbf": 60 * (weight * inverse * mtt).sum(axis=0) / (weight * square * mtt**2).sum(axis=0),
        "cbv": (weight * inverse).sum(axis=0) / (weight * square).sum(axis=0),
        "mtt": (weight * mtt).sum(axis=0),
        "delay": atoms.delay[order][middle],
    }


def _amounts(
    curves: FloatArray, unit: FloatArray, precision: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Volumes by weighted least squares beside an unknown offset, and their precision: (J, V)."""
    weight = precision.astype(np.float32)
    whole, weighted = weight.sum(axis=1), weight * curves
    along = unit @ weight.T
    within = (unit * unit) @ weight.T - along * along / whole
    score = unit @ weighted.T - along * weighted.sum(axis=1) / whole
    within = np.maximum(within.astype(np.float64), 1e-9)
    return score / within, within


def truncated(
    amount: FloatArray, precision: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log of the evidence, mean and variance of volumes that lie within `VOLUMES`: (J, V) each."""
    least, most = VOLUMES
    root = np.sqrt(precision)
    low, high = (least - amount) * root, (most - amount) * root
    mass = np.where(low > 0, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))
    bounded = np.maximum(mass, LEAST)
    at_low, at_high = (np.exp(-one * one / 2) / np.sqrt(2 * np.pi) for one in (low, high))
    shift = (at_low - at_high) / bounded
    spread = (1 + (low * at_low - high * at_high) / bounded - shift**2) / precision
    weight = amount**2 * precision / 2 - np.log(precision) / 2 + np.log(bounded)
    weight = np.where(mass > LEAST, weight, -np.inf)
    mean = np.clip(amount + shift / root, least, most)
    return weight, mean, np.clip(spread, 0, (most - least) ** 2 / 12)
