"""Volumes before the steady state, seen on curves of delta R2* alone."""

import numpy as np

from napari_dsc.core.types import FloatArray

__all__ = ["unsteady_volumes"]

MOST = 5  # leading volumes that magnetisation takes, at the most
FOLLOWING, FEWEST = 4, 3  # volumes before the bolus that the first are compared with
DEEP = 0.05  # of the height of the bolus: what is less changes no map
CLEAR = 4.0  # times the largest deviation of those


def unsteady_volumes(mean: FloatArray, arrival: int) -> str:
    """Say so if the first volumes are brighter than those that follow; empty if they are not.

    Signal that has not reached its steady state is larger, so that delta R2* begins below the
    level that it has before the bolus.

    Parameters
    ----------
    mean : ndarray, shape (T,)
        Mean curve of the tissue, delta R2* in any unit.
    arrival : int
        Volume at which the bolus reaches the artery: nothing is told of those that follow.
    """
    count = _count(mean, arrival)
    if not count:
        return ""
    first = "volume is" if count == 1 else f"{count} volumes are"
    return (
        f"The first {first} brighter than the baseline that follows, before the steady state: "
        f"every map suffers. Leave {'it' if count == 1 else 'them'} out of delta_r2, aif, time and "
        f"signal: [..., {count}:]."
    )


def _count(mean: FloatArray, arrival: int) -> int:
    """Leading samples below the plateau that follows them, up to the bolus."""
    found = 0
    for at in range(min(MOST, arrival - FOLLOWING)):
        plateau = mean[min(MOST, max(at + 1, arrival - FOLLOWING)) : arrival]
        if plateau.size < FEWEST or not np.isfinite(mean).all():
            break
        level = float(np.median(plateau))
        scatter = float(np.abs(plateau - level).max())
        deep = level - float(mean[at])
        if deep <= max(DEEP * (float(mean.max()) - level), CLEAR * scatter):
            break  # what follows is no approach to the steady state
        found = at + 1
    return found
