"""Smooth random fields in space, and reading them at points."""

from typing import TypeAlias

import numpy as np

from napari_dsc.core.types import FloatArray

__all__ = ["Soft", "at_points", "field"]

Soft: TypeAlias = FloatArray  # float32: shares, depths, what changes smoothly from place to place

CUBE, CELL = 100, 2.2  # cells of a random field along each axis, and their size in mm


def field(random: np.random.Generator, wave: float, spread: float = 0.25) -> Soft:
    """Random field of one wavelength, mean 0 and standard deviation 1, shape (100, 100, 100).

    Parameters
    ----------
    random : Generator
        Where its chance comes from.
    wave : float
        Wavelength, mm.
    spread : float
        Of the wave number, relative.
    """
    from scipy import fft

    noise = random.standard_normal((CUBE,) * 3, dtype=np.float32)
    waves = fft.rfftn(noise)
    full, half = fft.fftfreq(CUBE, CELL) ** 2, fft.rfftfreq(CUBE, CELL) ** 2
    number = np.sqrt(full[:, None, None] + full[None, :, None] + half[None, None, :])
    waves *= np.exp(-0.5 * ((number * wave - 1) / spread) ** 2).astype(np.float32)
    made = fft.irfftn(waves, s=noise.shape)
    return np.asarray(made / made.std(), dtype=np.float32)


def at_points(values: Soft, x: Soft, y: Soft, z: Soft) -> Soft:
    """Read a random field at some points, by straight lines between its cells."""
    from scipy import ndimage

    middle = np.float32(CUBE / 2)
    places = [axis * np.float32(1 / CELL) + middle for axis in (x, y, z)]
    return np.asarray(
        ndimage.map_coordinates(values, places, order=1, mode="grid-wrap", output=np.float32)
    )
