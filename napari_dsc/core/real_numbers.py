"""Conversion to arrays of real numbers, from numpy, pandas, xarray or plain Python."""

from collections.abc import Iterable
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError

__all__ = ["as_count", "as_flag", "as_number", "as_reals", "described", "refuse_unknown_word"]

TIME_NAMES = ("time", "t", "volume", "volumes")


def as_reals(name: str, values: Any, remedy: str = "Pass numbers.") -> NDArray[Any]:
    """Plain array of real numbers: floats of the machine's byte order, or integers.

    Parameters
    ----------
    name : str
        Of the argument.
    values : array_like
        Lists, arrays of any dtype and order, masked arrays, data frames' columns.
    remedy : str
        What a caller can do who gave something else.

    Returns
    -------
    ndarray
        Floats of 32 or 64 bits, or integers as they are; masked samples are NaN.

    Raises
    ------
    DscError
        If it holds anything but real numbers, or its time is a named axis that is not the last.
    """
    _refuse_named_axes(name, values)
    try:
        array: Any = values if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise DscError(
            f"{name} must be an array of real numbers, got {described(values)}. {remedy}"
        ) from error
    if array.dtype.kind == "O":
        array = _of_objects(name, array, remedy)
    if array.dtype.kind not in "iuf":
        raise DscError(
            f"{name} must be real numbers, got {array.dtype} of shape {array.shape}. {remedy}"
        )
    if isinstance(array, np.ma.MaskedArray):
        if np.ma.getmaskarray(array).any():
            array = _floating(array).filled(np.nan)
        array = np.asarray(array)
    plain: NDArray[Any] = _floating(array) if array.dtype.kind == "f" else array
    return plain


def as_number(name: str, value: Any) -> float:
    """One real number as a float; raise `DscError` for anything else. NaN is a number here."""
    try:
        plain = None if isinstance(value, np.ma.MaskedArray) else np.asarray(value)
    except (TypeError, ValueError, RuntimeError, AttributeError):
        plain = None
    if plain is None or plain.dtype.kind not in "iuf" or plain.ndim != 0:
        raise DscError(
            f"{name} must be one real number, got {described(value)}. Give a plain number."
        )
    return float(plain)


def as_count(name: str, value: Any, fewest: int = 0) -> int:
    """One whole number, not below another; raise `DscError` for anything else."""
    try:
        whole = None if isinstance(value, bool | np.bool_) else index(value)
    except TypeError:
        whole = None
    if whole is None or whole < fewest:
        raise DscError(
            f"{name} must be a whole number of at least {fewest}, got {described(value)}. Give a "
            "plain number."
        )
    return whole


def as_flag(name: str, value: Any) -> bool:
    """Whether a switch is on; raise `DscError` for what is no bool."""
    if not isinstance(value, bool | np.bool_):
        raise DscError(f"{name} must be True or False, got {described(value)}. Pass one of them.")
    return bool(value)


def described(value: Any) -> str:
    """What a value is, in a few words on one line: never its content by the page."""
    if value is None or isinstance(value, bool | int | float | complex | str | np.generic):
        return f"{value!r:.60}"
    shape = getattr(value, "shape", None)
    size = f" of shape {shape}" if isinstance(shape, tuple) and shape else ""
    if isinstance(value, np.ndarray) and value.dtype.kind == "O" and not value.shape:
        return f"a {type(value.item()).__name__}"
    return f"a {type(value).__name__}{size}"


def _floating(array: Any) -> Any:
    """Floats of 32 or 64 bits in the machine's byte order; integers become float64."""
    if array.dtype.kind == "f" and array.dtype.itemsize <= 4:
        return array.astype(np.float32, copy=False)
    return array.astype(np.float64, copy=False)


def _of_objects(name: str, array: Any, remedy: str) -> Any:
    """Array of objects that are numbers as floats; None and missing values are NaN."""
    flat = np.ma.getdata(array).ravel().tolist()
    missing = [one is None or type(one).__name__ in ("NAType", "NaTType") for one in flat]
    real = [
        gone or (isinstance(one, int | float | np.integer | np.floating) and one is not True)
        for one, gone in zip(flat, missing, strict=True)
    ]
    if not flat or not all(real):
        raise DscError(f"{name} must be real numbers, got {described(array)}. {remedy}")
    made = np.array(
        [np.nan if gone else float(one) for one, gone in zip(flat, missing, strict=True)]
    )
    made = made.reshape(array.shape)
    return np.ma.array(made, mask=np.ma.getmaskarray(array)) if np.ma.isMA(array) else made


def _refuse_named_axes(name: str, values: Any) -> None:
    """Raise for an array with named axes whose time is not the last."""
    dims = getattr(values, "dims", None)
    if not (isinstance(dims, tuple) and len(dims) > 1):
        return
    named = [str(one).lower() for one in dims]
    if any(one in TIME_NAMES for one in named[:-1]):
        raise DscError(
            f"{name} must have time as its last axis, got axes {', '.join(named)}. Transpose it so "
            "that time comes last."
        )


def refuse_unknown_word(name: str, given: Any, known: Iterable[str]) -> None:
    """Raise `DscError` for an argument that is none of the words it may be."""
    words = tuple(known)
    if not isinstance(given, str) or given not in words:
        raise DscError(
            f"{name} must be one of {', '.join(words)}, got {described(given)}. Upper and lower "
            "case matter."
        )
