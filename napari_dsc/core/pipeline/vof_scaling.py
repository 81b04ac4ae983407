"""Scaling of an AIF to the area of a VOF, against partial volume."""

from dataclasses import dataclass

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.maps.scale import area_weights
from napari_dsc.core.types import FloatArray

__all__ = ["VofScaling", "vof_scaling"]

END = 3  # samples
UNRETURNED = 0.15  # end over peak: about 5 % of the area of a passage that comes back lie beyond
UNLIKELY = 5.0  # an AIF of a fifth of a voxel's blood is not one
EXACT = 0.95  # noise alone moves the factor of a pure artery by less


@dataclass(frozen=True, slots=True, kw_only=True)
class VofScaling:
    """What an AIF is multiplied by to have the area of a VOF [1]_.

    Both areas are taken over all retained volumes, whatever the window of CBV is: the vein's
    passage is later and longer, so that a window made for the artery's cuts it. On curves of
    known partial volume this is right within 1 % with and without recirculation, whereas the
    areas of gamma variates fitted to the first passes are 2 to 24 % too large in the vein, whose
    recirculation begins before its first pass has fallen. It is too small where the scan ends
    before the vein has returned, and wrong where the signal drifts: `warnings` tell.

    Parameters
    ----------
    factor : float
        Area of the VOF over that of the AIF.
    aif_end, vof_end : float
        Mean of the last three samples over the peak.

    References
    ----------
    .. [1] Knutsson L et al. (2010). MAGMA 23(1):1-21.
    """

    factor: float
    aif_end: float
    vof_end: float

    @property
    def notice(self) -> str:
        """By how much, and over what the areas were taken."""
        return (
            f"The AIF is scaled by {self.factor:.3g}: its area over all retained volumes to that "
            "of the VOF."
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What stands against the factor."""
        words = []
        if self.factor < EXACT:
            words.append(
                f"The factor of the VOF, {self.factor:.3g}, is below 1, which partial volume of "
                "the AIF cannot cause: check that the VOF holds pure, unsaturated venous voxels, "
                "or leave the scaling out."
            )
        elif round(self.factor, 3) < 1:
            words.append(
                f"The factor of the VOF, {self.factor:.3g}, is below 1 by no more than noise "
                "explains: the AIF shows no partial volume. It is scaled all the same, which "
                f"raises CBF and CBV by {1 / self.factor - 1:.1%}."
            )
        elif self.factor > UNLIKELY:
            words.append(
                f"The factor of the VOF, {self.factor:.3g}, is above {UNLIKELY:g}: such an AIF is "
                "mostly tissue, or the wrong voxels. Choose purer arterial voxels."
            )
        for name, end in (("AIF", self.aif_end), ("VOF", self.vof_end)):
            if not abs(end) <= UNRETURNED:
                words.append(
                    f"The {name} ends at {end:.0%} of its peak: it has not returned by the end of "
                    "the scan, or drifts, and the factor of the VOF is doubtful."
                )
        return tuple(words)


def vof_scaling(aif: FloatArray, vof: FloatArray, time: FloatArray) -> VofScaling:
    """Compare the areas of an AIF and a VOF over all of their samples.

    Parameters
    ----------
    aif, vof : ndarray, shape (T,)
        Delta R2* in artery and vein, in one unit.
    time : ndarray, shape (T,)
        Time of each sample, s.

    Raises
    ------
    DscError
        If either has no positive area.

    Examples
    --------
    >>> time = np.arange(6.0)
    >>> vof_scaling(np.eye(6)[1], 2 * np.eye(6)[3], time).factor
    2.0
    """
    weights = area_weights(time)
    areas = []
    for name, curve in (("AIF", aif), ("VOF", vof)):
        area = float(curve @ weights)
        if not area > 0:
            kind = "arterial" if name == "AIF" else "venous"
            raise DscError(
                f"{name} integral is non-positive (got {area:g}). Choose {kind} voxels, and a "
                "baseline before the bolus."
            )
        areas.append(area)
    ends = [float(curve[-END:].mean() / np.max(curve)) for curve in (aif, vof)]
    return VofScaling(factor=areas[1] / areas[0], aif_end=ends[0], vof_end=ends[1])
