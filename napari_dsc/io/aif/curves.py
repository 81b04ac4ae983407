"""The curve of an AIF by itself: two columns of numbers, seconds and 1/s."""

import re
from pathlib import Path

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray
from napari_dsc.io.files import refuse_large, write_whole

__all__ = ["UNITS", "read_curve", "refuse_curve", "resampled_curve", "scaling_of", "write_curve"]

UNITS = ("1/s", "1 (TE-scaled)")  # delta R2*, or delta R2* times an unknown echo time
FEWEST_SAMPLES = 3
LONGEST = 3600.0  # s; no bolus is followed for an hour
LARGEST = 8 * 2**20  # bytes
SLACK = 0.01  # of a time step: how far rounded times may miss the ends of a scan
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)
NO_NUMBER = re.compile(r"[-+]?(nan|inf|infinity)", re.IGNORECASE)
DECIMAL_COMMA = re.compile(r"\d,\d+\s+[-+]?\d")
SCALED = re.compile(r"scaled by (\d+\.?\d*(?:e[-+]?\d+)?) to the area of the VOF", re.ASCII)
HOW = "Write two columns, time in s and delta R2* in 1/s, with decimal points."


def write_curve(
    path: Path, time: FloatArray, curve: FloatArray, unit: str, scaled_by: float = 1.0
) -> None:
    """Write a curve as CSV: a line that names both columns, then one line for each sample.

    Parameters
    ----------
    path : Path
        Replaced if it exists; complete or absent.
    time : ndarray, shape (T,)
        Times, s.
    curve : ndarray, shape (T,)
        Delta R2*, in `unit`.
    unit : str
        One of `UNITS`.
    scaled_by : float
        By what the curve was multiplied to have the area of a VOF: the header says it.

    Raises
    ------
    DscError
        If the curve is none that `read_curve` would take, or the file cannot be written.
    """
    refuse_curve(time, curve)
    if unit not in UNITS:
        raise DscError(f"unit must be {' or '.join(UNITS)}, got {unit!r:.40}.")
    rows = [f"{float(t)!r},{float(c)!r}" for t, c in zip(time, curve, strict=True)]
    scaled = "" if scaled_by == 1 else f" scaled by {float(scaled_by)!r} to the area of the VOF"
    text = "\n".join([f"time (s),delta R2* ({unit}){scaled}", *rows]) + "\n"
    try:
        write_whole(path, lambda temporary: _write_text(temporary, text))
    except OSError as error:
        raise DscError(
            f"{path.name} must be writable, got: {error.strerror}. Choose another folder."
        ) from error


def read_curve(path: Path) -> tuple[FloatArray, FloatArray]:
    """Read a curve from two columns of text.

    Parameters
    ----------
    path : Path
        Time in s and delta R2* in 1/s, separated by commas, semicolons, tabs or blanks. One line
        of words may stand above; lines that begin with # say nothing.

    Returns
    -------
    time : ndarray, shape (T,)
        Times, s.
    curve : ndarray, shape (T,)
        Delta R2*, 1/s.

    Raises
    ------
    DscError
        If the file is anything else: nothing is guessed.
    """
    lines = _lines(path)
    separator = _separator(path, [line for _, line in lines])
    header = lines[0][1] if lines and _is_header(lines[0][1], separator) else ""
    if "TE-scaled" in header:
        raise DscError(
            f"{path.name} must hold delta R2* in 1/s, got a curve scaled by its echo time. Enter "
            "the echo time of its scan and save it again, or save the AIF as JSON."
        )
    rows = lines[1:] if header else lines
    if separator == "," and _may_be_one_column(header, [line for _, line in rows]):
        raise DscError(
            f"{path.name} must have two columns, got commas that may be decimal: 1,5 is two "
            "numbers or one. Write decimal points, or separate the columns by semicolons."
        )
    values = [_row(path, number, line, separator) for number, line in rows]
    table = np.array(values, dtype=np.float64).reshape(-1, 2)
    time, curve = table[:, 0].copy(), table[:, 1].copy()
    refuse_curve(time, curve, f"{path.name}: ")
    return time, curve


def scaling_of(path: Path) -> float:
    """Factor to the area of a VOF that is in a curve already, by its header; 1 if it says none.

    Raises
    ------
    DscError
        If the file cannot be read as text.
    """
    lines = _lines(path)
    found = SCALED.search(lines[0][1]) if lines else None
    return 1.0 if found is None else float(found[1])


def refuse_curve(time: FloatArray, curve: FloatArray, where: str = "") -> None:
    """Raise `DscError` for a curve that none can be: `where` says in which file it stands."""
    if time.ndim != 1 or time.shape != curve.shape:
        raise DscError(
            f"{where}curve must have one sample for each time, got shapes {curve.shape} and "
            f"{time.shape}. Save it again."
        )
    if time.size < FEWEST_SAMPLES:
        raise DscError(
            f"{where}curve must have at least {FEWEST_SAMPLES} samples, got {time.size}. {HOW}"
        )
    for name, values in (("time", time), ("curve", curve)):
        if bad := int((~np.isfinite(values)).sum()):
            raise DscError(
                f"{where}{name} must be finite, got {bad} of {values.size} samples that are not. "
                "Leave out what was not measured."
            )
    if not (np.diff(time) > 0).all():
        late = int(np.argmin(np.diff(time) > 0)) + 1
        raise DscError(
            f"{where}time must increase from sample to sample, got {time[late]:g} s after "
            f"{time[late - 1]:g} s. Sort the samples by time."
        )
    if time[-1] - time[0] > LONGEST:
        raise DscError(
            f"{where}time must be in seconds and span at most {LONGEST:g} s, got {time[0]:g} to "
            f"{time[-1]:g}: it may be in milliseconds. Divide it by 1000."
        )


def resampled_curve(time: FloatArray, curve: FloatArray, onto: FloatArray) -> FloatArray:
    """Lay a curve on the times of a scan, by straight lines between its samples.

    Parameters
    ----------
    time : ndarray, shape (N,)
        Times of the curve, s.
    curve : ndarray, shape (N,)
        Any unit.
    onto : ndarray, shape (T,)
        Times of the volumes that are used, s.

    Returns
    -------
    ndarray, shape (T,)
        The curve at these times.

    Raises
    ------
    DscError
        If the curve does not cover them, but for rounding (1 % of a time step): what was not
        measured is not invented.

    Examples
    --------
    >>> resampled_curve(np.array([0.0, 2, 4]), np.array([0.0, 8, 0]), np.array([1.0, 2, 3]))
    array([4., 8., 4.])
    """
    refuse_curve(time, curve)
    slack = SLACK * float(np.median(np.diff(onto))) if onto.size > 1 else 0.0
    if time[0] > onto[0] + slack or time[-1] < onto[-1] - slack:
        raise DscError(
            f"the curve must cover the scan from {onto[0]:g} to {onto[-1]:g} s, got one from "
            f"{time[0]:g} to {time[-1]:g} s. Load a longer curve, or begin the baseline later."
        )
    return np.interp(onto, time, curve)


def _write_text(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def _lines(path: Path) -> list[tuple[int, str]]:
    """Lines that say something, with their numbers."""
    try:
        with path.open("rb") as file:
            encoded = file.read(LARGEST + 1)
    except OSError as error:
        raise DscError(f"{path.name} must be readable, got: {error.strerror}.") from error
    refuse_large(path, len(encoded), LARGEST)
    if b"\0" in encoded:
        raise DscError(f"{path.name} must be plain text in UTF-8, got something else. {HOW}")
    text = encoded.decode("utf-8-sig", "replace")  # words in another encoding do no harm
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    return [(number, line) for number, line in lines if line and not line.startswith("#")]


def _separator(path: Path, lines: list[str]) -> str | None:
    """What separates the columns, by the last line, which is no header; None for blanks."""
    last = lines[-1] if lines else ""
    found = next((one for one in ("\t", ";", ",") if one in last), None)
    if found == "," and DECIMAL_COMMA.search(last):
        raise DscError(
            f"{path.name} must have decimal points, got decimal commas. Replace them by points."
        )
    return found


def _fields(line: str, separator: str | None) -> list[str]:
    return [field.strip().strip('"').strip() for field in line.split(separator)]


def _is_number(field: str) -> bool:
    return bool(NUMBER.fullmatch(field) or NO_NUMBER.fullmatch(field))


def _is_header(line: str, separator: str | None) -> bool:
    """Whether a first line is words, and not a sample that was written badly."""
    fields = _fields(line, separator)
    return any(one.isalpha() for one in line) and not any(map(_is_number, fields))


def _may_be_one_column(header: str, rows: list[str]) -> bool:
    """Whether rows like 1,5 may be one number each: nothing shows that the comma separates."""
    alike = all(re.fullmatch(r"[-+]?\d+,\d+", row) for row in rows)
    return bool(rows) and alike and header.count(",") != 1


def _row(path: Path, number: int, line: str, separator: str | None) -> tuple[float, float]:
    fields = _fields(line, separator)
    if any("," in field for field in fields):
        raise DscError(
            f"{path.name} must have decimal points, got a decimal comma in line {number}. "
            "Replace it by a point."
        )
    if len(fields) != 2:
        columns = "1 column" if len(fields) == 1 else f"{len(fields)} columns"
        raise DscError(f"{path.name} must have two columns, got {columns} in line {number}. {HOW}")
    if not all(map(_is_number, fields)):
        raise DscError(f"{path.name} must hold numbers, got something else in line {number}. {HOW}")
    return float(fields[0]), float(fields[1])
