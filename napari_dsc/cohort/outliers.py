"""Scans unlike the others of their cohort, by robust z: median and MAD, whatever a few of them are.

References
----------
Iglewicz B, Hoaglin DC (1993). How to Detect and Handle Outliers. ASQC Quality Press.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from napari_dsc.core.number_words import unit_words
from napari_dsc.core.types import FloatArray

__all__ = ["FEWEST", "LIMIT", "Outlier", "outliers_in", "robust_z"]

LIMIT = 3.5  # of |z|
FEWEST = 5  # scans: of fewer nobody knows what is usual
NORMAL_MAD = 0.6745  # MAD of a normal distribution over its SD
NORMAL_MEAN = 1.253314  # SD of one over its mean absolute deviation


@dataclass(frozen=True, slots=True)
class Outlier:
    """A number of a scan that is unlike those of the others.

    Parameters
    ----------
    name, unit : str
        Of the number.
    value, median, z : float
        Of the scan; over the cohort; and how far apart they are.
    """

    name: str
    unit: str
    value: float
    median: float
    z: float

    @property
    def words(self) -> str:
        """It in a sentence."""
        known = f"{self.value:.3g} {unit_words(self.unit)}".rstrip()
        return (
            f"{self.name} {known} is unlike the other scans' "
            f"(median {self.median:.3g}, robust z {self.z:+.1f})."
        )


def robust_z(values: FloatArray) -> FloatArray:
    """How far each number lies from the median, in robust standard deviations.

    Parameters
    ----------
    values : ndarray, shape (N,)
        NaN where there is none.

    Returns
    -------
    ndarray, shape (N,)
        0.6745 (x - median) / MAD; where more than half of the numbers are the same, the mean
        absolute deviation stands for MAD; 0 where all are. NaN for NaN, and for fewer than 5.

    Examples
    --------
    >>> robust_z(np.array([4.0, 5, 5, 6, 20])).round(1).tolist()
    [-0.7, 0.0, 0.0, 0.7, 10.1]
    """
    known = values[np.isfinite(values)]
    if known.size < FEWEST:
        return np.full(values.shape, np.nan)
    away = values - np.median(known)
    size = np.abs(away[np.isfinite(values)])
    spread = float(np.median(size)) / NORMAL_MAD or float(np.mean(size)) * NORMAL_MEAN
    return np.asarray(away / spread if spread > 0 else np.where(np.isfinite(away), 0.0, np.nan))


def outliers_in(
    numbers: Mapping[str, Mapping[str, float]], units: Mapping[str, str]
) -> dict[str, list[Outlier]]:
    """Find what is unlike in each scan of a cohort.

    Parameters
    ----------
    numbers : mapping of str to mapping of str to float
        By the label of each scan, its numbers by their names.
    units : mapping of str to str
        By the same names; others are not looked at.

    Returns
    -------
    dict of str to list of Outlier
        By the label of each scan that has any, the farthest first.
    """
    found: dict[str, list[Outlier]] = {}
    labels = list(numbers)
    for name, unit in units.items():
        values = np.array([numbers[label].get(name, np.nan) for label in labels], dtype=np.float64)
        for label, value, z in zip(labels, values, robust_z(values), strict=True):
            if abs(z) > LIMIT:
                median = float(np.nanmedian(values))
                found.setdefault(label, []).append(Outlier(name, unit, float(value), median, z))
    return {label: sorted(own, key=lambda one: -abs(one.z)) for label, own in found.items()}
