"""The bolus in vessels and tissues of a patient, read at any time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.maps import Scale
from napari_dsc.core.phantom.curves import FINE, arterial_curve, passed_on
from napari_dsc.core.phantom.perfusion import USUAL
from napari_dsc.core.phantom.random_fields import Soft
from napari_dsc.core.phantom.vessels import Vessel
from napari_dsc.core.types import FloatArray

__all__ = ["AIF_PEAK", "Bolus", "bolus_of"]

AIF_PEAK = 90.0  # 1/s: a pure artery stays above the noise floor at an SNR of 30
TRANSIT, LATER = 4.5, 3.0  # s: mean time through the brain to a vein, and its delay
COLLATERAL = 3.0  # s: how much broader blood is that comes by a detour
BRIEFEST, LONGEST, TRANSITS = 1.5, 30.0, 96  # s: mean transit times that are kept, and how many


class Bolus(NamedTuple):
    """Curves on the fine time grid."""

    artery: FloatArray  # (N,) 1/s
    vein: FloatArray  # (N,) 1/s
    detour: FloatArray  # (N,) 1/s
    tissue: FloatArray  # (M, N) 1/s, of 1 mL/100g at each of the mean transit times
    leaked: FloatArray  # (N,) integral of white matter's curve

    def vessel(self, vessel: Vessel, time: FloatArray) -> FloatArray:
        """Delta R2* of a vessel's blood at some times, 1/s."""
        curve = self.vein if vessel.vein else self.detour if vessel.detour else self.artery
        fine = np.arange(curve.size) * FINE
        return np.asarray(np.interp(time - vessel.delay, fine, curve))

    def of(self, cbv: Soft, cbf: Soft, delay: Soft, time: FloatArray) -> Soft:
        """Delta R2* of tissue, shape (V, T), 1/s, at some times."""
        transit = np.clip(60 * cbv / cbf, BRIEFEST, LONGEST)
        row = np.rint(_place(transit)).astype(np.int32)
        at = (time.astype(np.float32) - delay[:, None]) * np.float32(1 / FINE)
        return np.asarray(cbv[:, None] * _sampled(self.tissue, row, at))

    def leakage(self, delay: Soft, time: FloatArray) -> Soft:
        """Integral of white matter's curve, shape (V, T)."""
        at = (time.astype(np.float32) - delay[:, None]) * np.float32(1 / FINE)
        return _sampled(self.leaked[None], np.zeros(delay.size, dtype=np.int32), at)


def _sampled(table: FloatArray, row: NDArray[np.int32], at: Soft) -> Soft:
    """Read a row of a table at fractional places; its first value before it begins."""
    at = np.clip(at, 0, table.shape[1] - 1.001)
    low = at.astype(np.int32)
    place = low + (row * table.shape[1])[:, None]
    flat = table.astype(np.float32, copy=False).ravel()
    below = flat[place]
    return np.asarray(below + (at - low) * (flat[place + 1] - below))


def _place(transit: FloatArray) -> FloatArray:
    """Place of a mean transit time among those that are kept, which are equal ratios apart."""
    return np.asarray(np.log(transit / BRIEFEST) * ((TRANSITS - 1) / np.log(LONGEST / BRIEFEST)))


def bolus_of(last: float, arrival: float) -> Bolus:
    """Curves of a bolus up to some time.

    Parameters
    ----------
    last, arrival : float
        Latest time that is asked for, and when the bolus reaches the carotids, s.
    """
    fine = np.arange(0, last + 1, FINE)
    artery = arterial_curve(fine - arrival, AIF_PEAK)
    transits = BRIEFEST * (LONGEST / BRIEFEST) ** (np.arange(TRANSITS) / (TRANSITS - 1))
    flow = 60 / Scale().flow  # of 1 mL/100g, for each s of transit
    tissue = np.stack(
        [passed_on(fine, artery, flow / one * np.exp(-fine / one)) for one in transits]
    )
    vein = passed_on(fine, artery, np.exp(-fine / TRANSIT) / TRANSIT, LATER)
    detour = passed_on(fine, artery, np.exp(-fine / COLLATERAL) / COLLATERAL)
    white = USUAL["white"]
    slow = white.cbv * tissue[round(float(_place(np.array(white.mtt))))]
    return Bolus(artery, vein, detour, tissue.astype(np.float32), FINE * np.cumsum(slow))
