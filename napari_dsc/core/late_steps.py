"""Colours of Tmax in steps: one for each limit of late tissue, the grey scan below the first.

The steps are those of the volumes, so that picture and numbers tell the same. The colours differ in
lightness and in blue from one another and from every grey: they are told apart by every eye.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.regions import ABOVE
from napari_dsc.core.types import FloatArray

__all__ = ["BRIGHTEST", "STEP_COLOURS", "STEP_WINDOW", "drawn_in_steps", "in_steps", "steps_of"]

# Red, green, blue above each limit, s.
STEP_COLOURS: Mapping[float, tuple[int, int, int]] = MappingProxyType(
    dict(
        zip(
            ABOVE,
            ((32, 92, 214), (84, 200, 255), (255, 226, 64), (212, 52, 0)),
            strict=True,
        )
    )
)
# s: grey levels are drawn as wide as the first step, and the last step as the one before.
STEP_WINDOW = (2 * ABOVE[0] - ABOVE[1], 2 * ABOVE[-1] - ABOVE[-2])
BRIGHTEST = 0.6  # of white: the scan lies below the colours, and is not to outshine them
LEVELS = 256  # of the scan's grey


def steps_of(tmax: FloatArray) -> NDArray[np.int8]:
    """How many of the limits a Tmax is above; one that just reaches a limit is not.

    Parameters
    ----------
    tmax : ndarray, shape (...)
        s; NaN is above none.

    Examples
    --------
    >>> steps_of(np.array([np.nan, 3.9, 4.0, 4.1, 6.0, 8.5, 60.0])).tolist()
    [0, 0, 0, 1, 1, 3, 4]
    """
    with np.errstate(invalid="ignore"):  # NaN is not late
        found: NDArray[np.int8] = np.sum([tmax > one for one in ABOVE], axis=0, dtype=np.int8)
    return found


def drawn_in_steps(tmax: FloatArray, grey: NDArray[np.uint8] | None) -> NDArray[np.float32]:
    """Numbers that stand for Tmax in a picture whose colours run over `STEP_WINDOW`.

    Each step is its middle, so that no table of colours, however coarse, mixes two of them. Below
    the first limit the numbers are grey levels of the scan.

    Parameters
    ----------
    tmax : ndarray, shape (...)
        s.
    grey : ndarray of uint8, shape (...), or None
        Grey levels of the scan; None: NaN, which is not drawn.

    Examples
    --------
    >>> grey = np.array([0, 128, 255], np.uint8)
    >>> drawn_in_steps(np.array([1.0, np.nan, 7.5]), grey).tolist()
    [2.0, 3.0, 7.0]
    """
    steps = steps_of(tmax)
    middles = np.convolve([*ABOVE, STEP_WINDOW[1]], [0.5, 0.5], "valid")
    drawn = np.concatenate([[np.nan], middles]).astype(np.float32)[steps]
    if grey is not None:
        low, each = STEP_WINDOW[0], (ABOVE[0] - STEP_WINDOW[0]) / LEVELS
        drawn = np.where(steps > 0, drawn, low + each * grey.astype(np.float32))
    return drawn.astype(np.float32)


def in_steps(tmax: FloatArray, grey: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """Colours of Tmax in steps over the scan.

    Parameters
    ----------
    tmax : ndarray, shape (...)
        s; NaN shows the scan.
    grey : ndarray of uint8, shape (...), optional
        Grey levels of the scan; None: it is black.

    Returns
    -------
    ndarray of uint8, shape (..., 3)
        Red, green, blue.

    Examples
    --------
    >>> in_steps(np.array([2.0, 11.0]), np.array([100, 100], np.uint8)).tolist()
    [[60, 60, 60], [212, 52, 0]]
    """
    steps = steps_of(tmax)
    made: NDArray[np.uint8] = np.array([(0, 0, 0), *STEP_COLOURS.values()], np.uint8)[steps]
    if grey is not None:
        below = steps == 0
        made[below] = np.round(BRIGHTEST * grey[below]).astype(np.uint8)[:, None]
    return made
