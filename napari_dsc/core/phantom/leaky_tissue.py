"""Tissue from which agent leaks, as a gradient echo sees it: what T1 and T2* of the agent do.

Blood and the tissue around it are two compartments, whose water does not mix within a repetition
time: agent shortens T1 of the compartment that it is in. T2* of tissue is shortened by what is in
vessels, and less by what has leaked. The steady state of a spoiled gradient echo turns both into a
signal of each compartment and each echo; the signals add up.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.phantom.curves import FINE, arterial_curve, passed_on
from napari_dsc.core.real_numbers import as_number
from napari_dsc.core.short_repr import brief
from napari_dsc.core.types import FloatArray

__all__ = ["GREY", "WHITE", "Acquisition", "LeakyScan", "LeakyTissue", "leaky_scan"]

R1 = 4.0  # 1/(s mM): relaxivity of the agent, T1
R2_VESSELS = 87.0  # 1/(s mM): T2* of tissue around vessels that hold agent
R2_BLOOD = 20.0  # 1/(s mM): T2* of blood itself
PEAK = 6.0  # mM in an artery at a single dose
TAIL, REACHED, LEAVES = 0.12, 8.0, 600.0  # share of the peak that stays, s to it, s in blood
LEFT = 0.6  # mM in blood, minutes after a preload of a single dose
DENSITY = 1.04  # g/mL
BLOOD_T1 = 1.65  # s


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class LeakyTissue:
    """What a tissue is like.

    Parameters
    ----------
    cbv : float
        Blood volume, mL/100g.
    mtt : float
        Mean transit time, s.
    ktrans : float
        Transfer constant, 1/min; 0: nothing leaks.
    ve : float
        Share of the volume outside vessels and cells.
    t1 : float
        Before any agent, s.
    r2_leaked : float
        By how much a millimole per litre of leaked agent speeds up T2* decay, 1/(s mM).
    """

    cbv: float
    mtt: float = 5.0
    ktrans: float = 0.0
    ve: float = 0.3
    t1: float = 1.4
    r2_leaked: float = 20.0


WHITE = LeakyTissue(cbv=2.2, mtt=5.0, t1=0.85)
GREY = LeakyTissue(cbv=4.4, mtt=4.5, t1=1.3)


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """How a scan is measured.

    Parameters
    ----------
    flip_angle : float
        Degrees.
    preload : float
        Dose that was given minutes before, in single doses; 0: none.
    repetition_time : float
        s.
    echo_times : tuple of float
        Of each echo, s.
    n_volumes : int
        How many.
    arrival : float
        When the bolus arrives, s.

    Raises
    ------
    DscError
        If the flip angle, an echo or the preload makes no sense.
    """

    flip_angle: float = 60.0
    preload: float = 0.0
    repetition_time: float = 1.5
    echo_times: tuple[float, ...] = (0.03,)
    n_volumes: int = 80
    arrival: float = 21.0

    def __post_init__(self) -> None:
        if not 0 < as_number("flip_angle", self.flip_angle) <= 90:
            raise DscError(f"flip_angle must lie in 0 to 90 degrees, got {self.flip_angle:g}.")
        if not self.echo_times or not all(
            0 < one < self.repetition_time for one in self.echo_times
        ):
            raise DscError(
                f"echo_times must lie between 0 and the repetition time, got {self.echo_times}."
            )
        if not as_number("preload", self.preload) >= 0:
            raise DscError(f"preload must be 0 or more single doses, got {self.preload:g}.")

    @property
    def time(self) -> FloatArray:
        """Of each volume, s."""
        return self.repetition_time * np.arange(self.n_volumes)


class LeakyScan(NamedTuple):
    """Signals of tissues, and what made them."""

    signal: FloatArray  # (E, N, V, T) of each echo, tissue and voxel, a.u.
    artery: FloatArray  # (E, T) of blood, without noise, a.u.
    time: FloatArray  # (T,) s
    vascular: FloatArray  # (N, T) delta R2* of the agent in vessels alone, 1/s


def leaky_scan(
    tissues: tuple[LeakyTissue, ...],
    acquisition: Acquisition,
    *,
    snr: float = np.inf,
    voxels: int = 1,
    seed: int = 0,
) -> LeakyScan:
    r"""Signals of tissues, of which some leak.

    .. math::
        S = S_0 \frac{(1 - E_1) \sin\alpha}{1 - E_1 \cos\alpha} e^{-TE\, R_2^*},\quad
        E_1 = e^{-TR\, R_1}

    Parameters
    ----------
    tissues : tuple of LeakyTissue
        N of them.
    acquisition : Acquisition
        How they are measured.
    snr : float
        Signal before the bolus over the standard deviation of its noise, of each echo.
    voxels : int
        Of each tissue, with noise of their own.
    seed : int
        The same seed gives the same noise.

    References
    ----------
    .. [1] Quarles CC, Gochberg DF, Gore JC, Yankeelov TE (2009). Phys Med Biol 54(19):5749-5766.
    """
    time = acquisition.time
    fine = np.arange(0, time[-1] + FINE, FINE)
    blood = _blood(fine - acquisition.arrival)
    before = LEFT * acquisition.preload
    random = np.random.default_rng(seed)
    made, vascular = [], []
    for tissue in tissues:
        inside = passed_on(fine, blood, np.exp(-fine / tissue.mtt) / tissue.mtt)
        share = tissue.cbv / 100 * DENSITY
        leaked = _leaked(fine, blood, tissue)
        kept = before * tissue.ve if tissue.ktrans else 0.0
        seen = R2_VESSELS * share * inside
        inner, outer, decay, own = (
            np.interp(time, fine, one)
            for one in (inside, leaked, seen + tissue.r2_leaked * leaked, seen)
        )
        around = _signals(1 / tissue.t1 + R1 * kept, outer, decay, acquisition)
        within = _signals(1 / BLOOD_T1 + R1 * before, inner, decay + R2_BLOOD * inner, acquisition)
        made.append((1 - share) * around + share * within)
        vascular.append(own)
    signal = np.stack(made, axis=1)[:, :, None, :] * np.ones((1, 1, voxels, 1))
    if np.isfinite(snr):
        level = signal[..., :1] / snr
        real = signal + level * random.standard_normal(signal.shape)
        signal = np.hypot(real, level * random.standard_normal(signal.shape))
    own = np.interp(time, fine, blood)
    artery = _signals(1 / BLOOD_T1 + R1 * before, own, R2_BLOOD * own, acquisition)
    return LeakyScan(signal, artery, time, np.stack(vascular))


def _blood(since: FloatArray) -> FloatArray:
    """Agent in blood, mM: passes, and what stays for minutes."""
    stays = np.where(since > 0, (1 - np.exp(-since / REACHED)) * np.exp(-since / LEAVES), 0)
    return np.asarray(arterial_curve(since, PEAK * (1 - TAIL)) + PEAK * TAIL * stays)


def _leaked(fine: FloatArray, blood: FloatArray, tissue: LeakyTissue) -> FloatArray:
    """Agent outside vessels, mM of the whole tissue."""
    rate = tissue.ktrans / 60
    return passed_on(fine, blood, rate * np.exp(-rate / tissue.ve * fine))


def _signals(
    rate: float, agent: FloatArray, decay: FloatArray, acquisition: Acquisition
) -> FloatArray:
    """Signal of a compartment in each echo, shape (E, T), a.u."""
    angle = np.deg2rad(acquisition.flip_angle)
    relaxed = np.exp(-acquisition.repetition_time * (rate + R1 * agent))
    steady = np.sin(angle) * (1 - relaxed) / (1 - relaxed * np.cos(angle))
    echoes = np.array(acquisition.echo_times)[:, None]
    return np.asarray(1000 * steady * np.exp(-echoes * decay))
