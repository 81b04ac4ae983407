"""The digital patient as a scan of two echoes sees it: T1 brightens both, T2* each by its time."""

import dataclasses
from typing import Any

import numpy as np

from napari_dsc.core.defaults import PHANTOM_SEED, PHANTOM_SNR
from napari_dsc.core.errors import DscError
from napari_dsc.core.phantom.patient import phantom
from napari_dsc.core.phantom.record import GREY_SIGNAL, Phantom
from napari_dsc.core.real_numbers import as_number

__all__ = ["ECHO_TIMES", "two_echo_phantom"]

ECHO_TIMES = (0.010, 0.030)  # s


def two_echo_phantom(
    echo_times: tuple[float, float] = ECHO_TIMES,
    *,
    snr: float = PHANTOM_SNR,
    seed: int = PHANTOM_SEED,
    **chosen: Any,
) -> tuple[Phantom, Phantom]:
    """Make both echoes of one digital patient: the same head and bolus, noise of its own in each.

    Leaked agent brightens the signal by T1, and by the same factor in both echoes: that of a
    scan with the later echo alone.

    Parameters
    ----------
    echo_times : tuple of float
        Of the earlier and of the later echo, s.
    snr : float
        Signal of grey matter over the standard deviation of the noise, in each echo.
    seed : int
        The same seed gives the same scans.
    **chosen
        As for `phantom`: shape, anatomy, lesion and the like.

    Returns
    -------
    tuple of Phantom
        The earlier and the later echo; their truth is the same.

    Raises
    ------
    DscError
        If the echo times do not rise, or as `phantom`.
    """
    first, last = echo_times
    if not first < last:
        raise DscError(f"echo_times must rise, got {first:g} and {last:g} s. Swap them.")
    level = as_number("snr", snr)
    if not level > 0:
        raise DscError(
            f"snr must be positive, got {level:g}. 50 to 100 is usual; inf has no noise."
        )
    made = []
    for number, echo_time in enumerate(echo_times):
        quiet = phantom(snr=np.inf, seed=seed, echo_time=echo_time, t1_echo_time=last, **chosen)
        made.append(quiet if np.isinf(level) else _noisy(quiet, level, (seed, number)))
    return made[0], made[1]


def _noisy(quiet: Phantom, snr: float, seed: tuple[int, int]) -> Phantom:
    """A patient whose scan has Rician noise."""
    random, sigma = np.random.default_rng(seed), np.float32(GREY_SIGNAL / snr)
    signal = quiet.series.signal
    real = signal + sigma * random.standard_normal(signal.shape, dtype=np.float32)
    noisy = np.hypot(real, sigma * random.standard_normal(signal.shape, dtype=np.float32))
    stored = np.asfortranarray(np.rint(noisy).astype(np.int16))
    return dataclasses.replace(quiet, series=dataclasses.replace(quiet.series, signal=stored))
