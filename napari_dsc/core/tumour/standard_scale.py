"""Standardised blood volume: histograms matched to a scale that a user makes of scans.

Relative blood volume is brought onto one scale by landmarks of its histogram [1]_, without a
reference region. The scale is made of scans of one's own: none is shipped.

References
----------
.. [1] Nyul LG et al. (2000). IEEE Trans Med Imaging 19(2):143-150.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.regions.input_checks import as_region
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray, ParameterMap

__all__ = ["PERCENTILES", "StandardScale", "make_standard_scale", "standardised"]

PERCENTILES = (1.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 99.0)
FEWEST_SCANS, FEWEST_VOXELS = 2, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardScale:
    """Landmarks of a scale: the usual percentiles of blood volume over its median.

    Parameters
    ----------
    landmarks : tuple of float
        At `PERCENTILES`, rising; that of the median is 1.
    scans : int
        Of how many scans it was made.

    Raises
    ------
    DscError
        If there is not one landmark for each percentile, or they do not rise.
    """

    landmarks: tuple[float, ...]
    scans: int

    def __post_init__(self) -> None:
        marks = np.asarray(self.landmarks, dtype=np.float64)
        if marks.shape != (len(PERCENTILES),) or not np.isfinite(marks).all():
            raise DscError(
                f"landmarks must be {len(PERCENTILES)} finite numbers, got {len(self.landmarks)}. "
                "Make the scale again."
            )
        if not (np.diff(marks) > 0).all():
            raise DscError("landmarks must rise, got others. Make the scale again.")
        if self.scans < FEWEST_SCANS:
            raise DscError(
                f"a scale must be made of at least {FEWEST_SCANS} scans, got {self.scans}. "
                "Use more."
            )


def make_standard_scale(scans: Iterable[tuple[DSCPerfusionMaps, BoolArray]]) -> StandardScale:
    """Make a scale of several scans: the mean of their landmarks, each over its own median.

    Parameters
    ----------
    scans : iterable of (DSCPerfusionMaps, ndarray of bool)
        Maps, and the brain in which their blood volume is looked at.

    Returns
    -------
    StandardScale
        For `standardised`.

    Raises
    ------
    DscError
        If there are fewer than two, or one holds fewer than 1000 accepted voxels.
    """
    every = []
    for maps, brain in scans:
        marks = _landmarks(maps.blood_volume, brain)
        every.append(marks / marks[PERCENTILES.index(50.0)])
    if len(every) < FEWEST_SCANS:
        raise DscError(
            f"a scale must be made of at least {FEWEST_SCANS} scans, got {len(every)}. Use more."
        )
    mean = np.mean(every, axis=0)
    return StandardScale(landmarks=tuple(float(one) for one in mean), scans=len(every))


def standardised(one: ParameterMap, brain: BoolArray, scale: StandardScale) -> ParameterMap:
    """Blood volume on a standard scale: its histogram matched at the landmarks.

    Between landmarks the mapping is linear; beyond them the outermost piece goes on.

    Parameters
    ----------
    one : ParameterMap
        CBV, or the area under the bolus, shape (...).
    brain : ndarray of bool, shape (...)
        Where its histogram is taken.
    scale : StandardScale
        From `make_standard_scale`.

    Returns
    -------
    ParameterMap
        "sCBV", unit "1": 1 is the median of a usual brain.

    Raises
    ------
    DscError
        If the brain is not of the map's shape, or holds fewer than 1000 accepted voxels.
    """
    own, goal = _landmarks(one, brain), np.asarray(scale.landmarks)
    values = np.interp(one.values.astype(np.float64), own, goal)
    for beyond, end, inner in ((one.values < own[0], 0, 1), (one.values > own[-1], -1, -2)):
        slope = (goal[inner] - goal[end]) / (own[inner] - own[end])
        values = np.where(beyond, goal[end] + slope * (one.values - own[end]), values)
    return replace(
        one,
        values=np.where(np.isfinite(one.values), values, np.nan),
        name=f"Blood volume on a standard scale of {scale.scans} scans",
        symbol="sCBV",
        units="1",
    )


def _landmarks(one: ParameterMap, brain: BoolArray) -> FloatArray:
    """Percentiles of the accepted voxels of a brain."""
    stands = as_region("brain", brain, one.values.shape) & one.quality_mask
    values = one.values[stands]
    values = values[np.isfinite(values)]
    if values.size < FEWEST_VOXELS:
        raise DscError(
            f"the brain must hold at least {FEWEST_VOXELS} accepted voxels, got {values.size}. "
            "Leave this scan out."
        )
    marks = np.percentile(values.astype(np.float64), PERCENTILES)
    if not (np.diff(marks) > 0).all() or not marks[PERCENTILES.index(50.0)] > 0:
        raise DscError(
            "blood volume must differ over the brain and be positive, got an even map. Leave this "
            "scan out."
        )
    return np.asarray(marks)
