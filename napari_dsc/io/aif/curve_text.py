"""The curve of an AIF by itself: two columns of text, seconds and 1/s; or what its titles say."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.signal import bolus_arrival, log_attenuation, steady_state
from napari_dsc.core.time_units import odd_step, remedy
from napari_dsc.core.types import Aif, FloatArray, Series
from napari_dsc.io.aif.column_titles import Headings, headings_of
from napari_dsc.io.atomic_files import refuse_large, write_whole

__all__ = [
    "UNITS",
    "GivenCurve",
    "load_curve",
    "read_curve",
    "refuse_curve",
    "refuse_factor",
    "resampled_curve",
    "write_curve",
]

UNITS = ("1/s", "1 (TE-scaled)")  # delta R2*, or delta R2* times an unknown echo time
FEWEST_SAMPLES = 3
LONGEST = 3600.0  # s; no bolus is followed for an hour
LARGEST = 8 * 2**20  # bytes
SLACK = 0.01  # of a time step: how far rounded times may miss the ends of a scan
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)
NO_NUMBER = re.compile(r"[-+]?(nan|inf|infinity)", re.IGNORECASE)
DECIMAL_COMMA = re.compile(r"\d,\d+\s+[-+]?\d")
SCALED = re.compile(r"scaled by (\d+\.?\d*(?:e[-+]?\d+)?) to the area of the VOF", re.ASCII)
GIVEN = "The AIF is a curve that was given, not read from this scan: laid on its times by lines."
LARGEST_FACTOR = 1e9
NONSENSE = "a curve must be numbers over their times, got something else."
HOW = "Write two columns, time in s and delta R2* in 1/s, with decimal points."
TITLE = "Where that is what it holds, say so in the first line: time (s),delta R2* (1/s)."
MOST_TITLES = 3  # lines above the numbers
JUDGED = 8  # samples below which a curve has no shape
FALLS, CLEAR = 2.0, 5.0  # times the rise, and the usual step: a curve that falls is no delta R2*
RETURNS = 0.3  # of its fall that a signal comes back
HIGHEST = 1000.0  # 1/s: no signal is left of a larger delta R2*, whatever the echo time
SPAN = 10.0  # s: a bolus takes longer
BASELINE = 3  # samples that carry the level of a signal before the bolus


def write_curve(
    path: Path,
    time: FloatArray,
    curve: FloatArray,
    unit: str,
    scaled_by: float = 1.0,
    bridged: Sequence[int] = (),
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
    bridged : sequence of int
        Samples that were not measured, counted from 0: the header says their times.

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
    at = " and ".join(f"{float(time[one]):g}" for one in bridged)
    between = f" bridged at {at} s" if at else ""  # no comma: it would begin a third column
    text = "\n".join([f"time (s),delta R2* ({unit}){scaled}{between}", *rows]) + "\n"
    try:
        write_whole(path, lambda temporary: _write_text(temporary, text))
    except OSError as error:
        raise DscError(
            f"{path.name} must be writable, got: {error.strerror}. Choose another folder."
        ) from error


class GivenCurve(NamedTuple):
    """Curve of an artery that is known without its voxels.

    Parameters
    ----------
    time : ndarray, shape (N,)
        Times of its samples from the start of the scan, s.
    curve : ndarray, shape (N,)
        Delta R2*, in `unit`.
    unit : str
        "1/s", or "1 (TE-scaled)" where the echo time was unknown.
    scaled_by : float
        By what it was multiplied already to have the area of a VOF; 1 if it was not.
    notices : tuple of str
        What was done to it when it was read, in words.
    """

    time: FloatArray
    curve: FloatArray
    unit: str = UNITS[0]
    scaled_by: float = 1.0
    notices: tuple[str, ...] = ()

    @property
    def scaling(self) -> str:
        """Words on the scaling that is in the curve already; empty if there is none."""
        if self.scaled_by == 1:
            return ""
        return f"The loaded curve was scaled to a VOF before it was saved (by {self.scaled_by:.3g})"

    def as_json(self) -> dict[str, Any]:
        """Entries for a JSON file."""
        return {
            "time_s": np.asarray(self.time, np.float64).tolist(),
            "curve": np.asarray(self.curve, np.float64).tolist(),
            "curve_unit": self.unit,
            "scaled_by": float(self.scaled_by),
        }

    @classmethod
    def of_json(cls, content: Any) -> "GivenCurve":
        """Make the same again of these entries.

        Raises
        ------
        DscError
            If they are none.
        """
        if not isinstance(content, dict):
            raise DscError(NONSENSE)
        columns = [content.get(name) for name in ("time_s", "curve")]
        for one in columns:
            if not isinstance(one, list) or not all(type(value) in (int, float) for value in one):
                raise DscError(NONSENSE)
        if content.get("curve_unit") not in UNITS:
            raise DscError(NONSENSE)
        refuse_factor(content.get("scaled_by"))
        try:
            time, curve = (np.array(one, np.float64) for one in columns)
        except OverflowError as error:  # a whole number of 400 digits
            raise DscError(NONSENSE) from error
        refuse_curve(time, curve)
        return cls(time, curve, content["curve_unit"], float(content["scaled_by"]))

    def over(self, time: FloatArray, series: Series) -> Aif:
        """Lay the curve on the times of the volumes that are used, in the unit of their curves.

        Parameters
        ----------
        time : ndarray, shape (T,)
            Times of the retained volumes, s.
        series : Series
            The scan: while its echo time is unknown its curves are scaled by it.

        Raises
        ------
        DscError
            If the curve does not cover the times, or the unit of the one cannot be brought to
            that of the other.
        """
        echo_time, scaled = series.echo_time, self.unit != UNITS[0]
        if not scaled and echo_time is None:
            raise DscError(
                "the echo time must be known for an AIF in 1/s, got none from the scan. Give it "
                "in seconds (--te)."
            )
        if scaled and series.quantity != "signal":
            raise DscError(
                "the AIF must be in 1/s for a scan of ΔR2*, got a curve scaled by an echo time "
                "that nobody knows. Give an AIF in 1/s, or a mask."
            )
        curve = self.curve / echo_time if scaled and echo_time is not None else self.curve
        voxels = np.zeros(series.signal.shape[:-1], dtype=np.bool_)
        onto = resampled_curve(self.time, curve, time)
        return Aif(curve=onto, voxels=voxels, notices=(GIVEN, *self.said), scaled_by=self.scaled_by)

    @property
    def said(self) -> tuple[str, ...]:
        """What a reader should know of it."""
        return (*self.notices, f"{self.scaling}.") if self.scaling else self.notices


def read_curve(path: Path) -> tuple[FloatArray, FloatArray]:
    """Read a curve of delta R2* from two columns of text, whatever scan it belongs to.

    Parameters
    ----------
    path : Path
        As `load_curve`.

    Returns
    -------
    time : ndarray, shape (T,)
        Times, s.
    curve : ndarray, shape (T,)
        Delta R2*, 1/s.

    Raises
    ------
    DscError
        As `load_curve`; also for a signal, and for one column: they need their scan.
    """
    found = load_curve(path)
    return found.time, found.curve


def load_curve(path: Path, series: Series | None = None) -> GivenCurve:
    """Read the curve of an AIF from text, for a scan.

    Titles are obeyed: a time in ms, min or volumes, a signal (converted where the scan is known:
    its own first samples are the baseline). Without titles the shape has to be that of delta R2*:
    what falls, is normalised to 1 or too large to be 1/s is refused.

    Parameters
    ----------
    path : Path
        Time and delta R2*, separated by commas, semicolons, tabs or blanks. Up to three lines of
        titles may stand above; lines that begin with # are titles only where they are the last
        before the numbers. One column is taken with the times of the scan, if it has one number
        for each volume.
    series : Series, optional
        The scan on which it is to be used.

    Returns
    -------
    GivenCurve
        Seconds, and delta R2*.

    Raises
    ------
    DscError
        If the file is anything else, or its units are none that can be known: nothing is guessed.
    """
    lines, comment = _lines(path)
    separator = _separator(path, [line for _, line in lines])
    count = 0
    while count < min(MOST_TITLES, len(lines)) and _is_header(lines[count][1], separator):
        count += 1
    titles = [line for _, line in lines[:count]] or ([comment] if comment else [])
    said = headings_of([_fields(line, separator) for line in titles])
    if said.scaled:
        raise DscError(
            f"{path.name} must hold delta R2* in 1/s, got a curve scaled by its echo time. Enter "
            "the echo time of its scan and save it again, or save the AIF as JSON."
        )
    rows = lines[count:]
    header = lines[count - 1][1] if count else ""
    if separator == "," and _may_be_one_column(header, [line for _, line in rows]):
        raise DscError(
            f"{path.name} must have two columns, got commas that may be decimal: 1,5 is two "
            "numbers or one. Write decimal points, or separate the columns by semicolons."
        )
    if rows and all(len(_fields(line, separator)) == 1 for _, line in rows):
        time, curve = _one_column(path, rows, separator, series)
    else:
        values = [_row(path, number, line, separator) for number, line in rows]
        table = np.array(values, dtype=np.float64).reshape(-1, 2)
        time, curve = _in_seconds(path, table[:, 0].copy(), said, series), table[:, 1].copy()
    refuse_curve(time, curve, f"{path.name}: ")
    _refuse_times(path, time)
    made = _as_delta(path, time, curve, said, series)
    scaled = next(filter(None, map(SCALED.search, titles)), None)
    return made if scaled is None else made._replace(scaled_by=float(scaled[1]))


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
            f"{time[-1]:g}. {remedy(float(np.median(np.diff(time))))}"
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


def _one_column(
    path: Path, rows: list[tuple[int, str]], separator: str | None, series: Series | None
) -> tuple[FloatArray, FloatArray]:
    """Times of the scan, and the one number of each of its volumes."""
    values = [_number(path, number, _fields(line, separator)[0]) for number, line in rows]
    if series is None:
        raise DscError(
            f"{path.name} must have two columns, got 1 column in line {rows[0][0]}. {HOW}"
        )
    if len(values) != series.n_volumes:
        raise DscError(
            f"{path.name} must have two columns, or one number for each of the {series.n_volumes} "
            f"volumes of the scan, got {len(values)} numbers in one column. {HOW}"
        )
    if series.time is None:
        raise DscError(
            f"{path.name} must have a time for each number, got one column, and the scan has no "
            "repetition time. Enter the repetition time first."
        )
    return np.asarray(series.time, dtype=np.float64).copy(), np.array(values, dtype=np.float64)


def _in_seconds(path: Path, times: FloatArray, said: Headings, series: Series | None) -> FloatArray:
    """Times in the unit that their title names; of numbers of volumes, the scan's."""
    if not said.counts:
        return times if said.seconds is None else said.seconds * times
    known = None if series is None else series.time
    whole = times.size and np.array_equal(times, times[0] + np.arange(times.size))
    if known is None or not whole or times[0] not in (0, 1) or times.size != known.size:
        raise DscError(
            f"{path.name} must give times in seconds, got numbers of volumes that are not those "
            f"of the scan. {HOW}"
        )
    return np.asarray(known, dtype=np.float64).copy()


def _refuse_times(path: Path, time: FloatArray) -> None:
    """Raise for times that cannot be in seconds; finer steps than a scan's are no fault."""
    step, span = float(np.median(np.diff(time))), float(time[-1] - time[0])
    odd = odd_step(step)
    if not odd or (step < 1 and span >= SPAN):
        return
    raise DscError(
        f"{path.name}: time must be in seconds, with steps of {odd} Or name its unit in the first "
        "line, such as: time (ms),delta R2* (1/s)."
    )


def _as_delta(
    path: Path, time: FloatArray, curve: FloatArray, said: Headings, series: Series | None
) -> GivenCurve:
    """Delta R2* of what the titles say that a column holds, or of what it looks like."""
    if said.quantity == "concentration":
        raise DscError(
            f"{path.name} must hold delta R2* in 1/s, got a concentration. Multiply it by the "
            "transverse relaxivity that it was made with (1/s per mmol/L), and name the column "
            "delta R2* (1/s)."
        )
    if said.quantity == "percent":
        raise DscError(
            f"{path.name} must hold delta R2* in 1/s, got a change in percent. Write the signal "
            "itself, and name the column signal."
        )
    if said.quantity == "signal":
        return _from_signal(path, time, curve, series)
    falls, returns = _fall(curve)
    if falls and (said.quantity == "unknown" or returns):
        raise DscError(
            f"{path.name} must hold delta R2*, which rises at the bolus, got a curve that begins "
            f"at {curve[0]:.4g} and falls to {curve.min():.4g}, as signal does. If it is signal, "
            "say so in the first line, time (s),signal, and it is converted; if not, write "
            "delta R2* in 1/s."
        )
    if said.quantity == "unknown" and curve.size >= JUDGED:
        if abs(float(curve.max()) - 1) < 1e-9 and curve.min() > -0.5:
            raise DscError(
                f"{path.name} must hold delta R2* in 1/s, got a curve whose largest value is 1: it "
                f"may be normalised, and CBF would be wrong by that factor. {TITLE}"
            )
        if curve.max() > HIGHEST:
            raise DscError(
                f"{path.name} must hold delta R2* in 1/s, got values up to {curve.max():.4g}: no "
                f"signal would be left of that. It may be in other units. {TITLE}"
            )
    return GivenCurve(time=time, curve=curve)


def _from_signal(
    path: Path, time: FloatArray, signal: FloatArray, series: Series | None
) -> GivenCurve:
    """Delta R2* of the signal of an artery: its own first samples are the baseline."""
    if series is None or series.quantity != "signal":
        raise DscError(
            f"{path.name} must hold delta R2* in 1/s, got signal, and the echo time that would "
            "convert it is not known here. Convert it: -log(S/S0)/TE, S0 its mean before the bolus."
        )
    if not signal.min() > 0:
        raise DscError(
            f"{path.name} must hold signal above 0, got {signal.min():.4g}. Choose arterial voxels "
            "whose signal is not lost, or write delta R2* in 1/s."
        )
    start = steady_state(signal)
    level = float(np.median(signal[start : start + BASELINE]))
    stop = start
    for _ in range(3):  # the level settles once the baseline is known
        stop = start + bolus_arrival(np.log(level / signal[start:]))
        if stop - start < BASELINE or not _fall(signal[start:])[0]:
            raise DscError(
                f"{path.name} must hold signal that is level before the bolus and falls at it, got "
                f"none with {BASELINE} samples before it falls. Write delta R2* in 1/s."
            )
        level = float(signal[start:stop].mean())
    curve = log_attenuation(signal, slice(start, stop))
    echo_time = series.echo_time
    words = (
        f"The signal of {path.name} was converted to ΔR2*: its samples {start} to "
        f"{stop - 1} are the baseline, "
        f"{'scaled by the unknown echo time' if echo_time is None else f'TE {echo_time:g} s'}."
    )
    if echo_time is None:
        return GivenCurve(time=time, curve=curve, unit=UNITS[1], notices=(words,))
    return GivenCurve(time=time, curve=curve / echo_time, notices=(words,))


def _fall(curve: FloatArray) -> tuple[bool, bool]:
    """Whether a curve falls where delta R2* would rise, and whether it comes back."""
    if curve.size < JUDGED:
        return False, False
    first = curve[: max(BASELINE, curve.size // 10)]
    level = float(np.median(first))
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(curve, 3), axis=1)
    rise, fall = float(smooth.max()) - level, level - float(smooth.min())
    step = float(np.median(np.abs(np.diff(curve))))
    if not (fall > FALLS * max(rise, 0.0) and fall > CLEAR * step):
        return False, False
    end = float(np.median(curve[-BASELINE:]))
    return True, end - float(smooth.min()) > RETURNS * fall


def _write_text(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def _lines(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Lines that say something, with their numbers; and the last comment above the first."""
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
    told = [(number, line) for number, line in lines if line and not line.startswith("#")]
    first = told[0][0] if told else 0
    above = [line for number, line in lines if number < first and line]
    return told, above[-1].lstrip("# ").strip() if above else ""


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
    first, second = (_number(path, number, field) for field in fields)
    return first, second


def _number(path: Path, number: int, field: str) -> float:
    if "," in field:
        raise DscError(
            f"{path.name} must have decimal points, got a decimal comma in line {number}. "
            "Replace it by a point."
        )
    if not _is_number(field):
        raise DscError(f"{path.name} must hold numbers, got something else in line {number}. {HOW}")
    return float(field)


def refuse_factor(value: Any) -> None:
    """Raise `DscError` for a scaling factor that is no positive number."""
    if type(value) not in (int, float) or not 0 < value < LARGEST_FACTOR:
        raise DscError(
            "scaled_by must be a positive number, got something else. Save the AIF again."
        )
