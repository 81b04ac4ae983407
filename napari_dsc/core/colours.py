"""Tables of colours that every picture is made from; which map wears which is its row's."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.quantities import QUANTITIES
from napari_dsc.core.types import FloatArray

__all__ = ["COLOURS", "coloured"]


def _table(words: str) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex(words), np.uint8).reshape(-1, 3)


# Colours at even steps from the window's bottom to its top; between them straight.
COLOURS: Mapping[str, NDArray[np.uint8]] = {
    "dsc-rainbow": _table(  # violet, blue, cyan, green, yellow, red, as perfusion packages have it
        "14002e 240065 34009b 2b15c5 1336e6 005efd 0097f7 00d0f1 00d1a2 00c948 50d625 b1e70d"
        "ecde00 f4b500 fd8c00 f35e00 e12f00 d00000"
    ),
    "dsc-inferno": _table(  # every fifteenth of Inferno's 256, within 0.021 of each [1]_
        "000004 0a0722 1e0c45 380962 510e6c 69166e 801f6c 982766 b0315b c63d4d d94d3d e9612b"
        "f47918 fa9407 fcb014 f8cd37 f2ea69 fcffa4"
    ),
    "dsc-viridis": _table(  # the same of Viridis, within 0.02
        "440154 481769 472a7a 433d84 3d4e8a 355e8d 2e6d8e 297b8e 23898e 1f978b 21a585 2eb37c"
        "46c06f 65cb5e 89d548 b0dd2f d8e219 fde725"
    ),
    "dsc-cividis": _table(  # the same of Cividis, within 0.043: alike to every eye [2]_
        "00224e 002d68 163770 2e416d 3f4c6c 4e566c 5c616e 696b71 767676 838179 928c78 a09875"
        "afa471 bfb06b cfbd62 dfca57 f0d846 fee838"
    ),
    "dsc-blue-orange": _table(  # from light blue through near black, which is zero, to yellow
        "a0f0ff 83d3f8 66b6f2 4999eb 2c7ce4 2068ce 255ba7 2a4e81 1a3454 101010 4a2410 804626"
        "a54f1f cb5818 e26b1f e98935 f0a64c f8c462 ffe278"
    ),
}


def _refuse_unknown() -> None:
    """Raise at import for a map whose table of colours does not exist."""
    for quantity in QUANTITIES.values():
        for family, table in quantity.colours.items():
            if table not in COLOURS:
                raise TypeError(f"{quantity.symbol} must have a table in {family}, got {table!r}.")


_refuse_unknown()


def coloured(fraction: FloatArray, colours: str) -> NDArray[np.uint8]:
    """Colours of numbers; black for NaN.

    Parameters
    ----------
    fraction : ndarray, shape (...)
        From 0, the bottom of the window, to 1, its top; beyond, the colour of the end.
    colours : str
        A key of `COLOURS`.

    Returns
    -------
    ndarray of uint8, shape (..., 3)
        Red, green, blue.

    References
    ----------
    .. [1] Smith NJ, van der Walt S (2015). Viridis and Inferno, colour maps of matplotlib, CC0.
    .. [2] Nuñez JR, Anderton CR, Renslow RS (2018). Optimizing colormaps with consideration for
       color vision deficiency. PLoS ONE 13(7), e0199239.

    Examples
    --------
    >>> coloured(np.array([0.0, 1.0, np.nan]), "dsc-rainbow").tolist()
    [[20, 0, 46], [208, 0, 0], [0, 0, 0]]
    """
    table = COLOURS[colours]
    t = np.clip(np.nan_to_num(fraction), 0, 1)
    knots = np.linspace(0, 1, len(table))
    made = np.stack([np.interp(t, knots, table[:, band]) for band in range(3)], axis=-1)
    return np.where(np.isfinite(fraction)[..., None], np.round(made), 0).astype(np.uint8)
