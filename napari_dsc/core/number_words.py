"""Numbers and units as every display writes them: three digits, no powers of ten, no unit 1."""

from math import isfinite
from operator import index
from typing import SupportsIndex

__all__ = ["NO_NUMBER", "number_words", "size_words", "unit_words", "voxel_words", "with_unit"]

NO_NUMBER = "–"
LEAST = 5e-4  # below, three digits would be a row of zeros
WHOLE = 99.95  # from here on, three digits are whole numbers


def number_words(value: float) -> str:
    """A mean, a ratio or a volume, alike on screen, in a report and in a terminal.

    Parameters
    ----------
    value : float
        Any number.

    Returns
    -------
    str
        Three digits; whole from 100; a dash for what is no number.

    Examples
    --------
    >>> number_words(1234.56), number_words(12.345), number_words(1.0), number_words(0.012345)
    ('1235', '12.3', '1.00', '0.0123')
    >>> number_words(float("nan")), number_words(-1e-9)
    ('–', '0')
    """
    if not isfinite(value):
        return NO_NUMBER
    if abs(value) < LEAST:
        return "0"
    return f"{value:.0f}" if abs(value) >= WHOLE else f"{value:#.3g}"


def size_words(volume: float) -> str:
    """Volume of a region in mL: to a tenth, and of a small one to three digits.

    Examples
    --------
    >>> size_words(148.86), size_words(0.0612)
    ('148.9', '0.0612')
    """
    return f"{volume:.1f}" if isfinite(volume) and volume >= 1 else number_words(volume)


def unit_words(unit: str) -> str:
    """Unit beside a number: nothing where it is 1, which would be read as a number.

    Examples
    --------
    >>> unit_words("mL/100g"), unit_words("1")
    ('mL/100g', '')
    """
    return "" if unit == "1" else unit


def with_unit(name: str, unit: str) -> str:
    """Name of a map with its unit, where it has one.

    Examples
    --------
    >>> with_unit("CBV", "mL/100g"), with_unit("rCBV", "1")
    ('CBV (mL/100g)', 'rCBV')
    """
    return f"{name} ({unit})" if unit_words(unit) else name


def voxel_words(count: SupportsIndex) -> str:
    """Number of voxels in words.

    Examples
    --------
    >>> voxel_words(1), voxel_words(0), voxel_words(12345)
    ('1 voxel', '0 voxels', '12,345 voxels')
    """
    number = index(count)
    return "1 voxel" if number == 1 else f"{number:,} voxels"
