"""Volumes before the steady state, seen on curves of delta R2* alone."""

import numpy as np

from napari_dsc.core.types import FloatArray

__all__ = ["unsteady_volumes"]

MOST = 5  # leading volumes that magnetisation takes, at the most
FOLLOWING = 4  # volumes that an earlier one is compared with, at the least
DEEP = 0.05  # of the height of the bolus: what is less changes no map
CLEAR = 8.0  # times the usual step from volume to volume


def unsteady_volumes(mean: FloatArray) -> str:
    """Say so if the first volumes are brighter than those that follow; empty if they are not.

    Signal that has not reached its steady state is larger, so that delta R2* begins below the
    level that it has before the bolus.

    Parameters
    ----------
    mean : ndarray, shape (T,)
        Mean curve of the tissue, delta R2* in any unit.
    """
    count = _count(mean)
    if not count:
        return ""
    first = "volume is" if count == 1 else f"{count} volumes are"
    return (
        f"The first {first} brighter than the baseline that follows, before the steady state: "
        f"every map suffers. Leave {'it' if count == 1 else 'them'} out of delta_r2, aif, time and "
        f"signal: [..., {count}:]."
    )


def _count(mean: FloatArray) -> int:
    """Leading samples below the plateau that follows them."""
    if mean.size < MOST + FOLLOWING or not np.isfinite(mean).all():
        return 0
    found = 0
    for at in range(MOST):
        after = mean[at + 1 : at + 1 + FOLLOWING]
        level = float(np.median(after))
        height = float(mean.max()) - level
        settled = mean[MOST : MOST + FOLLOWING]
        step = float(np.median(np.abs(np.diff(settled))))
        if level - float(mean[at]) > max(DEEP * height, CLEAR * step):
            found = at + 1
    return found
