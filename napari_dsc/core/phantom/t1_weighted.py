"""T1-weighted volumes of the digital patient, before contrast agent and after it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from napari_dsc.core.defaults import PHANTOM_SEED, PHANTOM_SNR
from napari_dsc.core.phantom.record import Phantom, Tissue
from napari_dsc.core.types import FloatArray

__all__ = ["Relaxation", "t1_weighted"]

FLIP, STEP = np.deg2rad(15.0), 0.008  # of a spoiled gradient echo: radians, s
RELAXIVITY = 4.5  # 1/s per mmol/L of agent
GAIN = 20_000.0  # a.u. of the signal that is sampled
SCANNER = 1.15  # gain of the second volume over the first: scanners set it anew


class Relaxation(NamedTuple):
    """What a tissue is before contrast, and how much agent it holds some minutes after."""

    t1: float  # s, at 3 T
    water: float  # of that of fluid
    agent: float  # mmol/L


BLOOD = Relaxation(1.65, 0.95, 0.7)
TISSUES: Mapping[Tissue, Relaxation] = MappingProxyType(
    {
        Tissue.SCALP: Relaxation(0.4, 0.8, 0.1),
        Tissue.GREY: Relaxation(1.3, 0.83, 0.03),
        Tissue.WHITE: Relaxation(0.85, 0.7, 0.02),
        Tissue.CSF: Relaxation(4.0, 1.0, 0.0),
        Tissue.HYPOPERFUSED: Relaxation(1.35, 0.83, 0.03),
        Tissue.INFARCT_CORE: Relaxation(1.5, 0.87, 0.01),
        Tissue.TUMOUR: Relaxation(1.6, 0.88, 0.4),
        Tissue.NECROSIS: Relaxation(2.6, 0.95, 0.02),
        Tissue.OEDEMA: Relaxation(1.5, 0.87, 0.03),
        Tissue.CHOROID_PLEXUS: Relaxation(1.8, 0.9, 0.35),
        **dict.fromkeys(
            (Tissue.ARTERY, Tissue.PARTIAL_ARTERY, Tissue.SATURATED_ARTERY, Tissue.VEIN), BLOOD
        ),
    }
)


def t1_weighted(
    patient: Phantom, *, snr: float = PHANTOM_SNR, seed: int = PHANTOM_SEED
) -> tuple[FloatArray, FloatArray]:
    """Make T1-weighted volumes of a patient, before contrast agent and after it.

    The signal of a spoiled gradient echo in its steady state, from the T1 and the water of the
    tissue that fills most of each voxel. Agent shortens T1 by its relaxivity: much in blood and
    where it leaks, hardly where a barrier holds it. What enhances is that, and no mask.

    Parameters
    ----------
    patient : Phantom
        Of either anatomy.
    snr : float
        Signal of white matter before contrast over the standard deviation of the (Rician) noise.
    seed : int
        The same seed gives the same volumes.

    Returns
    -------
    before, after : ndarray, shape (X, Y, Z)
        On the grid of the scan, a.u.; the second of another gain, as scanners have it.

    Examples
    --------
    >>> from napari_dsc import phantom
    >>> patient = phantom((32, 32, 4))
    >>> before, after = t1_weighted(patient)
    >>> bool((after / before)[patient.tissue == Tissue.TUMOUR].mean() > 1.5)
    True
    """
    random = np.random.default_rng(seed)
    sigma = float(_signal(TISSUES[Tissue.WHITE], agent=False)) / snr
    volumes = []
    for agent, gain in ((False, 1.0), (True, SCANNER)):
        levels = np.zeros(max(Tissue) + 1)
        for tissue, known in TISSUES.items():
            levels[tissue] = _signal(known, agent=agent)
        true = levels[patient.tissue]
        real, imaginary = (random.normal(0.0, sigma, true.shape) for _ in range(2))
        volumes.append(gain * np.hypot(true + real, imaginary))
    return volumes[0], volumes[1]


def _signal(tissue: Relaxation, *, agent: bool) -> float:
    """Signal of a spoiled gradient echo in its steady state, a.u."""
    rate = 1 / tissue.t1 + RELAXIVITY * tissue.agent * agent
    left = np.exp(-STEP * rate)
    steady = (1 - left) / (1 - left * np.cos(FLIP))
    return float(GAIN * tissue.water * np.sin(FLIP) * steady)
