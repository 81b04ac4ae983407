"""Artefacts of the digital patient's scan, such as motion or noise, put in on request."""

from dataclasses import dataclass, fields

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.phantom.random_fields import Soft
from napari_dsc.core.phantom.record import GREY_SIGNAL
from napari_dsc.core.real_numbers import as_count, as_number
from napari_dsc.core.types import FloatArray

__all__ = ["Artefacts", "faded", "interrupted", "moved_head", "pulsing"]

HEART = 1.07  # 1/s
SINUSES = ((0, 36, -26, 24, 26, 16), (44, -32, -34, 17, 16, 14))  # mm: centres and half axes
STRIPES = 6.0  # standard deviations of grey matter's noise at an SNR of 100, for a spike
JERKS = 4  # moments at which a restless head moves
TURNING = 0.5  # degrees for each mm
FIRST = 3  # volumes before anything happens to one


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefacts:
    """What spoils a scan; nothing does unless it is asked for.

    Parameters
    ----------
    motion : float
        Largest shift of the head in the slices, mm. It moves at four moments, each time to
        another place, and turns by half a degree for each mm.
    drift : float
        By how much the signal rises over the scan, as a share of it; may be negative.
    spikes : int
        Volumes of which one slice bears stripes, as a spark in the scanner room leaves.
    dropout : float
        Share of the signal that is lost above the sinuses and the petrous bones, 0 to 1.
    pulsation : float
        By how much fluid, arteries and the brain stem brighten and darken with the heart, as a
        share of their signal.
    stopped : bool
        Whether the scan was stopped within its last volume: the upper half of its slices is 0.

    Raises
    ------
    DscError
        If a number is not finite, or outside what its description allows.
    """

    motion: float = 0.0
    drift: float = 0.0
    spikes: int = 0
    dropout: float = 0.0
    pulsation: float = 0.0
    stopped: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        limits = {"motion": 30.0, "drift": 0.9, "dropout": 1.0, "pulsation": 0.9}
        for one in fields(self):
            if one.name == "spikes":
                as_count("spikes", self.spikes)
            elif one.name != "stopped":
                value, most = as_number(one.name, getattr(self, one.name)), limits[one.name]
                least = -most if one.name == "drift" else 0.0
                if not least <= value <= most:
                    raise DscError(
                        f"{one.name} must lie between {least:g} and {most:g}, got {value:g}. "
                        "0 leaves it out."
                    )


def faded(artefacts: Artefacts, places: tuple[Soft, Soft, Soft]) -> Soft:
    """Share of the signal that air in the skull base leaves to each voxel."""
    kept = np.ones_like(places[0])
    if not artefacts.dropout:
        return kept
    for x, y, z, a, b, c in SINUSES:
        aside = np.abs(places[0]) - x if x else places[0]
        away = (aside / a) ** 2 + ((places[1] - y) / b) ** 2 + ((places[2] - z) / c) ** 2
        kept *= 1 - np.float32(artefacts.dropout) * np.exp(-1.5 * away * away)
    return kept


def pulsing(
    artefacts: Artefacts, signal: Soft, wet: Soft, time: FloatArray, late: FloatArray
) -> None:
    """Let fluid, arteries and brain stem beat with the heart, and the signal drift; in place.

    Parameters
    ----------
    artefacts : Artefacts
        How much.
    signal : ndarray, shape (X, Y, Z, T)
        Of the scan, a.u.
    wet : ndarray, shape (X, Y, Z)
        How much each voxel beats: 1 in fluid and arteries.
    time, late : ndarray, shape (T,) and (Z,)
        Times of the volumes, and of the slices after them, s.
    """
    if artefacts.pulsation:
        beats = np.sin(2 * np.pi * HEART * (time[None, :] + late[:, None])).astype(np.float32)
        for at, beat in enumerate(beats):
            own = np.float32(artefacts.pulsation) * wet[:, :, at, None]
            signal[:, :, at] *= 1 + own * beat
    if artefacts.drift:
        signal *= (1 + artefacts.drift * (time - time[0]) / np.ptp(time)).astype(np.float32)


def moved_head(
    artefacts: Artefacts, signal: Soft, spacing: FloatArray, random: np.random.Generator
) -> None:
    """Let the head lie elsewhere from some moments on, in the plane of the slices; in place."""
    if not artefacts.motion:
        return
    from scipy import ndimage

    n = signal.shape[-1]
    moments = np.sort(random.choice(np.arange(min(FIRST, n - 1), n), min(JERKS, n - 1), False))
    places = random.uniform(-1, 1, (moments.size, 3))
    places[:, :2] *= artefacts.motion / np.sqrt(2)
    places[:, :2] *= artefacts.motion / np.linalg.norm(places[:, :2], axis=1).max()
    middle = (np.array(signal.shape[:2]) - 1) / 2
    for volume in range(int(moments[0]), n):
        dx, dy, turn = places[np.searchsorted(moments, volume, side="right") - 1]
        angle = np.radians(TURNING * artefacts.motion * turn)
        turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turned = turned * spacing[None, :2] / spacing[:2, None]
        offset = middle - turned @ middle - turned @ (np.array([dx, dy]) / spacing[:2])
        for at in range(signal.shape[2]):
            signal[:, :, at, volume] = ndimage.affine_transform(
                np.ascontiguousarray(signal[:, :, at, volume]), turned, offset, order=1
            )


def interrupted(artefacts: Artefacts, signal: Soft, random: np.random.Generator) -> None:
    """Put stripes into some slices, and end the scan within its last volume; in place."""
    nx, ny, nz, n = signal.shape
    count = min(artefacts.spikes, max(0, n - FIRST))
    for volume in random.choice(np.arange(min(FIRST, n - 1), n), count, replace=False):
        across, along = random.integers(nx // 8, nx // 3 + 1), random.integers(ny // 8, ny // 3 + 1)
        phase = np.add.outer(across * np.arange(nx) / nx, along * np.arange(ny) / ny)
        stripes = STRIPES * GREY_SIGNAL / 100 * np.cos(2 * np.pi * phase)
        at = random.integers(0, nz)
        signal[:, :, at, volume] = np.abs(signal[:, :, at, volume] + stripes.astype(np.float32))
    if artefacts.stopped:
        signal[:, :, (nz + 1) // 2 :, -1] = 0
        if nz == 1:
            signal[..., -1] = 0
