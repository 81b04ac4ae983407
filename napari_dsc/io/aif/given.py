"""A curve that was loaded as an AIF, with all that has to travel with it."""

from typing import Any, NamedTuple

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray
from napari_dsc.io.aif.curves import UNITS, refuse_curve

__all__ = ["GivenCurve", "refuse_factor"]

LARGEST_FACTOR = 1e9
NONSENSE = "a curve must be numbers over their times, got something else."


class GivenCurve(NamedTuple):
    """Curve of an artery that is known without its voxels.

    Parameters
    ----------
    time : ndarray, shape (N,)
        Times of its samples from the start of the scan, s.
    curve : ndarray, shape (N,)
        Delta R2*, in `unit`.
    unit : str
        "1/s", or "1 (TE-scaled)" where the echo time was unknown.
    scaled_by : float
        By what it was multiplied already to have the area of a VOF; 1 if it was not.
    """

    time: FloatArray
    curve: FloatArray
    unit: str
    scaled_by: float = 1.0

    @property
    def scaling(self) -> str:
        """Words on the scaling that is in the curve already; empty if there is none."""
        if self.scaled_by == 1:
            return ""
        return f"The loaded curve was scaled to a VOF before it was saved (by {self.scaled_by:.3g})"

    def as_json(self) -> dict[str, Any]:
        """Entries for a JSON file."""
        return {
            "time_s": np.asarray(self.time, np.float64).tolist(),
            "curve": np.asarray(self.curve, np.float64).tolist(),
            "curve_unit": self.unit,
            "scaled_by": float(self.scaled_by),
        }

    @classmethod
    def of_json(cls, content: Any) -> "GivenCurve":
        """Make the same again of these entries.

        Raises
        ------
        DscError
            If they are none.
        """
        if not isinstance(content, dict):
            raise DscError(NONSENSE)
        columns = [content.get(name) for name in ("time_s", "curve")]
        for one in columns:
            if not isinstance(one, list) or not all(type(value) in (int, float) for value in one):
                raise DscError(NONSENSE)
        if content.get("curve_unit") not in UNITS:
            raise DscError(NONSENSE)
        refuse_factor(content.get("scaled_by"))
        try:
            time, curve = (np.array(one, np.float64) for one in columns)
        except OverflowError as error:  # a whole number of 400 digits
            raise DscError(NONSENSE) from error
        refuse_curve(time, curve)
        return cls(time, curve, content["curve_unit"], float(content["scaled_by"]))


def refuse_factor(value: Any) -> None:
    """Raise `DscError` for a scaling factor that is no positive number."""
    if type(value) not in (int, float) or not 0 < value < LARGEST_FACTOR:
        raise DscError(
            "scaled_by must be a positive number, got something else. Save the AIF again."
        )
