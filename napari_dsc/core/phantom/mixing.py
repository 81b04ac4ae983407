"""Signals of voxels in which several tissues lie: the signals of the parts add up."""

from collections.abc import Mapping

import numpy as np

from napari_dsc.core.phantom.anatomy import Anatomy
from napari_dsc.core.phantom.bolus import Bolus
from napari_dsc.core.phantom.perfusion import LEAKAGE, USUAL, Flows
from napari_dsc.core.phantom.random_fields import Soft
from napari_dsc.core.phantom.record import GREY_SIGNAL, Timing
from napari_dsc.core.phantom.vessels import Vessel
from napari_dsc.core.types import FloatArray

__all__ = ["coil", "mixed"]

LEVEL: Mapping[str, float] = {  # a.u., of a voxel that holds nothing else
    "grey": GREY_SIGNAL,
    "white": 730,
    "deep": 620,
    "plexus": 1000,
    "rim": 960,
    "oedema": 990,
    "necrosis": 1180,
    "soft": 300,
    "csf": 1350,
    "eye": 1250,
    "fat": 130,
    "bone": 25,
    "membrane": 150,
    "air": 0,
}
STILL = ("csf", "eye", "fat", "bone", "membrane", "air")  # no blood in them
ARTERY, VOID, VEIN = 2400.0, 350.0, 1250.0  # a.u.: fresh blood is bright, whirling blood dark
LITTLE = 1e-3  # share of a voxel that is not reckoned
TEXTURE = 0.02  # standard deviation of tissue's signal, relative


def mixed(
    anatomy: Anatomy,
    vessels: Mapping[str, Vessel],
    flows: Flows,
    bolus: Bolus,
    timing: Timing,
) -> Soft:
    """Signal of every voxel at every time, shape (X, Y, Z, T), a.u., as a perfect coil sees it.

    Each tissue of a voxel has a signal and a delta R2* of its own, and these signals, weighted
    by the shares of the voxel, are added: that is what partial volume does. Delta R2* of the
    whole is then no mean of the parts'.
    """
    shares = anatomy.shares
    signal = np.zeros((*anatomy.cavity.shape, timing.time.size), dtype=np.float32)
    for name in STILL:
        signal += (LEVEL[name] * shares[name])[..., None] if name in shares else 0
    late = np.zeros(signal.shape[2]) if timing.slice_times is None else timing.slice_times
    for at, own in enumerate(late):
        time = timing.time + own
        part = signal[:, :, at]
        for name, vessel in vessels.items():
            here = shares[name][:, :, at] > LITTLE
            level = VEIN if vessel.vein else VOID if vessel.saturated else ARTERY
            curve = np.exp(-timing.echo_time * bolus.vessel(vessel, time)).astype(np.float32)
            part[here] += level * shares[name][:, :, at][here][:, None] * curve
        for name in (one for one in USUAL if one in shares):
            share = shares[name][:, :, at]
            here = share > LITTLE
            if here.any():
                tissue = tuple(one[:, :, at][here] for one in flows.of(name))
                rate = _rate(name, tissue, bolus, time, timing)
                part[here] += LEVEL[name] * share[here][:, None] * np.exp(-timing.echo_time * rate)
    return signal


def _rate(
    name: str, tissue: tuple[Soft, ...], bolus: Bolus, time: FloatArray, timing: Timing
) -> Soft:
    """Delta R2* of voxels of a tissue, shape (V, T), 1/s, from their CBV, CBF and delay."""
    cbv, cbf, delay = tissue
    rate = bolus.of(cbv, cbf, delay + np.float32(USUAL[name].delay), time)
    if name == "rim":
        rate -= np.float32(LEAKAGE * timing.brightening) * bolus.leakage(delay, time)
    return rate


def coil(anatomy: Anatomy, random: np.random.Generator) -> Soft:
    """Brightness of each voxel, about 1: receive coils, and the texture of tissue."""
    x, y, z = (one * np.float32(1 / 80) for one in anatomy.places)
    slopes = random.uniform(-0.05, 0.05, 3)
    shade = 0.94 + slopes[0] * x + (0.05 + slopes[1]) * (y + 0.2) + slopes[2] * z
    shade = shade + 0.09 * (x * x + (y + 0.2) ** 2)
    texture = 1 + TEXTURE * random.standard_normal(x.shape, dtype=np.float32)
    return np.asarray(shade * texture, dtype=np.float32)
