"""Limits of Tmax in steps whose numbers have room beside its colours."""

import numpy as np

from napari_dsc.core.late_steps import STEP_COLOURS
from napari_dsc.core.regions import ABOVE, LATE

__all__ = ["LINE", "limits_that_fit"]

LINE = 1.7  # px that a point of a letter needs, with the gap to the next line


def limits_that_fit(
    window: tuple[float, float], height: float, letters: float
) -> tuple[float, ...]:
    """Limits whose numbers have room on a bar: all, or the one that counts and the last.

    Parameters
    ----------
    window : tuple of float
        Values at the bottom and the top of the bar.
    height : float
        Of the bar, px.
    letters : float
        Their size, pt.

    Examples
    --------
    >>> limits_that_fit((2, 12), 150, 10), limits_that_fit((2, 12), 40, 7)
    ((4.0, 6.0, 8.0, 10.0), (6.0, 10.0))
    """
    limits = tuple(STEP_COLOURS)
    low, high = window
    apart = min(np.diff(limits)) / (high - low) * height
    return limits if apart >= LINE * letters else (LATE, ABOVE[-1])
