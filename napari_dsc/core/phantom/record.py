"""Digital patient as a record: a scan, its true maps and the tissue of its voxels."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.short_repr import brief
from napari_dsc.core.types import BoolArray, FloatArray, KnownSeries

__all__ = ["GREY_SIGNAL", "Made", "Perfusion", "Phantom", "Timing", "Tissue"]

GREY_SIGNAL = 900.0  # a.u.: SNR is given for this


class Tissue(IntEnum):
    """Labels of the phantom's voxels."""

    AIR = 0
    SCALP = 1
    GREY = 2
    WHITE = 3
    CSF = 4
    HYPOPERFUSED = 5
    TUMOUR = 6
    ARTERY = 7
    PARTIAL_ARTERY = 8
    SATURATED_ARTERY = 9
    VEIN = 10
    INFARCT_CORE = 11
    NECROSIS = 12
    OEDEMA = 13
    CHOROID_PLEXUS = 14


class Perfusion(NamedTuple):
    """What a tissue does to a bolus; its residue function is exponential."""

    cbf: float  # mL/100g/min
    cbv: float  # mL/100g
    delay: float = 0.0  # s

    @property
    def mtt(self) -> float:
        """Mean transit time, s."""
        return 60 * self.cbv / self.cbf


class Timing(NamedTuple):
    """When a scan measures, and when its bolus comes."""

    time: FloatArray  # (T,) s
    echo_time: float  # s
    arrival: float  # s
    slice_times: FloatArray | None = None  # (Z,) s
    t1_echo_time: float | None = None  # s: what leaks is as bright as at this echo; None: its own

    @property
    def brightening(self) -> float:
        """T1 of leaked agent as delta R2* of this echo, over that of the echo that it is as at."""
        return 1.0 if self.t1_echo_time is None else self.t1_echo_time / self.echo_time


class Made(NamedTuple):
    """A patient before the scanner's noise."""

    signal: NDArray[np.float32]  # (X, Y, Z, T) a.u., in the steady state
    truth: Mapping[str, FloatArray]
    tissue: NDArray[np.uint8]  # (X, Y, Z)
    artery: BoolArray  # (X, Y, Z)
    brain: BoolArray  # (X, Y, Z)
    aif: FloatArray  # (T,) 1/s


@brief
@dataclass(frozen=True, slots=True, eq=False)
class Phantom:
    """A scan and its truth.

    Parameters
    ----------
    series : KnownSeries
        The scan: int16, shape (X, Y, Z, T).
    truth : mapping of str to ndarray, shape (X, Y, Z)
        "cbf" in mL/100g/min, "cbv" in mL/100g, "mtt" and "delay" in s. NaN in vessels, in CSF
        (transit times) and outside the brain. Where several tissues share a voxel, flow and
        volume are the means of its tissues and its fluid (which has neither) by their shares of
        the voxel, MTT is 60 CBV / CBF of these, and the delay is that of all tissue there; NaN
        where more than 2 % of it is blood of a vessel, or less than half is brain or fluid. A
        perfect analysis differs a little: bright parts of a voxel weigh more in its signal.
    tissue : ndarray of uint8, shape (X, Y, Z)
        Labels of `Tissue`: 0 air, 1 scalp, 2 grey matter, 3 white matter, 4 CSF, 5 hypoperfused
        territory, 6 leaky tumour, 7 artery, 8 artery and tissue in one voxel, 9 saturated
        artery, 10 vein; of the realistic patient also 11 core of the infarct, 12 necrosis and
        13 oedema of the tumour (6 is then its rim), 14 choroid plexus. There the tissue with
        the largest share of a voxel gives the label, 0 stands for bone too and 1 for all that
        is soft around the skull; 7 is at least 95 % fresh arterial blood, 8 and 9 a quarter.
    artery : ndarray of bool, shape (X, Y, Z)
        Pure, unsaturated arterial voxels.
    brain : ndarray of bool, shape (X, Y, Z)
        Brain, ventricles and vessels.
    aif : ndarray, shape (T,)
        True delta R2* of the artery, 1/s.
    """

    series: KnownSeries
    truth: Mapping[str, FloatArray]
    tissue: NDArray[np.uint8]
    artery: BoolArray
    brain: BoolArray
    aif: FloatArray
