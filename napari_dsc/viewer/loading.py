"""What napari and nibabel load with their first layer and file: loaded before a scan waits."""

from functools import cache
from threading import Thread

import numpy as np

__all__ = ["load", "load_soon"]


@cache
def load() -> None:
    """Make a layer of each kind: with its first ones napari loads pandas, pint and scipy."""
    import nibabel  # noqa: F401
    from napari.layers import Image, Labels

    Image(np.zeros((1, 1)), units=("mm", "mm"))
    Labels(np.zeros((1, 1), np.uint8))


def load_soon() -> None:
    """Load it beside the window, which is silent for 0.2 s meanwhile: better now than later."""
    Thread(target=load, name="napari-dsc: loading").start()
